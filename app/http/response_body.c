/*
 * SPDX-License-Identifier: MIT
 *
 * Where a response's body begins and ends (RFC 9112 6 and 7).  Bytes are counted where they lie.
 */
#include "app/http/response_parse.h"

#include "app/http/text.h"
#include "base/chars.h"
#include "base/string.h"

static void consume_bytes(struct http_parser *p, const uint8_t *data, size_t len)
{
	p->size_download += len;
	crc32_update(&p->crc, data, len);
	if (p->listener != NULL && p->listener->body != NULL)
		p->listener->body(p->listener, data, len);
}

/* RFC 9112 6.3, rule 4.3: it is known where such a body ends, but not what it says.  The line that is
 * to blame is long gone: the coding stands for it. */
static void refuse_coding(struct http_parser *p)
{
	p->framing = p->chunked ? HTTP_FRAMING_CHUNKED : HTTP_FRAMING_CLOSE;
	p->line.len = p->line.total = p->unknown_coding.len;
	memcpy(p->line.text, p->unknown_coding.at, p->unknown_coding.len);
	http_parser_fail(p, STATUS_BAD_CONTENT_ENCODING,
			 text_is_word(p->line.text, p->line.len, "identity")
				 ? "chunked is not the last transfer coding"
				 : "unknown transfer coding");
}

/* RFC 9112 6.3, rules 1 and 3 to 8 in their order. */
void http_body_begin(struct http_parser *p)
{
	if (p->no_body || p->code == 204 || p->code == 304) {
		p->framing = HTTP_FRAMING_NONE;
		p->phase = HTTP_PHASE_DONE;
	} else if (p->unknown_coding.len > 0) {
		refuse_coding(p);
	} else if (p->chunked) {
		p->framing = HTTP_FRAMING_CHUNKED;
		p->phase = HTTP_PHASE_CHUNK_SIZE;
	} else if (p->has_length) {
		p->framing = HTTP_FRAMING_LENGTH;
		p->remaining = p->length;
		p->phase = p->length > 0 ? HTTP_PHASE_BODY_LENGTH : HTTP_PHASE_DONE;
		if (p->length > p->body_max) /* known before the first byte of it */
			http_parser_refuse_body(p);
	} else {
		p->framing = HTTP_FRAMING_CLOSE;
		p->phase = HTTP_PHASE_BODY_UNTIL_CLOSE;
	}
}

/* Takes what belongs to the length or chunk that is open, and moves on at its end. */
static size_t feed_counted(struct http_parser *p, const uint8_t *data, size_t len)
{
	size_t n = MIN(len, p->remaining);

	consume_bytes(p, data, n);
	p->remaining -= n;
	if (p->remaining == 0)
		p->phase = p->phase == HTTP_PHASE_CHUNK_DATA ? HTTP_PHASE_CHUNK_END : HTTP_PHASE_DONE;
	return n;
}

/* --- chunks ------------------------------------------------------------------------------------- */

/* RFC 9112 7.1: hexadecimal digits, at least one, then perhaps extensions (7.1.1), which are
 * ignored; the number must be bounded by its reader. */
static bool parse_chunk_size(const struct http_line *line, uint64_t *size)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < line->len && char_hex_value(line->text[i]) >= 0; i++) {
		if (v > (uint64_t)HTTP_LENGTH_MAX >> 4)
			return false;
		v = v << 4 | (uint64_t)char_hex_value(line->text[i]);
	}
	if (i == 0)
		return false;
	while (i < line->len && char_is_whitespace(line->text[i]))
		i++;
	if (i < line->len && line->text[i] != ';')
		return false;
	*size = v;
	return true;
}

static void begin_chunk(struct http_parser *p)
{
	uint64_t size;

	if (!parse_chunk_size(&p->line, &size)) {
		http_parser_fail(p, STATUS_RECEIVE_FAILED, "a chunk's size is nonsense");
		return;
	}
	if (size > HTTP_LENGTH_MAX - p->size_download) {
		http_parser_fail(p, STATUS_RECEIVE_FAILED, "the chunks' sizes overflow");
		return;
	}
	if (size > p->body_max - p->size_download) {
		http_parser_refuse_body(p);
		return;
	}
	p->remaining = size;
	p->phase = size > 0 ? HTTP_PHASE_CHUNK_DATA : HTTP_PHASE_TRAILERS;
}

static size_t feed_chunk_size(struct http_parser *p, const uint8_t *data, size_t len)
{
	size_t n = http_line_feed(&p->line, data, len);

	if (p->line.state == HTTP_LINE_BAD) {
		http_parser_fail(p, STATUS_RECEIVE_FAILED, "a chunk's size holds NUL or a lone CR");
	} else if (p->line.total > HTTP_CHUNK_LINE_MAX) {
		http_parser_fail(p, STATUS_RECEIVE_FAILED, "a chunk's size does not end");
	} else if (p->line.state == HTTP_LINE_DONE) {
		p->odd = p->odd || p->line.odd;
		begin_chunk(p);
		http_parser_next_line(p);
	}
	return n;
}

/* Behind a chunk's data there is a line end and nothing else. */
static size_t feed_chunk_end(struct http_parser *p, const uint8_t *data, size_t len)
{
	size_t n = http_line_feed(&p->line, data, len);

	if (p->line.state == HTTP_LINE_BAD || p->line.total > 0) {
		http_parser_fail(p, STATUS_RECEIVE_FAILED, "a chunk is longer than its size");
	} else if (p->line.state == HTTP_LINE_DONE) {
		p->odd = p->odd || p->line.odd;
		p->phase = HTTP_PHASE_CHUNK_SIZE;
		http_parser_next_line(p);
	}
	return n;
}

/* Its length is unknown: it is too long when it is. */
static size_t feed_until_close(struct http_parser *p, const uint8_t *data, size_t len)
{
	size_t n = MIN(len, p->body_max - p->size_download);

	consume_bytes(p, data, n);
	if (n < len)
		http_parser_refuse_body(p);
	return n;
}

size_t http_body_feed(struct http_parser *p, const uint8_t *data, size_t len)
{
	switch (p->phase) {
	case HTTP_PHASE_BODY_LENGTH:
	case HTTP_PHASE_CHUNK_DATA:
		return feed_counted(p, data, len);
	case HTTP_PHASE_CHUNK_SIZE:
		return feed_chunk_size(p, data, len);
	case HTTP_PHASE_CHUNK_END:
		return feed_chunk_end(p, data, len);
	default: /* HTTP_PHASE_BODY_UNTIL_CLOSE */
		return feed_until_close(p, data, len);
	}
}
