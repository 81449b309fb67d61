/*
 * SPDX-License-Identifier: MIT
 *
 * The peer made of test code.  See tests/lib/tcp_kit.h.
 */
#include "tests/lib/tcp_kit.h"

#include <stdlib.h>

#include "net/socket/table.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/tcb.h"

/* --- opening --------------------------------------------------------------------------------- */

/* The clock is set so that the next connection of this four-tuple starts at TK_ISS: the numbers
 * move with it, one every 4 microseconds. */
static void aim_at_iss(struct tk *t)
{
	struct tcb tcb = {
		.id.local = net_endpoint_ipv4(KIT_IP, TK_PORT),
		.id.remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT),
	};
	uint32_t now = tcp_initial_sequence(t->k.stack, &tcb, t->k.now_ns);

	t->k.now_ns += (uint64_t)(TK_ISS - now) * 4 * NS_PER_US;
	t->k.stack->secret_used_ns = t->k.now_ns; /* it stays what it is */
}

void tk_open_with(struct tk *t, const struct net_options *options)
{
	*t = (struct tk){
		.fd = -1,
		.listener = -1,
		.timestamps = true,
		.sack = true,
		.scale_offered = true,
		.mss = TK_MSS,
		.window = 65535,
		.tsval = 1000,
		.iss = TK_ISS,
	};
	kit_open(&t->k, 7, options);
	t->k.answer_arp = true;
	aim_at_iss(t);
	kit_teach_peer(&t->k);
}

void tk_open(struct tk *t)
{
	static const struct net_options plain = {.congestion = NET_CONGESTION_NEWRENO};

	tk_open_with(t, &plain);
}

void tk_close(struct tk *t)
{
	kit_close(&t->k);
}

static int new_socket(struct tk *t)
{
	struct net_endpoint local = net_endpoint_ipv4(KIT_IP, TK_PORT);
	int fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	if (fd < 0 || sock_bind(t->k.stack, fd, &local) != ERR_OK)
		kit_fail("no socket");
	return fd;
}

void tk_connect(struct tk *t)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);
	int err;

	t->fd = new_socket(t);
	err = sock_connect(t->k.stack, t->fd, &remote, t->k.now_ns);
	if (err != ERR_INPROGRESS)
		kit_fail("connect says %d", err);
}

void tk_establish(struct tk *t)
{
	tk_connect(t);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	if (tk_state(t) != TCP_ESTABLISHED)
		kit_fail("not established");
}

void tk_listen(struct tk *t, unsigned backlog)
{
	t->listener = new_socket(t);
	if (sock_listen(t->k.stack, t->listener, backlog) != ERR_OK)
		kit_fail("listen was refused");
}

void tk_accept(struct tk *t)
{
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	if (t->fd < 0)
		kit_fail("accept says %d", t->fd);
}

static void shut_write(struct tk *t, uint32_t ack)
{
	if (sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns) != ERR_OK)
		kit_fail("shutdown was refused");
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1, ack, 0);
}

static void peer_fin(struct tk *t, uint32_t ack)
{
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_FIN | TCP_ACK);
	TK_EXPECT(t, TCP_ACK, ack == 2 || tk_state(t) == TCP_CLOSING ? 2 : 1, 2, 0);
}

void tk_reach(struct tk *t, enum tcp_state state)
{
	if (state == TCP_SYN_SENT) {
		tk_connect(t);
		TK_EXPECT(t, TCP_SYN, 0, 0, 0);
		return;
	}
	if (state == TCP_SYN_RECEIVED) { /* by simultaneous open, which leaves a socket to look at */
		tk_connect(t);
		TK_EXPECT(t, TCP_SYN, 0, 0, 0);
		TK_SEND(t, .flags = TCP_SYN);
		TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
		return;
	}
	tk_establish(t);
	if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK)
		peer_fin(t, 1);
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT)
		shut_write(t, state == TCP_LAST_ACK ? 2 : 1);
	if (state == TCP_FIN_WAIT_2 || state == TCP_TIME_WAIT)
		TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	if (state == TCP_CLOSING)
		peer_fin(t, 1);
	if (state == TCP_TIME_WAIT)
		peer_fin(t, 2);
	if (tk_state(t) != state)
		kit_fail("reached %s, not %s", tcp_state_name(tk_state(t)), tcp_state_name(state));
}

/* --- the peer sends -------------------------------------------------------------------------- */

