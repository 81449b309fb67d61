/*
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

	/* kept */
	struct sim_talk *talk;
	int fd;
	uint64_t sent, received;
	uint64_t read_again_ns;
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
};

/* Starts it: the server listens, the client connects.  Fill the sides before. */
void sim_talk_start(struct sim_talk *talk, struct sim *sim, struct sim_host *client,
		    struct sim_host *server);
/* Both sides are through: closed, or ended with an error. */
bool sim_talk_is_over(void *talk);
/* Runs until it is over, fails at `until_ns`; then fails unless every byte has arrived.  False: the
 * peer was unreachable, and that was allowed. */
bool sim_talk_finish(struct sim_talk *talk, uint64_t until_ns);
/* Every connection of both stacks is gone within the time that TIME-WAIT and orphans take. */
void sim_talk_expect_nothing_left(struct sim_talk *talk);

#endif
