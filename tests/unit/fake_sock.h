/*
 * SPDX-License-Identifier: MIT
 *
 * Sockets and a machine that follow a script, for tests of what stands above them: when a connect
 * ends and how, what arrives when, how much a send takes.  Time is virtual and moves only in a
 * turn of the machine.  The file that includes this defines all of net/socket.h for its program.
 */
#ifndef TESTS_UNIT_FAKE_SOCK_H
#define TESTS_UNIT_FAKE_SOCK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/blocking.h"

struct fake_arrival {
	uint64_t at_ns;
	const char *bytes; /* NULL: `err`, where 0 is the end of the stream */
	size_t len;
	int err;
	int seq_off;       /* fake_echo: it answers the request so many before the last (< 0) */
	size_t damaged_at; /* fake_echo: this byte of it is another; 0: none */
};

/* An arrival with these bytes is `len` bytes of a reply to the last echo request. */
static const char fake_echo[] = "an echo reply";

static struct fake_sock {
	/* the script */
	int socket_result;   /* a descriptor, or an error */
	int connect_result;  /* what sock_connect() answers at once */
	uint64_t connect_at_ns;
	int connect_error;
	unsigned refused;    /* number of the socket, from 1, whose connect is refused; 0: none's */
	unsigned last_step;
	uint32_t error_by;   /* sock_error_by(); 0: our own stack */
	struct sock_awaited awaited; /* what sock_awaited() says */
	size_t send_room;    /* bytes a send takes; 0: would block */
	uint64_t send_room_at_ns; /* from then on everything is taken */
	int send_error;
	uint64_t tick_ns;    /* time that passes at each look at the clock */
	const struct fake_arrival *arrivals;
	size_t n_arrivals;
	uint64_t fin_acked_at_ns;
	uint64_t reset_at_ns; /* the connection dies while it closes */
	uint64_t over_at_ns;  /* it is gone, and no error says so */

	/* what happened */
	uint64_t now_ns;
	unsigned turns;
	unsigned sockets;    /* ever made */
	uint64_t made_ns;    /* the last of them */
	char sent[8192];
	size_t sent_len;
	size_t taken;        /* arrivals, whole ones */
	size_t offset;       /* in the arrival that is being read */
	bool shut_down, closed, aborted, abandoned;
	int64_t resolve_ms;  /* SOCK_RESOLVE_TIMEOUT of the last socket; 0: not set */
	struct net_endpoint remote;
} fake;

static void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.socket_result = 3;
	fake.connect_result = ERR_INPROGRESS;
	fake.connect_at_ns = NS_PER_MS;
	fake.last_step = 15;
	fake.send_room = SIZE_MAX;
	fake.send_room_at_ns = TIME_NEVER;
	fake.fin_acked_at_ns = 0;
	fake.reset_at_ns = TIME_NEVER;
	fake.over_at_ns = TIME_NEVER;
}

/* --- the machine ---------------------------------------------------------------------------------- */

static uint64_t fake_now(void *ctx)
{
	(void)ctx;
	return fake.now_ns += fake.tick_ns;
}

static uint64_t fake_next_event(void)
{
	uint64_t next = TIME_NEVER;
	const uint64_t times[] = {
		fake.connect_at_ns, fake.send_room_at_ns, fake.fin_acked_at_ns, fake.reset_at_ns, fake.over_at_ns,
		fake.taken < fake.n_arrivals ? fake.arrivals[fake.taken].at_ns : TIME_NEVER};

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		if (times[i] > fake.now_ns)
			next = MIN(next, times[i]);
	}
	return next;
}

/* Sleeps until something of the script happens, as the real one does. */
static void fake_turn(void *ctx, uint64_t deadline_ns)
{
	(void)ctx;
	if (++fake.turns > 100000) {
		fprintf(stderr, "the machine turns for ever\n");
		abort();
	}
	fake.now_ns = MAX(fake.now_ns, MIN(deadline_ns, fake_next_event()));
}

