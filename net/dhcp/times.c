/*
 * SPDX-License-Identifier: MIT
 *
 * How long the DHCP client waits (RFC 2131 4.1 and 4.4.5).  All of it is a little random, so that
 * machines that start together do not ask together.
 *
 * DEVIATION: RFC 2131 4.1: the first retransmission comes after about one second, not four: a server
 * that is there answers within milliseconds, and a run of this machine is short.  REQUESTs double that
 * time, with the RFC's one second to either side where that is less than a quarter.
 * DEVIATION: RFC 2131 4.1 has DISCOVERs at 0, 4, 12, 28, 60 and 124 s, each wait being twice the one
 * before, to 64 s.  Here there are at most four seconds between two in the first minute, and then 16: a
 * switch port forwards nothing for its first 30 s, and the sooner the next DISCOVER comes behind them
 * the sooner there is an address.  And where the caller waits until a deadline, the last one leaves
 * three to four seconds before that: what leaves later brings no lease in time, and a long silence
 * before the end is lost time.  All the same that is no more than twenty small messages a minute.
 */
#include "net/dhcp/client.h"

#define BACKOFF_DOUBLINGS_MAX 6u /* 64 s */
#define DISCOVER_SOON_NS (60 * NS_PER_S) /* so long: */
#define DISCOVER_WAIT_SOON_NS (4 * NS_PER_S)
#define DISCOVER_WAIT_MAX_NS (16 * NS_PER_S)
#define LAST_BEFORE_MAX_NS DISCOVER_WAIT_SOON_NS /* a caller that stays goes on at the deadline */
#define LAST_BEFORE_MIN_NS (3 * NS_PER_S)
#define LAST_MATTERS_NS (8 * NS_PER_S) /* a shorter time has a DISCOVER near its end anyway */
#define RENEW_WAIT_MIN_NS (60 * NS_PER_S)

/* 0 to span_ns, whatever its size. */
static uint64_t random_span(struct stack *stack, uint64_t span_ns)
{
	return (span_ns >> 16) * stack_random_below(stack, UINT32_C(1) << 16) +
	       stack_random_below(stack, (uint32_t)(span_ns & 0xffff) + 1);
}

uint64_t dhcp_backoff(struct stack *stack, uint32_t attempt)
{
	uint64_t wait_ns = NS_PER_S << MIN(attempt - 1, BACKOFF_DOUBLINGS_MAX);
	uint64_t spread_ns = MIN(wait_ns / 4, NS_PER_S);

	return wait_ns - spread_ns + random_span(stack, 2 * spread_ns);
}

/* 1, 2, 4, 4 .. 4, 8, 16, 16 .. s, each up to a second or a quarter less. */
static uint64_t discover_wait(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	uint64_t most_ns = now_ns - c->began_ns < DISCOVER_SOON_NS ? DISCOVER_WAIT_SOON_NS
								   : DISCOVER_WAIT_MAX_NS;
	uint64_t wait_ns = MIN(c->attempt <= 1 ? NS_PER_S : 2 * c->discover_wait_ns, most_ns);

	c->discover_wait_ns = wait_ns;
	return wait_ns - random_span(stack, MIN(wait_ns / 4, NS_PER_S));
}

/* No pause grows to keep two of them from being close together. */
uint64_t dhcp_next_discover(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	uint64_t next_ns = now_ns + discover_wait(stack, c, now_ns), left_ns;

	if (c->last_discover_ns == TIME_NEVER || now_ns >= c->deadline_ns)
		return next_ns;
	if (now_ns >= c->last_discover_ns)
		return MAX(next_ns, c->deadline_ns);
	left_ns = c->last_discover_ns - now_ns;
	if (next_ns + NS_PER_S <= c->last_discover_ns)
		return next_ns;
	return left_ns <= c->discover_wait_ns ? c->last_discover_ns : now_ns + left_ns / 2;
}

uint64_t dhcp_last_discover(struct stack *stack, const struct dhcp_client *c, uint64_t now_ns)
{
	if (c->deadline_ns == TIME_NEVER || c->deadline_ns < now_ns + LAST_MATTERS_NS)
		return TIME_NEVER;
	return c->deadline_ns - LAST_BEFORE_MAX_NS +
	       random_span(stack, LAST_BEFORE_MAX_NS - LAST_BEFORE_MIN_NS);
}

