/*
 * SPDX-License-Identifier: MIT
 *
 * What one segment costs, for callgrind to count: one stack, prepared frames, no device and no peer.
 * Only what the functions named measured_* call is collected (bench/segment_cost.py).
 *
 *   segment_cost receive N    N open connections; one of them receives full segments
 *   segment_cost ack N        ... writes, sends, and has each segment acknowledged
 *   segment_cost holes N      one connection, N holes offered before what is measured
 *   segment_cost sacked N     N holes told by the peer's SACK blocks while it acknowledges
 *   segment_cost crumbs N     ... the same, where the blocks hold ten bytes each, not a segment
 *   segment_cost idle N       memory of N connections that have talked and fallen silent
 *
 * Prints the number of segments that the measured instructions are for, or the bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "net/socket.h"
#include "tests/lib/stack_kit.h"

#define SEGMENTS 4000u
#define WARM_UP 400u
#define TEXT 1448u
#define PORT 80
#define MEASURED __attribute__((noinline, noclone))

struct peer { /* of one connection */
	uint32_t seq, ack;   /* what it sends next; what it acknowledges */
	int fd;
};

static struct {
	struct kit_port kp;
	struct net_port port;
	struct netif netif;
	struct stack *stack;
	struct pktbuf_pool rx;
	uint64_t now_ns;
	struct peer *peers;
	int listener;
	uint32_t sent_end, sent_ts; /* of the last TCP segment that the stack sent */
	uint32_t data_segments;
	bool measuring;
	size_t bytes_at_first;
} b;

/* --- the device ------------------------------------------------------------------------------ */

static int device_send(struct netif *netif, struct pktbuf *pkt)
{
	const uint8_t *l3 = pkt->data + ETH_HEADER_LEN, *l4 = l3 + IPV4_HEADER_LEN;
	size_t len = pktbuf_total_len(pkt) - ETH_HEADER_LEN - IPV4_HEADER_LEN;

	(void)netif;
	if (load_be16(pkt->data + ETH_OFF_TYPE) == ETH_TYPE_IPV4) {
		len -= (size_t)(l4[TCP_OFF_DATA_OFFSET] >> 4) * 4;
		b.sent_end = load_be32(l4 + TCP_OFF_SEQ) + (uint32_t)len +
			     !!(l4[TCP_OFF_FLAGS] & TCP_SYN);
		b.data_segments += len > 0;
	}
	pktbuf_free(pkt);
	return ERR_OK;
}

static unsigned device_poll(struct netif *netif, uint64_t now_ns)
{
	(void)netif;
	(void)now_ns;
	return 0;
}

static unsigned device_room(struct netif *netif)
{
	(void)netif;
	return 1000;
}

/* --- what is measured ------------------------------------------------------------------------ */

static MEASURED void measured_input(struct pktbuf *pkt)
{
	netif_input(&b.netif, pkt, b.now_ns);
}

static MEASURED void measured_poll(void)
{
	net_poll(b.stack, b.now_ns);
}

static MEASURED int measured_read(int fd, void *buf, size_t len)
{
	return sock_recv(b.stack, fd, buf, len, b.now_ns);
}

static MEASURED int measured_write(int fd, const void *buf, size_t len)
{
	return sock_send(b.stack, fd, buf, len, b.now_ns);
}

static void input(struct pktbuf *pkt)
{
	if (b.measuring)
		measured_input(pkt);
	else
		netif_input(&b.netif, pkt, b.now_ns);
}

static void poll_stack(void)
{
	if (b.measuring)
		measured_poll();
	else
		net_poll(b.stack, b.now_ns);
}

static void drain(int fd)
{
	static uint8_t buf[64 * 1024];

	while ((b.measuring ? measured_read(fd, buf, sizeof(buf))
			    : sock_recv(b.stack, fd, buf, sizeof(buf), b.now_ns)) > 0)
		;
}

/* --- frames ---------------------------------------------------------------------------------- */

static void bring(const struct kit_frame *f)
{
	struct pktbuf *pkt = pktbuf_alloc(&b.rx, 0);
	void *at = pkt != NULL ? pktbuf_put(pkt, f->len) : NULL;

	if (at == NULL)
		kit_fail("no receive buffer");
	memcpy(at, f->bytes, f->len);
	pkt->flags |= PKTBUF_CSUM_VALID;
	input(pkt);
}

static uint32_t ip_of(unsigned i)
{
	return UINT32_C(0x0a010000) + i;
}

