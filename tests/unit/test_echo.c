/* SPDX-License-Identifier: MIT */
/* net/ip/icmp_echo, through sockets: ICMP echo requests out, and the replies and errors that are theirs.
 *
 * What Linux 6.18 answers to the same calls (its "ping sockets") stands behind a bar where it is
 * something else.  The reasons:
 *   - a connected socket hears its peer only, as UDP's does; Linux' hears everybody who has its
 *     identifier, which a forger then has to guess alone;
 *   - it hears of soft errors and of an ARP without answer, as UDP's does here (RFC 1122 4.1.3.3);
 *     Linux keeps those for IP_RECVERR;
 *   - a reply with a code is none: QEMU's user network makes such ones for hosts it did not reach;
 *   - a peer has a name whatever port was given with it; Linux says ENOTCONN where it was 0. */
#include <string.h>

#include "net/socket.h"
#include "net/stack.h"
#include "net/wire/ipv4.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define OTHER_IP (KIT_PEER_IP + 5)

static struct kit k;
static struct kit_frame f;
static int fd;

static const struct net_endpoint *to(uint32_t ipv4, uint16_t port)
{
	static struct net_endpoint e;

	e = net_endpoint_ipv4(ipv4, port);
	return &e;
}

static int echo_socket(void)
{
	return sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_ICMP);
}

static void setup(void)
{
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	fd = echo_socket();
	assert_int_equal(fd, 3);
}

static void teardown(void)
{
	kit_sent_clear(&k);
	kit_close(&k);
}

FIXTURE(setup, teardown);

static void connect_to(uint32_t ipv4)
{
	assert_int_equal(sock_connect(k.stack, fd, to(ipv4, 0), k.now_ns), ERR_OK);
}

static void bind_to(int which, uint32_t ipv4, uint16_t id, int result)
{
	assert_int_equal(sock_bind(k.stack, which, to(ipv4, id)), result);
}

static struct net_endpoint name_of(int which)
{
	struct net_endpoint name;

	assert_int_equal(sock_getsockname(k.stack, which, &name), ERR_OK);
	return name;
}

static uint32_t address_of(int which)
{
	const struct net_endpoint name = name_of(which);

	return net_addr_to_ipv4(&name.addr);
}

static int64_t option(enum sock_option o)
{
	int64_t value;

	assert_int_equal(sock_getsockopt(k.stack, fd, o, &value), ERR_OK);
	return value;
}

static uint32_t reporter(void)
{
	const struct net_addr by = sock_error_by(k.stack, fd);

	return net_addr_to_ipv4(&by);
}

/* An echo request as an application writes it: the identifier and the checksum are nonsense. */
static const uint8_t request[] = {8, 0, 0xde, 0xad, 0xbe, 0xef, 0, 7, 'a', 'b', 'c'};

static int send_request(void)
{
	return sock_send(k.stack, fd, request, sizeof(request), k.now_ns);
}

static void reply_from(uint32_t src, uint16_t id, uint8_t code, const char *text)
{
	const struct kit_ipv4 ip = {.src = src, .ttl = 57, .tos = 0x12};

	kit_build_icmp(&f, &ip, ICMP_ECHO_REPLY, code, (uint32_t)id << 16 | 7, text, strlen(text));
	kit_inject_frame(&k, &f);
}

/* Length of the next message, or an error. */
static int receive(void)
{
	uint8_t buf[2048];

	return sock_recv(k.stack, fd, buf, sizeof(buf), k.now_ns);
}

/* An error about a request of ours to `dst`. */
static void error_about(uint32_t dst, uint16_t id, uint8_t type, uint8_t code)
{
	struct kit_frame inner;
	const struct kit_ipv4 ours = {.src = KIT_IP, .dst = dst};

	kit_build_icmp(&inner, &ours, ICMP_ECHO, 0, (uint32_t)id << 16 | 7, "abc", 3);
	kit_build_icmp(&f, &(struct kit_ipv4){.src = OTHER_IP}, type, code, 0, kit_l3(&inner), 28);
	kit_inject_frame(&k, &f);
}

/* --- out ---------------------------------------------------------------------------------------- */

TEST(a_request_leaves_with_the_sockets_identifier)
{
	struct kit_sent *s;

	connect_to(KIT_PEER_IP);
	assert_int_equal(send_request(), sizeof(request));
	s = kit_expect(&k);
	assert_true(s->is_icmp && s->ip_checksum_ok && s->l4_checksum_ok);
	assert_int_equal(s->ip.src, KIT_IP);
	assert_int_equal(s->ip.dst, KIT_PEER_IP);
	assert_int_equal(s->ip.ttl, 64);
	assert_int_equal(s->icmp.type, ICMP_ECHO);
	assert_int_equal(s->icmp.rest, (uint32_t)name_of(fd).port << 16 | 7);
	assert_int_equal(s->payload_len, 3);
	assert_memory_equal(s->payload, "abc", 3);
	kit_sent_free(s);
	assert_int_equal(kit_counter(&k, "icmp_echo_out"), 1);
}

