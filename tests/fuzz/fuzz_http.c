/*
 * SPDX-License-Identifier: MIT
 *
 * An HTTP response, fed twice: in one piece, and in pieces whose sizes the first bytes of the input
 * say.  Both must come to the same end, and nothing is counted that did not arrive.  Only how much of
 * an answer was taken before it was found bad may depend on the pieces.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/http/response_parse.h"

/* In a block of its own: the parser keeps no pointer to what it was fed. */
static size_t feed(struct http_parser *p, const uint8_t *data, size_t len)
{
	uint8_t *copy = fuzz_copy(data, len);
	size_t used = http_parser_feed(p, copy, len);

	free(copy);
	FUZZ_CHECK(used <= len, "took %zu of %zu bytes", used, len);
	FUZZ_CHECK(used == len || p->phase >= HTTP_PHASE_DONE, "stopped at %zu of %zu", used, len);
	return used;
}

static size_t feed_in_pieces(struct http_parser *p, struct fuzz_input body, uint64_t sizes)
{
	size_t used = 0;

	while (body.len > 0 && p->phase < HTTP_PHASE_DONE) {
		size_t n;
		const uint8_t *piece = fuzz_bytes(&body, sizes % 256 + 1, &n);

		used += feed(p, piece, n);
		sizes = sizes * UINT64_C(6364136223846793005) + 1442695040888963407;
		sizes = sizes >> 7 | sizes << 57;
	}
	return used;
}

static void check_end(const struct http_parser *p, size_t used)
{
	FUZZ_CHECK(p->phase == HTTP_PHASE_DONE || p->phase == HTTP_PHASE_BAD, "phase %d", p->phase);
	FUZZ_CHECK(p->phase != HTTP_PHASE_BAD || (p->status != STATUS_OK && p->problem != NULL),
		   "bad, but not why");
	FUZZ_CHECK(p->phase != HTTP_PHASE_DONE || (p->header_complete && p->code >= 200),
		   "done with code %u", p->code);
	FUZZ_CHECK(p->size_header + p->size_download <= used, "%zu bytes, counted as more", used);
	FUZZ_CHECK(p->size_header <= HTTP_HEADER_MAX, "header over its cap");
	FUZZ_CHECK(p->line.total < HTTP_LINE_MAX, "line over its cap");
	FUZZ_CHECK(p->reason.len <= HTTP_TEXT_KEPT && p->type.len <= HTTP_TEXT_KEPT, "a text");
	FUZZ_CHECK(p->line.len <= HTTP_LINE_KEPT && p->line.len <= p->line.total, "a line");
	if (p->phase == HTTP_PHASE_DONE && p->framing == HTTP_FRAMING_LENGTH)
		FUZZ_CHECK(p->size_download == p->length, "Content-Length is not what came");
	if (p->header_complete && p->framing == HTTP_FRAMING_NONE)
		FUZZ_CHECK(p->size_download == 0, "a body where there is none");
	if (p->phase == HTTP_PHASE_DONE && p->framing != HTTP_FRAMING_NONE)
		FUZZ_CHECK(p->unknown_coding.len == 0, "a body that cannot be decoded was taken");
	FUZZ_CHECK(p->status != STATUS_BAD_CONTENT_ENCODING || p->header_complete,
		   "a coding decided before the header was whole");
}

