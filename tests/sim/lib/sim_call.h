/*
 * SPDX-License-Identifier: MIT
 *
 * The client's scene: a machine that calls (application, sockets, TCP) and a web server on another
 * host that follows a script: what it answers, in what pieces, and how it leaves.
 */
#ifndef TESTS_SIM_SIM_CALL_H
#define TESTS_SIM_SIM_CALL_H

#include "app/app.h"
#include "tests/sim/lib/sim.h"

#define SIM_WEB_PORT 80

enum sim_web_deed {
	DEED_CLOSE,      /* FIN behind the answer */
	DEED_WAIT,       /* answers and waits for the client's FIN */
	DEED_RESET,      /* RST behind the answer, once it has arrived */
	DEED_HANG,       /* answers and never does anything again */
};

struct sim_web {
	struct sim_host *host;
	const char *head;      /* what it answers ... */
	const uint8_t *body;   /* ... and then this */
	size_t body_len;
	enum sim_web_deed deed;
	bool at_once;          /* does its deed before it has read the request */
	size_t piece;          /* bytes a send, and only when the ones before are on their way */

	int listener, fd;
	char request[4096];
	size_t request_len;
	size_t sent;
	bool done;
};

struct sim_call {
	struct sim sim;
	struct sim_host *client;
	struct sim_web server;
	struct config_platform platform;
	/* As struct app_env has it, with this scene as `ctx`; NULL: there are no name servers. */
	struct app_names (*names)(void *ctx);
};

/* The client is 10.0.0.1, the server 10.0.0.2.  `client` may be NULL. */
struct sim_call *sim_call_open(const char *name, uint64_t seed, const struct sim_host_options *client);
/* The server listens on SIM_WEB_PORT and answers `head` and its body. */
void sim_web_start(struct sim_call *call, const char *head);
/* The application's run with that configuration. */
enum status sim_call_run(struct sim_call *call, const char *config);
void sim_call_close(struct sim_call *call);

#endif
