/*
 * SPDX-License-Identifier: MIT
 *
 * Every header that can come in, with each of its bytes wrong in turn and cut off at each length: a
 * connection that is open must not notice, what is answered must be right and hold nothing but what
 * the packet itself brought, and no memory may be kept.  Checksums are made right again, so that
 * they are not what stops a frame.
 *
 * The rows of the list of hostile inputs have tests of their own (docs/hostile-inputs.md); this one
 * is the promise that they all share.
 */
#include "net/tcp/conn/layer.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define PADDING 24          /* behind each frame, as a card that pads would send it */
#define PADDING_BYTE 0xee
#define STALE_BYTE 0xa5     /* what fresh memory of the kit holds */
#define EVIL_IP (KIT_PEER_IP + 65)
#define OUTSIDE 0x40123456u /* added to RCV.NXT: outside of any window, whichever byte changes */
#define INSIDE 0x1234u      /* inside, and no byte of it makes it RCV.NXT */

static struct tk t;
static struct udp_pcb pcb;
static struct kit_frame f;

/* --- the frames ------------------------------------------------------------------------------ */

static void arp_request(void)
{
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = EVIL_IP, .tpa = KIT_IP});
}

static void arp_reply(void)
{
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = EVIL_IP, .tpa = KIT_IP});
}

static void echo(void)
{
	kit_build_icmp(&f, NULL, ICMP_ECHO, 0, 7, "12345678", 8);
}

/* About a segment that the connection has really sent, but for its sequence number. */
static void icmp_error(void)
{
	struct kit_frame inner;

	kit_build_tcp(&inner, &(struct kit_ipv4){.src = KIT_IP, .dst = KIT_PEER_IP},
		      &(struct kit_tcp){.src_port = TK_PORT, .dst_port = TK_PEER_PORT,
					.seq = TK_ISS + OUTSIDE, .flags = TCP_ACK}, NULL, 0);
	kit_build_icmp(&f, NULL, ICMP_UNREACHABLE, ICMP_UNREACH_PORT, 0, kit_l3(&inner), 40);
}

static void datagram(void)
{
	kit_build_udp(&f, NULL, 4000, 5000, "12345678", 8);
}

static void datagram_to_no_host(void)
{
	kit_build_udp(&f, NULL, 4000, 9999, "12345678", 8);
}

static void unknown_protocol(void)
{
	kit_build_ipv4(&f, NULL, 200, "12345678", 8);
}

static void with_options(void)
{
	static const uint8_t options[12] = {7, 7, 4, 0, 0, 0, 0, 0x44, 4, 5, 0, 0};

	kit_build_udp(&f, &(struct kit_ipv4){.options = options, .options_len = 12}, 4000, 5000,
		      "12345678", 8);
}

static void fragment(void)
{
	kit_build_udp(&f, &(struct kit_ipv4){.fragment = IPV4_MF, .id = 77}, 4000, 5000, "12345678", 8);
}

static void segment_at(uint32_t seq, uint16_t dst_port, uint8_t flags, const char *text)
{
	static const uint8_t options[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1};

	kit_build_tcp(&f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = dst_port,
					.seq = TK_IRS + 1 + seq, .ack = t.iss + 1 + OUTSIDE,
					.flags = flags, .window = 1000, .options = options,
					.options_len = sizeof(options)}, text, strlen(text));
}

static void segment(uint16_t dst_port, uint8_t flags, const char *text)
{
	segment_at(OUTSIDE, dst_port, flags, text);
}

static void blind_text(void)
{
	segment(TK_PORT, TCP_ACK, "evil");
}

static void blind_syn(void)
{
	segment(TK_PORT, TCP_SYN, "");
}

static void blind_rst(void)
{
	segment(TK_PORT, TCP_RST, "");
}

/* RFC 5961: inside the window is not enough, whichever byte of the number changes. */
static void blind_syn_inside(void)
{
	segment_at(INSIDE, TK_PORT, TCP_SYN, "");
}

static void blind_rst_inside(void)
{
	segment_at(INSIDE, TK_PORT, TCP_RST, "");
}

static void blind_text_inside(void)
{
	segment_at(INSIDE, TK_PORT, TCP_ACK, "evil");
}

static void blind_fin(void)
{
	segment(TK_PORT, TCP_FIN | TCP_ACK, "evil");
}

static void segment_to_no_host(void)
{
	segment(9999, TCP_ACK, "evil");
}

static void syn_to_no_host(void)
{
	segment(9999, TCP_SYN, "evil");
}

static void (*const builders[])(void) = {
	arp_request, arp_reply, echo, icmp_error, datagram, datagram_to_no_host, unknown_protocol,
	with_options, fragment, blind_text, blind_syn, blind_rst, blind_fin, blind_syn_inside,
	blind_rst_inside, blind_text_inside, segment_to_no_host, syn_to_no_host,
};

/* --- what must hold -------------------------------------------------------------------------- */

struct before {
	uint32_t rcv_nxt, snd_una, snd_nxt, snd_mss, cwnd, rcv_unread;
	uint32_t n_connections;
};

static struct before look(void)
{
	const struct tcp_inside in = tk_inspect(&t);

	return (struct before){in.rcv_nxt, in.snd_una, in.snd_nxt, in.snd_mss, in.cwnd,
			       in.rcv_unread, t.k.stack->tcp->n_connections};
}

static bool holds_run_of(const uint8_t *p, size_t len, uint8_t byte)
{
	unsigned run = 0;

	for (size_t i = 0; i < len; i++) {
		run = p[i] == byte ? run + 1 : 0;
		if (run == 4)
			return true;
	}
	return false;
}

