/* SPDX-License-Identifier: MIT */
/* The user of the connections; see tests/fuzz/lib/talk.h. */
#include "tests/fuzz/lib/talk.h"

#include <stdlib.h>

#include "net/socket/table.h"
#include "net/tcp/limits.h"
#include "net/tcp/tcb.h"
#include "tests/fuzz/lib/talk_peer.h"

static void send(struct talk *talk, size_t len, bool urgent)
{
	struct talk_line *line = talk->line;
	struct kit *k = &talk->t.k;
	bool writable;
	uint8_t *buf;
	int n;

	if (line->fd < 0)
		return;
	buf = malloc(len);
	for (size_t i = 0; i < len; i++)
		buf[i] = tk_byte(line->now.by_user + i);
	writable = sock_poll(k->stack, line->fd, SOCK_POLLOUT) & SOCK_POLLOUT;
	n = urgent ? sock_send_oob(k->stack, line->fd, buf, len, k->now_ns)
		   : sock_send(k->stack, line->fd, buf, len, k->now_ns);
	free(buf);
	FUZZ_CHECK(n != 0 && n <= (int)len, "send says %d of %zu", n, len);
	FUZZ_CHECK(!writable || n != ERR_AGAIN, "writable, and takes nothing");
	if (n > 0)
		line->now.by_user += (size_t)n;
}

void talk_user_sends(struct talk *talk, struct fuzz_input *in)
{
	send(talk, fuzz_u16(in) % (2 * talk->buffer) + 1, false);
}

void talk_user_sends_urgently(struct talk *talk, struct fuzz_input *in)
{
	send(talk, fuzz_u8(in) + 1u, true);
}

/* What is only looked at is what is read afterwards. */
void talk_user_peeks(struct talk *talk, struct fuzz_input *in)
{
	const struct talk_line *line = talk->line;
	const struct tcb *tcb = talk_user_tcb(talk, line);
	uint8_t buf[256];
	struct sock_msg msg = {.buf = buf, .len = fuzz_u8(in)};
	struct sock_tcp_info info;
	uint32_t seq;
	int n;

	if (tcb == NULL)
		return;
	seq = tcb->rcv.irs + 1 + (uint32_t)line->read_by_user;
	n = sock_recvmsg(talk->t.k.stack, line->fd, &msg, SOCK_MSG_PEEK, talk->t.k.now_ns);
	FUZZ_CHECK(n <= (int)msg.len, "recvmsg says %d of %zu", n, msg.len);
	for (int i = 0; i < n; i++)
		FUZZ_CHECK(buf[i] == talk_peer_byte(seq + (uint32_t)i), "byte %d ahead is wrong", i);
	(void)!sock_atmark(talk->t.k.stack, line->fd);
	(void)!sock_tcp_info(talk->t.k.stack, line->fd, &info, talk->t.k.now_ns);
}

/* connect() to nobody: the connection is reset, and the socket as good as new. */
void talk_user_disconnects(struct talk *talk, struct fuzz_input *in)
{
	const struct net_endpoint nobody = {.addr.family = NET_FAMILY_NONE};
	struct talk_line *line = talk->line;
	const struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, line->peer_port);
	struct kit *k = &talk->t.k;
	bool again = fuzz_u8(in) & 1;

	if (line->fd < 0 || sock_connect(k->stack, line->fd, &nobody, k->now_ns) != ERR_OK)
		return;
	line->read_by_user = 0;
	if (again)
		(void)!sock_connect(k->stack, line->fd, &remote, k->now_ns);
}

void talk_user_receives(struct talk *talk, struct fuzz_input *in)
{
	(void)talk_read(talk, talk->line, (size_t)fuzz_u16(in) + 1);
}

int talk_read(struct talk *talk, struct talk_line *line, size_t len)
{
	struct kit *k = &talk->t.k;
	const struct tcb *tcb = talk_user_tcb(talk, line);
	bool readable;
	uint8_t *buf;
	uint32_t seq;
	int n;

	if (tcb == NULL)
		return ERR_BADF;
	seq = tcb->rcv.irs + 1 + (uint32_t)line->read_by_user;
	buf = malloc(len);
	readable = sock_poll(k->stack, line->fd, SOCK_POLLIN) & SOCK_POLLIN;
	n = sock_recv(k->stack, line->fd, buf, len, k->now_ns);
	FUZZ_CHECK(n <= (int)len, "recv says %d of %zu", n, len);
	FUZZ_CHECK(readable == (n != ERR_AGAIN && n != ERR_NOTCONN), "recv says %d, poll readable: %d", n, readable);
	for (int i = 0; i < n; i++)
		FUZZ_CHECK(buf[i] == talk_peer_byte(seq + (uint32_t)i), "byte %zu that came is wrong",
			   line->read_by_user + (size_t)i);
	if (n > 0)
		line->read_by_user += (size_t)n;
	free(buf);
	return n;
}

