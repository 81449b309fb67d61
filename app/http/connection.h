/*
 * SPDX-License-Identifier: MIT
 *
 * The client's line to a server: at most one connection at a time.  It is opened step by step as in
 * the textbook - look the name up, create a socket, connect - and kept where the next transfer goes
 * to the same host and port (RFC 9112 9.3).
 */
#ifndef APP_HTTP_CONNECTION_H
#define APP_HTTP_CONNECTION_H

#include "app/dns/dns_message.h"
#include "app/http/url.h"
#include "base/compiler.h"
#include "base/net_addr.h"

struct resolved;
struct transfer;

struct connection {
	bool open;      /* `fd` is one */
	bool connected;
	int fd;
	uint32_t conn;  /* its number in the log */
	unsigned step;  /* the last of the application's own steps */
	struct net_endpoint remote, local;
	bool has_local;
	size_t host_len;
	char host[DNS_NAME_MAX]; /* the host as it was written; nothing longer can be connected to */
};

/* The addresses of a host.  False: the transfer has failed and says why. */
bool connection_resolve(struct transfer *t, struct url_span host, struct resolved *resolved);
/* Why our own stack sends nothing to the transfer's remote address. */
const char *connection_no_way(const struct transfer *t, int err);

/* The transfer's line leads to that host: over the connection that is there, where it may be used
 * again and looks alive, else over a new one.  False: the transfer has failed and says why. */
bool connection_open(struct transfer *t, struct url_span host, uint16_t port);
/* In order: our FIN, and its acknowledgment. */
void connection_close(struct transfer *t);
/* At once, with a RST. */
void connection_abort(struct transfer *t);
/* True where a transfer to there would find a connection. */
bool connection_leads_to(const struct connection *line, struct url_span host, uint16_t port);

#endif
