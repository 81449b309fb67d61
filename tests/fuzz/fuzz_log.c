/*
 * SPDX-License-Identifier: MIT
 *
 * The log: any event of the catalogue with any fields, under the names its sentence asks for, into
 * buffers of any size.  Whatever the bytes, a line is printable ASCII, whole or marked as cut.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "log/format.h"

#define FIELDS_MAX 12
#define KEY_MAX 24

struct made_field {
	char tagged_key[KEY_MAX];
	struct event_bytes bytes;
	struct net_endpoint endpoint;
	uint8_t mac[6];
	char *text; /* NUL-terminated copy; free() */
};

static const char types[] = {'u', 'i', 'b', 't', 's', 'h', 'p', 'm', '4', 'a', 'e', 'n', 'c', '\0'};

/* The nth {key} of the event's sentence, or a key that it does not have. */
static void choose_key(char *key, size_t cap, enum event_id id, unsigned nth)
{
	const char *at = event_info(id).text;
	size_t len = 0;

	strcpy(key, "other");
	while ((at = strchr(at, '{')) != NULL) {
		at++;
		at += *at == '?';
		if (nth-- > 0)
			continue;
		while (at[len] != '}' && at[len] != ':' && len + 1 < cap)
			len++;
		memcpy(key, at, len);
		key[len] = '\0';
		return;
	}
}

static void make_value(struct event_field *f, struct made_field *m, struct fuzz_input *in)
{
	size_t len;
	const uint8_t *p;

	switch (m->tagged_key[0]) {
	case 't':
	case 's':
	case 'h':
		p = fuzz_bytes(in, fuzz_u8(in) % 4 == 0 ? fuzz_u16(in) % 8192 : fuzz_u8(in), &len);
		m->text = calloc(len + 1, 1);
		if (len > 0)
			memcpy(m->text, p, len);
		m->bytes = (struct event_bytes){m->text, len};
		if (m->tagged_key[0] == 's')
			f->str = m->text;
		else
			f->bytes = &m->bytes;
		break;
	case 'm':
		for (unsigned i = 0; i < sizeof(m->mac); i++)
			m->mac[i] = fuzz_u8(in);
		f->mac = m->mac;
		break;
	case 'a':
	case 'e':
		m->endpoint = net_endpoint_ipv4(fuzz_u32(in), fuzz_u16(in));
		if (m->tagged_key[0] == 'e')
			f->endpoint = &m->endpoint;
		else
			f->addr = &m->endpoint.addr;
		break;
	case '4':
		f->u = fuzz_u32(in);
		break;
	case 'b':
		f->b = fuzz_u8(in) & 1;
		break;
	default:
		f->u = (uint64_t)fuzz_u32(in) << 32 | fuzz_u32(in);
		break;
	}
}

static struct event_field make_field(struct made_field *m, enum event_id id, struct fuzz_input *in)
{
	struct event_field f = {.tagged_key = m->tagged_key};

	m->tagged_key[0] = types[fuzz_u8(in) % sizeof(types)];
	choose_key(m->tagged_key + 1, sizeof(m->tagged_key) - 1, id, fuzz_u8(in) % 24);
	if (m->tagged_key[0] == '\0')
		return EV_NONE;
	make_value(&f, m, in);
	return f;
}

/* The text form goes into any buffer, also none. */
static void check_text(const struct event *ev, uint64_t t_ns, size_t cap)
{
	char *line = malloc(cap);
	struct strbuf sb = strbuf_on(line, cap);

	log_format_text(&sb, ev, t_ns);
	if (cap > 0)
		fuzz_check_printable(line, strbuf_stored(&sb));
	FUZZ_CHECK(!strbuf_truncated(&sb) || cap < 10 ||
			   strcmp(line + strlen(line) - 8, "...[cut]") == 0, "cut silently");
	free(line);
}

static void check_json(const struct event *ev, uint64_t t_ns, size_t cap)
{
	char *line = malloc(cap);
	struct strbuf sb = strbuf_on(line, cap);

	log_format_json(&sb, ev, t_ns, t_ns);
	FUZZ_CHECK(!strbuf_truncated(&sb), "%zu bytes of %zu", sb.len, cap);
	fuzz_check_printable(line, strbuf_stored(&sb));
	fuzz_check_json(line, strbuf_stored(&sb));
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {.at = data, .len = len};
	struct event_field fields[FIELDS_MAX];
	struct made_field made[FIELDS_MAX];
	struct event ev = {.id = fuzz_u8(&in) % EVENT_COUNT, .fields = fields};
	size_t cap = fuzz_u8(&in) % 4 == 0 ? fuzz_u16(&in) % LOG_LINE_MAX : LOG_LINE_MAX;
	uint64_t t_ns = (uint64_t)fuzz_u32(&in) << (fuzz_u8(&in) % 33);

	memset(made, 0, sizeof(made));
	ev.conn = fuzz_u8(&in);
	ev.at_step = fuzz_u8(&in) % 17;
	while (ev.n_fields < FIELDS_MAX && in.len > 0) {
		fields[ev.n_fields] = make_field(&made[ev.n_fields], ev.id, &in);
		ev.n_fields++;
	}
	check_text(&ev, t_ns, cap);
	check_json(&ev, t_ns, MAX(cap, LOG_LINE_MIN));
	for (unsigned i = 0; i < ev.n_fields; i++)
		free(made[i].text);
	return 0;
}
