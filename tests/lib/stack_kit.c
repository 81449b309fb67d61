/*
 * SPDX-License-Identifier: MIT
 *
 * The kit's wire and clock: a capture interface around one stack.  See tests/lib/stack_kit.h.
 */
#include "tests/lib/stack_kit.h"

#include <limits.h>
#include <stdlib.h>

#include "net/link/acd.h"

/* --- frames out ------------------------------------------------------------------------------ */

static bool transport_checksum_ok(const struct kit_sent *s, size_t len)
{
	uint8_t pseudo[12];

	memcpy(pseudo, s->l3 + IPV4_OFF_SRC, 8);
	pseudo[8] = 0;
	pseudo[9] = s->ip.protocol;
	store_be16(pseudo + 10, (uint16_t)len);
	return kit_checksum(kit_sum(s->is_icmp ? 0 : kit_sum(0, pseudo, 12), s->l4, len)) == 0;
}

static void decode_transport(struct kit_sent *s)
{
	size_t len = (size_t)s->ip.total_len - s->ip.header_len, header_len = 0;

	s->l4 = s->l3 + s->ip.header_len;
	if (s->ip.protocol == IP_PROTO_ICMP) {
		s->is_icmp = icmp_header_read(s->l4, len, &s->icmp);
		header_len = ICMP_HEADER_LEN;
	} else if (s->ip.protocol == IP_PROTO_UDP) {
		s->is_udp = udp_header_read(s->l4, len, &s->udp);
		header_len = UDP_HEADER_LEN;
	} else if (s->ip.protocol == IP_PROTO_TCP) {
		s->is_tcp = tcp_header_read(s->l4, len, &s->tcp);
		header_len = s->is_tcp ? s->tcp.header_len : 0;
		s->tcp_options = s->l4 + TCP_HEADER_LEN;
	}
	if (!s->is_icmp && !s->is_udp && !s->is_tcp)
		return;
	s->payload = s->l4 + header_len;
	s->payload_len = len - header_len;
	s->l4_checksum_ok = transport_checksum_ok(s, len);
}

static void decode(struct kit_sent *s)
{
	if (!eth_header_read(s->bytes, s->len, &s->eth))
		kit_fail("the stack sent %zu bytes, not even an Ethernet header", s->len);
	s->l3 = s->bytes + ETH_HEADER_LEN;
	if (s->eth.type == ETH_TYPE_ARP)
		s->is_arp = arp_packet_read(s->l3, s->len - ETH_HEADER_LEN, &s->arp);
	if (s->eth.type != ETH_TYPE_IPV4)
		return;
	s->is_ipv4 = ipv4_header_read(s->l3, s->len - ETH_HEADER_LEN, &s->ip);
	if (!s->is_ipv4)
		return;
	s->ip_checksum_ok = kit_checksum(kit_sum(0, s->l3, s->ip.header_len)) == 0;
	decode_transport(s);
}

/* What a device does: reads the bytes, later releases the buffer; here at once. */
static struct kit_sent *capture(const struct pktbuf *pkt)
{
	struct kit_sent *s = calloc(1, sizeof(*s));
	size_t at = pktbuf_len(pkt);

	if (s == NULL)
		kit_fail("the host has no memory");
	s->len = pktbuf_total_len(pkt);
	s->bytes = malloc(s->len);
	if (s->bytes == NULL)
		kit_fail("the host has no memory");
	memcpy(s->bytes, pkt->data, at);
	for (unsigned i = 0; i < pkt->n_pieces; at += pkt->pieces[i++].len)
		memcpy(s->bytes + at, pkt->pieces[i].base, pkt->pieces[i].len);
	s->flags = pkt->flags;
	s->gso_size = pkt->gso_size;
	s->csum_start = pkt->csum_start;
	s->csum_off = pkt->csum_off;
	s->n_pieces = pkt->n_pieces;
	return s;
}

static void remember_arp_answer(struct kit *k, const struct kit_sent *s)
{
	if (k->n_arp_answers == ARRAY_LEN(k->arp_answers))
		return;
	kit_build_arp(&k->arp_answers[k->n_arp_answers++],
		      &(struct kit_arp){
			      .op = ARP_OP_REPLY,
			      .spa = s->arp.tpa,
			      .tpa = s->arp.spa,
			      .tha = KIT_MAC,
		      });
}