/* Right, and without a trace of what was in memory or behind the packet. */
static void check_answers(void)
{
	struct kit_sent *s;

	while ((s = kit_take(&t.k)) != NULL) {
		assert_false(holds_run_of(s->bytes, s->len, STALE_BYTE));
		assert_false(holds_run_of(s->bytes, s->len, PADDING_BYTE));
		if (s->is_ipv4)
			assert_true(s->ip_checksum_ok && s->len == (size_t)s->ip.total_len + ETH_HEADER_LEN);
		if (s->is_icmp || s->is_udp || s->is_tcp)
			assert_true(s->l4_checksum_ok);
		else
			assert_true(s->is_arp);
		kit_sent_free(s);
	}
}

static void receive_datagrams(void)
{
	struct pktbuf *pkt;
	uint32_t src;
	uint16_t port;

	while ((pkt = kit_udp_receive(&pcb, &src, &port)) != NULL) {
		assert_false(holds_run_of(pkt->data, pktbuf_len(pkt), STALE_BYTE));
		pktbuf_free(pkt);
	}
}

static void inject_and_check(size_t len)
{
	const struct before before = look();
	struct before after;

	kit_inject(&t.k, f.bytes, len);
	kit_poll(&t.k);
	check_answers();
	receive_datagrams();
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	after = look();
	assert_memory_equal(&before, &after, sizeof(before));
}

/* The frame's checksums, as far as its lengths allow. */
static void mend(void)
{
	const uint8_t *ip = kit_l3(&f);
	size_t ihl = (ip[0] & 0xfu) * 4;

	if (load_be16(f.bytes + 12) != ETH_TYPE_IPV4 || ihl < IPV4_HEADER_LEN ||
	    ETH_HEADER_LEN + ihl > f.len)
		return;
	kit_fix_ipv4(&f);
	kit_fix_transport(&f);
}

static void pad(void)
{
	memset(f.bytes + f.len, PADDING_BYTE, PADDING);
	f.len += PADDING;
}

/* A length that claims the padding gets it; every other byte must not let it through. */
static bool reports_a_length(size_t at)
{
	return at == ETH_HEADER_LEN + IPV4_OFF_TOTAL_LEN || at == ETH_HEADER_LEN + IPV4_OFF_TOTAL_LEN + 1;
}

/* --- the tests ------------------------------------------------------------------------------- */

static void setup(void)
{
	tk_open(&t);
	tk_establish(&t);
	memset(&pcb, 0, sizeof(pcb));
	assert_int_equal(kit_udp_bind(t.k.stack, &pcb, 0, 5000), ERR_OK);
	kit_sent_clear(&t.k);
}

/* Whatever was kept for a while (neighbours that answer nothing, fragments) is gone in time. */
static void teardown(void)
{
	tk_advance(&t, 120 * NS_PER_S);
	kit_sent_clear(&t.k);
	assert_int_equal(t.k.stack->frame_pool.in_use, 0);
	assert_int_equal(tk_inspect(&t).rcv_memory, 0);
	udp_unbind(t.k.stack, &pcb);
	tk_close(&t);
}

FIXTURE(setup, teardown);

TEST(every_byte_of_every_header)
{
	static const uint8_t values[] = {0x00, 0x01, 0x05, 0x0f, 0x40, 0x7f, 0x80, 0xff};

	for (unsigned b = 0; b < ARRAY_LEN(builders); b++) {
		size_t len = (builders[b](), f.len);

		for (size_t at = 0; at < MIN(len, ETH_HEADER_LEN + 60); at++) {
			for (unsigned v = 0; v < ARRAY_LEN(values); v++) {
				builders[b]();
				f.bytes[at] = values[v];
				mend();
				if (!reports_a_length(at))
					pad();
				inject_and_check(f.len);
			}
		}
		t.k.now_ns += 2 * NS_PER_S; /* so that limits on answers hide nothing */
	}
}

TEST(every_length_of_every_frame)
{
	for (unsigned b = 0; b < ARRAY_LEN(builders); b++) {
		size_t len = (builders[b](), f.len);

		for (size_t cut = 0; cut <= len; cut++) {
			builders[b]();
			inject_and_check(cut);
			/* And with lengths that know of it. */
			if (cut >= ETH_HEADER_LEN + IPV4_HEADER_LEN && !t.k.n_sent &&
			    load_be16(f.bytes + 12) == ETH_TYPE_IPV4) {
				f.len = cut;
				store_be16(kit_l3(&f) + IPV4_OFF_TOTAL_LEN,
					   (uint16_t)(cut - ETH_HEADER_LEN));
				mend();
				inject_and_check(cut);
			}
		}
		t.k.now_ns += 2 * NS_PER_S;
	}
}

/* The same frames a thousand times: memory is that of the first hundred. */
TEST(a_flood_of_everything_is_bounded)
{
	size_t early = 0, late = 0;

	for (unsigned round = 0; round < 1000; round++) {
		size_t *most = round < 100 ? &early : &late;

		for (unsigned b = 0; b < ARRAY_LEN(builders); b++) {
			builders[b]();
			if (load_be16(f.bytes + 12) == ETH_TYPE_IPV4) {
				store_be16(kit_l3(&f) + IPV4_OFF_ID, (uint16_t)round);
				kit_fix_ipv4(&f);
			}
			kit_inject_frame(&t.k, &f);
			*most = MAX(*most, t.k.kp.live_bytes);
		}
		kit_poll(&t.k);
		check_answers();
	}
	assert_true(late <= early);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	receive_datagrams();
}

