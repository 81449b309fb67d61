/*
 * The connection's beginning and end, the user, the world, and what is judged; see
 * tests/fuzz/lib/talk.h.  What the peer sends is talk_peer.c.
 */
#include "tests/fuzz/lib/talk.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "net/socket_table.h"
#include "net/tcp/internal.h"
#include "tests/fuzz/lib/talk_peer.h"

#define SOCKETS_MAX 8
/* Tables, pools and the stack itself. */
#define MEMORY_BASE (384u * 1024)

/* --- judging -------------------------------------------------------------------------------------- */

/* A SYN of ours, perhaps the one that begins a connection: its numbers count from here. */
static void note_iss(struct talk *talk, uint32_t iss)
{
	if (iss == talk->now.iss && talk->now.snd_max != talk->now.iss)
		return;
	memmove(talk->before + 1, talk->before, sizeof(talk->before) - sizeof(talk->before[0]));
	talk->before[0] = talk->now;
	talk->now = (struct talk_sending){
		.iss = iss,
		.snd_max = iss + 1,
		.edge = iss + 1 + talk->syn_window,
	};
}

static bool payload_is_right(const struct talk_sending *sending, const struct kit_sent *s)
{
	size_t offset = (uint32_t)(s->tcp.seq - sending->iss - 1);

	if (s->payload_len == 0)
		return true;
	if (offset > sending->by_user || s->payload_len > sending->by_user - offset)
		return false;
	for (size_t i = 0; i < s->payload_len; i++)
		if (s->payload[i] != tk_byte(offset + i))
			return false;
	return true;
}

/* What is wrong with a segment (no SYN, no RST) of this connection; NULL: nothing. */
static const char *problem_with(const struct talk_sending *sending, const struct kit_sent *s)
{
	bool fin = s->tcp.flags & TCP_FIN;
	uint32_t end = s->tcp.seq + (uint32_t)s->payload_len + fin;

	if (!payload_is_right(sending, s))
		return "bytes that the user did not give";
	if (s->payload_len == 0 && !fin)
		return NULL;
	if (seq_gt(end, sending->edge))
		return "beyond the peer's window";
	if (fin && end - 1 != sending->iss + 1 + (uint32_t)sending->by_user)
		return "a FIN that does not follow the last byte";
	return NULL;
}

/* The connection that a segment belongs to; where it fits none, it should be the present one's. */
static struct talk_sending *sending_of(struct talk *talk, const struct kit_sent *s)
{
	if (problem_with(&talk->now, s) == NULL)
		return &talk->now;
	for (unsigned i = 0; i < TALK_BEFORE_MAX; i++)
		if (problem_with(&talk->before[i], s) == NULL)
			return &talk->before[i];
	return &talk->now;
}

static void check_segment(struct talk *talk, const struct kit_sent *s)
{
	struct talk_sending *sending = sending_of(talk, s);
	uint32_t end = s->tcp.seq + (uint32_t)s->payload_len + !!(s->tcp.flags & TCP_FIN);
	size_t options_len = (size_t)s->tcp.header_len - TCP_HEADER_LEN;
	const char *problem = problem_with(sending, s);

	FUZZ_CHECK(problem == NULL, "seq %u, %zu bytes, flags %02x: %s; given %zu, allowed %u",
		   s->tcp.seq - sending->iss, s->payload_len, s->tcp.flags, problem,
		   sending->by_user, sending->edge - sending->iss);
	FUZZ_CHECK(s->payload_len + options_len <= talk->mss, "%zu bytes and %zu of options",
		   s->payload_len, options_len);
	if (sending == &talk->now && (s->payload_len > 0 || (s->tcp.flags & TCP_FIN)))
		sending->snd_max = seq_max(sending->snd_max, end);
}

