/*
 * SPDX-License-Identifier: MIT
 *
 * Errors about what we sent (RFC 9293 3.9.2.2): ICMP errors, and ARP requests that no neighbour
 * answered.  An ICMP error can be forged by any host that guesses a four-tuple, so it must quote a
 * sequence number that is on its way now (RFC 5927 4), and an established connection survives even
 * then: its reason is remembered for the report, should the connection time out.
 * DEVIATION: SHLD-26 would have a hard error end it (RFC 5927 5.2 explains why no stack does that).
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "net/awaited.h"

static bool is_believable(const struct tcb *tcb, const struct ip_error *error)
{
	return error->local_only || (seq_leq(tcb->snd.una, error->seq) &&
				       seq_lt(error->seq, tcb->snd.nxt));
}

/* The next hop never answered ARP: nothing of this connection was ever sent. */
static bool never_left(const struct tcb *tcb, const struct ip_error *error)
{
	return error->local_only && tcb->life.last_step < (tcb->life.passive ? 12 : 8);
}

void tcp_unreachable(struct stack *stack, const struct ip_error *error, uint64_t now_ns)
{
	struct tcb *tcb = tcp_find_connection(stack, &error->local, &error->remote);
	bool opening;

	(void)now_ns;
	if (tcb == NULL || !is_believable(tcb, error))
		return;
	if (error->local_only)
		tcp_snd_syn_dropped(tcb); /* what waited is gone; the timeout sends another */
	awaited_note(stack, &tcb->life.awaited, error->what, &error->reporter, error->refused);
	opening = tcb->life.state == TCP_SYN_SENT || tcb->life.state == TCP_SYN_RECEIVED;
	/* MUST-56: a soft error does not end even an open that is under way.  SHLD-26: a hard one
	 * does; and so does our own network when it has no such neighbour.  One that falls silent
	 * later may come back within MUST-23's three minutes. */
	if (opening && (error->hard || never_left(tcb, error)))
		tcp_end_with_reason(stack, tcb, error->err,
			    error->local_only ? "no answer from the next hop (ARP)"
						: err_text(error->err));
	else
		tcb->life.soft_error = error->err;
}

/* Of a connection that waits for nothing, and of a header without ports, nothing is counted. */
struct refused *tcp_awaits(struct stack *stack, const struct ip_facts *facts, const uint8_t *l4,
			   size_t len)
{
	struct net_endpoint local = {.addr = facts->dst}, remote = {.addr = facts->src};
	struct awaited *a;
	struct tcb *tcb;

	if (len < TCP_OFF_SEQ)
		return NULL;
	local.port = load_be16(l4 + TCP_OFF_DST);
	remote.port = load_be16(l4 + TCP_OFF_SRC);
	tcb = tcp_find_connection(stack, &local, &remote);
	a = tcb != NULL && tcb->life.state != TCP_TIME_WAIT
				    ? awaited_make(stack, &tcb->life.awaited) : NULL;

	return a != NULL ? &a->refused : NULL;
}

/* Seldom, so every connection is checked, and only where the port is one that is in use. */
void tcp_refuse_stranger(struct stack *stack, const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_ACK) || *tcp_port_users(stack, seg->local.port) == 0)
		return;
	for (uint32_t i = 0; i < stack->tcp->n_buckets; i++) {
		for (struct tcb *tcb = stack->tcp->buckets[i]; tcb != NULL; tcb =
		     tcb->id.hash_next) {
			if (tcb->life.state == TCP_SYN_SENT && tcb->id.local.port ==
			    seg->local.port &&
			    tcb->snd.nxt == seg->ack)
				awaited_add_stranger(stack, &tcb->life.awaited, &seg->remote.addr);
		}
	}
}

const struct refused *tcp_refused(const struct tcb *tcb)
{
	return tcb->life.awaited != NULL ? &tcb->life.awaited->refused : NULL;
}

const struct refused *tcp_refused_meanwhile(const struct tcb *tcb)
{
	return tcb->life.awaited != NULL ? &tcb->life.awaited->said : NULL;
}

/* RFC 2131 4.4.5: a host that lost its lease stops "any other network processing". */
void tcp_address_gone(struct stack *stack, const struct net_addr *local)
{
	for (uint32_t i = 0; i < stack->tcp->n_buckets; i++) {
		struct tcb *tcb = stack->tcp->buckets[i], *next;

		for (; tcb != NULL; tcb = next) {
			next = tcb->id.hash_next;
			if (net_addr_equal(&tcb->id.local.addr, local))
				tcp_end_with_reason(stack, tcb, ERR_ADDRNOTAVAIL, "our address is gone");
		}
	}
}
