/* SPDX-License-Identifier: MIT */
/* net/ip/ipv4_reassembly: datagrams come together in any order, and nothing that fragments can do
 * makes it anything but bounded (HOSTILE: IPv4, fragments). */
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct kit_frame f;
static struct udp_pcb pcb;

static void setup(void)
{
	kit_open_with_port(&k, &pcb, 7);
}

static void teardown(void)
{
	kit_close_with_port(&k, &pcb);
}

FIXTURE(setup, teardown);

/* --- a whole datagram, and pieces of it ------------------------------------------------------------ */

#define WHOLE_MAX 65515 /* what is left for the payload of IPv4 */

static uint8_t whole[WHOLE_MAX + 8]; /* UDP header and text */
static size_t whole_len;

static uint8_t text_byte(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static void build_whole(size_t text_len)
{
	uint8_t pseudo[12] = {0};

	whole_len = UDP_HEADER_LEN + text_len;
	store_be16(whole + UDP_OFF_SRC, 4000);
	store_be16(whole + UDP_OFF_DST, 7);
	store_be16(whole + UDP_OFF_LEN, (uint16_t)whole_len);
	store_be16(whole + UDP_OFF_CHECKSUM, 0);
	for (size_t i = 0; i < text_len; i++)
		whole[UDP_HEADER_LEN + i] = text_byte(i);
	store_be32(pseudo, KIT_PEER_IP);
	store_be32(pseudo + 4, KIT_IP);
	pseudo[9] = IP_PROTO_UDP;
	store_be16(pseudo + 10, (uint16_t)whole_len);
	store_be16(whole + UDP_OFF_CHECKSUM,
		   kit_checksum(kit_sum(kit_sum(0, pseudo, 12), whole, whole_len)));
}

/* Bytes [from, to) of the datagram come in; `more`: MF. */
static void inject_as(const struct kit_ipv4 *like, size_t from, size_t to, bool more)
{
	struct kit_ipv4 ip = *like;

	ip.fragment = (uint16_t)((more ? IPV4_MF : 0) | from / 8);
	ip.no_flags = true;
	kit_build_ipv4(&f, &ip, IP_PROTO_UDP, whole + from, to - from);
	kit_inject_frame(&k, &f);
}

static void inject(size_t from, size_t to)
{
	inject_as(&(struct kit_ipv4){.id = 77}, from, to, to < whole_len);
}

static void expect_datagram(size_t text_len)
{
	struct pktbuf *pkt;
	uint32_t src;
	uint16_t port;

	assert_int_equal(pcb.received.count, 1);
	pkt = kit_udp_receive(&pcb, &src, &port);
	assert_int_equal(src, KIT_PEER_IP);
	assert_int_equal(port, 4000);
	assert_int_equal(pktbuf_len(pkt), text_len);
	for (size_t i = 0; i < text_len; i++)
		assert_int_equal(pkt->data[i], text_byte(i));
	pktbuf_free(pkt);
}

/* All memory of the stack's reassembly is back. */
static void expect_nothing_held(void)
{
	assert_int_equal(k.stack->reassembly.count, 0);
	assert_int_equal(k.stack->reassembly.bytes, 0);
	assert_int_equal(k.stack->big_pool.in_use, 0);
	assert_int_equal(k.stack->big_pool.bytes, 0);
	assert_false(timer_is_set(&k.stack->reassembly.timer));
}

/* The datagram is spoilt: neither the good pieces now nor anything else makes it whole. */
static void expect_spoilt(void)
{
	for (size_t at = 0; at < whole_len; at += 1480)
		inject(at, MIN(at + 1480, whole_len));
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(k.stack->big_pool.bytes, 0);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	expect_nothing_held();
	assert_int_equal(k.n_sent, 0); /* and nobody is told */
}

/* --- coming together --------------------------------------------------------------------------------- */

TEST(two_fragments_make_a_datagram)
{
	build_whole(2000);
	inject(0, 1480);
	assert_int_equal(pcb.received.count, 0);
	inject(1480, 2008);
	expect_datagram(2000);
	assert_int_equal(kit_counter(&k, "ip_reassembled"), 1);
	assert_int_equal(kit_counter(&k, "ip_fragments_in"), 2);
	expect_nothing_held();
}

TEST(the_largest_datagram)
{
	build_whole(65507);
	for (size_t at = 0; at < whole_len; at += 1480)
		inject(at, MIN(at + 1480, whole_len));
	expect_datagram(65507);
	expect_nothing_held();
}

/* Every order of five pieces, and forty shuffles of many. */
TEST(any_order)
{
	build_whole(4 * 104 + 50 - 8);
	for (unsigned n = 0; n < 120; n++) {
		unsigned left[5] = {0, 1, 2, 3, 4}, code = n;

		for (unsigned i = 5; i > 0; i--) {
			unsigned at = code % i, piece = left[at];

			code /= i;
			left[at] = left[i - 1];
			assert_int_equal(pcb.received.count, 0);
			inject(piece * 104, MIN((piece + 1) * 104u, whole_len));
		}
		expect_datagram(whole_len - 8);
	}
	expect_nothing_held();
}

TEST(shuffled_and_repeated)
{
	for (unsigned round = 0; round < 40; round++) {
		unsigned order[45], n;

		build_whole(65507);
		n = (unsigned)((whole_len + 1479) / 1480);
		for (unsigned i = 0; i < n; i++)
			order[i] = i;
		for (unsigned i = n; i > 1; i--) {
			unsigned other = stack_random_below(k.stack, i), t = order[i - 1];

			order[i - 1] = order[other];
			order[other] = t;
		}
		for (unsigned i = 0; i < n; i++) {
			size_t at = order[i] * 1480u;

			inject(at, MIN(at + 1480, whole_len));
			if (i + 1 < n && round % 2 == 0)
				inject(at, MIN(at + 1480, whole_len));
		}
		expect_datagram(65507);
	}
	assert_int_equal(kit_counter(&k, "ip_fragments_repeated"), 20 * 44);
	expect_nothing_held();
}

TEST(datagrams_are_told_apart)
{
	build_whole(2000);
	/* Another id, source or protocol is another datagram. */
	inject_as(&(struct kit_ipv4){.id = 1}, 0, 1480, true);
	inject_as(&(struct kit_ipv4){.id = 2}, 1480, 2008, false);
	inject_as(&(struct kit_ipv4){.id = 1, .src = KIT_PEER_IP + 9}, 1480, 2008, false);
	kit_build_ipv4(&f, &(struct kit_ipv4){.id = 1, .fragment = 185}, 200, whole + 1480, 528);
	kit_inject_frame(&k, &f);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(k.stack->reassembly.count, 4);
	inject_as(&(struct kit_ipv4){.id = 1}, 1480, 2008, false);
	expect_datagram(2000);
}

TEST(the_transport_s_checksum_is_always_verified)
{
	k.rx_flags = PKTBUF_CSUM_VALID; /* a device that claims too much */
	build_whole(2000);
	whole[1000] ^= 1;
	inject(0, 1480);
	inject(1480, 2008);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(kit_counter(&k, "udp_bad_checksum"), 1);
	expect_nothing_held();
}

TEST(the_header_is_fragment_zero_s)
{
	static const uint8_t route[8] = {7, 7, 4, 0, 0, 0, 0, 0};
	const struct kit_ipv4 first = {.id = 5, .tos = 0x20, .ttl = 9, .options = route,
				       .options_len = 8};
	struct pktbuf *pkt;
	struct ipv4_header h;
	uint32_t src;
	uint16_t port;

	build_whole(2000);
	inject_as(&(struct kit_ipv4){.id = 5, .tos = 0x40, .ttl = 80}, 1480, 2008, false);
	inject_as(&first, 0, 1480, true);
	pkt = kit_udp_receive(&pcb, &src, &port);
	assert_non_null(pkt);
	assert_true(ipv4_header_read(pkt->head + pkt->l3_off, 28 + 2008, &h));
	assert_int_equal(h.header_len, 28);
	assert_int_equal(h.total_len, 28 + 2008);
	assert_int_equal(h.fragment, 0);
	assert_int_equal(h.tos, 0x20);
	assert_int_equal(h.ttl, 9);
	assert_memory_equal(pkt->head + pkt->l3_off + 20, route, 8);
	assert_int_equal(kit_checksum(kit_sum(0, pkt->head + pkt->l3_off, 28)), 0);
	pktbuf_free(pkt);
}

/* A TCP segment in two pieces: whoever shows its headers must not look in front of them. */
TEST(a_fragmented_syn_is_a_syn)
{
	static const uint8_t options[20] = {1, 1, 1, 1};
	uint8_t segment[64];

	kit_build_tcp(&f, NULL,
		      &(struct kit_tcp){.src_port = 1, .dst_port = 2, .flags = TCP_SYN,
					.options = options, .options_len = 20},
		      "text", 4);
	memcpy(segment, kit_l4(&f), 44);
	kit_build_ipv4(&f, &(struct kit_ipv4){.fragment = IPV4_MF}, IP_PROTO_TCP, segment, 24);
	kit_inject_frame(&k, &f);
	kit_build_ipv4(&f, &(struct kit_ipv4){.fragment = 3}, IP_PROTO_TCP, segment + 24, 20);
	kit_inject_frame(&k, &f);
	kit_poll(&k);
	assert_int_equal(kit_counter(&k, "tcp_in"), 1);
	assert_int_equal(kit_counter(&k, "tcp_rst_out"), 1);
	kit_sent_clear(&k);
	expect_nothing_held();
}

/* --- RFC 3168 5.3 -------------------------------------------------------------------------------------- */

TEST(ecn_marks_are_combined)
{
	static const struct {
		uint8_t first, second;
		int tos; /* < 0: dropped */
	} rows[] = {
		{0, 0, 0}, {2, 2, 2}, {1, 1, 1}, {3, 3, 3}, {2, 3, 3}, {3, 2, 3}, {1, 3, 3},
		{0, 3, -1}, {3, 0, -1}, {0, 2, 0}, {2, 1, 2},
	};

	build_whole(2000);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct pktbuf *pkt;
		uint32_t src;
		uint16_t port;

		inject_as(&(struct kit_ipv4){.id = 9, .tos = 0x10 | rows[i].first}, 0, 1480, true);
		inject_as(&(struct kit_ipv4){.id = 9, .tos = 0x10 | rows[i].second}, 1480, 2008,
			  false);
		pkt = kit_udp_receive(&pcb, &src, &port);
		if (rows[i].tos < 0) {
			assert_null(pkt);
			continue;
		}
		assert_non_null(pkt);
		assert_int_equal(pkt->head[pkt->l3_off + IPV4_OFF_TOS], 0x10 | rows[i].tos);
		pktbuf_free(pkt);
	}
	assert_int_equal(kit_counter(&k, "ip_fragments_dropped"), 2);
	expect_nothing_held();
}

