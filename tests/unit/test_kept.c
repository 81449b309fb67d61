/*
 * SPDX-License-Identifier: MIT
 *
 * What waits for its reader does not cost a device its receive buffers: a few thousand sockets with
 * one small packet each must not make the machine deaf, to ARP and ping least of all.
 */
#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define BUFFERS 64 /* of the device; what queues may hold of them is three quarters */
#define MANY 500

static struct kit k;
static struct pktbuf_pool device;
static struct kit_frame f;
static int fds[MANY];

static void setup(void)
{
	static const struct net_options options = {.max_sockets = MANY + 1};

	kit_open(&k, 1, &options);
	pktbuf_pool_init(&device, &k.kp.port, 2048, BUFFERS);
	k.rx_pool = &device;
	k.answer_arp = true;
	kit_teach_peer(&k);
}

static void teardown(void)
{
	for (unsigned i = 0; i < MANY + 4; i++)
		(void)sock_close(k.stack, (int)i, k.now_ns);
	assert_int_equal(k.stack->kept_pool.in_use, 0);
	assert_int_equal(device.in_use, 0);
	pktbuf_pool_destroy(&device);
	kit_close(&k);
}

FIXTURE(setup, teardown);

static void expect_the_machine_receives(void)
{
	uint64_t requests = kit_counter(&k, "arp_replies_out");

	assert_int_equal(k.rx_lost, 0);
	assert_true(device.in_use <= BUFFERS / 4 * 3);
	kit_sent_clear(&k);
	kit_build_icmp(&f, NULL, ICMP_ECHO, 0, 0, "still there?", 12);
	kit_inject_frame(&k, &f);
	assert_int_equal(k.n_sent, 1);
	kit_teach_peer(&k);
	assert_int_equal(kit_counter(&k, "arp_replies_out"), requests + 1);
	assert_int_equal(k.rx_lost, 0);
}

/* --- datagrams ----------------------------------------------------------------------------------- */

static void many_ports_with_a_datagram_each(void)
{
	for (unsigned i = 0; i < MANY; i++) {
		struct net_endpoint local = net_endpoint_ipv4(0, (uint16_t)(1000 + i));
		uint16_t text = (uint16_t)i;

		fds[i] = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
		assert_true(fds[i] >= 0);
		assert_int_equal(sock_bind(k.stack, fds[i], &local), ERR_OK);
		kit_build_udp(&f, NULL, (uint16_t)(9000 + i), local.port, &text, sizeof(text));
		kit_inject_frame(&k, &f);
	}
}

/* How many of the ports have what they were sent, and from whom. */
static unsigned read_them(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MANY; i++) {
		struct net_endpoint from;
		uint16_t text;
		int got = sock_recvfrom(k.stack, fds[i], &text, sizeof(text), &from, k.now_ns);

		if (got == ERR_AGAIN)
			continue;
		assert_int_equal(got, sizeof(text));
		assert_int_equal(text, i);
		assert_int_equal(from.port, 9000 + i);
		assert_int_equal(net_addr_to_ipv4(&from.addr), KIT_PEER_IP);
		n++;
	}
	return n;
}

TEST(unread_datagrams_do_not_make_it_deaf)
{
	many_ports_with_a_datagram_each();
	expect_the_machine_receives();
	assert_int_equal(kit_counter(&k, "udp_queue_full"), 0);
	assert_int_equal(read_them(), MANY);
}

TEST(without_memory_datagrams_are_dropped)
{
	k.stack->kept_pool.max_bytes = 0;
	many_ports_with_a_datagram_each();
	expect_the_machine_receives();
	assert_int_equal(kit_counter(&k, "udp_queue_full"), MANY - BUFFERS / 4 * 3);
	assert_int_equal(read_them(), BUFFERS / 4 * 3);
}

/* Datagrams that came in fragments lie in memory that the reassembly needs. */
TEST(unread_fragments_leave_the_reassembly_its_memory)
{
	static uint8_t text[1472];
	struct kit_ipv4 ip = {.id = 1};
	struct net_endpoint local = net_endpoint_ipv4(0, 1000);

	k.stack->kept_pool.max_bytes = 0;
	fds[0] = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	assert_int_equal(sock_bind(k.stack, fds[0], &local), ERR_OK);
	assert_int_equal(sock_setsockopt(k.stack, fds[0], SOCK_SO_RCVBUF, 1u << 30, k.now_ns), ERR_OK);
	store_be16(text, 9000);
	store_be16(text + 2, 1000);
	store_be16(text + 4, 60000);
	for (unsigned i = 0; i < 30; i++, ip.id++) {
		for (unsigned at = 0; at < 60000; at += 1472) {
			unsigned n = MIN(1472u, 60000 - at);

			ip.fragment = (uint16_t)((at + n < 60000 ? IPV4_MF : 0) | at / 8);
			kit_build_ipv4(&f, &ip, IP_PROTO_UDP, text, n);
			kit_inject_frame(&k, &f);
		}
	}
	assert_int_equal(kit_counter(&k, "ip_reassembled"), 30);
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 0);
	assert_true(k.stack->big_pool.bytes <= k.stack->big_pool.max_bytes / 2);
	assert_true(kit_counter(&k, "udp_queue_full") > 0);
}

/* --- streams ------------------------------------------------------------------------------------- */

