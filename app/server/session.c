/*
 * SPDX-License-Identifier: MIT
 *
 * One connection of the server: a request is read, answered, and the next one read (RFC 9112 9.3).
 *
 * What has come is peeked at and only then consumed (MSG_PEEK): exactly the bytes of one request, so that
 * the next one waits in TCP's own buffer, and a client that asks without reading the answers is held
 * by its window.  While an answer is on its way nothing is read.
 *
 * A connection ends with our FIN, and what still comes is thrown away for a while: closing with bytes
 * unread would be a RST, which may overtake the answer (RFC 9112 9.6).
 */
#include "app/server/internal.h"

#define RETRY_NS (5 * NS_PER_MS) /* until the socket is asked again for room that only memory or a device can give */
#define REQUESTS_A_RUN 16u /* pipelined ones, before others have their turn */

static void enter(struct session *c, enum session_phase phase, uint64_t now_ns)
{
	c->phase = phase;
	c->since_ns = now_ns;
	c->retry_ns = 0;
	crowd_window_begin(c, now_ns);
}

static void next_request(struct session *c, uint64_t now_ns)
{
	request_begin(&c->request);
	c->promised = false;
	enter(c, SESSION_READING, now_ns);
}

void session_begin(struct server *s, struct session *c, int fd, const struct net_endpoint *peer,
		   uint64_t now_ns)
{
	*c = (struct session){.fd = fd, .conn = sock_conn(s->m->stack, fd), .peer = *peer,
			      .came_ns = now_ns, .again = c->again, .next_again = c->next_again};
	enter(c, SESSION_WAITING, now_ns);
	if (sock_watch(s->m->stack, fd, c) != ERR_OK)
		s->scan_ns = 0; /* cannot be: it is a stream */
	if (sock_getsockname(s->m->stack, fd, &c->local) != ERR_OK)
		c->local = s->local;
	s->connections++;
}

void session_seat(struct server *s, struct session *c, uint64_t now_ns)
{
	next_request(c, now_ns);
	crowd_measure(s, c, now_ns);
	crowd_window_begin(c, now_ns);
}

static void leave(struct server *s, struct session *c)
{
	answer_free(s, &c->answer);
	crowd_left(s, c);
}

/* There is nothing more to send, or no peer to send it to. */
static void finish(struct server *s, struct session *c, uint64_t now_ns)
{
	(void)sock_close(s->m->stack, c->fd, now_ns); /* only a bad descriptor can make it fail */
	leave(s, c);
}

void session_abort(struct server *s, struct session *c, uint64_t now_ns)
{
	(void)sock_abort(s->m->stack, c->fd, now_ns);
	leave(s, c);
}

static void begin_closing(struct server *s, struct session *c, uint64_t now_ns)
{
	answer_free(s, &c->answer);
	if (sock_shutdown(s->m->stack, c->fd, SOCK_SHUT_WR, now_ns) != ERR_OK)
		finish(s, c, now_ns); /* it is over already */
	else
		enter(c, SESSION_CLOSING, now_ns);
	c->unacked = UINT32_MAX;
	c->fin_acked = false;
}

bool session_is_idle(const struct session *c)
{
	return c->phase == SESSION_READING && request_is_fresh(&c->request);
}

/* --- reading ------------------------------------------------------------------------------------ */

static void begin_answer(struct server *s, struct session *c, uint64_t now_ns)
{
	uint64_t limit = s->settings->requests;
	bool is_the_last_of_all = limit > 0 && s->requests + 1 >= limit;
	bool last = c->request.last || s->stopping || s->crowded || is_the_last_of_all;

	answer_make(s, c, last, now_ns);
	c->request.last = last;
	enter(c, SESSION_ANSWERING, now_ns);
}

/* The socket has taken so many bytes. */
static void took(struct server *s, struct session *c, size_t n)
{
	c->sent += n;
	s->bytes_out += n;
}

/* RFC 9110 10.1.1.  Where the socket has no room the client sends its body after a while all the same;
 * half a line could not be taken back. */