static void bring_tcp(unsigned i, uint32_t seq, uint8_t flags, size_t len,
		      const uint8_t *more_options, size_t more_len)
{
	static const uint8_t syn_options[] = {2, 4, 5, 180, 4, 2, 1, 3, 3, 7};
	static uint8_t text[TEXT];
	uint8_t options[40] = {1, 1, 8, 10};
	struct kit_ipv4 ip = {.src = ip_of(i)};
	struct kit_frame f;

	store_be32(options + 4, (uint32_t)(b.now_ns / NS_PER_MS));
	if (flags & TCP_SYN) {
		more_options = syn_options;
		more_len = sizeof(syn_options);
	}
	if (more_len > 0)
		memcpy(options + 12, more_options, more_len);
	kit_build_tcp(&f, &ip, &(struct kit_tcp){
		.src_port = (uint16_t)(1024 + i), .dst_port = PORT, .seq = seq,
		.ack = flags & TCP_ACK ? b.peers[i].ack : 0, .flags = flags, .window = 8192,
		.options = options, .options_len = 12 + more_len,
	}, text, len);
	bring(&f);
}

static void send_text(unsigned i)
{
	bring_tcp(i, b.peers[i].seq, TCP_ACK, TEXT, NULL, 0);
	b.peers[i].seq += TEXT;
}

static void send_ack(unsigned i)
{
	bring_tcp(i, b.peers[i].seq, TCP_ACK, 0, NULL, 0);
}

/* --- connections ----------------------------------------------------------------------------- */

static void open_stack(unsigned n)
{
	static const struct netif_ops ops = {
		.send = device_send, .poll = device_poll, .tx_room = device_room};
	struct net_options options = {.max_sockets = (uint16_t)(n + 8), .rcvbuf = 512 * 1024};
	struct net_endpoint local = net_endpoint_ipv4(KIT_IP, PORT);
	struct kit_frame f;

	kit_port_open(&b.kp, 1);
	b.kp.port.events = NULL;
	b.now_ns = NS_PER_S;
	b.netif = (struct netif){
		.name = "bench0", .ops = &ops, .mtu = 1500, .link_up = true,
		.features = NETIF_TX_CSUM | NETIF_TX_SG | NETIF_RX_CSUM,
	};
	memcpy(b.netif.mac, KIT_MAC, 6);
	pktbuf_pool_init(&b.rx, &b.kp.port, 2048, 4096);
	b.stack = net_create(&b.kp.port, &options, b.now_ns);
	net_attach(b.stack, &b.netif);
	b.peers = calloc(n, sizeof(b.peers[0]));
	b.listener = sock_socket(b.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	if (net_set_ipv4(b.stack, &b.netif, KIT_IP, KIT_MASK) != ERR_OK ||
	    net_set_gateway(b.stack, &b.netif, KIT_PEER_IP) != ERR_OK ||
	    sock_bind(b.stack, b.listener, &local) != ERR_OK ||
	    sock_listen(b.stack, b.listener, 16) != ERR_OK)
		kit_fail("no listener");
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = KIT_PEER_IP,
					    .tpa = KIT_IP});
	bring(&f);
	poll_stack();
}

static void open_connection(unsigned i)
{
	struct peer *p = &b.peers[i];

	p->seq = 1000 * i;
	bring_tcp(i, p->seq++, TCP_SYN, 0, NULL, 0);
	poll_stack();
	p->ack = b.sent_end;
	send_ack(i);
	poll_stack();
	p->fd = sock_accept(b.stack, b.listener, NULL);
	if (p->fd < 0)
		kit_fail("connection %u: accept says %d", i, p->fd);
	b.now_ns += 10 * NS_PER_US;
}

/* --- the figures ----------------------------------------------------------------------------- */

static unsigned receive(unsigned i, unsigned segments)
{
	for (unsigned s = 1; s <= segments; s++) {
		send_text(i);
		b.now_ns += 10 * NS_PER_US;
		if (s % 2 == 0)
			poll_stack();
		if (s % 16 == 0)
			drain(b.peers[i].fd);
	}
	return segments;
}

/* Keeps writing; the peer acknowledges each segment 200 microseconds after it was sent. */
static unsigned acknowledge(unsigned i, unsigned segments)
{
	static uint8_t text[TEXT];
	struct peer *p = &b.peers[i];
	unsigned acked = 0;

	while (acked < segments) {
		int n = b.measuring ? measured_write(p->fd, text, TEXT)
				    : sock_send(b.stack, p->fd, text, TEXT, b.now_ns);

		if (n < 0 && n != ERR_AGAIN)
			kit_fail("send says %d", n);
		poll_stack();
		if ((int32_t)(b.sent_end - p->ack) < (int32_t)TEXT)
			continue;
		p->ack += TEXT;
		acked++;
		b.now_ns += 200 * NS_PER_US;
		send_ack(i);
		poll_stack();
	}
	return acked;
}

