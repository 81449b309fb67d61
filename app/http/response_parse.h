/*
 * SPDX-License-Identifier: MIT
 *
 * The parser of one HTTP/1.x response (RFC 9110, RFC 9112): incremental, bounded, without memory
 * of its own beyond its struct, without copies of the body.  Lines outside the grammar are taken,
 * ignored or refused as curl does, except where they might say where the body ends.
 *
 *   http_parser_init(p);
 *   while (p->phase < HTTP_PHASE_DONE)
 *       bytes came: http_parser_feed(p, data, len)     the peer closed: http_parser_close(p)
 *
 * It ends in HTTP_PHASE_DONE, or in HTTP_PHASE_BAD with a status and a sentence.  Interim
 * responses (1xx) are skipped.  Body bytes are counted, added to a CRC-32, and shown to a listener.
 */
#ifndef APP_HTTP_RESPONSE_PARSE_H
#define APP_HTTP_RESPONSE_PARSE_H

#include "app/http/crc32.h"
#include "app/http/line.h"
#include "base/compiler.h"
#include "base/status.h"

/* Lines are checked while they pass and not stored: the limits are curl's. */
#define HTTP_HEADER_MAX (300u * 1024)    /* bytes of all header lines, interim and trailers too */
#define HTTP_LINE_MAX (100u * 1024)      /* a line and its end are shorter, also when unfolded */
#define HTTP_CHUNK_LINE_MAX 4096u        /* bytes of a chunk's size and extensions */
#define HTTP_LENGTH_MAX INT64_MAX        /* bytes of a body */
#define HTTP_LOCATION_KEPT 2047u         /* bytes of Location; a longer one cannot be followed */
#define HTTP_RETRY_AFTER_MAX 999999u     /* seconds; more counts as this */
#define HTTP_TEXT_KEPT 128u              /* bytes of what is only logged */

enum http_phase {
	HTTP_PHASE_STATUS_LINE,
	HTTP_PHASE_FIELDS,
	HTTP_PHASE_BODY_LENGTH,      /* `remaining` bytes to go */
	HTTP_PHASE_BODY_UNTIL_CLOSE,
	HTTP_PHASE_CHUNK_SIZE,
	HTTP_PHASE_CHUNK_DATA,       /* `remaining` bytes to go */
	HTTP_PHASE_CHUNK_END,        /* the line end behind a chunk's data */
	HTTP_PHASE_TRAILERS,
	HTTP_PHASE_DONE,
	HTTP_PHASE_BAD,
};

enum http_framing {
	HTTP_FRAMING_NONE,    /* there is no body: 204, 304 */
	HTTP_FRAMING_LENGTH,
	HTTP_FRAMING_CHUNKED,
	HTTP_FRAMING_CLOSE,
};

/* Who else wants to see an answer while it comes; each may be NULL. */
struct http_listener {
	void (*field)(struct http_listener *listener, const char *name, size_t name_len,
		      const char *value, size_t len);
	void (*body)(struct http_listener *listener, const uint8_t *data, size_t len);
};

struct http_text {
	size_t len;
	char at[HTTP_TEXT_KEPT];
};

struct http_parser {
	enum http_phase phase;
	enum status status;  /* HTTP_PHASE_BAD: why, as a status ... */
	const char *problem; /* ... and as a sentence */

	/* The answer, complete once the phase is past HTTP_PHASE_FIELDS. */
	bool header_complete;
	unsigned code;
	enum http_framing framing;
	bool has_length;
	uint64_t length;        /* Content-Length */
	struct http_text reason;
	struct http_text type;  /* Content-Type; len 0: none, or too long to be logged */
	unsigned num_headers;   /* fields of the answer itself */
	bool chunked;           /* Transfer-Encoding says so */
	unsigned minor;         /* of HTTP/1.minor */
	bool connection_close;  /* Connection says so */
	bool odd;               /* a line was outside the grammar: what follows is not to be trusted */
	struct http_text unknown_coding; /* of Transfer-Encoding; len 0: none */
	bool has_last_modified;
	uint64_t last_modified_s; /* Last-Modified, since 1970 */
	uint64_t retry_after_s; /* Retry-After in seconds; 0: none, or a date */
	bool has_location, location_overlong;
	size_t location_len;
	char location[HTTP_LOCATION_KEPT];

	bool no_body;           /* set by the sender of the request: the answer to a HEAD has none */
	bool spoke_http;        /* set likewise: there was an answer on this connection before */
	struct http_listener *listener; /* set likewise; NULL: none */

	uint64_t body_max;      /* a longer body is refused; http_parser_init() sets no limit */
	uint64_t size_header;   /* bytes of header so far, interim responses and trailers too */
	uint64_t size_download; /* bytes of body so far, transfer coding removed */
	struct crc32 crc;       /* of those */

	uint64_t remaining;
	struct http_line line; /* HTTP_PHASE_BAD: the one that is to blame, if it was one */
};

void http_parser_init(struct http_parser *p);
/* Takes bytes of the stream; how many: fewer than `len` only where the response is done or bad. */
size_t http_parser_feed(struct http_parser *p, const void *data, size_t len);
/* The peer has closed its side. */
void http_parser_close(struct http_parser *p);

/* The header itself says that the body is larger than body_max, or would be if it had been asked for. */
bool http_parser_is_length_refused(const struct http_parser *p);
/* "content-length", "chunked", ... */
const char *http_framing_name(enum http_framing framing);

/* --- between the parser's files ------------------------------------------------------------------ */

void http_parser_fail(struct http_parser *p, enum status status, const char *problem);
/* The body is larger than max-body= allows. */
void http_parser_refuse_body(struct http_parser *p);
/* Ready for the next line, unless the one before was wrong. */
void http_parser_next_line(struct http_parser *p);
/* One line of the header, p->line (response_header.c). */
void http_header_status_line(struct http_parser *p);
void http_header_field(struct http_parser *p);
/* The line is about to go on behind a fold. */
void http_header_unfold(struct http_parser *p);
/* Takes body bytes in the phases BODY_* and CHUNK_*; how many (response_body.c). */
size_t http_body_feed(struct http_parser *p, const uint8_t *data, size_t len);
/* The phase that reads the body, once all fields are known. */
void http_body_begin(struct http_parser *p);

#endif
