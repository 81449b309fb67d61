/* SPDX-License-Identifier: MIT */
/* net/ip/path_mtu, and path MTU discovery of UDP: what is believed, how long it is remembered, and
 * what then becomes of datagrams (HOSTILE: ICMP, fragmentation needed).  TCP's is in
 * test_tcp_pmtu.c. */
#include "net/ip/path_mtu.h"
#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb; /* port 5000, connected to the far host's port 7 */
static uint8_t text[2000];

static void setup(void)
{
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	pcb = (struct udp_pcb){.pmtu = UDP_PMTU_DO};
	assert_int_equal(kit_udp_bind(k.stack, &pcb, 0, 5000), ERR_OK);
	kit_udp_connect(k.stack, &pcb, KIT_IP, KIT_FAR_IP, 7);
}

static void teardown(void)
{
	udp_unbind(k.stack, &pcb);
	kit_close(&k);
}

FIXTURE(setup, teardown);

/* --- the claim: RFC 1191 ------------------------------------------------------------------------------ */

TEST(a_claim_goes_down_only)
{
	static const struct {
		uint16_t said, quoted, current, claim;
	} rows[] = {
		{1400, 1500, 1500, 1400},
		{1499, 1500, 1500, 1499},
		{1500, 1500, 1500, 0},  /* what we do already */
		{9000, 1500, 1500, 0},  /* more */
		{1400, 1500, 1400, 0},  /* known */
		{1400, 1400, 1500, 0},  /* about a packet that would have fitted */
		{1400, 600, 1500, 0},
		{68, 1500, 1500, 68},   /* the least there is */
		{67, 1500, 1500, 0},
		{1, 1500, 1500, 0},
		{0, 1500, 1500, 0},     /* nothing is guessed */
		{0, 65535, 65535, 0},
		{0, 0, 1500, 0},
	};

	const struct net_addr far = net_addr_ipv4(KIT_FAR_IP);

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(ip_path_candidate(&far, rows[i].said, rows[i].quoted, rows[i].current),
				 rows[i].claim);
}

/* --- the cache ------------------------------------------------------------------------------------------ */

static uint16_t path_mtu(uint32_t dst)
{
	return kit_path_find(k.stack, dst, IP_PROTO_UDP, 1500, k.now_ns).mtu;
}

TEST(a_path_is_remembered_for_ten_minutes)
{
	struct ip_path path;

	assert_int_equal(path_mtu(KIT_FAR_IP), 1500);
	path = kit_path_lower(k.stack, KIT_FAR_IP, IP_PROTO_UDP, 1400, k.now_ns);
	assert_int_equal(path.mtu, 1400);
	assert_false(path.narrow);
	assert_int_equal(path_mtu(KIT_FAR_IP), 1400);
	assert_int_equal(path_mtu(KIT_FAR_IP + 1), 1500);
	/* Another transport has to see for itself. */
	assert_int_equal(kit_path_find(k.stack, KIT_FAR_IP, IP_PROTO_TCP, 1500, k.now_ns).mtu,
			 1500);
	/* The link's own MTU is a bound all the same. */
	assert_int_equal(kit_path_find(k.stack, KIT_FAR_IP, IP_PROTO_UDP, 1300, k.now_ns).mtu,
			 1300);
	k.now_ns += IP_PMTU_NS - 1;
	assert_int_equal(path_mtu(KIT_FAR_IP), 1400);
	k.now_ns++;
	assert_int_equal(path_mtu(KIT_FAR_IP), 1500); /* RFC 1191 6.3 */
}

TEST(no_path_is_taken_for_dust)
{
	struct ip_path path;

	path = kit_path_lower(k.stack, KIT_FAR_IP, IP_PROTO_UDP, 552, k.now_ns);
	assert_int_equal(path.mtu, 552);
	assert_false(path.narrow);
	path = kit_path_lower(k.stack, KIT_FAR_IP, IP_PROTO_UDP, 551, k.now_ns);
	assert_int_equal(path.mtu, 552);
	assert_true(path.narrow);
	path = kit_path_find(k.stack, KIT_FAR_IP, IP_PROTO_UDP, 1500, k.now_ns);
	assert_int_equal(path.mtu, 552);
	assert_true(path.narrow);
}

