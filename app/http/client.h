/*
 * SPDX-License-Identifier: MIT
 *
 * What the transfers of one client share: how it finds hosts and connects, what it has learnt of name
 * servers, the connections that it is closing.  Nothing of it is file-wide: a program may have several.
 */
#ifndef APP_HTTP_CLIENT_H
#define APP_HTTP_CLIENT_H

#include "app/app.h"
#include "app/dns/exchange.h"
#include "app/dns/resolver.h"
#include "app/http/closing.h"

struct http_client_options {
	uint64_t connect_timeout_ns;
	bool patient; /* it was given: the next hop is asked for its link address as long */
	const struct resolver_host *hosts;
	size_t n_hosts;
};

/* Zeroes but for the first two. */
struct http_client {
	struct app_env *env;
	struct http_client_options options;
	struct resolver_memory name_servers;
	struct resolved resolved; /* of the latest look-up */
	struct closing closing;
	uint8_t dns_answer[DNS_ANSWER_MAX];
};

#endif