struct tcb *talk_user_tcb(struct talk *talk, const struct talk_line *line)
{
	struct socket *sock = line->fd < 0 ? NULL : socket_find(talk->t.k.stack, line->fd);

	return sock != NULL ? sock->tcb : NULL;
}

void talk_user_shuts(struct talk *talk, struct fuzz_input *in)
{
	struct kit *k = &talk->t.k;
	uint8_t how = fuzz_u8(in);

	if (talk->line->fd >= 0)
		(void)!sock_shutdown(k->stack, talk->line->fd, how % 3, k->now_ns);
}

/* Any option, any value; also those that cannot be set. */
void talk_user_sets(struct talk *talk, struct fuzz_input *in)
{
	static const int64_t values[] = {0, 1, 2, 10, 1000, 4096, 100000, 1 << 20, INT32_MAX, -1,
					 INT64_MAX, INT64_MIN};
	struct kit *k = &talk->t.k;
	uint8_t option = fuzz_u8(in) % 32;
	int64_t value = values[fuzz_u8(in) % ARRAY_LEN(values)];
	int fd = talk->line->fd >= 0 ? talk->line->fd : talk->t.listener;

	/* Who asks for days of patience gets them, and the end would not come. */
	if (fd < 0 || (option == SOCK_TCP_USER_TIMEOUT && value > 1 << 20))
		return;
	if (sock_setsockopt(k->stack, fd, (enum sock_option)option, value, k->now_ns) == ERR_OK &&
	    (option == SOCK_SO_SNDBUF || option == SOCK_SO_RCVBUF))
		talk->buffer = MAX(talk->buffer, (uint32_t)MIN(value, (int64_t)TCP_BUFFER_MAX));
	(void)!sock_getsockopt(k->stack, fd, (enum sock_option)option, &value);
}

void talk_user_closes(struct talk *talk, struct fuzz_input *in)
{
	struct talk_line *line = talk->line;
	struct tk *t = &talk->t;
	uint8_t how = fuzz_u8(in);

	if (how % 8 == 7 && t->listener >= 0) {
		(void)sock_close(t->k.stack, t->listener, t->k.now_ns);
		t->listener = -1;
	}
	if (line->fd < 0)
		return;
	if (how % 2 == 0)
		(void)sock_close(t->k.stack, line->fd, t->k.now_ns);
	else
		(void)sock_abort(t->k.stack, line->fd, t->k.now_ns);
	line->fd = -1;
	line->read_by_user = 0;
}

/* On the same pair of ports, so that what is left of the connection before is in the way. */
void talk_user_opens(struct talk *talk, struct fuzz_input *in)
{
	struct talk_line *line = talk->line;
	const struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, line->peer_port);
	bool listens = fuzz_u8(in) & 1;
	const struct net_endpoint local = net_endpoint_ipv4(KIT_IP, listens ? TK_PORT : line->port);
	struct tk *t = &talk->t;
	int fd;

	if (listens ? t->listener >= 0 : line->fd >= 0)
		return;
	fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	if (fd < 0)
		return;
	(void)!sock_setsockopt(t->k.stack, fd, SOCK_SO_REUSEADDR, 1, t->k.now_ns);
	if (sock_bind(t->k.stack, fd, &local) != ERR_OK) {
		(void)sock_close(t->k.stack, fd, t->k.now_ns);
	} else if (listens) {
		(void)!sock_listen(t->k.stack, fd, 2);
		t->listener = fd;
	} else {
		(void)!sock_connect(t->k.stack, fd, &remote, t->k.now_ns);
		line->fd = fd;
		line->read_by_user = 0;
	}
}

void talk_user_accepts(struct talk *talk)
{
	struct net_endpoint remote;
	struct talk_line *line;
	struct tk *t = &talk->t;
	int fd;

	if (t->listener < 0)
		return;
	fd = sock_accept(t->k.stack, t->listener, &remote);
	if (fd < 0)
		return;
	line = talk_find_line(talk, TK_PORT, remote.port);
	if (line == NULL || line->fd >= 0) {
		(void)sock_close(t->k.stack, fd, t->k.now_ns);
		return;
	}
	line->fd = fd;
	line->read_by_user = 0;
}
