/*
 * SPDX-License-Identifier: MIT
 *
 * DHCP messages (RFC 2131 2, options of RFC 2132, RFC 3397 and RFC 3442): built and read, nothing
 * else.  Pure.  Addresses are host order.
 */
#ifndef NET_DHCP_MESSAGE_H
#define NET_DHCP_MESSAGE_H

#include "base/compiler.h"
#include "net/dhcp/names.h"

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

/* Something that is not as it should be, and does no harm. */
struct dhcp_oddity {
	uint8_t option;      /* 0: it is about the message */
	const char *problem; /* a phrase */
};

#define DHCP_ODDITIES_MAX 16u /* what is beyond is not noted */

/* What a server says.  0, or an empty string: not there, or not understood (which is an oddity). */
struct dhcp_reply {
	enum dhcp_type type;  /* OFFER, ACK or NAK */
	uint32_t source;      /* of its packet; the caller fills it in */
	uint32_t ciaddr, yiaddr;
	uint32_t server_id;
	uint32_t mask;
	uint32_t routers[DHCP_ROUTERS_MAX];
	unsigned n_routers;
	uint32_t dns[DHCP_SERVERS_MAX];
	unsigned n_dns;
	struct dhcp_route routes[DHCP_ROUTES_MAX];
	unsigned n_routes;
	bool has_routes;      /* option 121, or else 249, was there: it stands for option 3 as well */
	uint16_t mtu;
	uint32_t lease_s;     /* 0xffffffff: for ever */
	uint32_t t1_s, t2_s;
	bool has_lease, has_t1, has_t2;
	struct dhcp_search search; /* of option 119, or else 15 */
	uint8_t rest_option;  /* which of them search.rest is from */
	char hostname[DHCP_NAME_MAX];
	char text[DHCP_NAME_MAX]; /* option 56: why it says no */
	struct dhcp_oddity oddities[DHCP_ODDITIES_MAX];
	unsigned n_oddities;
	const char *fault;    /* why it is not DHCP_GOOD; NULL: it has nothing to do with us */
};

enum dhcp_verdict {
	DHCP_GOOD,
	DHCP_NOT_OURS,  /* another client's, another exchange's, or no reply at all */
	DHCP_MALFORMED, /* it is ours, and cannot be understood */
};

/* Of what was dropped before it could be read: the transaction or the hardware address is ours, or it
 * ends before both. */
bool dhcp_may_be_ours(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6]);

/* An answer to this exchange, of whatever kind. */
bool dhcp_is_ours(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6]);

/* Unprintable bytes in names become '?'.  `reply` is set in any case, its `type` to what it claims. */
enum dhcp_verdict dhcp_read(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6],
			    struct dhcp_reply *reply);
void dhcp_note(struct dhcp_reply *reply, uint8_t option, const char *problem);
/* The option was there, and something is odd about it. */
bool dhcp_is_noted(const struct dhcp_reply *reply, uint8_t option);

#endif
