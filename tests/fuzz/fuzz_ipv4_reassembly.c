/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 reassembly: a script of fragments, one by one or all of a datagram in some order, of several
 * senders and identifications, with time passing and memory running out in between.  What comes out
 * of the UDP socket, and what must, is judged by a model (tests/fuzz/lib/fragments.h); memory is
 * bounded, ICMP says "reassembly time exceeded" only of a datagram whose beginning came, and in the
 * end nothing is left.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "net/ip/ipv4_reassembly.h"
#include "net/socket.h"
#include "tests/fuzz/lib/fragments.h"
#include "tests/lib/tcp_kit.h"

#define PIECE_MAX 1480
/* Beside the datagrams under way: one that grows, and pools. */
#define MEMORY_MAX (IPV4_REASSEMBLY_BYTES + 160u * 1024)

struct script {
	struct tk t;
	int fd;
	bool options;          /* headers may be longer than 20 bytes */
	uint16_t generation;   /* of identifications: those not used yet */
	uint16_t sound;        /* first one of which nothing was ever given up */
	unsigned n_odd;        /* fragments that the model does not know of */
	uint64_t given_up;     /* datagrams, by the stack's count */
	size_t memory_at_first;
	struct fragments model;
};

/* --- judging -------------------------------------------------------------------------------------- */

static uint64_t given_up(const struct script *s)
{
	return s->t.k.stack->counters.ip_reassembly_evicted +
	       s->t.k.stack->counters.ip_reassembly_no_memory;
}

/* The quoted packet is the first fragment, as it was sent. */
static void check_time_exceeded(struct script *s, const struct kit_sent *sent)
{
	struct ipv4_header inner;

	FUZZ_CHECK(sent->payload_len >= IPV4_HEADER_LEN + 8, "%zu bytes quoted", sent->payload_len);
	inner.src = load_be32(sent->payload + IPV4_OFF_SRC);
	inner.id = load_be16(sent->payload + IPV4_OFF_ID);
	FUZZ_CHECK(inner.src == sent->ip.dst, "told %08x of a packet of %08x", sent->ip.dst, inner.src);
	if (sent->payload[IPV4_OFF_PROTOCOL] == IP_PROTO_UDP)
		FUZZ_CHECK(fragments_await(&s->model, inner.src, inner.id),
			   "the time of %04x from %08x was not exceeded", inner.id, inner.src);
}

static void receive_frames(struct script *s)
{
	struct kit_sent *sent;

	while ((sent = kit_take(&s->t.k)) != NULL) {
		fuzz_check_frame(&s->t.k, sent);
		if (sent->is_icmp && sent->icmp.type == ICMP_TIME_EXCEEDED)
			check_time_exceeded(s, sent);
		kit_sent_free(sent);
	}
}

static void receive_datagrams(struct script *s)
{
	static uint8_t buf[UINT16_MAX];
	struct net_endpoint from;
	int n;

	while ((n = sock_recvfrom(s->t.k.stack, s->fd, buf, sizeof(buf), &from, s->t.k.now_ns)) >= 0)
		fragments_delivered(&s->model, net_addr_to_ipv4(&from.addr), from.port, buf,
				    (size_t)n, s->t.k.now_ns);
}

static void check(struct script *s)
{
	struct kit *k = &s->t.k;

	kit_poll(k);
	receive_datagrams(s);
	receive_frames(s);
	if (given_up(s) != s->given_up) {
		FUZZ_CHECK(k->kp.fail_after != UINT_MAX || s->n_odd > 2 ||
				   fragments_are_many(&s->model, k->now_ns),
			   "a datagram was given up, and there was room");
		s->sound = s->generation + 1;
		s->given_up = given_up(s);
	}
	FUZZ_CHECK(k->kp.live_bytes <= s->memory_at_first + MEMORY_MAX, "%zu bytes", k->kp.live_bytes);
}

/* --- sending ---------------------------------------------------------------------------------------- */

