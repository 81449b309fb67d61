/*
 * SPDX-License-Identifier: MIT
 *
 * The kit's port: counted memory, seeded randomness, recorded events.  See tests/lib/stack_kit.h.
 */
#include "tests/lib/stack_kit.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"

void kit_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("stack_kit: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

/* --- memory ---------------------------------------------------------------------------------- */

static void *port_alloc(void *ctx, size_t size)
{
	struct kit_port *kp = ctx;
	void *p;

	if (kp->fail_after == 0)
		return NULL;
	if (kp->fail_after != UINT_MAX)
		kp->fail_after--;
	p = malloc(size);
	if (p == NULL)
		kit_fail("the host has no memory");
	memset(p, 0xa5, size); /* not zeroed, as the contract says */
	kp->live_bytes += size;
	kp->live_blocks++;
	kp->allocations++;
	return p;
}

static void port_free(void *ctx, void *ptr, size_t size)
{
	struct kit_port *kp = ctx;

	if (ptr == NULL)
		return;
	if (kp->live_blocks == 0 || kp->live_bytes < size)
		kit_fail("freed %zu bytes of %zu in %u blocks", size, kp->live_bytes,
			 kp->live_blocks);
	kp->live_bytes -= size;
	kp->live_blocks--;
	free(ptr);
}

/* --- randomness: splitmix64 ------------------------------------------------------------------ */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void port_random(void *ctx, void *buf, size_t len)
{
	struct kit_port *kp = ctx;
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(next_random(&kp->random_state) >> 32);
}

/* --- events ---------------------------------------------------------------------------------- */

static const char *const event_names[] = {
#define EVENT(id, name, speaker, step, arrow, text) name,
#include "log/events.def"
#undef EVENT
};

static void render(struct strbuf *sb, const struct event_field *field)
{
	switch (event_field_type(field)) {
	case EVENT_FIELD_ABSENT:
		break;
	case EVENT_FIELD_U64:
		strbuf_u64(sb, field->u);
		break;
	case EVENT_FIELD_I64:
		strbuf_i64(sb, field->i);
		break;
	case EVENT_FIELD_BOOL:
		strbuf_str(sb, field->b ? "true" : "false");
		break;
	case EVENT_FIELD_TEXT:
		strbuf_escaped_text(sb, field->bytes->ptr, field->bytes->len);
		break;
	case EVENT_FIELD_STR:
		strbuf_escaped_text(sb, field->str, strlen(field->str));
		break;
	case EVENT_FIELD_POINTER:
		strbuf_hex(sb, field->u, 1);
		break;
	case EVENT_FIELD_HEX:
		strbuf_hex_bytes(sb, field->bytes->ptr, field->bytes->len);
		break;
	case EVENT_FIELD_MAC:
		strbuf_mac(sb, field->mac);
		break;
	case EVENT_FIELD_IPV4:
		strbuf_ipv4(sb, (uint32_t)field->u);
		break;
	case EVENT_FIELD_ADDR:
		strbuf_addr(sb, field->addr);
		break;
	case EVENT_FIELD_ENDPOINT:
		strbuf_endpoint(sb, field->endpoint);
		break;
	case EVENT_FIELD_SECONDS:
		strbuf_seconds(sb, field->u);
		break;
	case EVENT_FIELD_HUNDREDTHS:
		strbuf_u64(sb, field->u);
		break;
	}
}

static char *render_copy(const struct event_field *field)
{
	struct strbuf sb = strbuf_on(NULL, 0);
	char *text;

	render(&sb, field);
	text = malloc(sb.len + 1);
	if (text == NULL)
		kit_fail("the host has no memory");
	sb = strbuf_on(text, sb.len + 1);
	render(&sb, field);
	return text;
}

/* Who knows no connections names none, and takes no step of one (docs/log.md). */
static void check_connection(const struct event *ev)
{
	static const char *const without[] = {"arp.", "dhcp.", "addr.", "drop", "netdev."};

	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if (strncmp(event_names[ev->id], without[i], strlen(without[i])) == 0 &&
		    (ev->conn != 0 || ev->at_step != 0))
			kit_fail("event %s is about connection %u, step %u", event_names[ev->id], ev->conn,
				 ev->at_step);
}

static void record(struct event_sink *sink, const struct event *ev)
{
	struct kit_port *kp = CONTAINER_OF(sink, struct kit_port, sink);
	struct kit_event *e;

	check_connection(ev);
	if (kp->n_events == kp->cap_events) {
		kp->cap_events = kp->cap_events == 0 ? 64 : kp->cap_events * 2;
		kp->events = realloc(kp->events, kp->cap_events * sizeof(*kp->events));
		if (kp->events == NULL)
			kit_fail("the host has no memory");
	}
	e = &kp->events[kp->n_events++];
	*e = (struct kit_event){
		.id = ev->id,
		.name = event_names[ev->id],
		.conn = ev->conn,
		.at_step = ev->at_step,
		.t_ns = kp->clock != NULL ? *kp->clock : 0,
	};
	for (unsigned i = 0; i < ev->n_fields; i++) {
		if (ev->fields[i].tagged_key == NULL)
			continue;
		if (e->n_fields == KIT_EVENT_FIELDS_MAX)
			kit_fail("event %s has too many fields", e->name);
		e->keys[e->n_fields] = event_field_key(&ev->fields[i]);
		e->values[e->n_fields++] = render_copy(&ev->fields[i]);
	}
}

unsigned kit_event_count(const struct kit_port *kp, enum event_id id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < kp->n_events; i++)
		n += kp->events[i].id == id;
	return n;
}