static int send_bytes(const void *bytes, size_t len)
{
	return sock_sendto(k.stack, fd, bytes, len, to(KIT_PEER_IP, 99), k.now_ns);
}

TEST(only_echo_requests_may_be_sent)
{
	static const uint8_t types[] = {0, 3, 5, 11, 13, 42 /* | Linux: RFC 8335's may */};
	static uint8_t message[65536];

	assert_int_equal(send_bytes(request, 7), ERR_INVAL);
	assert_int_equal(send_bytes("", 0), ERR_INVAL);
	memcpy(message, request, sizeof(request));
	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		message[0] = types[i];
		assert_int_equal(send_bytes(message, 11), ERR_INVAL);
	}
	message[0] = 8;
	message[1] = 1;
	assert_int_equal(send_bytes(message, 11), ERR_INVAL);
	message[1] = 0;
	assert_int_equal(send_bytes(message, 65516), ERR_MSGSIZE);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(send_bytes(message, 8), 8); /* no payload is one, and ports do not matter */
	assert_int_equal(k.n_sent, 1);
	assert_int_equal(send_bytes(message, 65515), 65515);
	assert_true(k.n_sent > 40); /* in fragments */
}

TEST(no_memory_is_said)
{
	connect_to(KIT_PEER_IP);
	k.kp.fail_after = 0;
	assert_int_equal(send_bytes(request, 2000), ERR_NOBUFS); /* none of the pools' sizes is there yet */
	k.kp.fail_after = UINT32_MAX;
	assert_int_equal(send_request(), sizeof(request));
}

TEST(where_requests_may_go)
{
	assert_int_equal(send_request(), ERR_DESTADDRREQ);
	assert_int_equal(sock_connect(k.stack, fd, to(0, 0), k.now_ns), ERR_ADDRNOTAVAIL); /* | 0 */
	assert_int_equal(sock_connect(k.stack, fd, to(KIT_IP, 0), k.now_ns), ERR_ADDRNOTAVAIL);
	assert_int_equal(sock_connect(k.stack, fd, to(0xe0000001, 0), k.now_ns), ERR_NETUNREACH);
	assert_int_equal(sock_connect(k.stack, fd, to(0xffffffff, 0), k.now_ns), ERR_ACCES);
	assert_int_equal(sock_sendto(k.stack, fd, request, sizeof(request), to(0xffffffff, 0), k.now_ns),
			 ERR_ACCES);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_SO_BROADCAST, 1, k.now_ns), ERR_OK);
	assert_int_equal(sock_sendto(k.stack, fd, request, sizeof(request), to(0xffffffff, 0), k.now_ns),
			 sizeof(request));
	struct kit_sent *s = kit_expect(&k);
	assert_memory_equal(s->eth.dst, "\xff\xff\xff\xff\xff\xff", 6);
	kit_sent_free(s);
	reply_from(OTHER_IP, name_of(fd).port, 0, "x"); /* and anybody may answer */
	assert_int_equal(receive(), 9);
}

TEST(ttl_and_tos)
{
	static const enum sock_protocol protocols[] = {SOCK_PROTO_ICMP, SOCK_PROTO_UDP};

	for (unsigned i = 0; i < ARRAY_LEN(protocols); i++) {
		struct kit_sent *s;

		fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, protocols[i]);
		assert_int_equal(option(SOCK_IP_TTL), 64);
		assert_int_equal(option(SOCK_IP_TOS), 0);
		assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_TTL, 0, 0), ERR_INVAL);
		assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_TTL, 256, 0), ERR_INVAL);
		assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_TOS, 256, 0), ERR_INVAL); /* | 0 */
		assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_TTL, 1, 0), ERR_OK);
		assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_TOS, 0xbb, 0), ERR_OK);
		assert_int_equal(option(SOCK_IP_TTL), 1);
		assert_int_equal(option(SOCK_IP_TOS), 0xbb);
		assert_int_equal(send_bytes(request, sizeof(request)), sizeof(request));
		s = kit_expect(&k);
		assert_int_equal(s->ip.ttl, 1);
		assert_int_equal(s->ip.tos, 0xbb);
		kit_sent_free(s);
	}
}

