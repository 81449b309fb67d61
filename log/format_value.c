/* SPDX-License-Identifier: MIT */
/* Values of fields, as both forms of a line print them; only how bytes are escaped differs. */
#include "base/string.h"
#include "log/format.h"

void log_format_value(struct strbuf *sb, const struct event_field *f,
		      void (*escaped)(struct strbuf *sb, const char *s, size_t len))
{
	switch (event_field_type(f)) {
	case EVENT_FIELD_ABSENT: break;
	case EVENT_FIELD_U64: strbuf_u64(sb, f->u); break;
	case EVENT_FIELD_I64: strbuf_i64(sb, f->i); break;
	case EVENT_FIELD_BOOL: strbuf_str(sb, f->b ? "true" : "false"); break;
	case EVENT_FIELD_TEXT: escaped(sb, f->bytes->ptr, f->bytes->len); break;
	case EVENT_FIELD_STR: escaped(sb, f->str, strlen(f->str)); break;
	case EVENT_FIELD_HEX: strbuf_hex_bytes(sb, f->bytes->ptr, f->bytes->len); break;
	case EVENT_FIELD_POINTER:
		strbuf_str(sb, "0x");
		strbuf_hex(sb, f->u, 1);
		break;
	case EVENT_FIELD_MAC: strbuf_mac(sb, f->mac); break;
	case EVENT_FIELD_IPV4: strbuf_ipv4(sb, (uint32_t)f->u); break;
	case EVENT_FIELD_ADDR: strbuf_addr(sb, f->addr); break;
	case EVENT_FIELD_ENDPOINT: strbuf_endpoint(sb, f->endpoint); break;
	case EVENT_FIELD_SECONDS: strbuf_seconds(sb, f->u); break;
	case EVENT_FIELD_HUNDREDTHS:
		strbuf_u64(sb, f->u / 100);
		strbuf_char(sb, '.');
		strbuf_u64_width(sb, f->u % 100, 2, '0');
		break;
	}
}