const struct kit_event *kit_event(const struct kit_port *kp, enum event_id id, unsigned nth)
{
	for (unsigned i = 0; i < kp->n_events; i++)
		if (kp->events[i].id == id && nth-- == 0)
			return &kp->events[i];
	return NULL;
}

const char *kit_event_field(const struct kit_event *ev, const char *key)
{
	for (unsigned i = 0; i < ev->n_fields; i++)
		if (strcmp(ev->keys[i], key) == 0)
			return ev->values[i];
	return NULL;
}

void kit_events_print(const struct kit_port *kp)
{
	for (unsigned i = 0; i < kp->n_events; i++) {
		const struct kit_event *e = &kp->events[i];

		fprintf(stderr, "[%12.6f] %s", (double)e->t_ns / 1e9, e->name);
		if (e->conn != 0)
			fprintf(stderr, " conn=%u", e->conn);
		if (e->at_step != 0)
			fprintf(stderr, " at_step=%u", e->at_step);
		for (unsigned j = 0; j < e->n_fields; j++)
			fprintf(stderr, " %s=%s", e->keys[j], e->values[j]);
		fputc('\n', stderr);
	}
}

void kit_events_clear(struct kit_port *kp)
{
	for (unsigned i = 0; i < kp->n_events; i++)
		for (unsigned j = 0; j < kp->events[i].n_fields; j++)
			free(kp->events[i].values[j]);
	kp->n_events = 0;
}

/* --- the port -------------------------------------------------------------------------------- */

void kit_port_open(struct kit_port *kp, uint64_t seed)
{
	*kp = (struct kit_port){
		.port = {
			.ctx = kp,
			.alloc = port_alloc,
			.free = port_free,
			.random = port_random,
			.events = &kp->sink,
		},
		.sink = {.emit = record},
		.random_state = seed,
		.fail_after = UINT_MAX,
	};
}

void kit_port_close(struct kit_port *kp)
{
	kit_events_clear(kp);
	free(kp->events);
	kp->events = NULL;
	kp->cap_events = 0;
	if (kp->live_blocks != 0)
		kit_fail("leak: %u blocks, %zu bytes", kp->live_blocks, kp->live_bytes);
}