static void segment(unsigned i, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	kit_build_tcp(&f, NULL,
		      &(struct kit_tcp){.src_port = (uint16_t)(20000 + i), .dst_port = 80, .seq = seq,
					.ack = ack, .flags = flags, .window = 10000},
		      text, strlen(text));
	kit_inject_frame(&k, &f);
	kit_poll(&k);
}

/* An accepted connection; the number of our first byte. */
static uint32_t establish(int listener, unsigned i)
{
	struct kit_sent *s;
	uint32_t iss;

	kit_sent_clear(&k);
	segment(i, TCP_SYN, 99, 0, "");
	s = kit_expect(&k);
	assert_int_equal(s->tcp.flags, TCP_SYN | TCP_ACK);
	iss = s->tcp.seq;
	kit_sent_free(s);
	segment(i, TCP_ACK, 100, iss + 1, "");
	fds[i] = sock_accept(k.stack, listener, NULL);
	assert_true(fds[i] >= 0);
	return iss + 1;
}

static int listen_on_80(void)
{
	struct net_endpoint local = net_endpoint_ipv4(0, 80);
	int fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	assert_int_equal(sock_bind(k.stack, fd, &local), ERR_OK);
	assert_int_equal(sock_listen(k.stack, fd, 8), ERR_OK);
	return fd;
}

TEST(unread_segments_do_not_make_it_deaf)
{
	int listener = listen_on_80();
	char text[4];

	for (unsigned i = 0; i < MANY; i++) {
		uint32_t ack = establish(listener, i);

		segment(i, TCP_ACK, i % 2 == 0 ? 100 : 101, ack, "x"); /* every other with a hole */
	}
	expect_the_machine_receives();
	assert_int_equal(kit_counter(&k, "tcp_no_memory"), 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(sock_recv(k.stack, fds[i], text, 4, k.now_ns),
				 i % 2 == 0 ? 1 : ERR_AGAIN);
}

/* The copies have room behind them: a stream of tiny segments costs what it says, not a copy each. */
TEST(tiny_segments_share_a_copy)
{
	int listener = listen_on_80();
	uint32_t ack = establish(listener, 0);
	struct pktbuf *held[BUFFERS / 4 * 3];
	char text[300];

	for (unsigned i = 0; i < ARRAY_LEN(held); i++)
		assert_non_null(held[i] = pktbuf_alloc(&device, 0));
	for (unsigned i = 0; i < sizeof(text); i++)
		segment(0, TCP_ACK, 100 + i, ack, "x");
	assert_true(k.stack->kept_pool.in_use <= 2);
	assert_int_equal(sock_recv(k.stack, fds[0], text, sizeof(text), k.now_ns), sizeof(text));
	assert_int_equal(text[299], 'x');
	for (unsigned i = 0; i < ARRAY_LEN(held); i++)
		pktbuf_free(held[i]);
}

/* The last quarter is for those who hold nothing: who leaves much unread keeps nobody from being heard. */
TEST(who_holds_much_leaves_room_for_others)
{
	static char text[1000];
	int listener = listen_on_80();
	uint32_t ack[2] = {establish(listener, 0), establish(listener, 1)};
	struct pktbuf *held[BUFFERS / 4 * 3];

	for (unsigned i = 0; i < ARRAY_LEN(held); i++)
		assert_non_null(held[i] = pktbuf_alloc(&device, 0));
	memset(text, 'x', sizeof(text) - 1);
	k.stack->kept_pool.max_bytes = 16 * 1024;
	for (unsigned i = 0; i < 40; i++)
		segment(0, TCP_ACK, 100 + i * 999, ack[0], text);
	assert_true(kit_counter(&k, "tcp_no_memory") > 20);
	segment(1, TCP_ACK, 100, ack[1], text);
	assert_int_equal(sock_recv(k.stack, fds[1], text, sizeof(text), k.now_ns), 999);
	for (unsigned i = 0; i < ARRAY_LEN(held); i++)
		pktbuf_free(held[i]);
}

TEST(without_memory_text_is_as_good_as_lost)
{
	int listener = listen_on_80();
	uint32_t ack = establish(listener, 0);
	size_t max_bytes = k.stack->kept_pool.max_bytes;
	struct pktbuf *held[BUFFERS / 4 * 3];
	char text[10];

	for (unsigned i = 0; i < ARRAY_LEN(held); i++)
		assert_non_null(held[i] = pktbuf_alloc(&device, 0));
	k.stack->kept_pool.max_bytes = 0;
	segment(0, TCP_ACK | TCP_FIN, 100, ack, "lost");
	segment(0, TCP_ACK, 104, ack, "");
	assert_int_equal(kit_counter(&k, "tcp_no_memory"), 1);
	assert_int_equal(sock_recv(k.stack, fds[0], text, sizeof(text), k.now_ns), ERR_AGAIN);
	k.stack->kept_pool.max_bytes = max_bytes;
	segment(0, TCP_ACK | TCP_FIN, 100, ack, "lost");
	assert_int_equal(sock_recv(k.stack, fds[0], text, sizeof(text), k.now_ns), 4);
	assert_int_equal(sock_recv(k.stack, fds[0], text, sizeof(text), k.now_ns), 0);
	for (unsigned i = 0; i < ARRAY_LEN(held); i++)
		pktbuf_free(held[i]);
}

