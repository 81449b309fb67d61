/*
 * SPDX-License-Identifier: MIT
 *
 * DHCP messages (RFC 2131 2, options of RFC 2132 and RFC 3442): built and read, nothing else.
 * Pure.  Addresses are host order.
 */
#ifndef NET_DHCP_MESSAGE_H
#define NET_DHCP_MESSAGE_H

#include "base/compiler.h"

#define DHCP_SERVER_PORT 67u
#define DHCP_CLIENT_PORT 68u

#define DHCP_MESSAGE_MAX 548u /* what we send: RFC 2131 2, what every server must take */

enum dhcp_type { /* RFC 2132 9.6 */
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
};

/* What we say.  A field that is 0 (or empty) is left out. */
struct dhcp_request {
	enum dhcp_type type;
	uint32_t xid;
	uint16_t secs;
	uint8_t mac[6];
	uint32_t ciaddr;       /* our address, where we have one and answer to it */
	uint32_t requested_ip; /* option 50 */
	uint32_t server_id;    /* option 54 */
	const char *hostname;  /* option 12; NULL: none */
	const char *text;      /* option 56, of a DECLINE or RELEASE: why; NULL: none */
	uint16_t max_size;     /* option 57: what we can take */
	bool broadcast;        /* the answer shall be broadcast: we cannot hear unicast yet */
};

/* Returns its length, padded to the 300 bytes that relays of old expect. */
size_t dhcp_write(uint8_t buf[DHCP_MESSAGE_MAX], const struct dhcp_request *r);

#define DHCP_ROUTERS_MAX 2u
#define DHCP_SERVERS_MAX 3u
#define DHCP_ROUTES_MAX 16u
#define DHCP_NAME_MAX 254u

struct dhcp_route { /* RFC 3442 */
	uint32_t dst, mask, router; /* router 0: on the link itself */
};

/* What a server says.  0, or an empty string: not there. */
struct dhcp_reply {
	enum dhcp_type type;  /* OFFER, ACK or NAK */
	uint32_t yiaddr;
	uint32_t server_id;
	uint32_t mask;
	uint32_t routers[DHCP_ROUTERS_MAX];
	unsigned n_routers;
	uint32_t dns[DHCP_SERVERS_MAX];
	unsigned n_dns;
	struct dhcp_route routes[DHCP_ROUTES_MAX];
	unsigned n_routes;
	bool has_routes;      /* option 121 was there: it stands for option 3 as well */
	uint16_t mtu;
	uint32_t lease_s;     /* 0xffffffff: for ever */
	uint32_t t1_s, t2_s;
	bool has_lease, has_t1, has_t2;
	char domain[DHCP_NAME_MAX], hostname[DHCP_NAME_MAX];
	char text[DHCP_NAME_MAX]; /* option 56: why it says no */
};

enum dhcp_verdict {
	DHCP_GOOD,
	DHCP_NOT_OURS,  /* another client's, another exchange's, or no reply at all */
	DHCP_MALFORMED, /* it is ours, and cannot be understood */
};

/* Unprintable bytes in names become '?'. */
enum dhcp_verdict dhcp_read(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6],
			    struct dhcp_reply *reply);

#endif