static void promise(struct server *s, struct session *c, uint64_t now_ns)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	int len = sizeof(text) - 1;
	int n = sock_send(s->m->stack, c->fd, text, (size_t)len, now_ns);

	c->promised = true;
	if (n > 0)
		took(s, c, (size_t)n);
	if (n > 0 && n < len)
		session_abort(s, c, now_ns);
}

/* The peer will send no more.  RFC 9112 8: half a request is none. */
static void peer_has_ended(struct server *s, struct session *c, uint64_t now_ns)
{
	c->peer_ended = true;
	begin_closing(s, c, now_ns);
}

/* One piece of what has come; true: there may be more. */
static bool read_piece(struct server *s, struct session *c, uint64_t now_ns)
{
	struct sock_msg msg = {.buf = s->piece, .len = sizeof(s->piece)};
	bool was_fresh = request_is_fresh(&c->request);
	int n = sock_recvmsg(s->m->stack, c->fd, &msg, SOCK_MSG_PEEK, now_ns);

	if (n == ERR_AGAIN)
		return false;
	if (n == 0)
		peer_has_ended(s, c, now_ns);
	else if (n < 0)
		finish(s, c, now_ns);
	if (n <= 0)
		return false;
	n = sock_recv(s->m->stack, c->fd, s->piece, request_feed(&c->request, s->piece, (size_t)n), now_ns);
	if (was_fresh && n > 0)
		c->begun_ns = now_ns;
	return n > 0;
}

static bool is_out_of_time(const struct server *s, const struct session *c, uint64_t now_ns);

static void read_request(struct server *s, struct session *c, uint64_t now_ns)
{
	while (c->fd >= 0 && c->phase == SESSION_READING && c->request.phase < REQUEST_DONE) {
		if (!read_piece(s, c, now_ns))
			break;
		if (c->request.phase == REQUEST_BODY && c->request.wants_continue && !c->promised)
			promise(s, c, now_ns);
	}
	if (c->fd < 0 || c->phase != SESSION_READING)
		return;
	if (c->request.phase >= REQUEST_DONE) {
		begin_answer(s, c, now_ns);
	} else if (is_out_of_time(s, c, now_ns)) {
		if (session_is_idle(c)) {
			if (s->crowded)
				crowd_note_loss(s, c, LOSS_IDLE);
			begin_closing(s, c, now_ns);
			return;
		}
		request_fail(&c->request, 408, "the request does not come to its end");
		begin_answer(s, c, now_ns);
	}
}

/* --- answering ---------------------------------------------------------------------------------- */

static void answered(struct server *s, struct session *c, uint64_t now_ns)
{
	traffic_answered(s, c, now_ns);
	answer_free(s, &c->answer);
	if (c->request.last || s->stopping)
		begin_closing(s, c, now_ns);
	else
		next_request(c, now_ns);
}

static void send_answer(struct server *s, struct session *c, uint64_t now_ns)
{
	struct answer *a = &c->answer;
	int n = sock_send(s->m->stack, c->fd, a->bytes + a->at, a->len - a->at, now_ns);

	if (n > 0) {
		a->at += (size_t)n;
		took(s, c, (size_t)n);
		c->since_ns = now_ns;
		c->retry_ns = 0;
		if (a->at == a->len)
			answered(s, c, now_ns);
	} else if (n != ERR_AGAIN && n != ERR_NOBUFS) {
		finish(s, c, now_ns); /* it was reset, or the peer is gone */
	} else if (is_out_of_time(s, c, now_ns)) {
		session_abort(s, c, now_ns);
	} else {
		/* Nothing is on its way whose acknowledgment would tell that there is room. */
		c->retry_ns = c->taken == c->sent ? now_ns + RETRY_NS : 0;
	}
}

/* --- closing ------------------------------------------------------------------------------------ */

/* The answer may still stand in the send buffer: the peer is given the time of one that takes it. */
static void note_progress(struct server *s, struct session *c, uint64_t now_ns)
{
	struct sock_tcp_info info;
	bool was_acked = c->fin_acked;

	c->fin_acked = sock_fin_acked(s->m->stack, c->fd);
	if (sock_tcp_info(s->m->stack, c->fd, &info, now_ns) != ERR_OK)
		return;
	if (info.unacked + info.notsent < c->unacked || c->fin_acked != was_acked)
		c->since_ns = now_ns;
	c->unacked = info.unacked + info.notsent;
}

