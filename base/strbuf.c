/* SPDX-License-Identifier: MIT */
/* The bounded text writer; see base/strbuf.h for the contract. */
#include "base/strbuf.h"

#include "base/string.h"

struct strbuf strbuf_on(char *buf, size_t cap)
{
	if (cap > 0)
		buf[0] = '\0';
	return (struct strbuf){.buf = buf, .cap = cap, .len = 0};
}

bool strbuf_truncated(const struct strbuf *sb)
{
	return sb->len >= sb->cap;
}

size_t strbuf_stored(const struct strbuf *sb)
{
	if (sb->cap == 0)
		return 0;
	return MIN(sb->len, sb->cap - 1);
}

/* Most parts of a line are a few bytes, too short to be worth a call of memcpy(). */
static void copy_bytes(char *dst, const char *src, size_t len)
{
	if (len > 16) {
		memcpy(dst, src, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		dst[i] = src[i];
}

void strbuf_mem(struct strbuf *sb, const char *s, size_t len)
{
	size_t at = strbuf_stored(sb);
	size_t room = sb->cap == 0 ? 0 : sb->cap - 1 - at;
	size_t n = MIN(len, room);

	if (n > 0)
		copy_bytes(sb->buf + at, s, n);
	if (sb->cap > 0)
		sb->buf[at + n] = '\0';
	sb->len += len;
}

void strbuf_char(struct strbuf *sb, char c)
{
	if (LIKELY(sb->len + 1 < sb->cap)) {
		sb->buf[sb->len] = c;
		sb->buf[sb->len + 1] = '\0';
	}
	sb->len++;
}

void strbuf_str(struct strbuf *sb, const char *s)
{
	strbuf_mem(sb, s, strlen(s));
}

void strbuf_pad_to(struct strbuf *sb, size_t column)
{
	while (sb->len < column)
		strbuf_char(sb, ' ');
}

void strbuf_u64_width(struct strbuf *sb, uint64_t v, unsigned width, char fill)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[sizeof(digits) - ++n] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	for (unsigned pad = n; pad < width; pad++)
		strbuf_char(sb, fill);
	strbuf_mem(sb, digits + sizeof(digits) - n, n);
}

void strbuf_u64(struct strbuf *sb, uint64_t v)
{
	strbuf_u64_width(sb, v, 1, '0');
}

void strbuf_i64(struct strbuf *sb, int64_t v)
{
	if (v < 0)
		strbuf_char(sb, '-');
	/* The negation is done unsigned: INT64_MIN has no positive counterpart. */
	strbuf_u64(sb, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static inline char hex_digit(unsigned nibble)
{
	return "0123456789abcdef"[nibble & 15];
}

void strbuf_hex(struct strbuf *sb, uint64_t v, unsigned digits)
{
	unsigned n = 1;

	while (n < 16 && (v >> (4 * n)) != 0)
		n++;
	for (n = MAX(n, digits); n > 0; n--)
		strbuf_char(sb, n > 16 ? '0' : hex_digit((unsigned)(v >> (4 * (n - 1)))));
}

void strbuf_hex_bytes(struct strbuf *sb, const void *p, size_t len)
{
	const uint8_t *b = p;
	char run[64];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		run[n++] = hex_digit(b[i] >> 4);
		run[n++] = hex_digit(b[i]);
		if (n == sizeof(run)) {
			strbuf_mem(sb, run, n);
			n = 0;
		}
	}
	strbuf_mem(sb, run, n);
}

void strbuf_mac(struct strbuf *sb, const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		if (i > 0)
			strbuf_char(sb, ':');
		strbuf_hex(sb, mac[i], 2);
	}
}

void strbuf_ipv4(struct strbuf *sb, uint32_t ipv4)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		strbuf_u64(sb, (ipv4 >> shift) & 0xff);
		if (shift > 0)
			strbuf_char(sb, '.');
	}
}

void strbuf_addr(struct strbuf *sb, const struct net_addr *a)
{
	if (a->family == NET_FAMILY_IPV4) {
		strbuf_ipv4(sb, net_addr_to_ipv4(a));
		return;
	}
	for (int i = 0; i < 16; i += 2) {
		if (i > 0)
			strbuf_char(sb, ':');
		strbuf_hex(sb, load_be16(a->bytes + i), 1);
	}
}

void strbuf_endpoint(struct strbuf *sb, const struct net_endpoint *e)
{
	bool v6 = e->addr.family == NET_FAMILY_IPV6;

	if (v6)
		strbuf_char(sb, '[');
	strbuf_addr(sb, &e->addr);
	strbuf_str(sb, v6 ? "]:" : ":");
	strbuf_u64(sb, e->port);
}

void strbuf_seconds(struct strbuf *sb, uint64_t ns)
{
	strbuf_u64(sb, ns / NS_PER_S);
	strbuf_char(sb, '.');
	strbuf_u64_width(sb, ns % NS_PER_S / NS_PER_US, 6, '0');
}

static inline bool is_plain(char c)
{
	return c >= 0x20 && c <= 0x7e && c != '\\';
}

void strbuf_escaped_text(struct strbuf *sb, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t run = i;

		while (run < len && is_plain(s[run]))
			run++;
		strbuf_mem(sb, s + i, run - i);
		if (run < len) {
			strbuf_mem(sb, "\\x", 2);
			strbuf_hex(sb, (uint8_t)s[run++], 2);
		}
		i = run;
	}
}

static void append_json_escape(struct strbuf *sb, char c)
{
	if (c == '"' || c == '\\') {
		strbuf_char(sb, '\\');
		strbuf_char(sb, c);
	} else {
		strbuf_mem(sb, "\\u00", 4);
		strbuf_hex(sb, (uint8_t)c, 2);
	}
}

void strbuf_escaped_json(struct strbuf *sb, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t run = i;

		while (run < len && is_plain(s[run]) && s[run] != '"')
			run++;
		strbuf_mem(sb, s + i, run - i);
		if (run < len)
			append_json_escape(sb, s[run++]);
		i = run;
	}
}
