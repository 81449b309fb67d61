/* SPDX-License-Identifier: MIT */
/* What came instead of an answer, and why it was not it: TCP. */
#include "tests/unit/spoilt_kit.h"

/* --- TCP ------------------------------------------------------------------------------------------ */

static struct tk t;

static const struct refused *look_at_tcp(void)
{
	sock_awaited(t.k.stack, t.fd, t.k.now_ns, &awaited);
	return &awaited.refused;
}

static void build_segment(uint8_t flags, uint32_t ack)
{
	kit_build_tcp(&f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = tk_inspect(&t).local_port,
					.seq = TK_IRS, .ack = t.iss + ack, .flags = flags,
					.window = 1000}, NULL, 0);
}

static void open_tcp(void)
{
	tk_open(&t);
	tk_connect(&t);
	TK_EXPECT(&t, TCP_SYN, 0, 0, 0);
	build_segment(TCP_SYN | TCP_ACK, 1);
}

static void segment_must_be_refused(const struct way *way)
{
	open_tcp();
	way->spoil();
	kit_inject_frame(&t.k, &f);
	kit_sent_clear(&t.k);
	assert_int_equal(tk_state(&t), TCP_SYN_SENT);
	must_report_once(look_at_tcp(), way->why);
	tk_close(&t);
}

static void header_too_long(void)
{
	kit_l4(&f)[TCP_OFF_DATA_OFFSET] = 0xf0;
}

static void wrong_ack(void)
{
	build_segment(TCP_SYN | TCP_ACK, 7);
}

static void wrong_ack_in_a_rst(void)
{
	build_segment(TCP_RST | TCP_ACK, 7);
}

static void rst_alone(void)
{
	build_segment(TCP_RST, 0);
}

static void ack_alone(void)
{
	build_segment(TCP_ACK, 1);
}

TEST(syn_acks)
{
	static const struct way ways[] = {
		{bad_transport_checksum, "had a bad TCP checksum"},
		{header_too_long, "had a malformed TCP header"},
		{wrong_ack, "acknowledged something else than our SYN"},
		{wrong_ack_in_a_rst, "carried a RST that acknowledges nothing of ours"},
		{rst_alone, "carried a RST without an ACK"},
		{ack_alone, "had no SYN"},
		{from_a_stranger, "came from 192.168.77.33"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(common_ways); i++)
		segment_must_be_refused(&common_ways[i]);
	for (unsigned i = 0; i + 1 < ARRAY_LEN(ipv4_ways); i++)
		segment_must_be_refused(&ipv4_ways[i]);
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++)
		segment_must_be_refused(&ways[i]);
}

/* A connection that gets on forgets what was wrong before; one that gives up says it. */
TEST(progress_ends_the_count)
{
	open_tcp();
	in_vlan_7();
	kit_inject_frame(&t.k, &f);
	assert_int_equal(look_at_tcp()->count, 1);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	assert_int_equal(look_at_tcp()->count, 0);
	build_segment(TCP_ACK, 1);
	in_vlan_7();
	kit_inject_frame(&t.k, &f);
	assert_int_equal(look_at_tcp()->count, 1);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
	assert_int_equal(look_at_tcp()->count, 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

TEST(the_end_of_a_wait_reports_what_came)
{
	open_tcp();
	in_vlan_7();
	kit_inject_frame(&t.k, &f);
	kit_inject_frame(&t.k, &f);
	tk_advance(&t, 400 * NS_PER_S);
	kit_sent_clear(&t.k);
	assert_int_equal(tk_state(&t), TCP_CLOSED);
	tk_expect_field(&t, EVENT_TCP_ABORTED, "refused", "2");
	tk_expect_field(&t, EVENT_TCP_ABORTED, "refused_why", "2 came in VLAN 7");
	tk_close(&t);
}