/* --- in ----------------------------------------------------------------------------------------- */

TEST(a_reply_is_given_whole_with_what_ip_said)
{
	uint8_t buf[64];
	struct sock_msg msg = {.buf = buf, .len = sizeof(buf)};
	uint16_t id;

	connect_to(KIT_PEER_IP);
	id = name_of(fd).port;
	reply_from(KIT_PEER_IP, id, 0, "hello");
	assert_int_equal(sock_poll(k.stack, fd, SOCK_POLLIN | SOCK_POLLOUT), SOCK_POLLIN | SOCK_POLLOUT);
	assert_int_equal(sock_recvmsg(k.stack, fd, &msg, SOCK_MSG_PEEK, k.now_ns), 13);
	assert_int_equal(sock_recvmsg(k.stack, fd, &msg, 0, k.now_ns), 13);
	assert_int_equal(buf[0], ICMP_ECHO_REPLY);
	assert_int_equal(buf[4] << 8 | buf[5], id);
	assert_memory_equal(buf + 6, "\0\7hello", 7);
	assert_int_equal(net_addr_to_ipv4(&msg.from.addr), KIT_PEER_IP);
	assert_int_equal(msg.from.port, 0);
	assert_int_equal(msg.ttl, 57);
	assert_int_equal(msg.tos, 0x12);
	assert_int_equal(receive(), ERR_AGAIN);
	msg.len = 9; /* cut, and said */
	reply_from(KIT_PEER_IP, id, 0, "hello");
	assert_int_equal(sock_recvmsg(k.stack, fd, &msg, SOCK_MSG_TRUNC, k.now_ns), 13);
	assert_true(msg.flags & SOCK_MSG_TRUNC);
	assert_int_equal(kit_counter(&k, "icmp_echo_replies_in"), 2);
}

TEST(replies_that_are_not_ours)
{
	uint16_t id;

	reply_from(KIT_PEER_IP, 0, 0, "before it has an identifier");
	connect_to(KIT_PEER_IP);
	id = name_of(fd).port;
	reply_from(KIT_PEER_IP, (uint16_t)(id + 1), 0, "another's");
	reply_from(OTHER_IP, id, 0, "from somebody else"); /* | heard */
	reply_from(KIT_PEER_IP, id, 3, "QEMU's for unreachable"); /* | heard */
	kit_build_icmp(&f, NULL, ICMP_ECHO, 0, (uint32_t)id << 16, "a request", 9);
	kit_inject_frame(&k, &f);
	kit_build_udp(&f, NULL, 9, id, "UDP has ports of its own", 24);
	kit_inject_frame(&k, &f);
	assert_int_equal(receive(), ERR_AGAIN);
	assert_int_equal(kit_counter(&k, "icmp_ignored"), 4);
	assert_int_equal(kit_counter(&k, "udp_no_port"), 1);
	reply_from(KIT_PEER_IP, id, 0, "");
	assert_int_equal(receive(), 8);
}

TEST(what_is_wrong_is_dropped)
{
	uint16_t id;

	bind_to(fd, 0, 7, ERR_OK);
	id = name_of(fd).port;
	assert_int_equal(id, 7);
	kit_build_icmp(&f, NULL, ICMP_ECHO_REPLY, 0, 7u << 16, "x", 1);
	kit_l4(&f)[8] ^= 1;
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "icmp_bad_checksum"), 1);
	kit_build_icmp(&f, &(struct kit_ipv4){.dst = 0xffffffff}, ICMP_ECHO_REPLY, 0, 7u << 16, "x", 1);
	kit_inject_frame(&k, &f);
	kit_build_ipv4(&f, NULL, IP_PROTO_ICMP, "\0\0\xff\xff\0\7\0", 7);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "icmp_malformed"), 1);
	assert_int_equal(receive(), ERR_AGAIN);
}

TEST(the_queue_is_bounded)
{
	unsigned n = 0;

	bind_to(fd, 0, 7, ERR_OK);
	for (unsigned i = 0; i < 1000; i++)
		reply_from(KIT_PEER_IP, 7, 0, "flood");
	while (receive() > 0)
		n++;
	assert_int_equal(n, UDP_QUEUE_MAX);
	assert_int_equal(kit_counter(&k, "icmp_queue_full"), 1000 - UDP_QUEUE_MAX);
	for (unsigned i = 0; i < 3; i++) /* and what waits at the end is freed: teardown looks */
		reply_from(KIT_PEER_IP, 7, 0, "flood");
}

/* --- identifiers ---------------------------------------------------------------------------------- */

