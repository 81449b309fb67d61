/*
 * SPDX-License-Identifier: MIT
 *
 * Requests, one behind the other as on a kept connection, fed twice: in one piece, and in pieces whose
 * sizes the first bytes of the input say.  Both must see the same requests and come to the same end.
 * What a request is accepted as is judged by a second, slower reading of its bytes that shares nothing
 * with the parser: where its header ends, and that only one thing says how long its body is.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/http/request_parse.h"

#define REQUESTS_MAX 64u

struct seen {
	enum request_phase phase;
	unsigned code;
	size_t header, body;
	enum request_method method;
	bool last;
};

static size_t feed(struct request *r, const uint8_t *data, size_t len)
{
	uint8_t *copy = fuzz_copy(data, len);
	size_t used = request_feed(r, copy, len);

	free(copy);
	FUZZ_CHECK(used <= len, "took %zu of %zu bytes", used, len);
	FUZZ_CHECK(used == len || r->phase >= REQUEST_DONE, "stopped at %zu of %zu", used, len);
	return used;
}

/* --- the second reading ---------------------------------------------------------------------------- */

static bool line_is(const uint8_t *at, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && strncasecmp((const char *)at, name, n) == 0 && at[n] == ':';
}

/* The lines of an accepted header, each ended by LF; the last is empty. */
static void judge_header(const uint8_t *at, size_t len, const struct request *r)
{
	unsigned hosts = 0, lengths = 0, codings = 0;
	bool first = true;

	while (len > 0) {
		const uint8_t *lf = memchr(at, '\n', len);
		size_t n = lf != NULL ? (size_t)(lf - at) : len;

		FUZZ_CHECK(lf != NULL, "a header that does not end");
		FUZZ_CHECK(memchr(at, '\0', n) == NULL, "NUL in a header");
		n -= n > 0 && at[n - 1] == '\r';
		FUZZ_CHECK(memchr(at, '\r', n) == NULL, "a lone CR in a header");
		if (n > 0 && !first) {
			FUZZ_CHECK(at[0] != ' ' && at[0] != '\t', "a folded line");
			hosts += line_is(at, n, "host");
			lengths += line_is(at, n, "content-length");
			codings += line_is(at, n, "transfer-encoding");
		}
		first &= n == 0;
		len -= (size_t)(lf - at) + 1;
		FUZZ_CHECK((n == 0 && !first) == (len == 0), "a header that goes on behind its end");
		at = lf + 1;
	}
	FUZZ_CHECK(codings == 0 && lengths <= 1 && hosts <= 1, "%u codings, %u lengths, %u hosts", codings,
		   lengths, hosts);
	FUZZ_CHECK(hosts == 1 || r->minor == 0, "no Host");
	FUZZ_CHECK(lengths == 1 || r->size_body == 0, "a body that nobody announced");
}

static void check_state(const struct request *r)
{
	FUZZ_CHECK(r->size_header <= REQUEST_HEADER_MAX && r->size_body <= REQUEST_BODY_MAX, "sizes");
	FUZZ_CHECK(r->line.len <= HTTP_LINE_KEPT && r->method_len <= REQUEST_METHOD_KEPT &&
			   r->target_len <= REQUEST_TARGET_KEPT && r->path_len <= REQUEST_PATH_KEPT, "texts");
	FUZZ_CHECK(r->n_fields <= REQUEST_FIELDS_MAX + 1, "fields");
	if (r->phase == REQUEST_BAD)
		FUZZ_CHECK(r->code >= 400 && r->code <= 505 && r->problem != NULL && r->last, "bad, but not why");
	if (r->phase == REQUEST_DONE && (r->method == REQUEST_GET || r->method == REQUEST_HEAD)) {
		FUZZ_CHECK(r->path_len > 0 && r->path[0] == '/', "a path that is none");
		FUZZ_CHECK(r->size_body == r->length, "the body is not what was said");
	}
	for (size_t i = 0; i < r->path_len; i++)
		FUZZ_CHECK(r->path[i] > ' ' && r->path[i] <= '~', "a byte of the path");
}

/* --- twice ------------------------------------------------------------------------------------------- */

static unsigned read_all(struct fuzz_input in, uint64_t sizes, bool in_pieces, struct seen *seen)
{
	static struct request r;
	unsigned n = 0;

	for (bool goes_on = true; goes_on && n < REQUESTS_MAX; n++) {
		const uint8_t *start = in.at;

		request_begin(&r);
		while (in.len > 0 && r.phase < REQUEST_DONE) {
			size_t piece = in_pieces ? MIN(in.len, (size_t)(sizes % 256 + 1)) : in.len;
			size_t used = feed(&r, in.at, piece);

			in.at += used;
			in.len -= used;
			sizes = sizes * UINT64_C(6364136223846793005) + 1442695040888963407;
			sizes = sizes >> 7 | sizes << 57;
		}
		check_state(&r);
		if (r.phase == REQUEST_DONE || r.phase == REQUEST_BODY)
			judge_header(start, r.size_header, &r);
		seen[n] = (struct seen){r.phase, r.code, r.size_header, r.size_body, r.method, r.last};
		goes_on = r.phase == REQUEST_DONE && !r.last && in.len > 0;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct seen whole[REQUESTS_MAX], pieces[REQUESTS_MAX];
	struct fuzz_input in = {.at = data, .len = len};
	uint64_t sizes = fuzz_u16(&in);
	unsigned n = read_all(in, 0, false, whole), m = read_all(in, sizes, true, pieces);

	FUZZ_CHECK(n == m, "%u requests, or %u", n, m);
	for (unsigned i = 0; i < n; i++) {
		FUZZ_CHECK(whole[i].phase == pieces[i].phase && whole[i].code == pieces[i].code,
			   "request %u: phase %d, code %u, or %d, %u", i, whole[i].phase, whole[i].code,
			   pieces[i].phase, pieces[i].code);
		if (whole[i].phase == REQUEST_BAD)
			continue; /* how much of it was taken may depend on the pieces */
		FUZZ_CHECK(whole[i].header == pieces[i].header && whole[i].body == pieces[i].body &&
				   whole[i].method == pieces[i].method && whole[i].last == pieces[i].last,
			   "request %u is another one", i);
	}
	return 0;
}
