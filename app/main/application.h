/*
 * SPDX-License-Identifier: MIT
 *
 * The built-in application put together: checks of its own (app/probe/), and a server (app/server/) that
 * shows them.  The two know nothing of each other.  All that this program keeps is in this one struct.
 */
#ifndef APP_MAIN_APPLICATION_H
#define APP_MAIN_APPLICATION_H

#include "app/app.h"
#include "app/probe/monitor.h"
#include "app/probe/series.h"
#include "app/server/server.h"

struct application {
	struct probe_settings checks;     /* what the configuration says of them */
	struct server_settings listens;   /* and of the server */
	struct series series;
	struct probe_monitor monitor;
	struct server server;
};

extern struct application application;

#endif