TEST(identifiers_cannot_be_foreseen)
{
	unsigned low = 0, in_order = 0, last = 0;

	for (unsigned i = 0; i < 60; i++) {
		int one = echo_socket();
		unsigned id;

		assert_int_equal(sock_connect(k.stack, one, to(KIT_PEER_IP, 0), k.now_ns), ERR_OK);
		id = name_of(one).port;
		assert_int_not_equal(id, 0);
		low += id < 32768;
		in_order += id > last && id - last < 256;
		last = id;
	}
	assert_in_range(low, 15, 45);
	assert_true(in_order < 4);
}

/* Many of them, so that some pairs share a hash bucket, where only a look at the kind tells them
 * apart. */
TEST(an_identifier_is_no_udp_port)
{
	char buf[16];

	for (uint16_t number = 1; number <= 300; number++) {
		int echo = echo_socket();
		int udp = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);

		bind_to(echo, 0, number, ERR_OK);
		bind_to(udp, 0, number, ERR_OK);
		kit_build_udp(&f, NULL, 9, number, "udp", 3);
		kit_inject_frame(&k, &f);
		reply_from(KIT_PEER_IP, number, 0, "echo");
		assert_int_equal(sock_recv(k.stack, udp, buf, sizeof(buf), k.now_ns), 3);
		assert_int_equal(sock_recv(k.stack, udp, buf, sizeof(buf), k.now_ns), ERR_AGAIN);
		assert_int_equal(sock_recv(k.stack, echo, buf, sizeof(buf), k.now_ns), 12);
		assert_int_equal(sock_close(k.stack, udp, k.now_ns), ERR_OK);
		assert_int_equal(sock_close(k.stack, echo, k.now_ns), ERR_OK);
	}
}

TEST(binding)
{
	int other = echo_socket();

	assert_int_equal(name_of(fd).port, 0);
	assert_int_equal(address_of(fd), 0);
	bind_to(fd, OTHER_IP, 7, ERR_ADDRNOTAVAIL);
	bind_to(fd, KIT_IP | 0xff, 7, ERR_ADDRNOTAVAIL);
	bind_to(fd, 0xe0000001, 7, ERR_ADDRNOTAVAIL);
	bind_to(fd, 0, 7, ERR_OK);
	bind_to(fd, 0, 8, ERR_INVAL);
	bind_to(other, KIT_IP, 7, ERR_OK); /* they share, unless they say that they do not */
	assert_int_equal(option(SOCK_SO_REUSEADDR), 1);
	assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_SO_REUSEADDR, 0, 0), ERR_OK);
	bind_to(echo_socket(), 0, 7, ERR_ADDRINUSE);
	connect_to(KIT_PEER_IP);
	assert_int_equal(name_of(fd).port, 7);
	assert_int_equal(address_of(fd), KIT_IP);
}

TEST(a_peer_comes_and_goes)
{
	const struct net_endpoint none = {.port = 0};
	struct net_endpoint peer;

	assert_int_equal(sock_getpeername(k.stack, fd, &peer), ERR_NOTCONN);
	assert_int_equal(sock_shutdown(k.stack, fd, SOCK_SHUT_WR, 0), ERR_NOTCONN);
	assert_int_equal(sock_connect(k.stack, fd, to(KIT_PEER_IP, 5), k.now_ns), ERR_OK);
	assert_int_equal(sock_getpeername(k.stack, fd, &peer), ERR_OK);
	assert_int_equal(net_addr_to_ipv4(&peer.addr), KIT_PEER_IP);
	assert_int_equal(peer.port, 0); /* | 5 */
	assert_int_equal(sock_connect(k.stack, fd, &none, k.now_ns), ERR_OK);
	assert_int_equal(name_of(fd).port, 0);
	connect_to(KIT_PEER_IP);
	assert_int_equal(sock_shutdown(k.stack, fd, SOCK_SHUT_WR, 0), ERR_OK);
	assert_int_equal(send_request(), ERR_PIPE);
	assert_int_equal(sock_poll(k.stack, fd, SOCK_POLLIN | SOCK_POLLOUT), SOCK_POLLOUT);
}

TEST(what_kind_of_socket_it_is)
{
	assert_int_equal(option(SOCK_SO_TYPE), SOCK_TYPE_DGRAM);
	assert_int_equal(option(SOCK_SO_PROTOCOL), SOCK_PROTO_ICMP);
	assert_int_equal(sock_listen(k.stack, fd, 1), ERR_OPNOTSUPP);
	assert_int_equal(sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_ICMP),
			 ERR_PROTONOSUPPORT);
	assert_int_equal(sock_socket(k.stack, NET_FAMILY_IPV6, SOCK_TYPE_DGRAM, SOCK_PROTO_ICMP),
			 ERR_AFNOSUPPORT);
}