static void send(struct script *s, const struct fragment *f, uint8_t options)
{
	static const uint8_t no_operation[] = {1, 1, 1, 1, 1, 1, 1, 0};
	uint8_t bytes[PIECE_MAX];
	unsigned before = s->model.delivered;
	struct kit_frame frame;
	bool must;

	if (s->model.n == FRAGMENTS_MAX || (f->off == 0 && f->last))
		return; /* the latter is no fragment */
	if (s->options && f->off + f->len > FRAGMENTS_PAYLOAD_MAX - sizeof(no_operation))
		return;
	for (uint32_t i = 0; i < f->len; i++)
		bytes[i] = fragment_byte(f, f->off + i);
	kit_build_ipv4(&frame,
		       &(struct kit_ipv4){
			       .src = f->src,
			       .id = f->id,
			       .fragment = (uint16_t)(f->off / 8 | (f->last ? 0 : IPV4_MF)),
			       .no_flags = true,
			       .options = no_operation,
			       .options_len = s->options ? options % 3 * 4 : 0,
		       },
		       IP_PROTO_UDP, bytes, f->len);
	must = fragments_add(&s->model, f);
	kit_inject_frame(&s->t.k, &frame);
	check(s);
	FUZZ_CHECK(!must || s->model.delivered > before || f->id / 4 < s->sound,
		   "datagram %04x from %08x is complete and was not delivered", f->id, f->src);
}

static struct fragment choose(struct script *s, struct fuzz_input *in)
{
	static const uint32_t sources[] = {KIT_PEER_IP, KIT_PEER_IP + 7, KIT_FAR_IP, KIT_FAR_IP + 1};
	uint8_t who = fuzz_u8(in);

	return (struct fragment){
		.src = sources[who % 4],
		.id = (uint16_t)((s->generation - (who >> 6 & s->generation & 1)) * 4 + who / 4 % 4),
		.variant = who >> 7,
		.t_ns = s->t.k.now_ns,
	};
}

static void one_fragment(struct script *s, struct fuzz_input *in)
{
	struct fragment f = choose(s, in);
	uint8_t how = fuzz_u8(in);

	f.off = (how & 1 ? fuzz_u16(in) % 8192u : fuzz_u8(in) % 32u) * 8;
	f.len = how & 2 ? fuzz_u16(in) % (PIECE_MAX - 8u) : (fuzz_u8(in) % 32u) * 8;
	f.last = how & 4;
	f.udp_len = how & 8 ? fuzz_u16(in) : UDP_HEADER_LEN;
	send(s, &f, how >> 6);
}

/* The place in line of the nth fragment that is sent. */
static unsigned in_order(uint8_t order, unsigned nth, unsigned n)
{
	switch (order % 4) {
	case 0: return nth;
	case 1: return n - 1 - nth;
	case 2: return nth < (n + 1) / 2 ? 2 * nth : 2 * (nth - (n + 1) / 2) + 1;
	default: return (nth + order) % n;
	}
}

static void whole_datagram(struct script *s, struct fuzz_input *in)
{
	static const uint16_t sizes[] = {1480 - 8, 8, 16, 64, 256, 576 - 24, 1024, 1400};
	struct fragment f = choose(s, in);
	uint8_t how = fuzz_u8(in), order = fuzz_u8(in);
	uint32_t size = sizes[how % 8], total = fuzz_u16(in);
	unsigned n, skip = how & 0x40 ? fuzz_u8(in) : UINT_MAX;

	total = MAX(MIN(total, FRAGMENTS_PAYLOAD_MAX), size + 1);
	if (total / size > 100)
		total = size * 100;
	n = (total + size - 1) / size;
	f.udp_len = (uint16_t)(how & 0x80 ? total : MAX(total / 2, UDP_HEADER_LEN));
	for (unsigned nth = 0; nth < n; nth++) {
		unsigned i = in_order(order, nth, n);

		if (i == skip % n && skip != UINT_MAX)
			continue;
		f.off = i * size;
		f.len = MIN(size, total - f.off);
		f.last = i == n - 1;
		f.t_ns = s->t.k.now_ns;
		send(s, &f, how >> 4);
		if (how & 0x08 && nth % 3 == 0)
			send(s, &f, how >> 4);
	}
}