static void note_acknowledgement(struct talk *talk, const struct kit_sent *s)
{
	struct tcp_options opt;

	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN,
			  s->tcp.flags & TCP_SYN);
	FUZZ_CHECK(!opt.malformed, "malformed options");
	if (opt.has_timestamps)
		talk->ts_echo = opt.ts_val;
	if (s->tcp.flags & TCP_ACK)
		talk->rcv_nxt = s->tcp.ack;
}

static void check_tcp(struct talk *talk, const struct kit_sent *s)
{
	if (s->tcp.src_port != TK_PORT || s->tcp.dst_port != TK_PEER_PORT)
		return;
	if (s->tcp.flags & TCP_RST) {
		FUZZ_CHECK(s->payload_len == 0, "a RST with data");
		return;
	}
	if (s->tcp.flags & TCP_SYN) {
		FUZZ_CHECK(s->payload_len == 0 && (s->tcp.flags & TCP_FIN) == 0, "a SYN with more");
		note_iss(talk, s->tcp.seq);
	} else {
		check_segment(talk, s);
	}
	note_acknowledgement(talk, s);
}

static struct tcb *user_tcb(struct talk *talk)
{
	struct socket *sock = talk->t.fd < 0 ? NULL : socket_find(talk->t.k.stack, talk->t.fd);

	return sock != NULL ? sock->tcb : NULL;
}

static void check_tcb(struct talk *talk)
{
	const struct tcb *tcb = user_tcb(talk);

	if (tcb == NULL || !tcb_synchronized(tcb))
		return;
	FUZZ_CHECK(seq_leq(tcb->snd_una, tcb->snd_nxt) && seq_leq(tcb->snd_nxt, tcb->snd_end + 1),
		   "SND.UNA %u, SND.NXT %u, end %u", tcb->snd_una, tcb->snd_nxt, tcb->snd_end);
	FUZZ_CHECK(tcb->rcv_unread <= tcb->rcvbuf, "%u bytes unread", tcb->rcv_unread);
	FUZZ_CHECK(tcb->reassembly == NULL || tcb->reassembly->n_runs <= TCP_RUNS_MAX, "runs");
}

/* A SYN that no device took: the peer cannot know its number, but it may guess. */
static void note_unseen_syn(struct talk *talk)
{
	const struct net_endpoint local = net_endpoint_ipv4(KIT_IP, TK_PORT);
	const struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);
	const struct tcb *tcb = tcp_find_connection(talk->t.k.stack, &local, &remote);

	if (tcb != NULL)
		note_iss(talk, tcb->iss);
}

static size_t memory_max(const struct talk *talk)
{
	/* What a connection holds of received packets is bounded by what they occupy. */
	return MEMORY_BASE + (size_t)SOCKETS_MAX * 6 * talk->buffer;
}

void talk_check(struct talk *talk)
{
	struct kit *k = &talk->t.k;
	struct kit_sent *s;

	k->now_ns += 10 * NS_PER_US; /* initial sequence numbers move on every 4 */
	kit_poll(k);
	while ((s = kit_take(k)) != NULL) {
		fuzz_check_frame(k, s);
		if (s->is_tcp)
			check_tcp(talk, s);
		kit_sent_free(s);
	}
	note_unseen_syn(talk);
	check_tcb(talk);
	FUZZ_CHECK(k->kp.live_bytes <= memory_max(talk), "%zu bytes in %u blocks", k->kp.live_bytes,
		   k->kp.live_blocks);
}

/* --- beginning and end ----------------------------------------------------------------------------- */

static void choose_peer(struct talk *talk, uint8_t how)
{
	static const uint16_t sizes[] = {1460, 1460, 536, 100, 9000, 0, 1, 1448};
	struct tk *t = &talk->t;

	t->timestamps = how & 1;
	t->sack = how & 2;
	t->scale_offered = how & 4;
	t->scale = how & 8 ? 14 : 0;
	t->mss = sizes[how >> 5];
	talk->scale = t->scale_offered ? t->scale : 0;
	talk->mss = t->mss == 0 ? TCP_MSS_DEFAULT : MAX(t->mss, TCP_MSS_MIN);
}