static void fake_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = (uint8_t)(i * 37 + fake.sockets);
}

static struct machine fake_machine = {.now_ns = fake_now, .turn = fake_turn, .random = fake_random};

/* --- net/socket.h --------------------------------------------------------------------------------- */

uint32_t sock_next_conn(const struct stack *stack)
{
	(void)stack;
	return fake.sockets + 1;
}

int sock_socket(struct stack *stack, enum net_family family, enum sock_type type,
		enum sock_protocol protocol)
{
	(void)stack;
	if (family != NET_FAMILY_IPV4 ||
	    !((type == SOCK_TYPE_STREAM && protocol == SOCK_PROTO_TCP) ||
	      (type == SOCK_TYPE_DGRAM && protocol == SOCK_PROTO_ICMP)))
		return ERR_AFNOSUPPORT;
	/* The end of one connection's stream is not the next one's. */
	if (fake.sockets > 0 && fake.taken < fake.n_arrivals && fake.arrivals[fake.taken].bytes == NULL &&
	    fake.arrivals[fake.taken].at_ns <= fake.now_ns)
		fake.taken++;
	fake.sockets++;
	fake.made_ns = fake.now_ns;
	fake.shut_down = fake.closed = false;
	fake.resolve_ms = 0;
	return fake.socket_result;
}

int sock_connect(struct stack *stack, int fd, const struct net_endpoint *remote, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
	fake.remote = *remote;
	return fd == fake.socket_result ? fake.connect_result : ERR_BADF;
}

int sock_send(struct stack *stack, int fd, const void *buf, size_t len, uint64_t now_ns)
{
	size_t room = now_ns >= fake.send_room_at_ns ? SIZE_MAX : fake.send_room;
	size_t n = MIN(len, room);

	(void)stack;
	if (fd != fake.socket_result)
		return ERR_BADF;
	if (fake.send_error != 0)
		return fake.send_error;
	if (n == 0)
		return ERR_AGAIN;
	memcpy(fake.sent + fake.sent_len, buf, n);
	fake.sent_len += n;
	fake.send_room -= room == SIZE_MAX ? 0 : n;
	return (int)n;
}

static bool fake_has_arrival(void)
{
	return fake.taken < fake.n_arrivals && fake.arrivals[fake.taken].at_ns <= fake.now_ns;
}

#define FAKE_ECHO_LEN 64u

/* The last request as it comes back; what is longer repeats its end. */
static void fake_put_echo(const struct fake_arrival *a, uint8_t *buf)
{
	const uint8_t *request = (const uint8_t *)fake.sent + fake.sent_len - FAKE_ECHO_LEN;

	for (size_t i = 0; i < a->len; i++)
		buf[i] = request[MIN(i, FAKE_ECHO_LEN - 1)];
	buf[0] = 0;
	buf[7] = (uint8_t)(buf[7] + a->seq_off);
	if (a->damaged_at != 0)
		buf[a->damaged_at] ^= 1;
}

/* For an ICMP socket. */
int sock_recvmsg(struct stack *stack, int fd, struct sock_msg *msg, unsigned flags, uint64_t now_ns)
{
	const struct fake_arrival *a = &fake.arrivals[fake.taken];

	(void)stack;
	(void)now_ns;
	if (fd != fake.socket_result || flags != 0)
		return ERR_BADF;
	if (!fake_has_arrival())
		return ERR_AGAIN;
	fake.taken++;
	if (a->bytes == NULL)
		return a->err;
	fake_put_echo(a, msg->buf);
	msg->ttl = 61;
	return (int)a->len;
}

int sock_recv(struct stack *stack, int fd, void *buf, size_t len, uint64_t now_ns)
{
	const struct fake_arrival *a = &fake.arrivals[fake.taken];
	size_t n;

	(void)stack;
	(void)now_ns;
	if (fd != fake.socket_result)
		return ERR_BADF;
	if (!fake_has_arrival())
		return ERR_AGAIN;
	if (a->bytes == NULL)
		return a->err; /* the end of a stream stays */
	n = MIN(len, a->len - fake.offset);
	memcpy(buf, a->bytes + fake.offset, n);
	fake.offset += n;
	if (fake.offset == a->len) {
		fake.taken++;
		fake.offset = 0;
	}
	return (int)n;
}

