/* SPDX-License-Identifier: MIT */
/* net/ip/ipv4_fragment: datagrams longer than the MTU leave in pieces, and their ids tell nothing. */
#include "net/link/neigh.h"
#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb;

static void setup(void)
{
	kit_open_with_port(&k, &pcb, 5000);
}

static void teardown(void)
{
	kit_close_with_port(&k, &pcb);
}

FIXTURE(setup, teardown);

static uint8_t text[65507];

static void fill_text(void)
{
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 11 + i / 253);
}

static int send_text(size_t len)
{
	fill_text();
	return kit_udp_send(k.stack, &pcb, text, len, KIT_PEER_IP, 7, k.now_ns);
}

/* Takes the fragments of one datagram; checks everything that RFC 791 3.2 says of them.  Returns the
 * payload's length. */
static size_t collect(uint8_t *whole, uint16_t mtu, uint16_t *id)
{
	size_t len = 0;
	bool more = true;

	while (more) {
		struct kit_sent *s = kit_expect(&k);
		size_t n = s->ip.total_len - s->ip.header_len;

		assert_true(s->is_ipv4);
		assert_true(s->ip_checksum_ok);
		assert_memory_equal(s->eth.dst, KIT_PEER_MAC, 6);
		assert_true(s->ip.total_len <= mtu);
		assert_int_equal(s->len, ETH_HEADER_LEN + s->ip.total_len);
		assert_int_equal((s->ip.fragment & IPV4_FRAGMENT_OFFSET) * 8, len);
		assert_int_equal(s->ip.fragment & IPV4_DF, 0);
		assert_int_equal(s->ip.ttl, 64);
		assert_int_equal(s->ip.src, KIT_IP);
		assert_int_equal(s->ip.dst, KIT_PEER_IP);
		assert_int_equal(s->flags & PKTBUF_CSUM_PARTIAL, 0);
		if (len == 0)
			*id = s->ip.id;
		assert_int_equal(s->ip.id, *id);
		more = s->ip.fragment & IPV4_MF;
		if (more)
			assert_int_equal(n, (mtu - 20) / 8 * 8); /* as few as can be */
		memcpy(whole + len, s->l3 + s->ip.header_len, n);
		len += n;
		kit_sent_free(s);
	}
	return len;
}

static bool udp_checksum_is_right(const uint8_t *udp, size_t len)
{
	uint8_t pseudo[12] = {192, 168, 77, 2, 192, 168, 77, 1, 0, 17};

	store_be16(pseudo + 10, (uint16_t)len);
	return kit_checksum(kit_sum(kit_sum(0, pseudo, 12), udp, len)) == 0;
}

TEST(a_datagram_longer_than_the_mtu_goes_in_pieces)
{
	static const size_t lens[] = {1473, 1479, 1480, 1481, 2952, 2953, 9000, 65506, 65507};
	static uint8_t whole[65535];
	uint16_t id;

	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		size_t len;

		assert_int_equal(send_text(lens[i]), ERR_OK);
		len = collect(whole, 1500, &id);
		assert_int_equal(len, 8 + lens[i]);
		assert_int_equal(load_be16(whole + UDP_OFF_LEN), len);
		assert_true(udp_checksum_is_right(whole, len));
		assert_memory_equal(whole + 8, text, lens[i]);
		assert_int_equal(k.n_sent, 0);
	}
	assert_int_equal(k.stack->frame_pool.in_use, 0);
	assert_int_equal(k.stack->big_pool.in_use, 0);
	assert_int_equal(kit_counter(&k, "udp_out"), ARRAY_LEN(lens));
}

TEST(a_device_that_sums_up_gets_whole_sums)
{
	static uint8_t whole[65535];
	uint16_t id;

	k.netif.features = NETIF_TX_CSUM | NETIF_TX_SG;
	assert_int_equal(send_text(4000), ERR_OK);
	assert_int_equal(collect(whole, 1500, &id), 4008);
	assert_true(udp_checksum_is_right(whole, 4008));
}

/* An MTU that is no multiple of eight. */
TEST(offsets_count_in_eights)
{
	static uint8_t whole[65535];
	uint16_t id;

	k.netif.mtu = 1485;
	assert_int_equal(send_text(4000), ERR_OK);
	assert_int_equal(collect(whole, 1485, &id), 4008);
	assert_memory_equal(whole + 8, text, 4000);
}

