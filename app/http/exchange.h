/*
 * SPDX-License-Identifier: MIT
 *
 * One request by HTTP/1.1 and its answer, within a transfer; whatever goes wrong becomes a status of
 * base/status.h and a sentence.  check.c says what is asked, where redirects lead, and whether the
 * answer's body counts.
 */
#ifndef APP_HTTP_EXCHANGE_H
#define APP_HTTP_EXCHANGE_H

#include "app/http/response_parse.h"
#include "app/http/request_write.h"
#include "app/probe/show.h"
#include "app/http/transfer.h"

/* The answer to the last http_exchange(), until the next. */
struct http_answer {
	const struct http_parser *parser;
	bool may_keep; /* the connection can take another request */
	bool in_order; /* both sides have said what they had to: it is closed with a FIN */
};

/* Connects where that is needed, asks, and takes the answer's header in.  False: failed, and it is said
 * why; what there is of an answer is there all the same.  True: http_take_body() or http_leave_body()
 * is to follow. */
bool http_exchange(struct transfer *t, const struct http_request *rq, struct show *show,
		   struct http_answer *answer) MUST_CHECK;
/* The body counts: it is taken in, and what is wrong with it fails the transfer. */
void http_take_body(struct http_answer *answer);
/* The header has decided.  The body is read where it is to be shown, or where that is cheap and leaves
 * a connection that is `wanted`; whatever is wrong with it changes nothing. */
void http_leave_body(struct http_answer *answer, bool wanted);
/* Is the status what was expected?  Fails the transfer where it is not. */
bool http_judge_status(struct transfer *t, const struct http_answer *answer) MUST_CHECK;

#endif
