/*
 * The machine line: one event as one JSON object behind "@dt " (docs/log.md).  Fields stand in the
 * order in which the event was emitted; a field that does not apply is left out.
 */
#include "base/assert.h"
#include "base/string.h"
#include "kernel/log/format.h"

/* Kept free for what closes a line that was cut. */
static const char cut_note[] = ",\"cut\":true}";

static void put_literal(struct strbuf *sb, const char *literal, size_t len)
{
	strbuf_mem(sb, literal, len);
}
#define PUT(sb, literal) put_literal(sb, literal, sizeof(literal) - 1)

static void put_key(struct strbuf *sb, const char *key)
{
	PUT(sb, ",\"");
	strbuf_str(sb, key);
	PUT(sb, "\":");
}

static void put_string(struct strbuf *sb, const struct event_field *f)
{
	strbuf_char(sb, '"');
	switch (event_field_type(f)) {
	case EVENT_FIELD_TEXT: strbuf_escaped_json(sb, f->bytes->ptr, f->bytes->len); break;
	case EVENT_FIELD_STR: strbuf_escaped_json(sb, f->str, strlen(f->str)); break;
	case EVENT_FIELD_HEX: strbuf_hex_bytes(sb, f->bytes->ptr, f->bytes->len); break;
	case EVENT_FIELD_POINTER:
		strbuf_str(sb, "0x");
		strbuf_hex(sb, f->u, 1);
		break;
	case EVENT_FIELD_MAC: strbuf_mac(sb, f->mac); break;
	case EVENT_FIELD_IPV4: strbuf_ipv4(sb, (uint32_t)f->u); break;
	case EVENT_FIELD_ADDR: strbuf_addr(sb, f->addr); break;
	case EVENT_FIELD_ENDPOINT: strbuf_endpoint(sb, f->endpoint); break;
	default: break;
	}
	strbuf_char(sb, '"');
}

static void put_value(struct strbuf *sb, const struct event_field *f)
{
	switch (event_field_type(f)) {
	case EVENT_FIELD_U64: strbuf_u64(sb, f->u); break;
	case EVENT_FIELD_I64: strbuf_i64(sb, f->i); break;
	case EVENT_FIELD_BOOL: strbuf_str(sb, f->b ? "true" : "false"); break;
	case EVENT_FIELD_SECONDS: strbuf_seconds(sb, f->u); break;
	default: put_string(sb, f); break;
	}
}

/* Adds the field, or takes it back and returns false where it does not fit. */
static bool put_field(struct strbuf *sb, const struct event_field *f)
{
	size_t before = sb->len;

	put_key(sb, event_field_key(f));
	put_value(sb, f);
	if (sb->len + sizeof(cut_note) <= sb->cap)
		return true;
	sb->len = before;
	sb->buf[before] = '\0';
	return false;
}

static void put_head(struct strbuf *sb, const struct event *ev, uint64_t t_ns, uint64_t seq)
{
	struct event_info info = event_info(ev->id);

	PUT(sb, "@dt {\"v\":1,\"seq\":");
	strbuf_u64(sb, seq);
	PUT(sb, ",\"t_us\":");
	strbuf_u64(sb, t_ns / NS_PER_US);
	PUT(sb, ",\"ev\":\"");
	strbuf_str(sb, info.name);
	strbuf_char(sb, '"');
	if (ev->conn != 0) {
		PUT(sb, ",\"conn\":");
		strbuf_u64(sb, ev->conn);
	}
	if (info.step != 0) {
		PUT(sb, ",\"step\":");
		strbuf_u64(sb, info.step);
	} else if (ev->at_step != 0) {
		PUT(sb, ",\"at_step\":");
		strbuf_u64(sb, ev->at_step);
	}
}

void log_format_json(struct strbuf *sb, const struct event *ev, uint64_t t_ns, uint64_t seq)
{
	bool complete = true;

	ASSERT(sb->cap >= LOG_LINE_MIN && sb->len == 0);
	put_head(sb, ev, t_ns, seq);
	for (unsigned i = 0; i < ev->n_fields; i++) {
		if (ev->fields[i].tagged_key != NULL)
			complete &= put_field(sb, &ev->fields[i]);
	}
	if (complete)
		strbuf_char(sb, '}');
	else
		put_literal(sb, cut_note, sizeof(cut_note) - 1);
}
