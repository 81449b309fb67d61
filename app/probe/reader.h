/*
 * SPDX-License-Identifier: MIT
 *
 * What a check does with an answer while it comes: shows it (show=), and sees whether it is what was
 * expected (expect.*).
 */
#ifndef APP_PROBE_READER_H
#define APP_PROBE_READER_H

#include "app/http/exchange.h"
#include "app/probe/expect.h"
#include "app/probe/settings.h"
#include "app/probe/show.h"

struct probe_reader {
	struct http_reader reader; /* first: its functions find the rest by it */
	const struct probe_settings *settings;
	struct show show;          /* of the whole run */
	struct expect_body expect; /* of the answer that is being read */
};

void probe_reader_begin(struct probe_reader *r, const struct probe_settings *settings,
			struct event_sink *events);
/* Is the status what was expected?  Fails the transfer where it is not. */
bool probe_judge_status(const struct probe_reader *r, struct transfer *t, unsigned code) MUST_CHECK;
/* And the body, once it has come whole? */
void probe_judge_body(const struct probe_reader *r, struct transfer *t);

#endif