/* --- errors --------------------------------------------------------------------------------------- */

TEST(errors_about_our_requests)
{
	static const struct {
		uint8_t type, code;
		int err;
	} rows[] = {
		{3, 0, ERR_NETUNREACH}, {3, 1, ERR_HOSTUNREACH}, /* | both none */
		{3, 2, ERR_NOPROTOOPT}, {3, 3, ERR_CONNREFUSED}, {3, 9, ERR_NETUNREACH},
		{3, 10, ERR_HOSTUNREACH}, {3, 13, ERR_HOSTUNREACH},
		{11, 0, ERR_HOSTUNREACH}, /* | none */
		{12, 0, ERR_PROTO},
	};
	uint16_t id;

	connect_to(KIT_PEER_IP);
	id = name_of(fd).port;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		error_about(KIT_PEER_IP, id, rows[i].type, rows[i].code);
		assert_int_equal(sock_poll(k.stack, fd, 0), SOCK_POLLERR);
		assert_int_equal(receive(), rows[i].err);
		assert_int_equal(receive(), ERR_AGAIN);
		assert_int_equal(option(SOCK_IP_ERROR_BY), OTHER_IP);
		assert_int_equal(reporter(), OTHER_IP);
	}
	error_about(KIT_PEER_IP, id, 3, 1);
	assert_int_equal(send_request(), ERR_HOSTUNREACH);
	assert_int_equal(send_request(), sizeof(request));
}

TEST(errors_about_what_is_not_ours)
{
	struct kit_frame inner;
	uint16_t id;

	bind_to(fd, 0, 300, ERR_OK);
	error_about(KIT_PEER_IP, 300, 3, 2); /* it has no peer */
	connect_to(KIT_PEER_IP);
	id = name_of(fd).port;
	error_about(KIT_PEER_IP, (uint16_t)(id + 1), 3, 2);
	error_about(OTHER_IP, id, 3, 2);
	/* a quoted reply of ours, and a quoted UDP datagram from a port with that number */
	kit_build_icmp(&inner, &(struct kit_ipv4){.src = KIT_IP, .dst = KIT_PEER_IP}, ICMP_ECHO_REPLY, 0,
		       (uint32_t)id << 16, "abc", 3);
	kit_build_icmp(&f, NULL, 3, 2, 0, kit_l3(&inner), 28);
	kit_inject_frame(&k, &f);
	kit_build_udp(&inner, &(struct kit_ipv4){.src = KIT_IP, .dst = KIT_PEER_IP}, id, 0, "", 0);
	kit_build_icmp(&f, NULL, 3, 2, 0, kit_l3(&inner), 28);
	kit_inject_frame(&k, &f);
	assert_int_equal(receive(), ERR_AGAIN);
}

/* Nobody has that address: our own stack says so, and says that it was itself. */
TEST(no_arp_answer)
{
	connect_to(OTHER_IP);
	assert_int_equal(send_request(), sizeof(request));
	kit_advance(&k, 2900 * NS_PER_MS);
	assert_int_equal(receive(), ERR_AGAIN);
	kit_advance(&k, 200 * NS_PER_MS);
	assert_int_equal(sock_poll(k.stack, fd, 0), SOCK_POLLERR);
	assert_int_equal(receive(), ERR_HOSTUNREACH); /* | none */
	assert_int_equal(option(SOCK_IP_ERROR_BY), 0);
	assert_int_equal(reporter(), 0);
}

TEST(an_echo_finds_out_how_wide_the_path_is)
{
	static uint8_t message[1480] = {8};
	struct kit_frame inner;
	const struct kit_ipv4 ours = {.src = KIT_IP, .dst = KIT_PEER_IP};

	connect_to(KIT_PEER_IP);
	assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_MTU_DISCOVER, SOCK_PMTU_DO, 0), ERR_OK);
	assert_int_equal(sock_send(k.stack, fd, message, 1480, k.now_ns), 1480);
	kit_build_icmp(&inner, &ours, ICMP_ECHO, 0, (uint32_t)name_of(fd).port << 16, message + 8, 1472);
	kit_build_icmp(&f, NULL, 3, ICMP_UNREACH_FRAG_NEEDED, 1400, kit_l3(&inner), 28);
	kit_inject_frame(&k, &f);
	assert_int_equal(receive(), ERR_MSGSIZE);
	assert_int_equal(sock_send(k.stack, fd, message, 1381, k.now_ns), ERR_MSGSIZE);
	assert_int_equal(sock_send(k.stack, fd, message, 1380, k.now_ns), 1380);
}