/* --- what is no fragment ----------------------------------------------------------------------------- */

static void expect_fragment_dropped(const char *counter, uint16_t field, size_t len)
{
	uint64_t before = kit_counter(&k, counter);

	kit_build_ipv4(&f, &(struct kit_ipv4){.fragment = field, .no_flags = true}, IP_PROTO_UDP,
		       whole, len);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, counter), before + 1);
	expect_nothing_held();
	assert_int_equal(k.n_sent, 0);
}

TEST(impossible_fragments_are_dropped)
{
	build_whole(2000);
	expect_fragment_dropped("ip_fragments_dropped", IPV4_MF, 0);     /* empty */
	expect_fragment_dropped("ip_fragments_dropped", IPV4_MF | 5, 0);
	expect_fragment_dropped("ip_fragments_dropped", 5, 0);
	expect_fragment_dropped("ip_fragments_dropped", IPV4_MF, 20);    /* not a multiple of 8 */
	expect_fragment_dropped("ip_fragments_dropped", IPV4_MF | 1, 1);
	expect_fragment_dropped("ip_fragments_dropped", 0x1fff, 8);      /* 65528 + 8 > 65535 */
	expect_fragment_dropped("ip_fragments_dropped", 0x1fff, 1);      /* with the header */
	expect_fragment_dropped("ip_fragments_dropped", IPV4_MF | 0x1fff, 8);
	expect_fragment_dropped("ip_fragments_dropped", 0x1ffd, 4);      /* by one byte */
	/* The last byte that a datagram can have. */
	kit_build_ipv4(&f, &(struct kit_ipv4){.fragment = 0x1ffd}, IP_PROTO_UDP, whole, 3);
	kit_inject_frame(&k, &f);
	assert_int_equal(k.stack->reassembly.count, 1);
}