/* Of another protocol, with another header or to everybody: nothing of it may come out. */
static void odd_fragment(struct script *s, struct fuzz_input *in)
{
	static const uint8_t protocols[] = {IP_PROTO_TCP, IP_PROTO_ICMP, 4, 200};
	static const uint32_t destinations[] = {KIT_IP, KIT_NET_BROADCAST, UINT32_MAX, KIT_IP + 1};
	struct fragment who = choose(s, in);
	uint8_t how = fuzz_u8(in);
	uint16_t fragment = fuzz_u16(in);
	size_t n;
	const uint8_t *p = fuzz_bytes(in, fuzz_u8(in), &n);
	struct kit_frame f;

	kit_build_ipv4(&f,
		       &(struct kit_ipv4){
			       .src = who.src,
			       .dst = destinations[how / 4 % 4],
			       .id = who.id,
			       .tos = how >> 6,
			       .fragment = fragment,
			       .no_flags = true,
		       },
		       protocols[how % 4], p, n);
	if (how & 0x10)
		kit_fix_transport(&f);
	s->n_odd++;
	kit_inject_frame(&s->t.k, &f);
	check(s);
}

/* --- the script -------------------------------------------------------------------------------------- */

static void time_passes(struct script *s, struct fuzz_input *in)
{
	static const uint64_t times_ns[] = {NS_PER_MS, NS_PER_S, 10 * NS_PER_S, 29 * NS_PER_S,
					    30 * NS_PER_S, 31 * NS_PER_S, 1, 61 * NS_PER_S};

	uint64_t ns = times_ns[fuzz_u8(in) % ARRAY_LEN(times_ns)];

	kit_advance(&s->t.k, ns);
	if (ns > IPV4_REASSEMBLY_NS)
		s->n_odd = 0;
}

static void step(struct script *s, struct fuzz_input *in)
{
	uint8_t how;

	switch (fuzz_u8(in) % 12) {
	case 0:
	case 1:
	case 2:
	case 3: one_fragment(s, in); break;
	case 4:
	case 5:
	case 6: whole_datagram(s, in); break;
	case 7: odd_fragment(s, in); break;
	case 8:
	case 9: time_passes(s, in); break;
	case 10:
		how = fuzz_u8(in);
		s->t.k.kp.fail_after = how < 32 ? how : UINT_MAX;
		break;
	default: s->generation++; break;
	}
}

static void open_script(struct script *s)
{
	const struct net_endpoint local = net_endpoint_ipv4(0, FRAGMENTS_PORT);

	memset(s, 0, sizeof(*s));
	tk_open(&s->t);
	fuzz_stack_events(&s->t.k);
	s->fd = sock_socket(s->t.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	if (s->fd < 0 || sock_bind(s->t.k.stack, s->fd, &local) != ERR_OK)
		kit_fail("no datagram socket");
	s->memory_at_first = s->t.k.kp.live_bytes;
}

static void close_script(struct script *s)
{
	const struct stack *stack = s->t.k.stack;

	s->t.k.kp.fail_after = UINT_MAX;
	kit_advance(&s->t.k, 2 * IPV4_REASSEMBLY_NS);
	check(s);
	FUZZ_CHECK(stack->reassembly.count == 0 && stack->reassembly.bytes == 0,
		   "%u datagrams of %zu bytes are left", stack->reassembly.count,
		   stack->reassembly.bytes);
	(void)sock_close(s->t.k.stack, s->fd, s->t.k.now_ns);
	fuzz_check_idle(&s->t.k);
	tk_close(&s->t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct script s;
	struct fuzz_input in = {.at = data, .len = len};

	open_script(&s);
	s.options = fuzz_u8(&in) & 1;
	for (unsigned steps = 0; in.len > 0 && steps < 200; steps++) {
		step(&s, &in);
		check(&s);
	}
	close_script(&s);
	return 0;
}