/* A server that refuses each address that it has offered must not make us ask without end; nor may it
 * hide one that comes later: the next DISCOVER leaves as if there had been no answer. */
uint64_t dhcp_refusal_wait(struct stack *stack, const struct dhcp_client *c, uint64_t now_ns)
{
	uint64_t wait_ns = c->refusals <= 1 ? 0 : dhcp_backoff(stack, c->refusals - 1);
	uint64_t due_ns = c->discovered_ns + DISCOVER_WAIT_SOON_NS - random_span(stack, NS_PER_S);

	if (now_ns - c->began_ns < DISCOVER_SOON_NS)
		wait_ns = MIN(wait_ns, MAX(due_ns, now_ns) - now_ns);
	if (now_ns < c->last_discover_ns)
		wait_ns = MIN(wait_ns, c->last_discover_ns - now_ns);
	return wait_ns;
}

/* RFC 2131 4.4.5: "one-half of the remaining time", "down to a minimum of 60 seconds".
 * DEVIATION: where the lease is shorter than 16 minutes the minimum is a sixteenth of it (but a
 * second): with a whole minute a lease of two would have a single try. */
uint64_t dhcp_renew_wait(struct stack *stack, const struct dhcp_client *c, uint64_t left_ns)
{
	uint64_t least_ns = MAX(MIN(RENEW_WAIT_MIN_NS, c->lease.lease_s * NS_PER_S / 16), NS_PER_S);
	uint64_t wait_ns = MAX(left_ns / 2, least_ns);

	wait_ns += random_span(stack, wait_ns / 16);
	return MIN(wait_ns, left_ns);
}

/* RFC 2131 4.4.5: T1 defaults to half the lease, T2 to seven eighths. */
static void usual_times(const struct dhcp_reply *r, uint64_t *t1_ns, uint64_t *t2_ns)
{
	uint64_t lease_ns = r->lease_s * NS_PER_S;

	*t1_ns = lease_ns / 2;
	*t2_ns = lease_ns - lease_ns / 8;
}

/* What a server says otherwise is believed where it makes sense: 0 < T1 < T2 < lease. */
static bool choose_times(const struct dhcp_reply *r, uint64_t *t1_ns, uint64_t *t2_ns)
{
	usual_times(r, t1_ns, t2_ns);
	if (r->has_t1)
		*t1_ns = r->t1_s * NS_PER_S;
	if (r->has_t2)
		*t2_ns = r->t2_s * NS_PER_S;
	if (*t1_ns != 0 && *t1_ns < *t2_ns && *t2_ns < r->lease_s * NS_PER_S)
		return true;
	usual_times(r, t1_ns, t2_ns);
	return false;
}

bool dhcp_times_make_sense(const struct dhcp_reply *r)
{
	uint64_t t1_ns, t2_ns;

	if (r->lease_s == 0 || r->lease_s == UINT32_MAX)
		return true;
	return choose_times(r, &t1_ns, &t2_ns);
}

/* "T1 and T2 should be chosen with some random 'fuzz'": up to a sixteenth earlier. */
void dhcp_set_times(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	uint64_t t1_ns, t2_ns;

	c->lease.lease_s = r->lease_s;
	if (r->lease_s == UINT32_MAX) {
		c->lease.t1_s = c->lease.t2_s = UINT32_MAX;
		c->t1_ns = c->t2_ns = c->expires_ns = TIME_NEVER;
		return;
	}
	(void)choose_times(r, &t1_ns, &t2_ns);
	c->lease.t1_s = (uint32_t)(t1_ns / NS_PER_S);
	c->lease.t2_s = (uint32_t)(t2_ns / NS_PER_S);
	t2_ns -= random_span(stack, (t2_ns - t1_ns) / 16);
	t1_ns -= random_span(stack, t1_ns / 16);
	c->t1_ns = c->request_ns + t1_ns;
	c->t2_ns = c->request_ns + t2_ns;
	c->expires_ns = c->request_ns + r->lease_s * NS_PER_S;
}