/* After N holes were offered, segments that fill none of them and lie behind all. */
static unsigned receive_with_holes(unsigned holes)
{
	uint32_t first = b.peers[0].seq, at = first + 1;
	unsigned segments = 200;

	for (unsigned h = 0; h < holes; h++, at += 11)
		bring_tcp(0, at, TCP_ACK, 10, NULL, 0);
	poll_stack();
	b.measuring = true;
	for (unsigned s = 0; s < segments; s++, at += TEXT) {
		bring_tcp(0, at, TCP_ACK, TEXT, NULL, 0);
		poll_stack();
	}
	return segments;
}

/* The peer's SACK blocks tell of ever more holes in one window, `apart` bytes from one to the next. */
static unsigned acknowledge_with_holes(unsigned holes, uint32_t apart, uint32_t len)
{
	static uint8_t text[TEXT];
	struct peer *p = &b.peers[0];
	uint8_t option[12] = {1, 1, 5, 10};
	unsigned segments = 200;
	uint32_t una;

	(void)acknowledge(0, 3000); /* a window large enough */
	for (unsigned s = 0; s < 400; s++)
		if (sock_send(b.stack, p->fd, text, TEXT, b.now_ns) == ERR_AGAIN)
			break;
	poll_stack();
	una = p->ack;
	for (unsigned h = 0; h < holes + segments; h++) {
		uint32_t start = una + TEXT + (h % holes) * apart;

		b.measuring = h >= holes;
		b.now_ns += 10 * NS_PER_US;
		store_be32(option + 4, start);
		store_be32(option + 8, start + len);
		bring_tcp(0, p->seq, TCP_ACK, 0, option, sizeof(option));
		poll_stack();
	}
	return segments;
}

static size_t memory(void)
{
	return b.kp.live_bytes - b.stack->pool.allocated * b.stack->pool.block_size -
	       b.stack->frame_pool.allocated * b.stack->frame_pool.block_size -
	       b.rx.allocated * b.rx.block_size;
}

/* Bytes for each connection once it has talked and fallen silent: control block and socket, and its
 * share of the tables. */
static unsigned idle(unsigned n)
{
	static uint8_t text[100];

	for (unsigned i = 0; i < n; i++) {
		if (sock_send(b.stack, b.peers[i].fd, text, sizeof(text), b.now_ns) < 0)
			kit_fail("connection %u cannot send", i);
		poll_stack();
		b.peers[i].ack = b.sent_end;
		send_text(i);
		poll_stack();
		drain(b.peers[i].fd);
	}
	for (unsigned s = 0; s < 100; s++) {
		b.now_ns += NS_PER_S / 10;
		poll_stack();
	}
	return (unsigned)((memory() - b.bytes_at_first + n - 1) / n + sizeof(void *));
}

int main(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[1] : "";
	unsigned n = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 0) : 0;
	bool many = strcmp(what, "receive") == 0 || strcmp(what, "ack") == 0 ||
		    strcmp(what, "idle") == 0;
	unsigned connections = many ? n : 1, answer;

	if (n == 0 || n > 60000) {
		fprintf(stderr, "usage: segment_cost receive|ack|holes|sacked|crumbs|idle N\n");
		return 2;
	}
	open_stack(connections);
	b.bytes_at_first = memory(); /* the table of descriptors is in it */
	for (unsigned i = 0; i < connections; i++)
		open_connection(i);
	if (strcmp(what, "idle") == 0) {
		answer = idle(n);
	} else if (strcmp(what, "holes") == 0) {
		answer = receive_with_holes(n);
	} else if (strcmp(what, "sacked") == 0) {
		answer = acknowledge_with_holes(n, 2 * TEXT, TEXT);
	} else if (strcmp(what, "crumbs") == 0) {
		answer = acknowledge_with_holes(n, 20, 10);
	} else {
		unsigned (*play)(unsigned, unsigned) = what[0] == 'r' ? receive : acknowledge;

		(void)play(connections / 2, WARM_UP);
		b.measuring = true;
		answer = play(connections / 2, SEGMENTS);
	}
	printf("%u\n", answer);
	return 0;
}
