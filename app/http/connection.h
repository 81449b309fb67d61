/*
 * SPDX-License-Identifier: MIT
 *
 * A client's connection to a server.  It is opened step by step as in the textbook - look the name up,
 * create a socket, connect (app/http/connect.h) - and kept where the next transfer goes to the same host
 * and port (RFC 9112 9.3).  What an exchange sends and receives goes through here.
 */
#ifndef APP_HTTP_CONNECTION_H
#define APP_HTTP_CONNECTION_H

#include "app/dns/dns_message.h"
#include "app/http/url.h"
#include "base/compiler.h"
#include "base/net_addr.h"

struct strbuf;
struct transfer;

struct connection {
	bool open;      /* `fd` is one */
	bool connected;
	int fd;
	uint32_t conn;  /* its number in the log */
	unsigned step;  /* the last of the application's own steps */
	struct net_endpoint remote, local;
	bool has_local;
	uint64_t connect_began_ns, connect_by_ns; /* app/http/connect.h */
	size_t host_len;
	char host[DNS_NAME_MAX]; /* the host as it was written; nothing longer can be connected to */
};

/* The addresses of a host, in t->client->resolved.  False: the transfer has failed and says why. */
bool connection_resolve(struct transfer *t, struct span host);
/* Why our own stack sends nothing to the transfer's remote address. */
const char *connection_no_way(const struct transfer *t, int err);

/* The transfer's line leads to that host: over the connection that is there, where it may be used
 * again and looks alive, else over a new one.  False: the transfer has failed and says why. */
bool connection_open(struct transfer *t, struct span host, uint16_t port);
/* In order: our FIN, and its acknowledgment. */
void connection_close(struct transfer *t);
/* At once, with a RST. */
void connection_abort(struct transfer *t);
/* True where a transfer to there would find a connection. */
bool connection_leads_to(const struct connection *connection, struct span host, uint16_t port);

/* --- the stream: all that an exchange asks of its connection ------------------------------------------- */

/* Sends buf[*sent..len) by t->deadline_ns; *sent counts along.  ERR_OK, ERR_TIMEDOUT, an error. */
int connection_send(struct transfer *t, const void *buf, size_t len, size_t *sent) MUST_CHECK;
/* Bytes, 0 at the end of the stream, ERR_TIMEDOUT or an error. */
int connection_receive(struct transfer *t, void *buf, size_t len, uint64_t deadline_ns) MUST_CHECK;
/* A wait failed: what came meanwhile and was not what was waited for, behind the sentence. */
void connection_explain_awaited(struct transfer *t, struct strbuf *sb);

#endif