/* An options-laden fragment zero can make a datagram too long that no fragment alone made so. */
TEST(too_long_with_the_first_header)
{
	static const uint8_t nops[40] = {1, 1, 1, 1};

	build_whole(65507);
	for (size_t at = 1440; at < whole_len; at += 1480)
		inject(at, MIN(at + 1480, whole_len));
	inject_as(&(struct kit_ipv4){.id = 77, .options = nops, .options_len = 40}, 0, 1440, true);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(kit_counter(&k, "ip_fragments_dropped"), 1);
	expect_nothing_held();
}

/* RFC 1858, RFC 3128 */
TEST(tiny_first_fragments_are_dropped)
{
	static const struct {
		uint8_t protocol;
		uint16_t field;
		uint16_t len;
		bool tiny;
	} rows[] = {
		{IP_PROTO_TCP, IPV4_MF, 8, true},      {IP_PROTO_TCP, IPV4_MF, 16, true},
		{IP_PROTO_TCP, IPV4_MF, 24, false},    {IP_PROTO_TCP, IPV4_MF | 1, 8, true},
		{IP_PROTO_TCP, 2, 8, true},            {IP_PROTO_TCP, 3, 8, false},
		{IP_PROTO_UDP, IPV4_MF, 8, false},     {IP_PROTO_UDP, 1, 8, false},
		{IP_PROTO_ICMP, IPV4_MF, 8, false},    {200, IPV4_MF, 8, false},
	};

	build_whole(2000);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t before = kit_counter(&k, "ip_fragments_tiny");

		kit_build_ipv4(&f,
			       &(struct kit_ipv4){.fragment = rows[i].field,
						  .id = (uint16_t)(100 + i)},
			       rows[i].protocol, whole, rows[i].len);
		kit_inject_frame(&k, &f);
		assert_int_equal(kit_counter(&k, "ip_fragments_tiny"), before + rows[i].tiny);
	}
	assert_int_equal(k.stack->reassembly.count, 6);
}