/* Payload in pieces, cut at places that have nothing to do with them. */
TEST(pieces_are_cut_too)
{
	const struct kit_send how = {.src = KIT_IP, .dst = KIT_PEER_IP, .protocol = 200};
	static uint8_t whole[65535];
	struct pktbuf *pkt = ip_alloc(k.stack, 10);
	uint16_t id;

	fill_text();
	memcpy(pktbuf_put(pkt, 10), text, 10);
	assert_true(pktbuf_add_piece(pkt, text + 10, 1));
	assert_true(pktbuf_add_piece(pkt, text + 11, 3000));
	assert_true(pktbuf_add_piece(pkt, text + 3011, 1477));
	assert_true(pktbuf_add_piece(pkt, text + 4488, 12));
	assert_int_equal(kit_output(k.stack, pkt, &how, k.now_ns), ERR_OK);
	assert_int_equal(collect(whole, 1500, &id), 4500);
	assert_memory_equal(whole, text, 4500);
}

TEST(what_the_sender_chose_is_in_every_fragment)
{
	const struct kit_send how = {
		.src = KIT_IP, .dst = KIT_PEER_IP, .protocol = 200, .tos = 0xb8, .ttl = 3,
	};
	struct pktbuf *pkt = ip_alloc(k.stack, 3000);

	memset(pktbuf_put(pkt, 3000), 1, 3000);
	assert_int_equal(kit_output(k.stack, pkt, &how, k.now_ns), ERR_OK);
	for (unsigned i = 0; i < 3; i++) {
		struct kit_sent *s = kit_expect(&k);

		assert_int_equal(s->ip.tos, 0xb8);
		assert_int_equal(s->ip.ttl, 3);
		assert_int_equal(s->ip.protocol, 200);
		kit_sent_free(s);
	}
}

TEST(all_fragments_wait_for_arp)
{
	static uint8_t whole[65535];
	uint16_t id;
	struct kit fresh;

	fill_text();
	kit_open(&fresh, 2, NULL);
	assert_int_equal(kit_udp_send(fresh.stack, &(struct udp_pcb){.local.port = 5000}, text, 65507,
				  KIT_PEER_IP, 7, fresh.now_ns),
			 ERR_OK);
	kit_sent_free(kit_expect(&fresh)); /* the question */
	assert_int_equal(fresh.n_sent, 0);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_PEER_IP, .tpa = KIT_IP});
	kit_inject_frame(&fresh, &f);
	k.sent_first = fresh.sent_first;
	k.sent_last = fresh.sent_last;
	k.n_sent = fresh.n_sent;
	fresh.sent_first = fresh.sent_last = NULL;
	fresh.n_sent = 0;
	assert_int_equal(collect(whole, 1500, &id), 65515);
	assert_memory_equal(whole + 8, text, 65507);
	kit_close(&fresh);
}

/* Nobody answers ARP: the port is told once, and no payload is taken for ports. */
TEST(fragments_that_cannot_be_delivered)
{
	struct udp_pcb other = {0};

	assert_int_equal(kit_udp_bind(k.stack, &other, 0, 6000), ERR_OK);
	kit_udp_connect(k.stack, &other, KIT_IP, KIT_PEER_IP + 5, 7);
	memset(text, 0, sizeof(text));
	for (size_t i = 1472; i < 3000; i += 4) { /* the second fragment speaks of port 6000 */
		store_be16(text + i, 6000);
		store_be16(text + i + 2, 7);
	}
	kit_udp_connect(k.stack, &pcb, KIT_IP, KIT_PEER_IP + 5, 7);
	assert_int_equal(kit_udp_send(k.stack, &pcb, text, 3000, KIT_PEER_IP + 5, 7, k.now_ns), ERR_OK);
	kit_advance(&k, NEIGH_ATTEMPTS * NEIGH_RETRY_NS);
	assert_int_equal(pcb.error, ERR_HOSTUNREACH);
	assert_int_equal(other.error, 0);
	udp_unbind(k.stack, &other);
	kit_sent_clear(&k);
}

