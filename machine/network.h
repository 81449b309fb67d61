/*
 * SPDX-License-Identifier: MIT
 *
 * From the network devices that were found to an address: which of them the run uses (nic=, ip='s
 * device, the first with a link), and how the machine comes to its address (ip=).  It sees the
 * machine through struct machine and the stack through its public headers, and no device, so the host's
 * tests run it too.
 */
#ifndef MACHINE_NETWORK_H
#define MACHINE_NETWORK_H

#include "machine/machine.h"
#include "log/event.h"
#include "base/status.h"
#include "config/config.h"
#include "net/netif.h"

#define NETWORK_PROBLEM_MAX 400u
#define NETWORK_DNS_MAX 3u
#define NETWORK_DOMAIN_MAX 256u

struct network {
	/* in */
	struct machine *machine; /* its turns poll `netif`, or as long as that is NULL all of them */
	struct event_sink *events;
	const struct config_platform *platform;
	bool stays; /* the run goes on where there is no link or no address yet: one may come */
	/* out */
	struct netif *netif;
	struct net_addr dns[NETWORK_DNS_MAX]; /* name servers */
	unsigned n_dns;
	char domain[NETWORK_DOMAIN_MAX]; /* of names without a dot, several separated by spaces; "": none */
	char problem[NETWORK_PROBLEM_MAX]; /* a sentence, where a call failed */
	bool no_link; /* waited for in vain, and the run goes on without */
	uint32_t declines; /* addresses in use by another host that network_another_address() knows of */
};

/* Sets `netif`, after having waited for a link where there is none: as long as for an address; a machine
 * that stays takes the first that it may use then.  With ip=off nothing is chosen, and none is needed.
 * STATUS_NO_DEVICE, STATUS_COULD_NOT_CONNECT (no link within dhcp-timeout= and timeout=). */
enum status network_choose(struct network *n, struct netif *const *netifs, unsigned n_netifs) MUST_CHECK;

/* Gives `netif`, which is attached to the stack, its address, and fills in the rest.  A machine that
 * stays goes on without one when the time for it is over, and its DHCP client goes on asking.
 * STATUS_NO_ADDRESS, STATUS_BAD_CONFIG. */
enum status network_up(struct network *n) MUST_CHECK;

/* `dns` and `domain` as they are now: a server may say something else with each renewal, and an
 * address of the link gives way to a lease.  An address that is gone leaves them as they were. */
void network_update_names(struct network *n);

/* An address turned out to be another host's since the last call, or since the start: waits for another
 * one, as long as dhcp-timeout= has it, and until `deadline_ns`.  False: none was, or none came. */
bool network_another_address(struct network *n, uint64_t deadline_ns) MUST_CHECK;

/* What came and was refused where an address was asked for and there is none; NULL: nothing is known. */
const struct refused *network_refused(const struct network *n);

/* Runs the machine until its device has transmitted all that it was given, `deadline_ns` at the latest: a
 * machine that ends takes the rest with it. */
void network_drain(struct network *n, uint64_t deadline_ns);

/* Why the machine has no address now; NULL: it has one.  The text is in `problem`. */
const char *network_no_address(struct network *n);

#endif