/* --- overlap ------------------------------------------------------------------------------------------- */

TEST(an_overlap_spoils_the_datagram)
{
	static const size_t overlaps[][2] = {
		{0, 1480},       /* the same place, other bytes */
		{1472, 1488},    /* over the end */
		{8, 16},         /* inside */
		{0, 1488},       /* around */
		{0, 8},
	};

	for (unsigned i = 0; i < ARRAY_LEN(overlaps); i++) {
		build_whole(4000);
		inject(0, 1480);
		whole[overlaps[i][0]] ^= 0xff;
		inject(overlaps[i][0], overlaps[i][1]);
		assert_int_equal(kit_counter(&k, "ip_fragments_overlapped"), i + 1);
		build_whole(4000);
		expect_spoilt();
	}
}

/* Also with the same bytes, when it is more than a repetition. */
TEST(an_overlap_with_equal_bytes_is_one_too)
{
	build_whole(4000);
	inject(1480, 2960);
	inject(1472, 2960);
	assert_int_equal(kit_counter(&k, "ip_fragments_overlapped"), 1);
	expect_spoilt();
}

TEST(a_repeated_fragment_is_harmless)
{
	build_whole(4000);
	inject(1480, 2960);
	inject(1480, 2960);
	inject(2960, 4008);
	inject(2960, 4008);
	inject(1600, 1608); /* a part of what has come, said again by another router */
	assert_int_equal(kit_counter(&k, "ip_fragments_repeated"), 3);
	inject(0, 1480);
	expect_datagram(4000);
	expect_nothing_held();
}

TEST(two_ends_spoil_the_datagram)
{
	static const struct {
		size_t from, to;
		bool more;
	} second[] = {
		{2960, 3960, false}, /* another end */
		{1480, 1488, false}, /* a much shorter datagram */
		{4008, 4016, true},  /* bytes behind the end */
		{4000, 4008, true},  /* more is promised than there is */
		{4008, 4010, false},
	};

	for (unsigned i = 0; i < ARRAY_LEN(second); i++) {
		build_whole(4000);
		inject(2960, 4008);
		inject_as(&(struct kit_ipv4){.id = 77}, second[i].from, second[i].to,
			  second[i].more);
		assert_int_equal(pcb.received.count, 0);
		expect_spoilt();
	}
}