static void check_same(const struct http_parser *a, const struct http_parser *b)
{
	FUZZ_CHECK(a->phase == b->phase && a->status == b->status, "phase %d, status %d or %d, %d",
		   a->phase, a->status, b->phase, b->status);
	FUZZ_CHECK(a->problem == b->problem, "%s or %s", a->problem, b->problem);
	if (a->phase == HTTP_PHASE_BAD && !a->header_complete)
		return;
	FUZZ_CHECK(a->code == b->code && a->framing == b->framing && a->length == b->length &&
			   a->odd == b->odd && a->num_headers == b->num_headers, "another header");
	FUZZ_CHECK(a->size_header == b->size_header && a->size_download == b->size_download,
		   "%llu + %llu or %llu + %llu bytes", (unsigned long long)a->size_header,
		   (unsigned long long)a->size_download, (unsigned long long)b->size_header,
		   (unsigned long long)b->size_download);
	FUZZ_CHECK(crc32_value(&a->crc) == crc32_value(&b->crc), "another CRC-32");
	FUZZ_CHECK(a->reason.len == b->reason.len &&
			   memcmp(a->reason.at, b->reason.at, a->reason.len) == 0, "reason");
	FUZZ_CHECK(a->type.len == b->type.len && memcmp(a->type.at, b->type.at, a->type.len) == 0,
		   "type");
}

/* What is kept of a connection must not hang on a header that two readers read in two ways: in an answer
 * that is not odd each line is a name of token characters, a colon, and a value without control
 * characters, and ends with CRLF.  Looked at here byte by byte, in another way than the parser does. */
static void check_grammar(const struct http_parser *p, const uint8_t *at, size_t len)
{
	size_t start = 0;

	if (p->phase != HTTP_PHASE_DONE || p->odd)
		return;
	for (size_t i = 0; i < len; i++) {
		if (at[i] != '\n')
			continue;
		FUZZ_CHECK(i > start && at[i - 1] == '\r', "LF alone, and not odd");
		if (i - 1 == start)
			return; /* the end of the first header, interim or not */
		FUZZ_CHECK(start == 0 || (at[start] != ' ' && at[start] != '\t'), "a fold, and not odd");
		for (size_t k = start; k < i - 1; k++)
			FUZZ_CHECK(at[k] == '\t' || (at[k] >= ' ' && at[k] != 0x7f), "a control character");
		const uint8_t *colon = memchr(at + start, ':', i - start);
		FUZZ_CHECK(start == 0 || (colon != NULL && colon > at + start), "no name, and not odd");
		for (size_t k = start; start > 0 && at + k < colon; k++)
			FUZZ_CHECK(strchr(" \t()<>@,;\\\"/[]?={}", at[k]) == NULL && at[k] < 0x80, "a name");
		start = i + 1;
	}
}

/* A header that fills nearly all that one may, in front of the input: its cap is too far away to be
 * found by growing. */
static struct fuzz_input behind_a_large_header(const struct fuzz_input *in)
{
	static const char begin[] = "HTTP/1.1 200 OK\r\n", line[] = "X: yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n";
	static uint8_t buf[HTTP_HEADER_MAX + 4096];
	size_t n = sizeof(begin) - 1, more = MIN(in->len, (size_t)4096);

	memcpy(buf, begin, n);
	for (; n + sizeof(line) - 1 < HTTP_HEADER_MAX; n += sizeof(line) - 1)
		memcpy(buf + n, line, sizeof(line) - 1);
	if (more > 0)
		memcpy(buf + n, in->at, more);
	return (struct fuzz_input){.at = buf, .len = n + more};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct http_parser whole, pieces;
	struct fuzz_input in = {.at = data, .len = len};
	uint64_t sizes = fuzz_u16(&in);
	size_t used, used_in_pieces;

	if ((sizes & 0xff0f) == 0xff07) /* few: each takes the time of a thousand others */
		in = behind_a_large_header(&in);

	http_parser_init(&whole);
	used = feed(&whole, in.at, in.len);
	http_parser_close(&whole);
	check_end(&whole, used);
	check_grammar(&whole, in.at, used);

	http_parser_init(&pieces);
	used_in_pieces = feed_in_pieces(&pieces, in, sizes);
	http_parser_close(&pieces);
	check_end(&pieces, used_in_pieces);
	FUZZ_CHECK(used == used_in_pieces || pieces.phase == HTTP_PHASE_BAD, "%zu or %zu bytes", used,
		   used_in_pieces);
	check_same(&whole, &pieces);
	return 0;
}
