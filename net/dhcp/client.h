/*
 * SPDX-License-Identifier: MIT
 *
 * The DHCP client of one interface, and what the files of net/dhcp/ offer each other.  States are
 * those of RFC 2131 4.4, figure 5; INIT-REBOOT and REBOOTING are one here, since the REQUEST leaves
 * at once.
 *
 *   INIT        nothing is asked: no link, or a pause
 *   SELECTING   DISCOVER sent; the first good OFFER is taken
 *   REQUESTING  REQUEST for what was offered sent
 *   BOUND       the lease runs, and nothing is asked
 *   RENEWING    from T1 on: its server is asked
 *   REBINDING   from T2 on: by broadcast
 *   REBOOTING   the link was down: asks by broadcast whether the lease is still good
 */
#ifndef NET_DHCP_CLIENT_PRIVATE_H
#define NET_DHCP_CLIENT_PRIVATE_H

#include "base/rate.h"
#include "net/dhcp.h"
#include "net/dhcp/message.h"
#include "net/port.h"
#include "net/stack.h"
#include "net/timer.h"

#define DHCP_HOST_NAME_MAX 64u
#define DHCP_LAST_MAX 4u

enum dhcp_state {
	DHCP_INIT,
	DHCP_SELECTING,
	DHCP_REQUESTING,
	DHCP_BOUND,
	DHCP_RENEWING,
	DHCP_REBINDING,
	DHCP_REBOOTING,
};

struct dhcp_client {
	struct dhcp_client *next;
	struct netif *netif;
	struct timer timer; /* the state's next step */
	uint8_t state;      /* enum dhcp_state */
	bool link_up;       /* as it was when we last looked */
	bool wants_link_local;
	uint16_t device_mtu; /* what the interface had before anybody said otherwise */
	char own_name[DHCP_HOST_NAME_MAX];
	uint64_t deadline_ns; /* the caller waits until then; TIME_NEVER: not given */

	/* the exchange under way */
	uint32_t xid;
	uint32_t attempt;    /* messages of this kind so far */
	uint64_t began_ns;   /* acquiring or renewing began then: the header's secs; TIME_NEVER: not yet */
	uint16_t secs;       /* of the latest DISCOVER */
	uint64_t request_ns; /* the REQUEST that is being answered left then: the lease counts from it */
	uint32_t offered, server; /* what is asked for, and whom */
	bool disputed;       /* it is asked for because another host claims it, ... */
	uint8_t dispute_asks;      /* ... so often */
	uint64_t dispute_until_ns; /* and until then; 0: it is not */
	uint32_t offered_mask, offered_lease_s; /* as the OFFER had it; 0: it did not */
	uint64_t last_discover_ns; /* the last before deadline_ns leaves then */
	uint64_t discovered_ns;    /* the latest one left then */
	uint64_t discover_wait_ns; /* behind it, before its random part */

	/* Whose offers have come to nothing, the latest one at the end: they are taken where there is no
	 * other.  One that waits for another; server 0: none does. */
	uint32_t append_last[DHCP_LAST_MAX];
	unsigned n_last;
	struct {
		uint32_t server, address, mask, lease_s;
	} held;

	/* what came of it; lease.address 0: no address */
	struct net_lease lease;
	char domain[DHCP_NAME_MAX], hostname[DHCP_NAME_MAX], search[DHCP_SEARCH_MAX];
	uint64_t t1_ns, t2_ns, expires_ns;
	uint32_t last_address; /* asked for again after it has expired; 0: none */

	/* what went wrong since the last good lease */
	unsigned refusals, conflicts;
	uint32_t declines; /* ever */

	struct {
		unsigned conflicts; /* RFC 3927 */
		uint64_t not_before_ns;
	} link_local;

	/* for net_dhcp_describe() */
	uint8_t reached; /* enum net_dhcp_reached */
	uint32_t about, about_server; /* the address that it is about, and whose */
	int send_error;  /* of the latest message; enum err */
	uint32_t discovers, requests; /* since the client last had nothing */
	struct refused refused;       /* and what came meanwhile and could not be used */
	uint64_t asking_since_ns;
	uint8_t other_mac[6];
	char text[DHCP_NAME_MAX]; /* of the latest NAK */
	struct rate_limit refusals_said, held_said; /* in events */
};

/* An address from a server, as opposed to none and to RFC 3927's. */
static inline bool dhcp_has_lease(const struct dhcp_client *c)
{
	return c->lease.address != 0 && !c->lease.link_local;
}