TEST(half_a_datagram_is_not_sent)
{
	assert_int_equal(send_text(1000), ERR_OK);
	kit_sent_clear(&k);
	k.kp.fail_after = 5; /* some of its buffers */
	assert_int_equal(send_text(20000), ERR_NOBUFS);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
	k.kp.fail_after = UINT32_MAX;
	k.send_result = ERR_AGAIN; /* a device without room says so */
	assert_int_equal(send_text(20000), ERR_AGAIN);
	k.send_result = ERR_OK;
	assert_int_equal(k.stack->frame_pool.in_use, 0);
	assert_int_equal(k.stack->big_pool.in_use, 0);
	assert_int_equal(kit_counter(&k, "udp_out"), 1);
}

/* --- ids: RFC 6864, RFC 7739 --------------------------------------------------------------------------- */

static uint16_t next_id(uint32_t dst)
{
	struct kit_sent *s;
	uint16_t id;

	assert_int_equal(kit_udp_send(k.stack, &pcb, "x", 1, dst, 7, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	id = s->ip.id;
	kit_sent_free(s);
	return id;
}

TEST(ids_to_one_destination_do_not_repeat_soon)
{
	static bool seen[65536];
	unsigned equal_steps = 0;
	uint16_t last = 0, step = 0;

	for (unsigned i = 0; i < 8000; i++) { /* at most 8 apart: 65536 / 8 */
		uint16_t id = next_id(KIT_PEER_IP);

		assert_false(seen[id]);
		seen[id] = true;
		equal_steps += (uint16_t)(id - last) == step;
		step = (uint16_t)(id - last);
		last = id;
	}
	assert_true(equal_steps < 2000); /* one in eight; all of them, where ids are a counter */
}

/* What one destination sees says nothing of another's. */
TEST(ids_begin_elsewhere_for_each_destination)
{
	unsigned near = 0, pushed = 0;
	uint16_t last = next_id(KIT_PEER_IP);

	for (unsigned i = 0; i < 500; i++) {
		uint16_t a = next_id(KIT_PEER_IP);
		uint16_t b = next_id(KIT_FAR_IP + i);

		near += (uint16_t)(b - a + 16) < 32;
		pushed += (uint16_t)(a - last) > 8;
		last = a;
	}
	assert_true(near < 4);
	assert_true(pushed < 40); /* one in 64, where they happen to share a counter */
}

/* --- through sockets ------------------------------------------------------------------------------------- */

/* From one stack to another: the largest datagram there is. */
TEST(the_largest_datagram_from_socket_to_socket)
{
	static uint8_t got[65535];
	const struct net_endpoint to = net_endpoint_ipv4(KIT_PEER_IP, 7);
	const struct net_endpoint local = net_endpoint_ipv4(0, 7);
	struct net_endpoint from;
	struct kit peer;
	int tx = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP), rx;

	kit_open_bare(&peer, 5, NULL);
	assert_int_equal(net_set_ipv4(peer.stack, &peer.netif, KIT_PEER_IP, KIT_MASK), ERR_OK);
	rx = sock_socket(peer.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	assert_int_equal(sock_bind(peer.stack, rx, &local), ERR_OK);
	fill_text();
	assert_int_equal(sock_sendto(k.stack, tx, text, 65508, &to, k.now_ns), ERR_MSGSIZE);
	assert_int_equal(sock_sendto(k.stack, tx, text, 65507, &to, k.now_ns), 65507);
	assert_int_equal(k.n_sent, 45);
	while (k.n_sent > 0) {
		struct kit_sent *s = kit_expect(&k);

		memcpy(s->bytes, KIT_MAC, 6); /* the peer's interface has the kit's address too */
		memcpy(s->bytes + 6, KIT_PEER_MAC, 6);
		kit_inject(&peer, s->bytes, s->len);
		kit_sent_free(s);
	}
	assert_int_equal(sock_recvfrom(peer.stack, rx, got, sizeof(got), &from, peer.now_ns), 65507);
	assert_memory_equal(got, text, 65507);
	assert_int_equal(net_addr_to_ipv4(&from.addr), KIT_IP);
	kit_sent_clear(&peer);
	kit_close(&peer);
}