static size_t put_timestamps(uint8_t *p, uint32_t val, uint32_t ecr)
{
	p[0] = p[1] = TCP_OPT_NOP;
	p[2] = TCP_OPT_TIMESTAMPS;
	p[3] = 10;
	store_be32(p + 4, val);
	store_be32(p + 8, ecr);
	return 12;
}

static size_t write_syn_options(const struct tk *t, uint8_t *p)
{
	size_t n = 0;

	if (t->mss != 0) {
		p[n++] = TCP_OPT_MSS;
		p[n++] = 4;
		store_be16(p + n, t->mss);
		n += 2;
	}
	if (t->scale_offered) {
		p[n++] = TCP_OPT_NOP;
		p[n++] = TCP_OPT_WINDOW_SCALE;
		p[n++] = 3;
		p[n++] = t->scale;
	}
	if (t->sack) {
		p[n++] = TCP_OPT_NOP;
		p[n++] = TCP_OPT_NOP;
		p[n++] = TCP_OPT_SACK_PERMITTED;
		p[n++] = 2;
	}
	return n;
}

/* The same packet as two fragments. */
static void inject_cut(struct tk *t, struct kit_frame *whole, uint16_t at)
{
	const uint8_t *l4 = kit_l4(whole);
	size_t len = whole->len - (size_t)(l4 - whole->bytes);
	struct kit_ipv4 ip = {.id = (uint16_t)t->k.sent_ever, .fragment = IPV4_MF};
	struct kit_frame part;

	kit_build_ipv4(&part, &ip, IP_PROTO_TCP, l4, at);
	kit_inject_frame(&t->k, &part);
	ip.fragment = at / 8;
	kit_build_ipv4(&part, &ip, IP_PROTO_TCP, l4 + at, len - at);
	kit_inject_frame(&t->k, &part);
}

void tk_inject(struct tk *t, const struct tk_in *in)
{
	uint8_t options[TCP_OPTIONS_MAX + 64];
	size_t n = 0;
	struct kit_frame f;

	if ((in->flags & TCP_SYN) && in->options == NULL)
		n += write_syn_options(t, options);
	if (t->timestamps && !in->no_timestamps && !(in->flags & TCP_RST))
		n += put_timestamps(options + n, in->tsval != 0 ? in->tsval : t->tsval, t->ts_echo);
	if (in->options_len > 0)
		memcpy(options + n, in->options, in->options_len);
	n += in->options_len;
	kit_build_tcp(&f, &(struct kit_ipv4){.tos = in->tos},
		      &(struct kit_tcp){
			      .src_port = TK_PEER_PORT,
			      .dst_port = TK_PORT,
			      .seq = TK_IRS + in->seq,
			      .ack = in->flags & TCP_ACK ? t->iss + in->ack : 0,
			      .flags = in->flags,
			      .window = t->window,
			      .urgent = in->urgent,
			      .options = options,
			      .options_len = n,
		      },
		      in->data, in->len);
	if (in->split_at != 0)
		inject_cut(t, &f, in->split_at);
	else
		kit_inject_frame(&t->k, &f);
}

void tk_send(struct tk *t, const struct tk_in *in)
{
	tk_inject(t, in);
	kit_poll(&t->k);
}

/* --- the stack sends ------------------------------------------------------------------------- */

static void note_timestamp(struct tk *t, const struct kit_sent *s)
{
	struct tcp_options opt;

	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN,
			  s->tcp.flags & TCP_SYN);
	if (opt.has_timestamps)
		t->ts_echo = opt.ts_val;
}

struct kit_sent *tk_take(struct tk *t)
{
	struct kit_sent *s;

