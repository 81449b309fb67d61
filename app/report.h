/*
 * SPDX-License-Identifier: MIT
 *
 * The verdict: `transfer` at the end of each transfer, `result` at the end of the run.  Names and
 * meanings are those of curl's --write-out (docs/log.md); times are measured from the transfer's
 * start, 0 where it did not get that far.
 */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include "log/event.h"
#include "base/refused.h"
#include "base/status.h"
#include "base/strbuf.h"

struct report {
	unsigned probe;             /* number of the request, from 1; 0: there is only one */
	const char *method;         /* NULL: it is no request, but ... */
	const char *check;          /* ... this: "connect", "ping" */
	unsigned urlnum;            /* number of the check, from 0 */
	const char *url;
	const char *url_effective;  /* what was asked for: where redirects led to; NULL: nothing was */
	const char *redirect_url;   /* where the answer leads, if not followed; NULL: nowhere */
	const char *scheme;         /* NULL: it has none */
	unsigned num_redirects, num_retries;
	unsigned num_connects;      /* 0: it went over a connection that was there */
	unsigned http_code;         /* 0: no answer */
	unsigned version_minor;     /* the answer is HTTP/1.minor */
	unsigned num_headers;       /* fields of the answer */
	struct event_bytes content_type; /* len 0: none */
	bool has_content_length;
	uint64_t content_length;    /* the field, which the log has with the answer */
	bool has_last_modified;
	uint64_t last_modified_s;   /* since 1970; this and the next are in no line of the log */
	uint8_t reply_ttl;          /* of an echo reply; 0: none came, or it came with that */
	uint64_t size_request;      /* bytes sent, with size_upload */
	uint64_t size_upload;       /* bytes of body sent */
	uint64_t size_header;       /* bytes of header received */
	uint64_t size_download;     /* bytes of body received */
	bool has_remote, has_local; /* port 0: an address alone */
	struct net_endpoint remote, local;
	uint64_t time_namelookup_ns;
	uint64_t time_connect_ns;
	uint64_t time_appconnect_ns;
	uint64_t time_pretransfer_ns;
	uint64_t time_starttransfer_ns;
	uint64_t time_redirect_ns;  /* what the redirects before this transfer took */
	uint64_t time_total_ns;
	bool has_idle;
	uint64_t time_idle_ns;      /* of time_total, asleep: the rest is what the guest worked */
	enum status exitcode;
	const char *errormsg;       /* NULL: none */
	struct refused refused;     /* what came while a wait that failed went on, and was not it */
	unsigned failed_step;       /* the first of the sixteen steps not reached; 0: all were */
};

void report_transfer(struct event_sink *events, uint32_t conn, const struct report *r);
void report_result(struct event_sink *events, const struct report *r);
/* A `result` of a run that never came to a transfer: no device, bad configuration, no memory. */
void report_failure(struct event_sink *events, enum status status, const char *message);
/* The same of a wait, with what came meanwhile and was refused; NULL: nothing is known. */
void report_failed_wait(struct event_sink *events, enum status status, const char *message,
			const struct refused *refused);

/* A `result` of a run that answered and asked nothing. */
void report_served(struct event_sink *events, enum status status, const char *problem,
		   uint64_t requests);

/* "timed out after 10.000 s, " */
void report_put_timed_out(struct strbuf *sb, uint64_t ns);

/* The first step not reached when `last` is the last one that was (sock_last_step() and the
 * application's own): a client never claims 9-11. */
unsigned report_step_after(unsigned last);

#endif