/* The end comes last, and is before what has come. */
TEST(an_end_before_known_bytes_spoils_the_datagram)
{
	build_whole(4000);
	inject(2960, 3960);
	inject_as(&(struct kit_ipv4){.id = 77}, 1480, 2000, false);
	expect_spoilt();
	build_whole(4000);
	inject_as(&(struct kit_ipv4){.id = 77}, 1480, 2960, true);
	inject_as(&(struct kit_ipv4){.id = 77}, 2952, 2960, false); /* its MF promised more */
	expect_spoilt();
}

/* --- time ---------------------------------------------------------------------------------------------- */

/* RFC 1122 3.3.2 */
TEST(time_exceeded_is_said_of_fragment_zero)
{
	struct kit_sent *s;
	uint8_t first[1500];
	size_t first_len;

	build_whole(4000);
	inject(1480, 2960);
	inject(0, 1480);
	first_len = f.len - ETH_HEADER_LEN;
	memcpy(first, kit_l3(&f), first_len);
	kit_advance(&k, IPV4_REASSEMBLY_NS - 1);
	assert_int_equal(k.n_sent, 0);
	kit_advance(&k, 1);
	s = kit_expect(&k);
	assert_true(s->is_icmp);
	assert_true(s->l4_checksum_ok);
	assert_int_equal(s->icmp.type, ICMP_TIME_EXCEEDED);
	assert_int_equal(s->icmp.code, ICMP_TIME_EXCEEDED_REASSEMBLY);
	assert_int_equal(s->ip.dst, KIT_PEER_IP);
	assert_int_equal(s->payload_len, 548);
	assert_memory_equal(s->payload, first, 548);
	kit_sent_free(s);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	expect_nothing_held();
	assert_int_equal(k.n_sent, 0);
}

TEST(a_short_fragment_zero_is_quoted_whole)
{
	struct kit_sent *s;

	build_whole(4000);
	inject(0, 16);
	inject(16, 1480); /* in the buffer behind it, and not quoted */
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	s = kit_expect(&k);
	assert_int_equal(s->payload_len, 20 + 16);
	assert_memory_equal(s->payload + 20, whole, 16);
	kit_sent_free(s);
}

TEST(without_fragment_zero_nothing_is_said)
{
	build_whole(4000);
	inject(1480, 2960);
	inject(2960, 4008);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	assert_int_equal(k.n_sent, 0);
	expect_nothing_held();
}

TEST(a_broadcast_s_fragments_are_not_answered)
{
	const struct kit_ipv4 all = {.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST};

	build_whole(4000);
	inject_as(&all, 0, 1480, true);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	assert_int_equal(k.n_sent, 0);
}

/* A late fragment must not meet those of a datagram whose id has come round again. */
TEST(the_late_do_not_meet_the_early)
{
	build_whole(2000);
	inject(1480, 2008);
	k.now_ns += IPV4_REASSEMBLY_NS; /* and nobody polls */
	inject(0, 1480);
	assert_int_equal(pcb.received.count, 0);
	assert_int_equal(kit_counter(&k, "ip_reassembly_timeouts"), 1);
	assert_int_equal(k.stack->reassembly.count, 1);
}

/* --- floods -------------------------------------------------------------------------------------------- */

static void expect_bounded(void)
{
	assert_true(k.stack->reassembly.count <= IPV4_REASSEMBLY_MAX);
	assert_true(k.stack->reassembly.bytes <= IPV4_REASSEMBLY_BYTES);
	assert_true(k.stack->big_pool.bytes <= IPV4_REASSEMBLY_BYTES);
}