static int netif_capture(struct netif *netif, struct pktbuf *pkt)
{
	struct kit *k = netif->driver;
	struct kit_sent *s;

	if (k->send_result != ERR_OK) {
		pktbuf_free(pkt);
		return k->send_result;
	}
	s = capture(pkt);
	s->t_ns = k->now_ns;
	decode(s);
	if (k->sent_last != NULL)
		k->sent_last->next = s;
	else
		k->sent_first = s;
	k->sent_last = s;
	k->n_sent++;
	k->sent_ever++;
	if (k->answer_arp && s->is_arp && s->arp.op == ARP_OP_REQUEST &&
	    s->arp.tpa != k->netif.ipv4)
		remember_arp_answer(k, s);
	pktbuf_free(pkt);
	return ERR_OK;
}

static unsigned netif_poll_nothing(struct netif *netif, uint64_t now_ns)
{
	(void)netif;
	(void)now_ns;
	return 0;
}

static unsigned netif_tx_room(struct netif *netif)
{
	return ((struct kit *)netif->driver)->tx_room;
}

static const struct netif_ops capture_ops = {
	.send = netif_capture,
	.poll = netif_poll_nothing,
	.tx_room = netif_tx_room,
};

struct kit_sent *kit_take(struct kit *k)
{
	struct kit_sent *s = k->sent_first;

	if (s == NULL)
		return NULL;
	k->sent_first = s->next;
	if (k->sent_first == NULL)
		k->sent_last = NULL;
	k->n_sent--;
	s->next = NULL;
	return s;
}

struct kit_sent *kit_expect(struct kit *k)
{
	struct kit_sent *s = kit_take(k);

	if (s == NULL)
		kit_fail("a frame was expected, and none was sent");
	return s;
}

void kit_sent_free(struct kit_sent *s)
{
	if (s == NULL)
		return;
	free(s->bytes);
	free(s);
}

void kit_sent_clear(struct kit *k)
{
	struct kit_sent *s;

	while ((s = kit_take(k)) != NULL)
		kit_sent_free(s);
}

/* --- frames in ------------------------------------------------------------------------------- */

/* One received frame: a pool with one buffer that ends where the frame ends. */
struct kit_rx_block {
	struct kit_rx_block *next;
	struct pktbuf_pool pool;
};

#define RX_HEADROOM 16 /* a device's own header is all that a driver reserves */

static void reclaim_rx_blocks(struct kit *k)
{
	struct kit_rx_block **link = &k->rx_blocks, *b;

	while ((b = *link) != NULL) {
		if (b->pool.in_use != 0) {
			link = &b->next;
			continue;
		}
		*link = b->next;
		pktbuf_pool_destroy(&b->pool);
		free(b);
	}
}

static void inject_alone(struct kit *k, const void *frame, size_t len)
{
	struct kit_rx_block *b = malloc(sizeof(*b));
	unsigned fail_after = k->kp.fail_after;
	struct pktbuf *pkt;

	if (b == NULL)
		kit_fail("the host has no memory");
	reclaim_rx_blocks(k);
	pktbuf_pool_init(&b->pool, &k->kp.port, RX_HEADROOM + len, 1);
	b->next = k->rx_blocks;
	k->rx_blocks = b;
	k->kp.fail_after = UINT_MAX; /* running out of memory is for the stack, not for the wire */
	pkt = pktbuf_alloc(&b->pool, RX_HEADROOM);
	k->kp.fail_after = fail_after;
	if (pkt == NULL || (len > 0 && pktbuf_put(pkt, len) == NULL))
		kit_fail("no buffer for a frame of %zu bytes", len);
	if (len > 0)
		memcpy(pkt->data, frame, len);
	pkt->flags = k->rx_flags;
	pkt->netif = &k->netif;
	netif_input(&k->netif, pkt, k->now_ns);
	reclaim_rx_blocks(k);
}

/* As a driver does that has no more buffers than so many. */
static void inject_by_pool(struct kit *k, const void *frame, size_t len)
{
	struct pktbuf *pkt = pktbuf_alloc(k->rx_pool, RX_HEADROOM);
	void *at = pkt != NULL ? pktbuf_put(pkt, len) : NULL;

	if (at == NULL) {
		pktbuf_free(pkt);
		k->rx_lost++;
		return;
	}
	memcpy(at, frame, len);
	pkt->flags = k->rx_flags;
	netif_input(&k->netif, pkt, k->now_ns);
}

void kit_inject(struct kit *k, const void *frame, size_t len)
{
	if (k->rx_pool != NULL)
		inject_by_pool(k, frame, len);
	else
		inject_alone(k, frame, len);
}