static void drain(struct server *s, struct session *c, uint64_t now_ns)
{
	int n = 1;

	for (unsigned i = 0; i < REQUESTS_A_RUN && n > 0 && !c->peer_ended; i++)
		n = sock_recv(s->m->stack, c->fd, s->piece, sizeof(s->piece), now_ns);
	c->peer_ended |= n == 0;
	note_progress(s, c, now_ns);
	if ((n < 0 && n != ERR_AGAIN) || sock_is_over(s->m->stack, c->fd) ||
	    (c->peer_ended && c->fin_acked))
		finish(s, c, now_ns);
	else if (is_out_of_time(s, c, now_ns) && c->fin_acked)
		finish(s, c, now_ns);
	else if (is_out_of_time(s, c, now_ns))
		session_abort(s, c, now_ns); /* else TCP would keep the answer for it, for minutes */
}

/* --- all of it ---------------------------------------------------------------------------------- */

/* As long as no connection waits for the place. */
static uint64_t patient_deadline(const struct session *c)
{
	switch (c->phase) {
	case SESSION_WAITING:
		return TIME_NEVER; /* crowd.c knows */
	case SESSION_READING:
		return session_is_idle(c) ? c->since_ns + SERVER_IDLE_NS : c->begun_ns + SERVER_REQUEST_NS;
	case SESSION_ANSWERING:
		break;
	case SESSION_CLOSING:
		if (c->fin_acked)
			return c->since_ns + SERVER_LINGER_NS;
		break;
	}
	return c->since_ns + SERVER_SEND_NS;
}

/* When its time is over. */
static uint64_t time_limit(const struct server *s, const struct session *c)
{
	uint64_t limit_ns = patient_deadline(c);

	return s->crowded && session_is_idle(c) ? MIN(limit_ns, c->since_ns + SERVER_IDLE_CROWDED_NS)
						: limit_ns;
}

static bool is_out_of_time(const struct server *s, const struct session *c, uint64_t now_ns)
{
	return now_ns >= time_limit(s, c);
}

uint64_t session_deadline(const struct server *s, const struct session *c)
{
	uint64_t at_ns = time_limit(s, c);

	if (c->retry_ns != 0)
		at_ns = MIN(at_ns, c->retry_ns);
	if (s->crowded && session_has_place(c))
		at_ns = MIN(at_ns, c->window.slow ? 0 : c->window.from_ns + SERVER_RATE_NS);
	return at_ns;
}

void session_stop(struct server *s, struct session *c, uint64_t now_ns)
{
	/* What has come before the end is answered. */
	if (c->phase == SESSION_READING)
		read_request(s, c, now_ns);
	if (c->fd >= 0 && session_is_idle(c))
		begin_closing(s, c, now_ns);
}

/* It moves too little while another one waits. */
static bool loses_its_place(struct server *s, struct session *c, uint64_t now_ns)
{
	if (!s->crowded || !c->window.slow)
		return false;
	crowd_lose(s, c, c->phase == SESSION_READING ? LOSS_SLOW_IN : LOSS_SLOW_OUT, now_ns);
	return true;
}

bool session_run(struct server *s, struct session *c, uint64_t now_ns)
{
	if (c->phase == SESSION_WAITING) {
		if (sock_is_over(s->m->stack, c->fd))
			finish(s, c, now_ns);
		return false;
	}
	crowd_measure(s, c, now_ns);
	if (loses_its_place(s, c, now_ns))
		return false;
	for (unsigned i = 0; i < REQUESTS_A_RUN; i++) {
		if (c->phase == SESSION_READING)
			read_request(s, c, now_ns);
		if (c->fd < 0 || c->phase == SESSION_READING)
			return false;
		if (c->phase == SESSION_ANSWERING)
			send_answer(s, c, now_ns);
		if (c->fd < 0 || c->phase == SESSION_ANSWERING)
			return false;
		if (c->phase == SESSION_CLOSING) {
			drain(s, c, now_ns);
			return false;
		}
	}
	return true;
}
