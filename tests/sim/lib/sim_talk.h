/*
 * SPDX-License-Identifier: MIT
 *
 * A conversation between two hosts over one connection: the client opens, each side sends so many
 * bytes of a pattern, checks every byte it gets, and closes in the way it was told.
 */
#ifndef TESTS_SIM_SIM_TALK_H
#define TESTS_SIM_SIM_TALK_H

#include "tests/sim/lib/sim.h"

/* What one side does, and how far it is. */
struct sim_side {
	/* set by the test */
	uint64_t to_send;
	uint64_t to_receive;
	size_t chunk;          /* bytes for each send and recv; 0: 16 KiB */
	uint64_t read_pause_ns; /* waits that long after each read that gave something */
	bool close_first;      /* closes when its bytes are sent, else after the peer's end */
	bool half_close;       /* by shutdown, and goes on reading */
	bool nodelay;
	bool keepalive;        /* asks after 5 s of silence, every 5 s, 8 times */
	uint64_t idle_at;      /* falls silent for idle_ns once so many bytes are sent */
	uint64_t idle_ns;
	uint64_t abort_at;     /* aborts once so many bytes were sent and received; 0: never */

	/* kept */
	struct sim_talk *talk;
	int fd;
	uint64_t sent, received;
	uint64_t read_again_ns, send_again_ns;
	bool shut, end_seen, closed, connected;
	int error; /* what the socket said, ERR_OK: nothing bad */
};

struct sim_talk {
	struct sim *sim;
	struct sim_host *client_host, *server_host;
	struct sim_side client, server;
	int listener;
	uint16_t port;
	uint64_t connected_ns, finished_ns;
	bool simultaneous; /* both connect; nobody listens */
	bool may_be_unreachable; /* every ARP answer lost is an end too: ERR_HOSTUNREACH */
	bool may_end_badly;      /* somebody aborts or vanishes: an error with a name is an end */
	uint64_t start_ns;       /* the client connects then; 0: at once */
	unsigned backlog;        /* of the listener; 0: 8 */
	uint64_t accept_pause_ns; /* the server waits that long after each accept() */
	struct sim_talk *shared; /* whose listener this one uses; NULL: it has its own */

	struct sim_talk *next_shared; /* of the one whose listener it is */
	uint64_t accept_again_ns;
	struct net_endpoint client_local;
};

/* Starts it: the server listens, the client connects.  Fill the sides before. */
void sim_talk_start(struct sim_talk *talk, struct sim *sim, struct sim_host *client,
		    struct sim_host *server);
/* Both sides are through: closed, or ended with an error. */
bool sim_talk_is_over(void *talk);
/* Runs until it is over, fails at `until_ns`; then fails unless every byte has arrived.  False: the
 * peer was unreachable, and that was allowed. */
bool sim_talk_finish(struct sim_talk *talk, uint64_t until_ns);
/* Says what is wrong with a talk that is over, or has been going on for longer than any time-out:
 * with may_end_badly, every byte received is right, an error is one that has its place there, and
 * whoever still waits has nothing left to send; else all of it must have arrived. */
void sim_talk_judge(struct sim_talk *talk);
/* Whoever still waits does so no longer; the listener closes too. */
void sim_talk_abandon(struct sim_talk *talk);
/* Every connection of both stacks is gone within the time that TIME-WAIT and orphans take. */
void sim_talk_expect_nothing_left(struct sim_talk *talk);

#endif
