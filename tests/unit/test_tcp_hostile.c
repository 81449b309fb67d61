/*
 * SPDX-License-Identifier: MIT
 *
 * The TCP rows of the list of hostile inputs that have no home in a test of their matter: each must
 * be dropped and counted, with no state change, bounded memory, and not a byte of stale memory in
 * an answer.  (Options: test_tcp_options; windows and ACKs: test_tcp_send; holes: test_tcp_reassembly;
 * blind RST and SYN: test_tcp_close; SYN floods: test_tcp_handshake.)
 */
#include <limits.h>

#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static void segment(struct kit_frame *f, const struct tk *t, uint8_t flags, const void *data,
		    size_t len)
{
	kit_build_tcp(f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = TK_PORT,
					.seq = TK_IRS + 1, .ack = t->iss + 1, .flags = flags,
					.window = 65535}, data, len);
}

static void expect_untouched(struct tk *t)
{
	kit_poll(&t->k);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	assert_int_equal(tk_inspect(t).rcv_nxt - TK_IRS, 1);
}

/* --- the header ------------------------------------------------------------------------------ */

TCP_TEST(data_offset_under_5_or_past_the_segment)
{
	tk_establish(t);
	for (unsigned words = 0; words < 16; words++) {
		struct kit_frame f;

		if (words == 5 || words == 6)
			continue;
		segment(&f, t, TCP_ACK, "data", 4);
		kit_l4(&f)[TCP_OFF_DATA_OFFSET] = (uint8_t)(words << 4);
		kit_fix_transport(&f);
		kit_inject_frame(&t->k, &f);
		expect_untouched(t);
	}
	assert_int_equal(kit_counter(&t->k, "tcp_malformed"), 14);
}

TCP_TEST(a_segment_shorter_than_its_header)
{
	tk_establish(t);
	for (size_t len = 0; len < TCP_HEADER_LEN; len++) {
		uint8_t bytes[TCP_HEADER_LEN] = {0};
		struct kit_frame f;

		kit_build_ipv4(&f, &(struct kit_ipv4){0}, 6, bytes, len);
		kit_inject_frame(&t->k, &f);
		expect_untouched(t);
	}
	assert_int_equal(kit_counter(&t->k, "tcp_malformed"), TCP_HEADER_LEN);
}

TCP_TEST(a_wrong_checksum)
{
	tk_establish(t);
	for (unsigned bit = 0; bit < 8 * (TCP_HEADER_LEN + 4); bit++) {
		struct kit_frame f;

		segment(&f, t, TCP_ACK, "data", 4);
		kit_l4(&f)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		kit_inject_frame(&t->k, &f);
		expect_untouched(t);
	}
	assert_true(kit_counter(&t->k, "tcp_bad_checksum") > 150);
	assert_true(t->k.netif.counters.rx_csum_bad > 150);
	/* A device that vouches for it is believed. */
	t->k.rx_flags = PKTBUF_CSUM_VALID;
	{
		struct kit_frame f;

		segment(&f, t, TCP_ACK, "data", 4);
		kit_l4(&f)[TCP_OFF_CHECKSUM] ^= 1;
		kit_inject_frame(&t->k, &f);
	}
	assert_int_equal(tk_inspect(t).rcv_unread, 4);
}

/* --- options on a live connection ------------------------------------------------------------ */

TCP_TEST(malformed_options_do_not_reset)
{
	static const uint8_t bad[][8] = {
		{77, 0}, {77, 1}, {8, 200, 0, 0}, {5, 3, 1, 1}, {2, 4, 0, 0}, {3, 3, 14, 1},
		{8, 9, 0, 0, 0, 0, 0, 0}, {5, 255, 0, 0},
	};
	uint32_t at = 0;

	tk_establish(t);
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++, at += 3) {
		TK_SEND(t, .seq = 1 + at, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3,
			.options = bad[i], .options_len = 8, .no_timestamps = i & 1);
		TK_EXPECT(t, TCP_ACK, 1, 1 + at + 3, 0);
	}
	assert_int_equal(tk_inspect(t).rcv_unread, at);
	assert_int_equal(tk_inspect(t).snd_mss, 1460); /* an MSS or a scale in mid-connection: no */
	assert_int_equal(tk_inspect(t).snd_wscale, 0);
	assert_true(kit_counter(&t->k, "tcp_bad_options") >= 5);
}

/* SACK: reversed blocks, blocks outside SND.UNA..SND.NXT. */
TCP_TEST(sack_blocks_that_cannot_be)
{
	tk_establish(t);
	tk_write(t, 0, 3000);
	kit_sent_clear(&t->k);
	for (uint32_t i = 0; i < 200; i++) {
		uint8_t block[12] = {1, 1, 5, 10};

		store_be32(block + 4, TK_ISS + i * 104729 * 3);
		store_be32(block + 8, TK_ISS + 5000 - i * 7919);
		TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .options = block,
			.options_len = 12);
		kit_sent_clear(&t->k);
	}
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	assert_int_equal(tk_inspect(t).snd_una - TK_ISS, 1);
}

/* --- urgent ---------------------------------------------------------------------------------- */