TEST(the_cache_is_bounded_and_forgets_the_oldest)
{
	for (uint32_t i = 0; i < 1000; i++) {
		kit_path_lower(k.stack, KIT_FAR_IP + i, IP_PROTO_UDP, 1000, k.now_ns++);
		assert_int_equal(path_mtu(KIT_FAR_IP + i), 1000);
	}
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(path_mtu(KIT_FAR_IP + i),
				 i < 1000 - IP_PMTU_ENTRIES ? 1500 : 1000);
	/* The same destination again takes no second place. */
	for (unsigned i = 0; i < 100; i++)
		kit_path_lower(k.stack, KIT_FAR_IP + 999, IP_PROTO_UDP, 900, k.now_ns);
	assert_int_equal(path_mtu(KIT_FAR_IP + 990), 1000);
}

/* --- UDP ------------------------------------------------------------------------------------------------ */

static int send_text(size_t len)
{
	return kit_udp_send(k.stack, &pcb, text, len, KIT_FAR_IP, 7, k.now_ns);
}

/* Sends, and lets a router complain about it, which says that DF was set. */
static void complain(size_t len, uint32_t rest)
{
	struct kit_sent *s;

	assert_int_equal(send_text(len), ERR_OK);
	s = kit_expect(&k);
	((uint8_t *)s->l3)[IPV4_OFF_FRAGMENT] |= IPV4_DF >> 8;
	kit_build_icmp(&f, NULL, ICMP_UNREACHABLE, ICMP_UNREACH_FRAG_NEEDED, rest, s->l3, 28);
	kit_sent_free(s);
	kit_inject_frame(&k, &f);
}

TEST(do_says_what_is_too_long)
{
	struct kit_sent *s;

	complain(1472, 1400);
	assert_int_equal(pcb.error, ERR_MSGSIZE);
	assert_int_equal(path_mtu(KIT_FAR_IP), 1400);
	assert_int_equal(send_text(1373), ERR_MSGSIZE);
	assert_int_equal(send_text(1372), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.total_len, 1400);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	kit_sent_free(s);
	k.now_ns += IP_PMTU_NS;
	assert_int_equal(send_text(1472), ERR_OK);
	kit_sent_clear(&k);
}

TEST(want_cuts_what_is_too_long)
{
	struct kit_sent *s;

	pcb.pmtu = UDP_PMTU_WANT;
	complain(1472, 1400);
	assert_int_equal(pcb.error, 0);
	assert_int_equal(send_text(1472), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.total_len, 20 + 1376);
	assert_int_equal(s->ip.fragment, IPV4_MF);
	kit_sent_free(s);
	s = kit_expect(&k);
	assert_int_equal(s->ip.fragment, 1376 / 8);
	kit_sent_free(s);
	assert_int_equal(send_text(1372), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	kit_sent_free(s);
	/* To others as before. */
	assert_int_equal(kit_udp_send(k.stack, &pcb, text, 1472, KIT_PEER_IP, 7, k.now_ns), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	kit_sent_free(s);
}

/* The same through a socket: the option, and the error that a router's report becomes. */
TEST(a_socket_chooses)
{
	const struct net_endpoint far = net_endpoint_ipv4(KIT_FAR_IP, 9);
	int fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	struct kit_sent *s;
	int64_t value;

	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_IP_MTU_DISCOVER, &value), ERR_OK);
	assert_int_equal(value, SOCK_PMTU_DONT);
	assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_MTU_DISCOVER, 3, k.now_ns), ERR_INVAL);
	assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_IP_MTU_DISCOVER, SOCK_PMTU_DO, k.now_ns),
			 ERR_OK);
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_IP_MTU_DISCOVER, &value), ERR_OK);
	assert_int_equal(value, SOCK_PMTU_DO);
	assert_int_equal(sock_connect(k.stack, fd, &far, k.now_ns), ERR_OK);
	assert_int_equal(sock_send(k.stack, fd, text, 1473, k.now_ns), ERR_MSGSIZE);
	assert_int_equal(sock_send(k.stack, fd, text, 1472, k.now_ns), 1472);
	s = kit_expect(&k);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	kit_build_icmp(&f, NULL, ICMP_UNREACHABLE, ICMP_UNREACH_FRAG_NEEDED, 1400, s->l3, 28);
	kit_sent_free(s);
	kit_inject_frame(&k, &f);
	assert_true(sock_poll(k.stack, fd, 0) & SOCK_POLLERR);
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_SO_ERROR, &value), ERR_OK);
	assert_int_equal(value, ERR_MSGSIZE);
	assert_int_equal(sock_send(k.stack, fd, text, 1373, k.now_ns), ERR_MSGSIZE);
	assert_int_equal(sock_send(k.stack, fd, text, 1372, k.now_ns), 1372);
	kit_sent_clear(&k);
	sock_close(k.stack, fd, k.now_ns);
}