	while ((s = kit_take(&t->k)) != NULL) {
		if (s->is_tcp)
			break;
		kit_sent_free(s);
	}
	if (s == NULL)
		return NULL;
	if (!s->ip_checksum_ok || !s->l4_checksum_ok)
		kit_fail("the stack sent a segment with a wrong checksum");
	/* A passive connection's number is not aimed at: it is what its SYN-ACK says. */
	if ((s->tcp.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && t->listener >= 0)
		t->iss = s->tcp.seq;
	note_timestamp(t, s);
	return s;
}

void tk_expect_at(struct tk *t, uint16_t flags, uint32_t seq, uint32_t ack, size_t len,
		  const char *file, int line)
{
	struct kit_sent *s = tk_take(t);
	uint32_t got_seq, got_ack;

	if (s == NULL)
		kit_fail("%s:%d: no segment, expected flags %02x seq %u ack %u len %zu", file, line,
			 flags, seq, ack, len);
	got_seq = s->tcp.seq - t->iss;
	got_ack = s->tcp.flags & TCP_ACK ? s->tcp.ack - TK_IRS : 0;
	if ((s->tcp.flags & ~TCP_PSH) != (flags & ~TCP_PSH) || got_seq != seq || got_ack != ack ||
	    s->payload_len != len)
		kit_fail("%s:%d: got flags %02x seq %u ack %u len %zu, expected %02x %u %u %zu", file,
			 line, s->tcp.flags, got_seq, got_ack, s->payload_len, flags, seq, ack, len);
	for (size_t i = 0; i < len; i++)
		if (s->payload[i] != tk_byte(seq - 1 + i))
			kit_fail("%s:%d: byte %zu of the segment is wrong", file, line, i);
	kit_sent_free(s);
}

void tk_expect_nothing_at(struct tk *t, const char *file, int line)
{
	struct kit_sent *s = tk_take(t);

	if (s != NULL)
		kit_fail("%s:%d: unexpected segment: flags %02x seq %u ack %u len %zu", file, line,
			 s->tcp.flags, s->tcp.seq - t->iss, s->tcp.ack - TK_IRS, s->payload_len);
}

/* --- around it ------------------------------------------------------------------------------- */

void tk_advance(struct tk *t, uint64_t ns)
{
	kit_advance(&t->k, ns);
}

enum tcp_state tk_state(struct tk *t)
{
	int64_t state;

	if (sock_getsockopt(t->k.stack, t->fd, SOCK_TCP_STATE, &state) != ERR_OK)
		kit_fail("no such descriptor");
	return (enum tcp_state)state;
}

uint8_t tk_byte(size_t offset)
{
	return (uint8_t)(offset * 31 + offset / 251 + 7);
}

void tk_write(struct tk *t, size_t offset, size_t len)
{
	uint8_t *buf = malloc(len);
	int n;

	for (size_t i = 0; i < len; i++)
		buf[i] = tk_byte(offset + i);
	n = sock_send(t->k.stack, t->fd, buf, len, t->k.now_ns);
	free(buf);
	if (n < 0 || (size_t)n != len)
		kit_fail("send took %d of %zu bytes", n, len);
}

size_t tk_read(struct tk *t, void *buf, size_t cap)
{
	size_t done = 0;

	while (done < cap) {
		int n = sock_recv(t->k.stack, t->fd, (uint8_t *)buf + done, cap - done,
				  t->k.now_ns);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

const char *tk_field(struct tk *t, enum event_id id, unsigned nth, const char *key)
{
	const struct kit_event *ev = kit_event(&t->k.kp, id, nth);
	const char *value = ev != NULL ? kit_event_field(ev, key) : NULL;

	if (value == NULL)
		kit_fail("event %u (%u) has no \"%s\"", id, nth, key);
	return value;
}

void tk_expect_field(struct tk *t, enum event_id id, const char *key, const char *value)
{
	const char *is = tk_field(t, id, 0, key);

	if (strcmp(is, value) != 0)
		kit_fail("event %u: %s is \"%s\", not \"%s\"", id, key, is, value);
}

unsigned tk_events(struct tk *t, enum event_id id)
{
	return kit_event_count(&t->k.kp, id);
}

/* --- streams of full segments ---------------------------------------------------------------- */

void tk_peer_ack(struct tk *t, uint32_t ack)
{
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_ACK);
}

void tk_expect_segments(struct tk *t, uint32_t from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		TK_EXPECT(t, TCP_ACK, 1 + from + i * TK_FULL, 1, TK_FULL);
}

void tk_peer_sack(struct tk *t, uint32_t ack, unsigned n_blocks, const uint32_t *edges)
{
	uint8_t options[4 + 8 * 4] = {TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SACK,
				      (uint8_t)(2 + 8 * n_blocks)};

	for (unsigned i = 0; i < 2 * n_blocks; i++)
		store_be32(options + 4 + 4 * i, t->iss + edges[i]);
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_ACK, .options = options,
		.options_len = 4 + 8 * n_blocks);
}

void tk_establish_over(struct tk *t, uint64_t rtt_ns)
{
	tk_connect(t);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	t->k.now_ns += rtt_ns;
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
}