TEST(a_flood_of_beginnings_is_bounded)
{
	build_whole(60000);
	for (unsigned i = 0; i < 3000; i++) {
		inject_as(&(struct kit_ipv4){.id = (uint16_t)i}, 0, 1480, true);
		expect_bounded();
	}
	assert_int_equal(k.stack->reassembly.count, IPV4_REASSEMBLY_MAX);
	assert_int_equal(kit_counter(&k, "ip_reassembly_evicted"), 3000 - IPV4_REASSEMBLY_MAX);
	/* The youngest can still be completed ... */
	inject_as(&(struct kit_ipv4){.id = 2999}, 1480, 2960, true);
	assert_int_equal(k.stack->reassembly.count, IPV4_REASSEMBLY_MAX);
	/* ... and what follows is received. */
	build_whole(2000);
	inject_as(&(struct kit_ipv4){.id = 4000}, 0, 1480, true);
	inject_as(&(struct kit_ipv4){.id = 4000}, 1480, 2008, false);
	expect_datagram(2000);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	kit_sent_clear(&k);
	expect_nothing_held();
}

/* One fragment each that makes the buffer as large as can be. */
TEST(a_flood_of_far_ends_is_bounded)
{
	build_whole(65507);
	for (unsigned i = 0; i < 500; i++) {
		inject_as(&(struct kit_ipv4){.id = (uint16_t)i}, 65504, 65512, true);
		expect_bounded();
	}
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 0); /* the old ones give way */
	build_whole(2000);
	inject(0, 1480);
	inject(1480, 2008);
	expect_datagram(2000);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	expect_nothing_held();
}

TEST(holes_without_end_are_bounded)
{
	build_whole(60000);
	for (unsigned i = 0; i < 3000; i++)
		inject(i * 16 + 8, i * 16 + 16);
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 1);
	assert_int_equal(kit_counter(&k, "ip_fragments_dropped"), 3000 - IPV4_REASSEMBLY_RUNS - 1);
	expect_spoilt();
}

TEST(without_memory_nothing_breaks)
{
	build_whole(4000);
	k.kp.fail_after = 0;
	inject(0, 1480);
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 1);
	expect_nothing_held();
	k.kp.fail_after = 1; /* for the datagram, not for its bytes */
	inject(0, 1480);
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 2);
	k.kp.fail_after = UINT32_MAX;
	expect_spoilt();
	inject(0, 1480);
	k.kp.fail_after = 0;
	inject(2960, 4008); /* no room for more */
	assert_int_equal(kit_counter(&k, "ip_reassembly_no_memory"), 3);
	k.kp.fail_after = UINT32_MAX;
	expect_spoilt();
}

/* Whole datagrams that nobody reads hold memory too: all together no more than the pool has. */
TEST(unread_datagrams_are_bounded)
{
	pcb.rcvbuf = UINT32_MAX; /* the port itself would hold less */
	build_whole(65507);
	for (unsigned i = 0; i < UDP_QUEUE_MAX; i++)
		for (size_t at = 0; at < whole_len; at += 1480)
			inject_as(&(struct kit_ipv4){.id = (uint16_t)i}, at,
				  MIN(at + 1480, whole_len), at + 1480 < whole_len);
	assert_true(pcb.received.count >= 8);
	assert_true(pcb.received.count < UDP_QUEUE_MAX);
	assert_true(k.stack->big_pool.bytes <= k.stack->big_pool.max_bytes);
	pktbuf_queue_free(&pcb.received);
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	kit_sent_clear(&k);
	expect_nothing_held();
}

/* Fragments at random, few ids, small offsets: everything meets everything. */
TEST(rubbish_is_survived)
{
	build_whole(1000);
	for (unsigned round = 0; round < 30000; round++) {
		uint8_t dice[6];
		size_t from, len;

		k.kp.port.random(k.kp.port.ctx, dice, sizeof(dice));
		from = dice[0] % 24 * 8u;
		len = dice[1] % 6 * 8u + (dice[2] % 4 == 0 ? dice[2] % 8 : 0);
		inject_as(&(struct kit_ipv4){.id = dice[3] % 80, .tos = dice[5] % 4}, from,
			  from + len, dice[4] % 3 != 0);
		kit_sent_clear(&k);
		if (pcb.received.count > 0)
			pktbuf_queue_free(&pcb.received);
		expect_bounded();
		k.now_ns += NS_PER_MS * 50;
	}
	kit_advance(&k, IPV4_REASSEMBLY_NS);
	kit_sent_clear(&k);
	expect_nothing_held();
}