/* Narrower than the floor: routers may cut what we send. */
TEST(want_clears_df_on_a_narrow_path)
{
	struct kit_sent *s;

	pcb.pmtu = UDP_PMTU_WANT;
	complain(1472, 296);
	assert_int_equal(send_text(524), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.total_len, 552);
	assert_int_equal(s->ip.fragment, 0);
	kit_sent_free(s);
}

TEST(dont_sends_with_df_clear)
{
	struct kit_sent *s;

	pcb.pmtu = UDP_PMTU_DONT;
	complain(1472, 1400);
	assert_int_equal(kit_counter(&k, "ip_pmtu_ignored"), 1);
	assert_int_equal(path_mtu(KIT_FAR_IP), 1500);
	assert_int_equal(send_text(100), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.fragment, 0);
	kit_sent_free(s);
}

/* RFC 5927: what nobody sent, nobody can have dropped. */
TEST(forged_reports_are_ignored)
{
	uint8_t quoted[28];
	struct kit_sent *s;
	unsigned n = 0;

	assert_int_equal(send_text(1472), ERR_OK);
	s = kit_expect(&k);
	memcpy(quoted, s->l3, 28);
	kit_sent_free(s);
	for (unsigned i = 0; i < 10; i++) {
		uint8_t forged[28];
		uint32_t mtu = i == 0 ? 67 : i == 1 ? 1500 : i == 2 ? 0xffff : i == 9 ? 0 : 1400;

		memcpy(forged, quoted, 28);
		if (i == 3)
			store_be16(forged + IPV4_OFF_FRAGMENT, 0); /* without DF */
		if (i == 4)
			store_be16(forged + IPV4_OFF_TOTAL_LEN, 1400); /* it would have fitted */
		if (i == 5)
			store_be16(forged + 20, 5001); /* another port */
		if (i == 6)
			store_be16(forged + 22, 8); /* to one we do not talk to */
		if (i == 7)
			store_be32(forged + IPV4_OFF_DST, KIT_FAR_IP + 1);
		if (i == 8)
			forged[IPV4_OFF_PROTOCOL] = 1; /* our ICMP has DF clear */
		kit_build_icmp(&f, NULL, ICMP_UNREACHABLE, ICMP_UNREACH_FRAG_NEEDED, mtu, forged, 28);
		kit_inject_frame(&k, &f);
		assert_int_equal(kit_counter(&k, "ip_pmtu_ignored"), ++n);
	}
	assert_int_equal(kit_counter(&k, "ip_pmtu_lowered"), 0);
	assert_int_equal(pcb.error, 0);
	assert_int_equal(path_mtu(KIT_FAR_IP), 1500);
}

/* Headers and all, to the last byte: a larger one goes in fragments, which routers may cut again. */
TEST(want_forbids_fragments_up_to_the_path_s_mtu)
{
	struct kit_sent *s;

	pcb.pmtu = UDP_PMTU_WANT;
	assert_int_equal(send_text(1472), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	kit_sent_free(s);
	assert_int_equal(send_text(1473), ERR_OK);
	s = kit_expect(&k);
	assert_int_equal(s->ip.fragment, IPV4_MF);
	kit_sent_free(s);
	kit_sent_clear(&k);
}
