/* SPDX-License-Identifier: MIT */
/* net/ip/ipv4_reassembly: datagrams come together in any order, and nothing that fragments can do
 * makes it anything but bounded (HOSTILE: IPv4, fragments). */
#include "tests/unit/fragment_kit.h"

FIXTURE(setup, teardown);

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

TEST(datagrams_are_distinguished)
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
