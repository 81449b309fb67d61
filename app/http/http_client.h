/*
 * SPDX-License-Identifier: MIT
 *
 * One request by HTTP/1.1 and its answer, within a transfer; whatever goes wrong becomes a status of
 * base/status.h and a sentence.  check.c says what is asked, and where redirects lead.
 */
#ifndef APP_HTTP_HTTP_CLIENT_H
#define APP_HTTP_HTTP_CLIENT_H

#include "app/http/http_parse.h"
#include "app/http/request.h"
#include "app/http/show.h"
#include "app/http/transfer.h"

/* The answer to the last http_exchange(), until the next. */
struct http_answer {
	const struct http_parser *parser;
	bool may_keep; /* the connection can take another request */
	bool in_order; /* both sides have said what they had to: it is closed with a FIN */
};

/* Connects where that is needed, asks, and takes the answer in.  False: failed, and it is said why;
 * what there is of an answer is there all the same. */
bool http_exchange(struct transfer *t, const struct http_request *rq, struct show *show,
		   struct http_answer *answer) MUST_CHECK;
/* Is the answer what was expected?  Fails the transfer where it is not. */
void http_judge(struct transfer *t);

#endif
