/* SPDX-License-Identifier: MIT */
/* app/http's parser: what a server may send back, and the status each answer ends with.  Every row
 * is a test of its own and is fed three ways: at once, byte by byte, and in random pieces, each
 * piece from a heap block of its exact size. */
#include <stdlib.h>
#include <string.h>

#include "app/http/response_parse.h"
#include "tests/runner/unit.h"

struct row {
	const char *name;
	const char *bytes;
	size_t len;         /* 0: strlen(bytes) */
	enum status status; /* after the stream was closed */
	const char *body;   /* what is counted; NULL: not looked at */
	unsigned code;
	bool done_before_close;
};

#define OK_LINE "HTTP/1.1 200 OK\r\n"
#define BYTES(text) (text), sizeof(text) - 1

static const struct row rows[] = {
	/* --- fine --- */
	{"content_length", OK_LINE "Content-Length: 5\r\n\r\nhello", 0, STATUS_OK, "hello", 200, true},
	{"bytes_behind_the_body_are_ignored", OK_LINE "Content-Length: 5\r\n\r\nhelloHTTP/1.1 500 no\r\n\r\n",
	 0, STATUS_OK, "hello", 200, true},
	{"content_length_0", OK_LINE "content-LENGTH:0\r\n\r\n", 0, STATUS_OK, "", 200, true},
	{"until_close", OK_LINE "\r\nhello", 0, STATUS_OK, "hello", 200, false},
	{"until_close_empty", OK_LINE "Server: x\r\n\r\n", 0, STATUS_OK, "", 200, false},
	{"http_1_0", "HTTP/1.0 200 OK\r\n\r\nhello", 0, STATUS_OK, "hello", 200, false},
	{"lone_lf_line_ends", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 0, STATUS_OK, "hi", 200, true},
	{"no_reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", 0, STATUS_OK, "hi", 200, true},
	{"empty_reason", "HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nhi", 0, STATUS_OK, "hi", 404, true},
	{"code_999", "HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n", 0, STATUS_OK, "", 999, true},
	{"no_body_204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 0, STATUS_OK, "", 204, true},
	{"no_body_304", "HTTP/1.1 304 Not Modified\r\n\r\n", 0, STATUS_OK, "", 304, true},
	{"interim_100_skipped",
	 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 99\r\n\r\n" OK_LINE
	 "Content-Length: 2\r\n\r\nhi", 0, STATUS_OK, "hi", 200, true},
	{"same_length_twice", OK_LINE "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 0, STATUS_OK,
	 "hello", 200, true},
	{"same_length_in_a_list", OK_LINE "Content-Length: 5, 5\r\n\r\nhello", 0, STATUS_OK, "hello", 200,
	 true},
	{"chunked", OK_LINE "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n, world. .\r\n0\r\n\r\n", 0,
	 STATUS_OK, "hello, world. .", 200, true},
	{"chunked_extensions_and_trailers",
	 OK_LINE "transfer-encoding:  Chunked \r\n\r\n005;a=b;c=\"d\"\r\nhello\r\n1 ;x\r\n!\r\n0;last\r\n"
		 "Digest: x\r\nContent-Length: 7\r\n\r\n", 0, STATUS_OK, "hello!", 200, true},
	{"chunked_empty", OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, STATUS_OK, "", 200, true},
	{"chunked_wins_over_length",
	 OK_LINE "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0, STATUS_OK,
	 "hello", 200, true},
	{"identity_coding_changes_nothing",
	 OK_LINE "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi", 0, STATUS_OK, "hi", 200, true},
	{"body_with_every_kind_of_byte", BYTES(OK_LINE "Content-Length: 6\r\n\r\n\0\r\n\xff\0\n"), STATUS_OK,
	 NULL, 200, true},
	{"obs_text_in_a_value", OK_LINE "X: \xff\xfe\tz\r\nContent-Length: 0\r\n\r\n", 0, STATUS_OK, "", 200,
	 true},

	/* --- not HTTP --- */
	{"not_http", "SSH-2.0-OpenSSH_9.2\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"not_http_no_line_end", "220 mail", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"not_http_from_the_second_byte_on", "Hello", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"not_http_binary", BYTES("\x15\x03\x01\x00\x02\x02"), STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"not_http_nul_first", BYTES("\0HTTP/1.1 200 OK\r\n"), STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"not_http_nul_in_the_name", BYTES("HTT\0"), STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"not_http_empty_line_first", "\r\n" OK_LINE "\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"http_2", "HTTP/2 200\r\n\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"http_version_nonsense", "HTTP/1.x 200 OK\r\n\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"http_lower_case", "http/1.1 200 OK\r\n\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},

	/* --- header nonsense --- */
	{"code_missing", "HTTP/1.1 \r\n\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"code_not_a_number", "HTTP/1.1 2x0 OK\r\n\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"code_099", "HTTP/1.1 099 OK\r\n\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"code_2000", "HTTP/1.1 2000 OK\r\n\r\n", 0, STATUS_UNSUPPORTED_PROTOCOL, NULL, 0, true},
	{"code_101_unasked", "HTTP/1.1 101 Switching\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 101, true},
	{"length_negative", OK_LINE "Content-Length: -5\r\n\r\nhello", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"length_plus", OK_LINE "Content-Length: +5\r\n\r\nhello", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"length_not_a_number", OK_LINE "Content-Length: five\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"length_hexadecimal", OK_LINE "Content-Length: 0x5\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"length_empty", OK_LINE "Content-Length:\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"length_two_words", OK_LINE "Content-Length: 5 5\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"length_overflow", OK_LINE "Content-Length: 18446744073709551621\r\n\r\nhello", 0, STATUS_WEIRD_REPLY,
	 NULL, 200, true},
	{"length_past_the_sign", OK_LINE "Content-Length: 9223372036854775808\r\n\r\n", 0, STATUS_WEIRD_REPLY,
	 NULL, 200, true},
	{"two_lengths", OK_LINE "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 0, STATUS_WEIRD_REPLY,
	 NULL, 200, true},
	{"two_lengths_in_a_list", OK_LINE "Content-Length: 5, 6\r\n\r\nhello", 0, STATUS_WEIRD_REPLY, NULL, 200,
	 true},
	{"nul_in_a_header", BYTES(OK_LINE "X: a\0b\r\n\r\n"), STATUS_WEIRD_REPLY, NULL, 200, true},
	{"nul_in_the_status_line", BYTES("HTTP/1.1 200 O\0K\r\n\r\n"), STATUS_WEIRD_REPLY, NULL, 0, true},
	{"lone_cr_in_a_header", OK_LINE "X: a\rContent-Length: 5\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"folded_line", OK_LINE "X: a\r\n b\r\nContent-Length: 2\r\n\r\nhi", 0, STATUS_OK, "hi", 200, true},
	{"folded_length", OK_LINE "Content-Length: 5\r\n\t5\r\n\r\nhello", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"folded_coding", OK_LINE "Transfer-Encoding:\r\n chunked\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"length_folded_in_its_name", OK_LINE "Content-\r\n Length: 5\r\n\r\nhello", 0, STATUS_WEIRD_REPLY, NULL,
	 200, true},
	{"blank_before_the_first_name", OK_LINE "\tContent-Length: 5\r\n\r\n", 0, STATUS_WEIRD_REPLY, NULL, 200,
	 true},
	{"blank_before_colon", OK_LINE "Content-Length : 5\r\n\r\nhello", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"no_colon", OK_LINE "Content-Length 5\r\n\r\nhello", 0, STATUS_WEIRD_REPLY, NULL, 200, true},
	{"no_name", OK_LINE ": 5\r\n\r\nhello", 0, STATUS_OK, "hello", 200, false},
	{"names_outside_the_grammar", OK_LINE "A B: 1\r\n(C): 2\r\nD : 3\r\nContent-Length: 2\r\n\r\nhi", 0,
	 STATUS_OK, "hi", 200, true},
	{"length_after_what_is_no_name", OK_LINE "\x01\x02 Content-Length: 5\r\n\r\nhello", 0, STATUS_WEIRD_REPLY,
	 NULL, 200, true},
	{"trailer_without_colon", OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\nx\r\n\r\n", 0,
	 STATUS_WEIRD_REPLY, "", 200, true},

	/* --- codings and chunks --- */
	{"coding_unknown", OK_LINE "Transfer-Encoding: gzip\r\n\r\n", 0, STATUS_BAD_CONTENT_ENCODING, NULL, 200,
	 true},
	{"coding_gzip_chunked", OK_LINE "Transfer-Encoding: gzip, chunked\r\n\r\n", 0,
	 STATUS_BAD_CONTENT_ENCODING, NULL, 200, true},
	{"coding_chunked_twice",
	 OK_LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 0, STATUS_OK, "hi",
	 200, true},
	{"coding_behind_chunked", OK_LINE "Transfer-Encoding: chunked, identity\r\n\r\n", 0,
	 STATUS_BAD_CONTENT_ENCODING, NULL, 200, true},
	{"coding_chunkedx", OK_LINE "Transfer-Encoding: chunkedx\r\n\r\n", 0, STATUS_BAD_CONTENT_ENCODING, NULL,
	 200, true},
	{"chunk_size_nonsense", OK_LINE "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n", 0,
	 STATUS_RECEIVE_FAILED, "", 200, true},
	{"chunk_size_empty", OK_LINE "Transfer-Encoding: chunked\r\n\r\n\r\nhello", 0, STATUS_RECEIVE_FAILED, "",
	 200, true},
	{"chunk_size_negative", OK_LINE "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n", 0,
	 STATUS_RECEIVE_FAILED, "", 200, true},
	{"chunk_size_0x", OK_LINE "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n", 0, STATUS_RECEIVE_FAILED,
	 "", 200, true},
	{"chunk_size_two_numbers", OK_LINE "Transfer-Encoding: chunked\r\n\r\n5 5\r\nhello\r\n", 0,
	 STATUS_RECEIVE_FAILED, "", 200, true},
	{"chunk_size_overflow", OK_LINE "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n", 0,
	 STATUS_RECEIVE_FAILED, "", 200, true},
	{"chunk_size_past_the_sign", OK_LINE "Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\nhello\r\n", 0,
	 STATUS_RECEIVE_FAILED, "", 200, true},
	{"chunk_sizes_overflow_together",
	 OK_LINE "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7fffffffffffffff\r\nx", 0,
	 STATUS_RECEIVE_FAILED, "hello", 200, true},
	{"chunk_longer_than_its_size", OK_LINE "Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", 0,
	 STATUS_RECEIVE_FAILED, "hell", 200, true},
	{"nul_in_a_chunk_size", BYTES(OK_LINE "Transfer-Encoding: chunked\r\n\r\n5\0\r\nhello\r\n0\r\n\r\n"),
	 STATUS_RECEIVE_FAILED, "", 200, true},

	/* --- closed early --- */
	{"closed_at_once", "", 0, STATUS_EMPTY_REPLY, NULL, 0, false},
	{"closed_after_an_interim_response", "HTTP/1.1 100 Continue\r\n\r\n", 0, STATUS_EMPTY_REPLY, NULL, 0,
	 false},
	{"closed_in_the_status_line", "HTTP/1.1 2", 0, STATUS_EMPTY_REPLY, NULL, 0, false},
	{"closed_in_the_header", OK_LINE "Content-Le", 0, STATUS_PARTIAL_BODY, NULL, 200, false},
	{"closed_before_the_empty_line", OK_LINE "Content-Length: 5\r\n", 0, STATUS_PARTIAL_BODY, NULL, 200,
	 false},
	{"body_shorter_than_promised", OK_LINE "Content-Length: 9\r\n\r\nhello", 0, STATUS_PARTIAL_BODY, "hello",
	 200, false},
	{"body_missing", OK_LINE "Content-Length: 9\r\n\r\n", 0, STATUS_PARTIAL_BODY, "", 200, false},
	{"closed_in_a_chunk", OK_LINE "Transfer-Encoding: chunked\r\n\r\n9\r\nhello", 0, STATUS_PARTIAL_BODY,
	 "hello", 200, false},
	{"closed_in_a_chunk_size", OK_LINE "Transfer-Encoding: chunked\r\n\r\n9", 0, STATUS_PARTIAL_BODY, "", 200,
	 false},
	{"closed_before_the_last_chunk", OK_LINE "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 0,
	 STATUS_PARTIAL_BODY, "hello", 200, false},
	{"closed_in_the_trailers", OK_LINE "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", 0,
	 STATUS_PARTIAL_BODY, "hello", 200, false},
};

static struct http_parser parser;

static size_t feed_piece(const char *at, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	size_t used;

	memcpy(copy, at, len);
	used = http_parser_feed(&parser, copy, len);
	assert_true(used <= len);
	if (used < len)
		assert_true(parser.phase >= HTTP_PHASE_DONE);
	free(copy);
	return used;
}

/* `piece`: bytes at a time, 0: random. */
static void feed(const char *bytes, size_t len, size_t piece)
{
	uint32_t seed = (uint32_t)len;

	http_parser_init(&parser);
	for (size_t at = 0; at < len && parser.phase < HTTP_PHASE_DONE;) {
		size_t n = piece;

		if (piece == 0) {
			seed = seed * 1664525 + 1013904223;
			n = (seed >> 24) % 9;
		}
		at += feed_piece(bytes + at, MIN(n, len - at));
	}
}

static enum status outcome(void)
{
	assert_true(parser.phase >= HTTP_PHASE_DONE);
	assert_int_equal(parser.phase == HTTP_PHASE_BAD, parser.status != STATUS_OK);
	assert_int_equal(parser.phase == HTTP_PHASE_BAD, parser.problem != NULL);
	return parser.status;
}

static void run_row(const struct row *row)
{
	size_t len = row->len > 0 ? row->len : strlen(row->bytes);
	const size_t pieces[] = {len + 1, 1, 0};

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		feed(row->bytes, len, pieces[i]);
		assert_int_equal(parser.phase >= HTTP_PHASE_DONE, row->done_before_close);
		http_parser_close(&parser);
		assert_int_equal(outcome(), row->status);
		assert_int_equal(parser.code, row->code);
		if (row->body != NULL) {
			struct crc32 crc;

			crc32_init(&crc);
			crc32_update(&crc, row->body, strlen(row->body));
			assert_int_equal(parser.size_download, strlen(row->body));
			assert_int_equal(crc32_value(&parser.crc), crc32_value(&crc));
		}
	}
}

/* --- what has no row ---------------------------------------------------------------------------- */

TEST(what_is_reported)
{
	static const char header[] = "HTTP/1.1 404 Not Found\r\nContent-Type: text/html; charset=utf-8 \r\n"
				     "Content-Length: 7\r\n\r\n";

	feed(header, strlen(header), 1);
	assert_true(parser.header_complete);
	assert_int_equal(parser.size_header, strlen(header));
	assert_int_equal(parser.code, 404);
	assert_int_equal(parser.framing, HTTP_FRAMING_LENGTH);
	assert_true(parser.has_length && parser.length == 7);
	assert_int_equal(parser.reason.len, 9);
	assert_memory_equal(parser.reason.at, "Not Found", 9);
	assert_int_equal(parser.type.len, 24);
	assert_memory_equal(parser.type.at, "text/html; charset=utf-8", 24);
	assert_string_equal(http_framing_name(parser.framing), "content-length");
}

TEST(header_size_counts_interim_responses_and_trailers)
{
	static const char text[] = "HTTP/1.1 100 \r\n\r\n" OK_LINE "Transfer-Encoding: chunked\r\n\r\n"
				   "1\r\nx\r\n0\r\nA: b\r\n\r\n";

	feed(text, strlen(text), 1);
	assert_int_equal(outcome(), STATUS_OK);
	assert_int_equal(parser.size_header, strlen(text) - strlen("1\r\nx\r\n0\r\n"));
}

TEST(only_the_answers_own_fields_are_counted)
{
	static const char text[] = "HTTP/1.1 103 \r\nLink: x\r\n\r\n" OK_LINE "A: b\r\nTransfer-Encoding: chunked\r\n"
				   "\r\n1\r\nx\r\n0\r\nC: d\r\n\r\n";

	feed(text, strlen(text), 1);
	assert_int_equal(outcome(), STATUS_OK);
	assert_int_equal(parser.num_headers, 2);
}

TEST(folded_framing_is_called_that)
{
	static const char text[] = OK_LINE "Content-Length: 5\r\n b: c\r\n\r\n";

	feed(text, strlen(text), 1);
	assert_int_equal(outcome(), STATUS_WEIRD_REPLY);
	assert_string_equal(parser.problem, "a field that frames the body is folded");
}

/* Whitespace in front of a name can be longer than what is kept of a line. */
TEST(a_length_behind_a_lot_of_spaces)
{
	static char text[16384];

	for (unsigned odd = 0; odd < 2; odd++) {
		strcpy(text, OK_LINE "X: a\r\n");
		memset(text + strlen(text), 0, sizeof(text) - strlen(text));
		memset(text + strlen(text), odd ? 0x01 : 'x', 5000);
		strcat(text, "Content-Length: 5\r\n\r\nhello");
		feed(text, strlen(text), 100);
		http_parser_close(&parser);
		assert_int_equal(outcome(), odd ? STATUS_WEIRD_REPLY : STATUS_OK);
	}
}

TEST(after_an_answer_it_has_to_be_http)
{
	http_parser_init(&parser);
	parser.spoke_http = true;
	feed_piece("hello", 5);
	assert_int_equal(outcome(), STATUS_WEIRD_REPLY);
	feed("HTTP/1.1 100 x\r\n\r\nhello", 24, 1);
	assert_int_equal(outcome(), STATUS_WEIRD_REPLY);
	feed("HT\r\n\r\n", 6, 1);
	assert_int_equal(outcome(), STATUS_UNSUPPORTED_PROTOCOL);
}

static void feed_repeated(const char *start, char filler, size_t n)
{
	static char block[4096];

	feed(start, strlen(start), strlen(start) + 1);
	memset(block, filler, sizeof(block));
	while (n > 0 && parser.phase < HTTP_PHASE_DONE) {
		size_t now = MIN(n, sizeof(block));

		feed_piece(block, now);
		n -= now;
	}
}

TEST(a_status_line_that_never_ends)
{
	feed_repeated("HTTP/1.1 200 ", 'x', 1 << 20);
	assert_int_equal(outcome(), STATUS_HEADER_TOO_LARGE);
	assert_true(parser.size_header <= HTTP_LINE_MAX + strlen("\r\n"));
}

TEST(a_header_line_that_never_ends)
{
	feed_repeated(OK_LINE "X: ", 'x', 1 << 20);
	assert_int_equal(outcome(), STATUS_HEADER_TOO_LARGE);
}

TEST(headers_without_end)
{
	feed(OK_LINE, strlen(OK_LINE), 100);
	for (int i = 0; i < 100000 && parser.phase < HTTP_PHASE_DONE; i++)
		feed_piece("A: b\r\n", 6);
	assert_int_equal(outcome(), STATUS_RECEIVE_FAILED);
}

TEST(interim_responses_without_end)
{
	http_parser_init(&parser);
	for (int i = 0; i < 100000 && parser.phase < HTTP_PHASE_DONE; i++)
		feed_piece("HTTP/1.1 100 \r\n\r\n", 17);
	assert_int_equal(outcome(), STATUS_RECEIVE_FAILED);
}

TEST(trailers_without_end)
{
	static const char start[] = OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n";

	feed(start, strlen(start), 1000);
	for (int i = 0; i < 100000 && parser.phase < HTTP_PHASE_DONE; i++)
		feed_piece("A: b\r\n", 6);
	assert_int_equal(outcome(), STATUS_RECEIVE_FAILED);
}

TEST(a_chunk_size_that_never_ends)
{
	feed_repeated(OK_LINE "Transfer-Encoding: chunked\r\n\r\n5;", 'x', 1 << 20);
	assert_int_equal(outcome(), STATUS_RECEIVE_FAILED);
	feed_repeated(OK_LINE "Transfer-Encoding: chunked\r\n\r\n", '0', 1 << 20);
	assert_int_equal(outcome(), STATUS_RECEIVE_FAILED);
}

/* A long line that does not matter is skipped; one that does is not half read. */
TEST(a_line_longer_than_what_is_kept)
{
	static char text[8192];
	size_t len;

	strcpy(text, OK_LINE "Set-Cookie: ");
	memset(text + strlen(text), 'c', 5000);
	strcat(text, "\r\nContent-Length: 2\r\n\r\nhi");
	feed(text, strlen(text), 100);
	assert_int_equal(outcome(), STATUS_OK);
	assert_int_equal(parser.size_download, 2);

	memset(text, 0, sizeof(text));
	strcpy(text, OK_LINE "Content-Length: ");
	len = strlen(text);
	memset(text + len, '0', 3000);
	strcat(text, "5\r\n\r\nhello");
	feed(text, strlen(text), 100);
	assert_int_equal(outcome(), STATUS_HEADER_TOO_LARGE);
}

static void feed_header(const char *header)
{
	http_parser_init(&parser);
	for (size_t at = 0; at < strlen(header); at++)
		feed_piece(header + at, 1);
}

TEST(fields_that_a_client_acts_upon)
{
	feed_header("HTTP/1.0 302 Found\r\nlocation:  /x y \r\nLocation: /x y\r\nRetry-After: 7\r\n"
		    "Connection: x , Close\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.phase, HTTP_PHASE_DONE);
	assert_int_equal(parser.minor, 0);
	assert_true(parser.has_location && parser.connection_close);
	assert_int_equal(parser.location_len, 4);
	assert_memory_equal(parser.location, "/x y", 4);
	assert_int_equal(parser.retry_after_s, 7);
	feed_header("HTTP/1.1 200 OK\r\nConnection: closed, keep-alive\r\nContent-Length: 0\r\n"
		    "Retry-After: Sat, 1 Jan 2000 00:00:00 GMT\r\n\r\n");
	assert_int_equal(parser.minor, 1);
	assert_false(parser.has_location || parser.connection_close);
	assert_int_equal(parser.retry_after_s, 0);
	feed_header("HTTP/1.1 503 ?\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.retry_after_s, 0);
	feed_header("HTTP/1.1 503 ?\r\nRetry-After: 9999999999\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.retry_after_s, HTTP_RETRY_AFTER_MAX);
	feed_header("HTTP/1.1 200 ?\r\nLast-Modified: never\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		    "last-modified: Sun, 06 Nov 1994 08:49:38 GMT\r\nContent-Length: 0\r\n\r\n");
	assert_true(parser.has_last_modified && parser.last_modified_s == 784111777);
	feed_header("HTTP/1.1 200 ?\r\nLast-Modified: 784111777\r\nContent-Length: 0\r\n\r\n");
	assert_false(parser.has_last_modified);
	/* What an interim response says is about that alone. */
	feed_header("HTTP/1.1 103 Early\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nLocation: /a\r\nConnection: close\r\nRetry-After: 3\r\n\r\n"
		    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.phase, HTTP_PHASE_DONE);
	assert_false(parser.has_location || parser.connection_close || parser.has_last_modified);
	assert_int_equal(parser.retry_after_s, 0);
}

/* RFC 9110 10.2.2 */
TEST(several_locations)
{
	feed_header("HTTP/1.1 302 ?\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.phase, HTTP_PHASE_BAD);
	assert_int_equal(parser.status, STATUS_WEIRD_REPLY);
	assert_string_equal(parser.problem, "two different Locations");
	/* Of anything but a redirect it is nobody's business. */
	feed_header("HTTP/1.1 201 ?\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.phase, HTTP_PHASE_DONE);
	/* An empty one leads nowhere, whether it stands alone or beside another. */
	feed_header("HTTP/1.1 302 ?\r\nLocation:  \r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.phase, HTTP_PHASE_DONE);
	assert_false(parser.has_location);
	feed_header("HTTP/1.1 302 ?\r\nLocation:\r\nLocation: /b\r\nLocation:\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(parser.phase, HTTP_PHASE_DONE);
	assert_true(parser.has_location && parser.location_len == 2);
}

TEST(locations_of_any_length)
{
	static char text[4096];

	for (unsigned len = 2040; len < 2060; len++) {
		memset(text, 0, sizeof(text));
		strcpy(text, "HTTP/1.1 302 ?\r\nLocation:");
		memset(text + strlen(text), ' ', 100);
		memset(text + strlen(text), '/', len);
		strcat(text, "\r\nContent-Length: 0\r\n\r\n");
		feed_header(text);
		assert_int_equal(parser.location_overlong, len > HTTP_LOCATION_KEPT);
		assert_int_equal(parser.location_len, MIN(len, HTTP_LOCATION_KEPT));
	}
}

TEST(the_answer_to_a_head_has_no_body)
{
	http_parser_init(&parser);
	parser.no_body = true;
	feed_piece("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 38);
	assert_int_equal(parser.phase, HTTP_PHASE_DONE);
	assert_int_equal(parser.framing, HTTP_FRAMING_NONE);
	assert_int_equal(parser.size_download, 0);
}

/* However its length is told: by Content-Length (at once), in chunks, by the end of the stream. */
TEST(a_body_over_the_cap)
{
	static const char *const bodies[] = {
		"Content-Length: 5\r\n\r\nhello",
		"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
		"\r\nhello",
	};
	char text[128];

	for (unsigned i = 0; i < 2 * ARRAY_LEN(bodies); i++) {
		bool fits = i % 2;

		http_parser_init(&parser);
		parser.body_max = fits ? 5 : 4;
		strcat(strcpy(text, OK_LINE), bodies[i / 2]);
		for (size_t at = 0; at < strlen(text) && parser.phase < HTTP_PHASE_DONE; at++)
			feed_piece(text + at, 1);
		http_parser_close(&parser);
		assert_int_equal(outcome(), fits ? STATUS_OK : STATUS_BODY_TOO_LARGE);
		assert_true(parser.header_complete);
		assert_true(parser.size_download <= parser.body_max);
	}
}

/* The last chunk's size may be what is too much, and then none of it is read. */
TEST(a_chunk_over_the_cap)
{
	static const char start[] = OK_LINE "Transfer-Encoding: chunked\r\n\r\n";

	http_parser_init(&parser);
	parser.body_max = 1000;
	feed_piece(start, strlen(start));
	feed_piece("7fffffffffffffff\r\nx", 19);
	assert_int_equal(outcome(), STATUS_BODY_TOO_LARGE);
	assert_int_equal(parser.size_download, 0);
}

/* A header of this many bytes, in lines of at most 4,000, and what it ends with. */
static enum status end_of_header(size_t size)
{
	static char text[HTTP_HEADER_MAX + 10];
	size_t start = strlen(OK_LINE);

	memset(text, 'x', sizeof(text));
	memcpy(text, OK_LINE, start);
	for (size_t at = start; at < size - 2; at += 4000) {
		size_t end = size - 2 - at < 8000 ? size - 2 : at + 4000;

		memcpy(text + at, "X:", 2);
		memcpy(text + end - 2, "\r\n", 2);
		if (end == size - 2)
			break;
	}
	memcpy(text + size - 2, "\r\n", 2);
	feed(text, size, 1000);
	http_parser_close(&parser);
	return outcome();
}

TEST(a_header_of_exactly_the_cap)
{
	assert_int_equal(end_of_header(HTTP_HEADER_MAX), STATUS_OK);
	assert_int_equal(parser.size_header, HTTP_HEADER_MAX);
	assert_int_equal(end_of_header(HTTP_HEADER_MAX + 1), STATUS_RECEIVE_FAILED);
	assert_int_equal(end_of_header(HTTP_HEADER_MAX + 2), STATUS_RECEIVE_FAILED);
}

/* Lines pass; nothing of them is stored but what is kept for a message. */
TEST(a_long_header_takes_no_memory)
{
	assert_true(sizeof(struct http_parser) < HTTP_LINE_MAX / 4);
}

/* Nonsense made of the words that mean something: an end with a status, never a crash or a loop. */
TEST(random_words)
{
	static const char *const words[] = {
		"HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 C\r\n", "Content-Length: ", "Transfer-Encoding: ",
		"chunked", "\r\n", "\n", "\r", "5", "ffffffffffffffff", "0", ":", ";", ",", " ", "gzip",
		"\r\n\r\n", "hello", "a", "-1"};
	uint32_t seed = 99;

	for (int round = 0; round < 20000; round++) {
		http_parser_init(&parser);
		feed_piece(OK_LINE, strlen(OK_LINE));
		for (int i = 0; i < 20 && parser.phase < HTTP_PHASE_DONE; i++) {
			seed = seed * 1664525 + 1013904223;
			const char *word = words[(seed >> 16) % ARRAY_LEN(words)];
			feed_piece(word, strlen(word));
		}
		http_parser_close(&parser);
		outcome();
	}
}

TEST_ROWS(run_row, rows);
