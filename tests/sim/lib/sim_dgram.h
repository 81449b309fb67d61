/*
 * SPDX-License-Identifier: MIT
 *
 * Datagrams from one host to another, beside everything else: they may be lost, doubled or late, but
 * one that arrives is one that was sent, whole.
 */
#ifndef TESTS_SIM_SIM_DGRAM_H
#define TESTS_SIM_SIM_DGRAM_H

#include "tests/sim/lib/sim.h"

struct sim_dgram {
	struct sim_host *sender, *receiver;
	int out_fd, in_fd;
	uint32_t to_send, len; /* datagrams, and the longest of them */
	uint32_t sent, received;
	uint64_t next_ns;
};

/* One datagram each 20 ms; with a close at its end. */
void sim_dgram_start(struct sim_dgram *d, struct sim_host *sender, struct sim_host *receiver,
		     uint32_t to_send, uint32_t len);
void sim_dgram_stop(struct sim_dgram *d);

#endif