int sock_recvfrom(struct stack *stack, int fd, void *buf, size_t len, struct net_endpoint *from,
		  uint64_t now_ns)
{
	*from = fake.remote;
	return sock_recv(stack, fd, buf, len, now_ns);
}

int sock_shutdown(struct stack *stack, int fd, enum sock_how how, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
	if (fd != fake.socket_result || how != SOCK_SHUT_WR)
		return ERR_BADF;
	fake.shut_down = true;
	return ERR_OK;
}

int sock_close(struct stack *stack, int fd, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
	if (fd != fake.socket_result || fake.closed)
		return ERR_BADF;
	fake.closed = true;
	return ERR_OK;
}

int sock_abort(struct stack *stack, int fd, uint64_t now_ns)
{
	fake.aborted = true;
	return sock_close(stack, fd, now_ns);
}

static bool fake_connect_done(void)
{
	return fake.now_ns >= fake.connect_at_ns;
}

int sock_poll(struct stack *stack, int fd, unsigned wanted)
{
	unsigned ready = 0;

	(void)stack;
	if (fd != fake.socket_result)
		return ERR_BADF;
	if (fake_connect_done() && (fake.send_room > 0 || fake.now_ns >= fake.send_room_at_ns))
		ready |= SOCK_POLLOUT;
	if (fake_has_arrival())
		ready |= SOCK_POLLIN;
	if (fake.now_ns >= fake.reset_at_ns)
		ready |= SOCK_POLLERR;
	return (int)(ready & (wanted | SOCK_POLLERR | SOCK_POLLHUP));
}

struct net_addr sock_error_by(struct stack *stack, int fd)
{
	(void)stack;
	return fd == fake.socket_result && fake.error_by != 0 ? net_addr_ipv4(fake.error_by)
							      : (struct net_addr){.family = NET_FAMILY_NONE};
}

int sock_getsockopt(struct stack *stack, int fd, enum sock_option option, int64_t *value)
{
	(void)stack;
	if (fd != fake.socket_result || option != SOCK_SO_ERROR)
		return ERR_BADF;
	*value = fake.now_ns >= fake.reset_at_ns ? ERR_CONNRESET : fake.connect_error;
	if (fake.refused != 0 && fake.sockets == fake.refused)
		*value = ERR_CONNREFUSED;
	return ERR_OK;
}

int sock_getsockname(struct stack *stack, int fd, struct net_endpoint *local)
{
	(void)stack;
	if (fd != fake.socket_result)
		return ERR_BADF;
	*local = net_endpoint_ipv4(0x0a00020f, 49153);
	return ERR_OK;
}

int sock_setsockopt(struct stack *stack, int fd, enum sock_option option, int64_t value,
		    uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
	if (fd != fake.socket_result || option != SOCK_RESOLVE_TIMEOUT)
		return ERR_BADF;
	fake.resolve_ms = value;
	return ERR_OK;
}

void sock_awaited(struct stack *stack, int fd, uint64_t now_ns, struct sock_awaited *awaited)
{
	(void)stack;
	(void)fd;
	(void)now_ns;
	*awaited = fake.awaited;
}

bool sock_is_over(struct stack *stack, int fd)
{
	(void)stack;
	return fd != fake.socket_result || fake.now_ns >= fake.over_at_ns;
}

bool sock_fin_acked(struct stack *stack, int fd)
{
	(void)stack;
	return fd == fake.socket_result && fake.shut_down && fake.now_ns >= fake.fin_acked_at_ns;
}

unsigned sock_last_step(struct stack *stack, int fd)
{
	(void)stack;
	(void)fd;
	return fake.last_step;
}

void sock_end_run(struct stack *stack, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
	fake.abandoned = true;
}

#endif