/* Where things stand when the state has been reached, out of the handshake that led there. */
static void take_stock(struct talk *talk)
{
	struct tk *t = &talk->t;
	const struct tcb *tcb = user_tcb(talk);

	talk->tsval = t->tsval;
	talk->ts_echo = t->ts_echo;
	if (tcb == NULL || tcb->state == TCP_CLOSED || tcb->state == TCP_LISTEN)
		return;
	talk->now.iss = t->iss;
	talk->now.snd_max = tcb->snd_nxt;
	talk->rcv_nxt = talk->peer_nxt = tcb->state == TCP_SYN_SENT ? TK_IRS : tcb->rcv_nxt;
	if (tcb->state != TCP_SYN_SENT)
		talk->now.edge = tcb->snd_una + (tcb_synchronized(tcb) ? talk->window << talk->scale
								    : talk->window + 1);
	else
		talk->now.edge = talk->now.iss + 1;
}

void talk_open(struct talk *talk, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in), buffers = fuzz_u8(in);
	enum tcp_state state = (how & 0xf) % (TCP_TIME_WAIT + 1);
	struct net_options options = {.max_sockets = SOCKETS_MAX};

	memset(talk, 0, sizeof(*talk));
	talk->buffer = options.sndbuf = options.rcvbuf = 4096u << (buffers % 4 * 2);
	talk->patient = how & 0x80;
	tk_open_with(&talk->t, &options);
	choose_peer(talk, fuzz_u8(in));
	talk->window = how & 0x40 ? 200 : 65535;
	talk->t.window = (uint16_t)talk->window;
	if (state == TCP_LISTEN)
		tk_listen(&talk->t, 2);
	else if (state != TCP_CLOSED)
		tk_reach(&talk->t, state);
	talk->peer_nxt = TK_IRS;
	take_stock(talk);
	fuzz_stack_events(&talk->t.k);
}

void talk_close(struct talk *talk)
{
	struct tk *t = &talk->t;

	t->k.kp.fail_after = UINT_MAX;
	t->k.send_result = ERR_OK;
	t->k.tx_room = UINT_MAX;
	if (t->fd >= 0)
		(void)sock_close(t->k.stack, t->fd, t->k.now_ns);
	if (t->listener >= 0)
		(void)sock_close(t->k.stack, t->listener, t->k.now_ns);
	t->fd = t->listener = -1;
	talk_check(talk);
	if (talk->patient) {
		kit_advance(&t->k, 1200 * NS_PER_S);
		talk_check(talk);
		fuzz_check_idle(&t->k);
	}
	tk_close(t);
}

/* --- the user ----------------------------------------------------------------------------------------- */

void talk_user_sends(struct talk *talk, struct fuzz_input *in)
{
	struct tk *t = &talk->t;
	size_t len = fuzz_u16(in) % (2 * talk->buffer) + 1;
	uint8_t *buf;
	int n;

	if (t->fd < 0)
		return;
	buf = malloc(len);
	for (size_t i = 0; i < len; i++)
		buf[i] = tk_byte(talk->now.by_user + i);
	n = sock_send(t->k.stack, t->fd, buf, len, t->k.now_ns);
	free(buf);
	FUZZ_CHECK(n != 0 && n <= (int)len, "send says %d of %zu", n, len);
	if (n > 0)
		talk->now.by_user += (size_t)n;
}

void talk_user_receives(struct talk *talk, struct fuzz_input *in)
{
	struct tk *t = &talk->t;
	size_t len = (size_t)fuzz_u16(in) + 1;
	const struct tcb *tcb = user_tcb(talk);
	uint8_t *buf;
	uint32_t seq;
	int n;

	if (tcb == NULL)
		return;
	seq = tcb->irs + 1 + (uint32_t)talk->read_by_user;
	buf = malloc(len);
	n = sock_recv(t->k.stack, t->fd, buf, len, t->k.now_ns);
	FUZZ_CHECK(n <= (int)len, "recv says %d of %zu", n, len);
	for (int i = 0; i < n; i++)
		FUZZ_CHECK(buf[i] == talk_peer_byte(seq + (uint32_t)i), "byte %zu that came is wrong",
			   talk->read_by_user + (size_t)i);
	if (n > 0)
		talk->read_by_user += (size_t)n;
	free(buf);
}

