/*
 * SPDX-License-Identifier: MIT
 *
 * One request by HTTP/1.1 and its answer, within a transfer; whatever goes wrong becomes a status of
 * base/status.h and a sentence.  The caller says what is asked, reads the answer along, and decides
 * whether its body counts.
 */
#ifndef APP_HTTP_EXCHANGE_H
#define APP_HTTP_EXCHANGE_H

#include "app/http/request_write.h"
#include "app/http/response_parse.h"
#include "app/http/transfer.h"

#define HTTP_RECEIVE_BUFFER (64u * 1024)

/* The reader of an answer; the functions may not be NULL. */
struct http_reader {
	struct http_listener listener; /* first: its functions find the rest by it */
	/* An answer begins, over that connection: perhaps again, where a kept one was lost. */
	void (*begin)(struct http_reader *reader, uint32_t conn);
	/* No more of it comes, be it whole or not. */
	void (*end)(struct http_reader *reader);
	/* The body is read to its end even where it decides nothing. */
	bool (*wants_rest)(const struct http_reader *reader);
	const uint8_t *sha256; /* of the body, after `end`, for the log; NULL: not asked for */
};

/* There may be several, each with a transfer of its own. */
struct http_exchange {
	struct transfer *t;
	const struct http_request *request;
	struct http_reader *reader;
	size_t sent;       /* bytes of the request, and how many it has */
	size_t request_len;
	uint64_t received; /* bytes of the stream */
	bool announced;    /* http.response was sent */
	bool peer_closed;
	bool unasked;      /* more came than the answer */
	struct http_parser parser;
	char target[CONFIG_TEXT_MAX + 1]; /* for the log */
	char request_text[HTTP_REQUEST_MAX];
	uint8_t buf[HTTP_RECEIVE_BUFFER];
};

/* The answer to the last http_exchange(), until the next over the same struct. */
struct http_answer {
	const struct http_parser *parser;
	bool may_keep; /* the connection can take another request */
	bool in_order; /* both sides have said what they had to: it is closed with a FIN */
};

/* Connects where that is needed, asks, and takes the answer's header in.  False: failed, and it is said
 * why; what there is of an answer is there all the same.  True: http_consume_body() or http_leave_body()
 * is to follow. */
bool http_exchange(struct http_exchange *x, struct transfer *t, const struct http_request *rq,
		   struct http_reader *reader, struct http_answer *answer) MUST_CHECK;
/* The body counts: it is taken in.  False: it did not come whole, or is refused; the transfer has failed. */
bool http_consume_body(struct http_exchange *x, struct http_answer *answer) MUST_CHECK;
/* The header has decided.  The body is read where its reader wants that, or where that is cheap and
 * leaves a connection that is `wanted`; whatever is wrong with it changes nothing. */
void http_leave_body(struct http_exchange *x, struct http_answer *answer, bool wanted);

#endif
