/*
 * SPDX-License-Identifier: MIT
 *
 * Echo requests out, replies in (RFC 792, RFC 1122 3.2.2.6: an application may send them, and gets
 * the replies and the errors).  The identifier is the stack's to give, so that no socket receives replies
 * to another's requests.
 */
#include "net/udp/echo.h"

#include "base/assert.h"
#include "net/awaited.h"
#include "net/checksum.h"
#include "net/ip/transport.h"
#include "net/stack.h"

static bool is_request(const uint8_t *message, size_t len)
{
	return len >= ICMP_HEADER_LEN && message[ICMP_OFF_TYPE] == ICMP_ECHO &&
	       message[ICMP_OFF_CODE] == 0;
}

static void fill_in(struct pktbuf *pkt, uint16_t id)
{
	uint8_t *p = pkt->data;

	store_be16(p + ICMP_OFF_ID, id);
	store_be16(p + ICMP_OFF_CHECKSUM, 0);
	store_be16(p + ICMP_OFF_CHECKSUM, checksum_finish(checksum_sum(p, pktbuf_len(pkt))));
}

int echo_send(struct stack *stack, const struct udp_pcb *pcb, const void *message, size_t len,
	      const struct net_addr *dst, bool broadcast, uint64_t now_ns)
{
	struct ip_route route;
	struct ip_send how;
	struct pktbuf *pkt;
	int err;

	ASSERT(pcb->echo && pcb->local.port != 0);
	if (len > ip_payload_max(dst))
		return ERR_MSGSIZE;
	if (!is_request(message, len))
		return ERR_INVAL;
	err = broadcast ? ip_route_broadcast(stack, dst, &route) : ip_route(stack, dst, &route);
	if (err != ERR_OK)
		return err;
	how = udp_how(stack, pcb, &route, dst, len, now_ns);
	pkt = udp_packet_of(stack, message, len);
	if (pkt == NULL)
		return ERR_NOBUFS;
	fill_in(pkt, pcb->local.port);
	err = ip_output(stack, pkt, &how, now_ns);
	if (err == ERR_OK)
		stack->counters.icmp_echo_out++;
	return err;
}

/* Our identifier, and another host's address. */
static void refuse_stranger(struct stack *stack, const struct icmp_header *h,
			    const struct ip_facts *facts)
{
	const struct net_endpoint local = {.addr = facts->dst, .port = (uint16_t)(h->rest >> 16)};
	struct udp_pcb *pcb = udp_find_connected(stack, true, &local);

	if (pcb != NULL)
		awaited_add_stranger(stack, &pcb->awaited, &facts->src);
}

/* A reply has code 0: there are hosts that answer 3 for one that they did not reach. */
static void echo_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		       uint64_t now_ns)
{
	struct icmp_header h;
	struct net_endpoint local;
	struct udp_pcb *pcb;

	(void)now_ns;
	ASSERT(icmp_header_read(pkt->data, pktbuf_len(pkt), &h)); /* ICMP has done so */
	local = (struct net_endpoint){.addr = facts->dst, .port = (uint16_t)(h.rest >> 16)};
	pcb = h.code == 0 ? udp_find_echo(stack, &facts->src, &local) : NULL;
	if (pcb == NULL) {
		if (h.code != 0)
			ip_refuse(stack, pkt, REFUSED_WITH("had the ICMP code", REFUSED_NUMBER, h.code));
		else
			refuse_stranger(stack, &h, facts);
		stack->counters.icmp_ignored++;
		pktbuf_free(pkt);
	} else if (udp_queue(stack, pcb, pkt)) {
		stack->counters.icmp_echo_replies_in++;
	} else {
		stack->counters.icmp_queue_full++;
		awaited_add(stack, &pcb->awaited, REFUSED("found no room in the socket"));
	}
}

static struct refused *echo_awaits(struct stack *stack, const struct ip_facts *facts,
				   const uint8_t *l4, size_t len)
{
	struct net_endpoint local = {.addr = facts->dst};

	if (len <= ICMP_OFF_ID + 1 || l4[ICMP_OFF_TYPE] != ICMP_ECHO_REPLY)
		return NULL;
	local.port = load_be16(l4 + ICMP_OFF_ID);
	return udp_tally(stack, udp_find_echo(stack, &facts->src, &local));
}

void echo_init(struct stack *stack)
{
	static const struct ip_transport transport = {
		.protocol = IP_PROTO_ICMP,
		.input = echo_input,
		.error = udp_error,
		.awaits = echo_awaits,
	};

	ip_register(stack, &transport);
}
