/*
 * SPDX-License-Identifier: MIT
 *
 * A DHCP server as a program on a simulated host, and clients that are watched: an address is used
 * only while the server has it down as theirs, in every frame they send.
 */
#ifndef TESTS_SIM_SIM_DHCP_H
#define TESTS_SIM_SIM_DHCP_H

#include "net/dhcp.h"
#include "tests/sim/lib/sim.h"

#define SIM_DHCP_POOL_MAX 16u

/* One address of the pool. */
struct sim_dhcp_entry {
	uint32_t address;
	uint8_t mac[6];       /* whose it is, or was */
	uint64_t until_ns;    /* leased until then */
	uint64_t reserved_ns; /* offered, and kept until then */
	uint64_t bad_ns;      /* declined: not given to anybody until then */
};

struct sim_dhcp_server {
	/* set by the test at any time */
	uint32_t lease_min_s, lease_max_s; /* drawn for each ACK */
	uint32_t nak_ppm;                  /* REQUESTs that are refused without a reason */
	bool asleep;                       /* it hears nothing */

	struct sim_host *host;
	int fd; /* what it says leaves by it */
	struct sim_dhcp_entry pool[SIM_DHCP_POOL_MAX];
	unsigned n_pool;
	unsigned offers, acks, naks, declines, releases;
};

/* Addresses `first` and on, `n` of them. */
void sim_dhcp_serve(struct sim_dhcp_server *server, struct sim_host *host, uint32_t first, unsigned n);
void sim_dhcp_close(struct sim_dhcp_server *server);

/* A client on that host (made with no_address), which sends the server a datagram now and then. */
struct sim_dhcp_client {
	struct sim_host *host;
	struct sim_dhcp_server *server;
	int fd;
	uint64_t next_ns;
	unsigned sent;
};
void sim_dhcp_ask(struct sim_dhcp_client *client, struct sim_host *host,
		  struct sim_dhcp_server *server);
void sim_dhcp_stop(struct sim_dhcp_client *client, bool release);

/* Watches every frame of every host that is in `clients`, and fails the scenario.  It also brings the
 * server what is sent to it: a stack takes nothing from 0.0.0.0. */
struct sim_dhcp_watch {
	struct sim_dhcp_server *server;
	struct sim_dhcp_client *clients;
	unsigned n;
};
void sim_dhcp_watch(struct sim *sim, struct sim_dhcp_watch *watch);

#endif