void talk_user_shuts(struct talk *talk, struct fuzz_input *in)
{
	struct tk *t = &talk->t;
	uint8_t how = fuzz_u8(in);

	if (t->fd < 0)
		return;
	if (how < 0xc0)
		(void)!sock_shutdown(t->k.stack, t->fd, how % 3, t->k.now_ns);
	else
		(void)!sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, how & 1, t->k.now_ns);
}

void talk_user_closes(struct talk *talk, struct fuzz_input *in)
{
	struct tk *t = &talk->t;
	uint8_t how = fuzz_u8(in);

	if (how % 8 == 7 && t->listener >= 0) {
		(void)sock_close(t->k.stack, t->listener, t->k.now_ns);
		t->listener = -1;
	}
	if (t->fd < 0)
		return;
	if (how % 2 == 0)
		(void)sock_close(t->k.stack, t->fd, t->k.now_ns);
	else
		(void)sock_abort(t->k.stack, t->fd, t->k.now_ns);
	t->fd = -1;
	talk->read_by_user = 0;
}

/* On the same pair of ports, so that what is left of the connection before is in the way. */
void talk_user_opens(struct talk *talk, struct fuzz_input *in)
{
	const struct net_endpoint local = net_endpoint_ipv4(KIT_IP, TK_PORT);
	const struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);
	bool listens = fuzz_u8(in) & 1;
	struct tk *t = &talk->t;
	int fd;

	if (listens ? t->listener >= 0 : t->fd >= 0)
		return;
	fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	if (fd < 0)
		return;
	if (sock_bind(t->k.stack, fd, &local) != ERR_OK) {
		(void)sock_close(t->k.stack, fd, t->k.now_ns);
	} else if (listens) {
		(void)!sock_listen(t->k.stack, fd, 2);
		t->listener = fd;
	} else {
		(void)!sock_connect(t->k.stack, fd, &remote, t->k.now_ns);
		t->fd = fd;
		talk->read_by_user = 0;
	}
}

void talk_user_accepts(struct talk *talk)
{
	struct tk *t = &talk->t;

	if (t->listener < 0 || t->fd >= 0)
		return;
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	talk->read_by_user = 0;
}

/* --- the world ------------------------------------------------------------------------------------------ */

void talk_time_passes(struct talk *talk, struct fuzz_input *in)
{
	static const uint64_t times_ns[] = {NS_PER_MS, 40 * NS_PER_MS, 200 * NS_PER_MS, NS_PER_S,
					    5 * NS_PER_S, 61 * NS_PER_S, 301 * NS_PER_S, 1};

	uint64_t ns = times_ns[fuzz_u8(in) % ARRAY_LEN(times_ns)];

	/* Who has no room or no memory tries again every millisecond: minutes of it show nothing new. */
	if (talk->t.k.send_result != ERR_OK || talk->t.k.kp.fail_after == 0)
		ns = MIN(ns, 200 * NS_PER_MS);
	kit_advance(&talk->t.k, ns);
}

void talk_device_changes(struct talk *talk, struct fuzz_input *in)
{
	static const int results[] = {ERR_OK, ERR_AGAIN, ERR_NETDOWN, ERR_OK};
	uint8_t how = fuzz_u8(in);

	talk->t.k.send_result = results[how % 4];
	talk->t.k.tx_room = how & 0x10 ? how >> 5 : UINT_MAX;
	talk->t.k.answer_arp = (how & 0x08) == 0;
}

void talk_memory_changes(struct talk *talk, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in);

	talk->t.k.kp.fail_after = how < 32 ? how : UINT_MAX;
}
