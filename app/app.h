/*
 * SPDX-License-Identifier: MIT
 *
 * The application's interface: what kernel/main.c calls once the network is up.  `make APP=dir` builds
 * the image with another folder's app_*() functions.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "machine/blocking.h"
#include "log/event.h"
#include "base/net_addr.h"
#include "base/refused.h"
#include "base/status.h"
#include "config/config.h"

/* Where names can be looked up, as the configuration or the network said. */
struct app_names {
	struct net_addr servers[3];
	unsigned n_servers;
	const char *search;  /* the domains of names without a dot, separated by spaces; NULL: none */
};

struct app_env {
	struct machine machine;
	struct event_sink *events;
	const struct config_platform *platform;
	/* Asked for each look-up, since a lease that is renewed may bring others; NULL: there are none. */
	struct app_names (*names)(void *ctx);
	/* Why the machine has no address now, NULL where it has one: it came without (ip=off), or lost
	 * what DHCP gave it.  `ctx` is the machine's, as above; without the function it always has one. */
	const char *(*no_address)(void *ctx);
	/* What came and was refused while that address was asked for; NULL: unknown.  `ctx` as above; the
	 * function is NULL where it is not counted. */
	const struct refused *(*refused)(void *ctx);
	/* The machine's address turned out to be another host's since the last call: waits for another one,
	 * as long as the configuration has it, and until `deadline_ns`.  False: it did not, or none came.
	 * `ctx` is the machine's; NULL where there can be no other. */
	bool (*another_address)(void *ctx, uint64_t deadline_ns);
	uint64_t deadline_ns; /* end of the whole run (timeout=); hold= begins where the work ends */
};

/* The keys this application adds to the configuration; called before they are read. */
const struct config_key *app_config_keys(size_t *count);
/* What only all sources together can say about these keys (url= is missing): a `config.bad` each.
 * Number of faults; with one, main.c ends with STATUS_BAD_CONFIG. */
unsigned app_config_check(struct event_sink *events);
/* Judges values whose faults have a status of their own (a malformed URL is 3), once the
 * configuration has no faults and before there is a network.  STATUS_OK, or the status to end
 * with, already reported by a `result`. */
enum status app_check(struct event_sink *events);
/* Whether app_main() is to run where there is no address, or no link, when the time for it is over: it
 * does more than one thing, at one time, so that what is late may still be of use. */
bool app_stays(const struct config_platform *platform);
/* Does the work and reports it, the `result` event last. */
enum status app_main(struct app_env *env);

/* hold=: stays up for that long, answering ping, and says so; applications call it when their work
 * is done, before their `result` (app/hold.c). */
void app_hold(struct app_env *env);

#endif