static inline struct net_lease dhcp_no_lease(const struct dhcp_client *c)
{
	return (struct net_lease){.domain = c->domain, .search = c->search, .hostname = c->hostname};
}

static inline unsigned dhcp_prefix(uint32_t mask)
{
	return mask == 0 ? 0 : 32u - (unsigned)__builtin_ctz(mask);
}

/* --- exchange.c: the states ------------------------------------------------------------------- */

/* From the beginning, after a pause. */
void dhcp_restart(struct stack *stack, struct dhcp_client *c, uint64_t wait_ns, uint64_t now_ns);
/* The state's time is over. */
void dhcp_step(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
/* A server's message, which is for the exchange under way. */
void dhcp_answer(struct stack *stack, struct dhcp_client *c, struct dhcp_reply *r, uint64_t now_ns);
void dhcp_link_changed(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
/* Another host claims the address in use: is it still ours? */
void dhcp_ask_disputed(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
void dhcp_decline(struct stack *stack, struct dhcp_client *c, const uint8_t *mac, uint64_t now_ns);

/* --- judge.c ------------------------------------------------------------------------------------ */

/* Why the message is not what is awaited, or NULL. */
const char *dhcp_not_awaited(const struct dhcp_client *c, const struct dhcp_reply *r);
/* What an OFFER or ACK lacks, and what we know from elsewhere; each an oddity. */
void dhcp_complete(const struct dhcp_client *c, struct dhcp_reply *r);
/* What is wrong with an OFFER or ACK, or NULL. */
const char *dhcp_find_fault(const struct dhcp_reply *r);
/* The mask that its address is to have. */
uint32_t dhcp_mask_of(const struct dhcp_reply *r);
/* An answer is not taken: counted in *counter, and said. */
void dhcp_refuse(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r,
		 const char *why, uint64_t *counter, uint64_t now_ns);
/* An answer is taken, with all that is odd about it. */
void dhcp_log_oddities(struct stack *stack, const struct dhcp_client *c, const struct dhcp_reply *r);

/* --- choice.c ----------------------------------------------------------------------------------- */

/* The server's offer has come to nothing.  False: it was among those already. */
bool dhcp_put_last(struct dhcp_client *c, uint32_t server);
/* The OFFER is to wait for another server's; it is held where it is the best of those. */
bool dhcp_hold(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r);
/* A server whose offer has not come to nothing yet. */
bool dhcp_is_fresh(const struct dhcp_client *c, uint32_t server);

/* --- send.c ------------------------------------------------------------------------------------ */

void dhcp_send_discover(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
/* What the state asks for. */
void dhcp_send_request(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
void dhcp_send_decline(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
void dhcp_send_release(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);

/* --- times.c ----------------------------------------------------------------------------------- */

/* How long an answer to the nth message (from 1) of REQUESTING or REBOOTING is waited for. */
uint64_t dhcp_backoff(struct stack *stack, uint32_t attempt);
/* When the DISCOVER behind this one, the nth, leaves. */
uint64_t dhcp_next_discover(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
/* When the last one leaves before the client's deadline; TIME_NEVER: there is no need to know. */
uint64_t dhcp_last_discover(struct stack *stack, const struct dhcp_client *c, uint64_t now_ns);
/* The same for RENEWING and REBINDING, which end in `left_ns`. */
uint64_t dhcp_renew_wait(struct stack *stack, const struct dhcp_client *c, uint64_t left_ns);
/* Before asking anew, where a server has said no. */
uint64_t dhcp_refusal_wait(struct stack *stack, const struct dhcp_client *c, uint64_t now_ns);
/* What the message says of T1 and T2, or does not say, goes with its lease. */
bool dhcp_times_make_sense(const struct dhcp_reply *r);
/* T1, T2 and the end of the lease that the message gives. */
void dhcp_set_times(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r);

/* --- lease.c ------------------------------------------------------------------------------------ */

/* Takes what an ACK gives: onto the interface, and into c->lease. */
void dhcp_bind_lease(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r);
bool dhcp_can_use_mtu(const struct dhcp_client *c, uint16_t mtu);
/* The address goes, for that reason. */
void dhcp_lose_address(struct stack *stack, struct dhcp_client *c, const char *reason);

/* --- link_local.c ------------------------------------------------------------------------------- */

/* No server gives an address: takes one of 169.254/16, if that was asked for and there is none. */
void dhcp_link_local_try(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);
/* Another host has it. */
void dhcp_link_local_conflict(struct stack *stack, struct dhcp_client *c, uint64_t now_ns);

#endif
