/*
 * SPDX-License-Identifier: MIT
 *
 * The run as a KTAP report (the Linux kernel's Documentation/dev-tools/ktap.rst, version 1): which
 * phase of which check came about.  It listens to the events like any other reader of the log, and
 * says its points at the end, when the verdict has come.  Pure: no console, no clock.
 *
 * With one check its phases are points beside "link" and "address"; with several each is a point
 * with its phases as subtests.  A verdict that is no check's own (a bad configuration, a panic, no
 * time left) is one point more.
 */
#ifndef LOG_KTAP_H
#define LOG_KTAP_H

#include "log/event.h"

#define KTAP_VERSION_LINE "KTAP version 1"
#define KTAP_CHECKS 48u   /* those behind are counted as the last one's */
#define KTAP_NAME_MAX 72u /* what is longer is truncated */
#define KTAP_WHY_MAX 512u /* bytes of a sentence: with what was refused, and why */

enum ktap_phase {
	KTAP_ARP,
	KTAP_DNS,
	KTAP_CONNECT,
	KTAP_TLS,
	KTAP_HTTP,
	KTAP_EXPECT,
	KTAP_PHASES,
};

/* What was seen while a check was carried out. */
struct ktap_traces {
	bool asked_arp, answered_arp, asked_dns;
};

struct ktap_check {
	uint8_t status;            /* its exit status; 0: passed */
	uint8_t failed_phase;      /* where status is not 0 */
	bool is_url, is_ping, is_tls;
	bool kept;                 /* over a connection that was there */
	uint32_t probe;
	struct ktap_traces traces;
	char name[KTAP_NAME_MAX];
	char why[KTAP_WHY_MAX];
};

struct ktap {
	bool link_up, has_address, reported;
	struct ktap_traces traces; /* since the last transfer */
	unsigned n_checks;
	struct ktap_check checks[KTAP_CHECKS];
};

void ktap_note(struct ktap *k, const struct event *ev);
/* The plan and the points, at the verdict `result`; only once. */
void ktap_report(struct ktap *k, const struct event *result,
		 void (*print)(const char *line, size_t len));

#endif