void kit_inject_frame(struct kit *k, const struct kit_frame *f)
{
	kit_inject(k, f->bytes, f->len);
}

/* --- time -------------------------------------------------------------------------------------- */

void kit_poll(struct kit *k)
{
	do {
		unsigned n = k->n_arp_answers;
		struct kit_frame answers[ARRAY_LEN(k->arp_answers)];

		memcpy(answers, k->arp_answers, n * sizeof(answers[0]));
		k->n_arp_answers = 0;
		for (unsigned i = 0; i < n; i++)
			kit_inject_frame(k, &answers[i]);
		net_poll(k->stack, k->now_ns);
	} while (k->n_arp_answers > 0);
}

void kit_advance(struct kit *k, uint64_t ns)
{
	uint64_t end = k->now_ns + ns;

	kit_poll(k);
	for (unsigned turns = 0;; turns++) {
		uint64_t next = net_next_deadline(k->stack);

		if (next > end)
			break;
		if (turns > 1000000)
			kit_fail("the stack's deadline does not move on from %llu ns",
				 (unsigned long long)next);
		k->now_ns = MAX(next, k->now_ns);
		kit_poll(k);
	}
	k->now_ns = end;
}

void kit_teach_peer(struct kit *k)
{
	struct kit_frame f;

	kit_build_arp(&f, &(struct kit_arp){
				  .eth_dst = KIT_BROADCAST_MAC,
				  .op = ARP_OP_REQUEST,
				  .spa = KIT_PEER_IP,
				  .tpa = KIT_IP,
			  });
	kit_inject_frame(k, &f);
	kit_sent_clear(k);
}

/* --- the whole --------------------------------------------------------------------------------- */

void kit_open_bare(struct kit *k, uint64_t seed, const struct net_options *options)
{
	memset(k, 0, sizeof(*k));
	kit_port_open(&k->kp, seed);
	k->kp.clock = &k->now_ns;
	k->now_ns = NS_PER_S;
	k->send_result = ERR_OK;
	k->tx_room = UINT_MAX;
	k->netif = (struct netif){
		.name = "net0",
		.ops = &capture_ops,
		.driver = k,
		.mtu = 1500,
		.link_up = true,
	};
	memcpy(k->netif.mac, KIT_MAC, sizeof(KIT_MAC));
	k->stack = net_create(&k->kp.port, options, k->now_ns);
	if (k->stack == NULL)
		kit_fail("net_create failed");
	net_attach(k->stack, &k->netif);
}

void kit_open(struct kit *k, uint64_t seed, const struct net_options *options)
{
	kit_open_bare(k, seed, options);
	if (net_set_ipv4(k->stack, &k->netif, KIT_IP, KIT_MASK) != ERR_OK ||
	    net_set_gateway(k->stack, &k->netif, KIT_PEER_IP) != ERR_OK)
		kit_fail("the stack refused its address");
	acd_settle(k->stack, &k->netif);
}

void kit_close(struct kit *k)
{
	net_destroy(k->stack);
	k->stack = NULL;
	kit_sent_clear(k);
	reclaim_rx_blocks(k);
	if (k->rx_blocks != NULL)
		kit_fail("a received frame was never freed");
	kit_port_close(&k->kp);
}

uint64_t kit_counter(const struct kit *k, const char *name)
{
	const char *known;
	uint64_t value;

	for (unsigned i = 0; net_counter(k->stack, i, &known, &value); i++)
		if (strcmp(known, name) == 0)
			return value;
	kit_fail("no counter is called %s", name);
}

void kit_open_with_port(struct kit *k, struct udp_pcb *pcb, uint16_t port)
{
	kit_open(k, 1, NULL);
	kit_teach_peer(k);
	*pcb = (struct udp_pcb){0};
	if (kit_udp_bind(k->stack, pcb, 0, port) != ERR_OK)
		kit_fail("the port is taken");
}

void kit_close_with_port(struct kit *k, struct udp_pcb *pcb)
{
	udp_unbind(k->stack, pcb);
	kit_close(k);
}

void kit_udp_unreachable(struct stack *stack, uint32_t local, uint16_t local_port, uint32_t remote,
			 uint16_t remote_port, int err)
{
	const struct ip_error error = {
		.local = net_endpoint_ipv4(local, local_port),
		.remote = net_endpoint_ipv4(remote, remote_port),
		.protocol = IP_PROTO_UDP,
		.err = err,
		.reporter = net_addr_ipv4(remote),
	};

	udp_error(stack, &error, 0);
}