/* Pointer 0, past the segment, without data, two racing ones: data stays in line. */
TCP_TEST(urgent_data_stays_in_line)
{
	static const uint16_t pointers[] = {0, 1, 2, 3, 100, 65535};
	char buf[64];
	uint32_t at = 0;

	tk_establish(t);
	for (unsigned i = 0; i < ARRAY_LEN(pointers); i++) {
		for (unsigned len = 0; len <= 3; len += 3) {
			struct kit_frame f;

			kit_build_tcp(&f, &(struct kit_ipv4){0},
				      &(struct kit_tcp){.src_port = TK_PEER_PORT,
							.dst_port = TK_PORT,
							.seq = TK_IRS + 1 + at,
							.ack = TK_ISS + 1,
							.flags = TCP_ACK | TCP_URG,
							.urgent = pointers[i], .window = 9999},
				      "abc", len);
			kit_inject_frame(&t->k, &f);
			at += len;
		}
	}
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 18);
	assert_memory_equal(buf, "abcabcabcabcabcabc", 18);
	kit_sent_clear(&t->k);
}

/* The second says less than the first, and then more again, while nothing has been read. */
TCP_TEST(two_racing_urgent_pointers)
{
	static const uint16_t pointers[] = {5000, 1, 65535, 0, 2};
	char buf[64];

	tk_establish(t);
	for (unsigned i = 0; i < ARRAY_LEN(pointers); i++) {
		struct kit_frame f;

		/* The odd ones overtake: they repeat what the one before has brought. */
		kit_build_tcp(&f, &(struct kit_ipv4){0},
			      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = TK_PORT,
						.seq = TK_IRS + 1 + 3 * (i - i % 2),
						.ack = TK_ISS + 1, .flags = TCP_ACK | TCP_URG,
						.urgent = pointers[i], .window = 9999},
			      "abcdef", i == 4 ? 6 : 6 - 3 * (i % 2));
		kit_inject_frame(&t->k, &f);
	}
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 18);
	assert_memory_equal(buf, "abcdefabcdefabcdef", 18);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	kit_sent_clear(&t->k);
}

static void expect_nothing_urgent(struct tk *t)
{
	char buf[4];

	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	assert_false(tk_inspect(t).rcv_urgent);
	assert_int_equal(kit_counter(&t->k, "tcp_urgent_in"), 0);
	assert_int_equal(sock_poll(t->k.stack, t->fd, SOCK_POLLPRI), 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 3);
	kit_sent_clear(&t->k);
}

TEST(urgent_on_a_syn)
{
	struct tk t;

	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN | TCP_URG, .urgent = 0xffff);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	t.fd = sock_accept(t.k.stack, t.listener, NULL);
	expect_nothing_urgent(&t);
	tk_close(&t);

	tk_open(&t);
	tk_connect(&t);
	TK_EXPECT(&t, TCP_SYN, 0, 0, 0);
	TK_SEND(&t, .ack = 1, .flags = TCP_SYN | TCP_ACK | TCP_URG, .urgent = 0xffff);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	expect_nothing_urgent(&t);
	tk_close(&t);
}

/* --- numbers that nobody can guess ----------------------------------------------------------- */

/* HOSTILE-INPUTS: keyed by RFC 6528, different at every boot and for the same four-tuple. */
TEST(initial_numbers)
{
	struct tcb a = {.id.local = net_endpoint_ipv4(1, 2), .id.remote = net_endpoint_ipv4(3, 4)};
	struct tcb b = a;
	uint32_t first, later, differing = 0;
	struct kit k, k2;

	kit_open(&k, 1, NULL);
	kit_open(&k2, 2, NULL);
	first = tcp_initial_sequence(k.stack, &a, NS_PER_S);
	later = tcp_initial_sequence(k.stack, &a, 2 * NS_PER_S);
	assert_int_equal(later - first, 250000); /* one every 4 microseconds */
	assert_int_not_equal(tcp_initial_sequence(k2.stack, &a, NS_PER_S), first);
	assert_int_not_equal(tcp_initial_sequence(k.stack, &a, 0), tcp_timestamp_offset(k.stack, &a));
	b.id.remote.port = 5;
	for (unsigned i = 0; i < 100; i++, b.id.remote.port++) {
		uint32_t d = tcp_initial_sequence(k.stack, &b, NS_PER_S) - first;

		differing += d > 1000000 && d < -1000000u;
	}
	assert_true(differing > 90);
	assert_int_not_equal(tcp_timestamp_offset(k.stack, &a), tcp_timestamp_offset(k.stack, &b));
	assert_int_not_equal(tcp_timestamp_offset(k.stack, &a), tcp_timestamp_offset(k2.stack, &a));
	kit_close(&k);
	kit_close(&k2);
}

/* RFC 6056 */
TEST(ephemeral_ports)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, 80);
	struct net_addr local = net_addr_ipv4(KIT_IP);
	unsigned low = 0, steps = 0;
	uint16_t before = 0;
	struct kit k;

	kit_open(&k, 1, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		uint16_t port = tcp_ephemeral_port(k.stack, &local, &remote, k.now_ns);

		assert_in_range(port, 49152, 65535);
		low += port < 49152 + 8192;
		steps += port == before + 1;
		before = port;
	}
	assert_in_range(low, 400, 600);
	assert_true(steps < 5);
	kit_close(&k);
}

/* --- memory ---------------------------------------------------------------------------------- */

/* What a RST carries is header and nothing else, also in answer to a long segment. */
TCP_TEST(answers_hold_no_stale_memory)
{
	static const uint8_t marker[1000] = {[0 ... 999] = 0xee};
	struct kit_sent *s;

	TK_SEND(t, .flags = TCP_SYN, .data = marker, .len = sizeof(marker));
	s = tk_take(t);
	assert_int_equal(s->len, 54);
	assert_null(memchr(s->bytes, 0xee, s->len));
	assert_null(memchr(s->bytes, 0xa5, s->len)); /* the kit's poison */
	kit_sent_free(s);
}
