/*
 * SPDX-License-Identifier: MIT
 *
 * Ethernet: filters and dispatches what comes in, frames what goes out (RFC 894).  Short frames are
 * not padded here: the device does that.
 *
 * A tag without a VLAN (IEEE 802.1Q: priority-tagged, VID 0) is skipped, an 802.1ad one as well, as
 * Linux does: such a frame is in no VLAN, and switches that mark priorities send them to hosts.
 * NOT DONE: VLANs.  A frame in one is dropped and counted; the stack is on the untagged network.
 */
#include "net/link/eth.h"

#include "base/err.h"
#include "net/link/link.h"
#include "net/stack.h"
#include "net/wire/eth.h"

static void drop(struct pktbuf *pkt, uint64_t *counter)
{
	++*counter;
	pktbuf_free(pkt);
}

/* True when the frame is for us; marks broadcasts and multicasts. */
static bool accept_destination(struct pktbuf *pkt, const uint8_t *dst)
{
	if (eth_addr_is_multicast(dst)) {
		pkt->flags |= PKTBUF_LINK_BROADCAST;
		return true;
	}
	return eth_addr_equal(dst, pkt->netif->mac);
}

/* What was waited for may be in it, behind whatever tags there are; [data, tail) is what is behind
 * `type`. */
static void refuse(struct stack *stack, const struct pktbuf *pkt, uint16_t type,
		   struct refused_reason why)
{
	const uint8_t *p = pkt->data;
	struct eth_tag tag;

	while (eth_type_is_tag(type) && eth_tag_read(p, (size_t)(pkt->tail - p), &tag)) {
		p += ETH_TAG_LEN;
		type = tag.type;
	}
	link_refuse(stack, pkt->netif, type, p, (size_t)(pkt->tail - p), why);
}

static void dispatch(struct stack *stack, struct pktbuf *pkt, uint16_t type, uint64_t now_ns)
{
	const struct link_protocol *protocol = &stack->link_protocols[0]; /* nearly always */

	if (type != protocol->type)
		protocol = link_protocol(stack, type);
	if (protocol != NULL)
		protocol->input(stack, pkt, now_ns);
	else
		drop(pkt, &stack->counters.eth_unknown_type);
}

/* Behind `type`, a tag's: each tag without a VLAN is taken off.  The type behind them; negative: the
 * frame is dropped. */
static int strip_tags(struct stack *stack, struct pktbuf *pkt, uint16_t type)
{
	struct eth_tag tag;

	while (eth_type_is_tag(type)) {
		if (!eth_tag_read(pkt->data, pktbuf_len(pkt), &tag)) {
			pkt->netif->counters.rx_dropped++;
			drop(pkt, &stack->counters.eth_short);
			return -1;
		}
		if (tag.vid != ETH_VID_NONE) {
			refuse(stack, pkt, type, REFUSED_WITH("came in VLAN", REFUSED_NUMBER, tag.vid));
			drop(pkt, &stack->counters.eth_vlan);
			return -1;
		}
		pktbuf_pull(pkt, ETH_TAG_LEN);
		pkt->l2_len += ETH_TAG_LEN;
		type = tag.type;
	}
	return type;
}

void eth_input(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns)
{
	struct net_counters *count = &stack->counters;
	struct eth_header h;
	int type;

	count->eth_in++;
	if (!eth_header_read(pkt->data, pktbuf_len(pkt), &h)) {
		pkt->netif->counters.rx_dropped++;
		drop(pkt, &count->eth_short);
		return;
	}
	pkt->l2_len = ETH_HEADER_LEN;
	pkt->data += ETH_HEADER_LEN; /* not pktbuf_pull(): that is a call, and the length is known */
	if (!accept_destination(pkt, h.dst)) {
		refuse(stack, pkt, h.type, REFUSED("went to another hardware address"));
		drop(pkt, &count->eth_for_others);
		return;
	}
	/* IEEE 802.3 3.2.3: no station has a group address. */
	if (eth_addr_is_multicast(h.src)) {
		refuse(stack, pkt, h.type, REFUSED("had a group address as its sender"));
		drop(pkt, &count->eth_bad_source);
		return;
	}
	type = eth_type_is_tag(h.type) ? strip_tags(stack, pkt, h.type) : h.type;
	if (type >= 0)
		dispatch(stack, pkt, (uint16_t)type, now_ns);
}

static int send_with_completion(struct stack *stack, struct pktbuf *pkt, const struct eth_send *how,
				uint64_t now_ns)
{
	const struct pktbuf_sent facts = {
		.len = pktbuf_total_len(pkt),
		.next_hop = how->next_hop != NULL ? *how->next_hop : (struct net_addr){0},
		.now_ns = now_ns,
	};
	int err;

	pkt->l2_len = ETH_HEADER_LEN;
	pkt->l3_off = (uint16_t)(pktbuf_data_off(pkt) + ETH_HEADER_LEN);
	pktbuf_hold(pkt);
	err = netif_send(how->netif, pkt);
	if (err == ERR_OK)
		pkt->sent(stack, pkt, &facts);
	pktbuf_release(pkt);
	return err;
}

int eth_output(struct stack *stack, struct pktbuf *pkt, const struct eth_send *how,
	       uint64_t now_ns)
{
	eth_header_write(pktbuf_push(pkt, ETH_HEADER_LEN), how->dst, how->netif->mac, how->type);
	if (pkt->sent != NULL)
		return send_with_completion(stack, pkt, how, now_ns);
	return netif_send(how->netif, pkt);
}
