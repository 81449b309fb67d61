/*
 * The application's door: what kernel/main.c calls once the network is up.  `make APP=dir` builds
 * the image with another folder's app_main() and app_config_keys().
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/blocking.h"
#include "base/event.h"
#include "base/status.h"
#include "kernel/config.h"

struct app_env {
	struct machine machine;
	struct event_sink *events;
	const struct config_platform *platform;
	uint64_t deadline_ns; /* end of the whole run (timeout=) */
};

/* The keys this application adds to the configuration; called before they are read. */
const struct config_key *app_config_keys(size_t *count);
/* Checks the application's own configuration once all sources are read (an empty url= ...), before
 * there is a network.  STATUS_OK, or the status to end with, already reported by a `result`. */
enum status app_check(struct event_sink *events);
/* Does the work and reports it, the `result` event last. */
enum status app_main(struct app_env *env);

#endif
