/*
 * SPDX-License-Identifier: MIT
 *
 * A bounded text writer over memory that the caller owns.  It never writes past `cap`, always
 * counts what it would have written, and needs no format strings: there is no printf in dialtone.
 *
 *   char line[128];
 *   struct strbuf sb = strbuf_on(line, sizeof(line));
 *   strbuf_str(&sb, "port "); strbuf_u64(&sb, 80);
 *
 * The text is NUL-terminated as long as cap > 0.  strbuf_truncated() tells whether it fitted.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include "base/compiler.h"
#include "base/net_addr.h"

struct strbuf {
	char *buf;
	size_t cap; /* bytes at buf, terminator included */
	size_t len; /* bytes wanted so far, terminator excluded; may exceed cap */
};

struct strbuf strbuf_on(char *buf, size_t cap);
bool strbuf_truncated(const struct strbuf *sb);
size_t strbuf_stored(const struct strbuf *sb); /* bytes really in buf, terminator excluded */

void strbuf_char(struct strbuf *sb, char c);
void strbuf_str(struct strbuf *sb, const char *s);
void strbuf_mem(struct strbuf *sb, const char *s, size_t len);
void strbuf_pad_to(struct strbuf *sb, size_t column); /* spaces up to that length */
void strbuf_u64(struct strbuf *sb, uint64_t v);
void strbuf_u64_width(struct strbuf *sb, uint64_t v, unsigned width, char fill);
void strbuf_i64(struct strbuf *sb, int64_t v);
void strbuf_hex(struct strbuf *sb, uint64_t v, unsigned digits); /* at least `digits`, no 0x */
void strbuf_hex_bytes(struct strbuf *sb, const void *p, size_t len);
void strbuf_mac(struct strbuf *sb, const uint8_t mac[6]);
void strbuf_ipv4(struct strbuf *sb, uint32_t ipv4);              /* host order */
void strbuf_addr(struct strbuf *sb, const struct net_addr *a);
void strbuf_endpoint(struct strbuf *sb, const struct net_endpoint *e);
void strbuf_seconds(struct strbuf *sb, uint64_t ns); /* 1.234567: six decimals, truncated */

/* Bytes from outside, so that none can end a line or forge one: printable ASCII except \ is
 * itself, every other byte is \xNN (text) or, with quotes and \ escaped, \u00NN (JSON). */
void strbuf_escaped_text(struct strbuf *sb, const char *s, size_t len);
void strbuf_escaped_json(struct strbuf *sb, const char *s, size_t len);

#endif
