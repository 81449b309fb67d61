/*
 * SPDX-License-Identifier: MIT
 *
 * Every socket call in every state that a socket can be in, against what Linux answers there.
 *
 * A row is a state: what poll says in it, then calls with their answers, a number or an errno name;
 * "a+b" is b after a, and the answer b's.  Where ours differs, Linux' answer stands behind a bar.  The
 * reasons:
 *
 *   - POSIX says otherwise than Linux, and is as clear: ENOTCONN for sending what was never connected
 *     (Linux: EPIPE), EOPNOTSUPP for connecting a listener (EISCONN), EISCONN where Linux lets the first
 *     connect() after a non-blocking one say 0.
 *   - shutdown() that says ENOTCONN changes nothing here, and SHUT_RD throws away what has come.
 *   - TIME-WAIT has its TCB here: a peer's name, and it may be shut down.
 *   - bind() is EINVAL after one that succeeded; Linux' sockets were not bound by their users there.
 *   - connect() after a failure whose error was read makes a new attempt; Linux says ECONNABORTED once
 *     before.  After a connection that was established it is EISCONN until AF_UNSPEC; so it is in Linux,
 *     but not where connect() did not block and was not called again, as in these rows.
 *   - A datagram socket that is shut for reading reads 0; Linux, EAGAIN.
 *   - A reset in CLOSE-WAIT is ECONNRESET for who sends, as any other; Linux makes it EPIPE.
 *
 * Linux' answers were taken from Linux 6.18 on loopback by the same calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define WANTED (SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLRDHUP)

/* --- states; t->fd is the descriptor that is looked at ----------------------------------------- */

static void fresh(struct tk *t)
{
	t->fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
}

static void bind_any(struct tk *t)
{
	const struct net_endpoint any = net_endpoint_ipv4(0, 0);

	assert_int_equal(sock_bind(t->k.stack, t->fd, &any), ERR_OK);
}

static void bound(struct tk *t)
{
	fresh(t);
	bind_any(t);
}

static void listening(struct tk *t)
{
	tk_listen(t, 4);
	t->fd = t->listener;
}

static void listening_one_waits(struct tk *t)
{
	listening(t);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
}

static void syn_sent(struct tk *t)
{
	tk_reach(t, TCP_SYN_SENT);
}

static void refused(struct tk *t)
{
	syn_sent(t);
	TK_SEND(t, .flags = TCP_RST | TCP_ACK, .ack = 1);
}

static void established(struct tk *t)
{
	tk_reach(t, TCP_ESTABLISHED);
}

static void established_data(struct tk *t)
{
	established(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "hello", .len = 5);
}

static void close_wait(struct tk *t)
{
	tk_reach(t, TCP_CLOSE_WAIT);
}

static void close_wait_data(struct tk *t)
{
	established_data(t);
	TK_SEND(t, .seq = 6, .ack = 1, .flags = TCP_ACK | TCP_FIN);
}

static void fin_wait_2(struct tk *t)
{
	tk_reach(t, TCP_FIN_WAIT_2);
}

static void shut_rd(struct tk *t)
{
	established(t);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_RD, t->k.now_ns), ERR_OK);
}

static void time_wait(struct tk *t)
{
	tk_reach(t, TCP_TIME_WAIT);
}

static void closed(struct tk *t)
{
	tk_reach(t, TCP_LAST_ACK);
	TK_SEND(t, .seq = 2, .ack = 2, .flags = TCP_ACK);
}

static void reset(struct tk *t)
{
	established(t);
	TK_SEND(t, .seq = 1, .flags = TCP_RST);
}

static void reset_data(struct tk *t)
{
	established_data(t);
	TK_SEND(t, .seq = 6, .flags = TCP_RST);
}

static void close_wait_reset(struct tk *t)
{
	close_wait(t);
	TK_SEND(t, .seq = 2, .flags = TCP_RST);
}

static void dgram(struct tk *t)
{
	t->fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
}

static void dgram_bound(struct tk *t)
{
	dgram(t);
	bind_any(t);
}

static uint16_t local_port(struct tk *t)
{
	struct net_endpoint name;

	assert_int_equal(sock_getsockname(t->k.stack, t->fd, &name), ERR_OK);
	return name.port;
}

static void dgram_connected(struct tk *t)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 9);

	dgram(t);
	assert_int_equal(sock_connect(t->k.stack, t->fd, &peer, t->k.now_ns), ERR_OK);
}

static void dgram_error(struct tk *t)
{
	dgram_connected(t);
	kit_udp_unreachable(t->k.stack, KIT_IP, local_port(t), KIT_PEER_IP, 9, ERR_CONNREFUSED);
}

static void dgram_queued(struct tk *t)
{
	struct kit_frame f;

	dgram_bound(t);
	kit_build_udp(&f, NULL, 9, local_port(t), "hello", 5);
	kit_inject_frame(&t->k, &f);
}

/* --- calls ------------------------------------------------------------------------------------- */

static int call_one(struct tk *t, const char *name)
{
	const struct net_endpoint any = net_endpoint_ipv4(0, 0), none = {.port = 0};
	const struct net_endpoint to = net_endpoint_ipv4(KIT_PEER_IP, 9);
	struct stack *s = t->k.stack;
	struct net_endpoint e;
	uint64_t now = t->k.now_ns;
	int64_t value = 0;
	char buf[64];
	struct sock_msg msg = {.buf = buf, .len = sizeof(buf)};
	int err, fd = t->fd;

#define CALL(text, expr)              \
	if (strcmp(name, text) == 0) \
		return (expr)
	CALL("bind", sock_bind(s, fd, &any));
	CALL("connect", sock_connect(s, fd, &to, now));
	CALL("listen", sock_listen(s, fd, 1));
	CALL("accept", MIN(sock_accept(s, fd, &e), 0));
	CALL("send", sock_send(s, fd, "x", 1, now));
	CALL("send0", sock_send(s, fd, "", 0, now));
	CALL("recv", sock_recv(s, fd, buf, sizeof(buf), now));
	CALL("recv0", sock_recv(s, fd, buf, 0, now));
	CALL("peek", sock_recvmsg(s, fd, &msg, SOCK_MSG_PEEK, now));
	CALL("sendto", sock_sendto(s, fd, "x", 1, &to, now));
	CALL("recvfrom", sock_recvfrom(s, fd, buf, sizeof(buf), &e, now));
	CALL("shut_rd", sock_shutdown(s, fd, SOCK_SHUT_RD, now));
	CALL("shut_wr", sock_shutdown(s, fd, SOCK_SHUT_WR, now));
	CALL("shut_rdwr", sock_shutdown(s, fd, SOCK_SHUT_RDWR, now));
	CALL("shut_7", sock_shutdown(s, fd, (enum sock_how)7, now));
	CALL("getpeername", sock_getpeername(s, fd, &e));
	CALL("getsockname", sock_getsockname(s, fd, &e));
	CALL("unspec", sock_connect(s, fd, &none, now));
	err = sock_getsockopt(s, fd, SOCK_SO_ERROR, &value);
	CALL("so_error", err != ERR_OK ? err : (int)value);
	err = sock_getsockopt(s, fd, SOCK_SO_ACCEPTCONN, &value);
	CALL("acceptconn", err != ERR_OK ? err : (int)value);
#undef CALL
	kit_fail("no call is named %s", name);
}

/* "a", or "a+b". */
static int call(struct tk *t, const char *names)
{
	char text[32];
	char *second;

	(void)snprintf(text, sizeof(text), "%s", names);
	second = strchr(text, '+');
	if (second == NULL)
		return call_one(t, text);
	*second++ = '\0';
	(void)call_one(t, text);
	return call_one(t, second);
}

static int number(const char *text)
{
	static const struct {
		const char *name;
		int err;
	} names[] = {
		{"AGAIN", ERR_AGAIN}, {"INVAL", ERR_INVAL}, {"PIPE", ERR_PIPE},
		{"DESTADDRREQ", ERR_DESTADDRREQ}, {"OPNOTSUPP", ERR_OPNOTSUPP},
		{"CONNRESET", ERR_CONNRESET}, {"ISCONN", ERR_ISCONN}, {"NOTCONN", ERR_NOTCONN},
		{"CONNREFUSED", ERR_CONNREFUSED}, {"ALREADY", ERR_ALREADY},
		{"INPROGRESS", ERR_INPROGRESS},
	};

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(text, names[i].name) == 0)
			return names[i].err;
	if (strspn(text, "0123456789") != strlen(text))
		kit_fail("no errno is named %s", text);
	return (int)strtol(text, NULL, 10);
}

/* --- the table ---------------------------------------------------------------------------------- */

struct row {
	const char *name;
	void (*reach)(struct tk *t);
	int poll; /* enum sock_events */
	const char *calls;
};

static const struct row rows[] = {
	{"fresh", fresh, 0x14,
	 "bind=0 connect=INPROGRESS listen=0 accept=INVAL send=NOTCONN|PIPE "
	 "send0=NOTCONN|PIPE recv=NOTCONN recv0=NOTCONN peek=NOTCONN sendto=NOTCONN|PIPE "
	 "recvfrom=NOTCONN shut_rd=NOTCONN shut_wr=NOTCONN shut_rdwr=NOTCONN shut_7=INVAL "
	 "getpeername=NOTCONN getsockname=0 unspec=0 acceptconn=0 shut_wr+send=NOTCONN|PIPE "
	 "shut_rd+recv=NOTCONN|0 shut_wr+shut_wr=NOTCONN recv+recv=NOTCONN "
	 "recv+send=NOTCONN|PIPE send+recv=NOTCONN so_error+recv=NOTCONN "
	 "so_error+send=NOTCONN|PIPE so_error+connect=INPROGRESS connect+connect=ALREADY "
	 "connect+so_error=0 so_error=0"},
	{"bound", bound, 0x14,
	 "bind=INVAL connect=INPROGRESS listen=0 accept=INVAL send=NOTCONN|PIPE "
	 "send0=NOTCONN|PIPE recv=NOTCONN recv0=NOTCONN peek=NOTCONN sendto=NOTCONN|PIPE "
	 "recvfrom=NOTCONN shut_rd=NOTCONN shut_wr=NOTCONN shut_rdwr=NOTCONN shut_7=INVAL "
	 "getpeername=NOTCONN getsockname=0 unspec=0 acceptconn=0 shut_wr+send=NOTCONN|PIPE "
	 "shut_rd+recv=NOTCONN|0 shut_wr+shut_wr=NOTCONN recv+recv=NOTCONN "
	 "recv+send=NOTCONN|PIPE send+recv=NOTCONN so_error+recv=NOTCONN "
	 "so_error+send=NOTCONN|PIPE so_error+connect=INPROGRESS connect+connect=ALREADY "
	 "connect+so_error=0 so_error=0"},
	{"listening", listening, 0x0,
	 "bind=INVAL connect=OPNOTSUPP|ISCONN listen=0 accept=AGAIN send=NOTCONN|PIPE "
	 "send0=NOTCONN|PIPE recv=NOTCONN recv0=NOTCONN peek=NOTCONN sendto=NOTCONN|PIPE "
	 "recvfrom=NOTCONN shut_rd=0 shut_wr=0 shut_rdwr=0 shut_7=INVAL getpeername=NOTCONN "
	 "getsockname=0 unspec=0 acceptconn=1 shut_wr+send=NOTCONN|PIPE "
	 "shut_rd+recv=NOTCONN shut_wr+shut_wr=0 recv+recv=NOTCONN recv+send=NOTCONN|PIPE "
	 "send+recv=NOTCONN so_error+recv=NOTCONN so_error+send=NOTCONN|PIPE "
	 "so_error+connect=OPNOTSUPP|ISCONN connect+connect=OPNOTSUPP|ISCONN "
	 "connect+so_error=0 so_error=0"},
	{"listening one waits", listening_one_waits, 0x1,
	 "bind=INVAL connect=OPNOTSUPP|ISCONN listen=0 accept=0 send=NOTCONN|PIPE "
	 "send0=NOTCONN|PIPE recv=NOTCONN recv0=NOTCONN peek=NOTCONN sendto=NOTCONN|PIPE "
	 "recvfrom=NOTCONN shut_rd=0 shut_wr=0 shut_rdwr=0 shut_7=INVAL getpeername=NOTCONN "
	 "getsockname=0 unspec=0 acceptconn=1 shut_wr+send=NOTCONN|PIPE "
	 "shut_rd+recv=NOTCONN shut_wr+shut_wr=0 recv+recv=NOTCONN recv+send=NOTCONN|PIPE "
	 "send+recv=NOTCONN so_error+recv=NOTCONN so_error+send=NOTCONN|PIPE "
	 "so_error+connect=OPNOTSUPP|ISCONN connect+connect=OPNOTSUPP|ISCONN "
	 "connect+so_error=0 so_error=0"},
	{"syn sent", syn_sent, 0x0,
	 "bind=INVAL connect=ALREADY listen=INVAL accept=INVAL send=AGAIN send0=AGAIN "
	 "recv=AGAIN recv0=AGAIN peek=AGAIN sendto=AGAIN recvfrom=AGAIN shut_rd=0 shut_wr=0 "
	 "shut_rdwr=0 shut_7=INVAL getpeername=NOTCONN getsockname=0 unspec=0 acceptconn=0 "
	 "shut_wr+send=CONNRESET shut_rd+recv=CONNRESET shut_wr+shut_wr=NOTCONN "
	 "recv+recv=AGAIN recv+send=AGAIN send+recv=AGAIN so_error+recv=AGAIN "
	 "so_error+send=AGAIN so_error+connect=ALREADY connect+connect=ALREADY "
	 "connect+so_error=0 so_error=0"},
	{"refused", refused, 0x201d,
	 "bind=INVAL|0 connect=CONNREFUSED listen=INVAL accept=INVAL send=CONNREFUSED "
	 "send0=CONNREFUSED recv=CONNREFUSED recv0=CONNREFUSED peek=CONNREFUSED "
	 "sendto=CONNREFUSED recvfrom=CONNREFUSED shut_rd=NOTCONN shut_wr=NOTCONN "
	 "shut_rdwr=NOTCONN shut_7=INVAL getpeername=NOTCONN getsockname=0 unspec=0 "
	 "acceptconn=0 shut_wr+send=CONNREFUSED shut_rd+recv=CONNREFUSED "
	 "shut_wr+shut_wr=NOTCONN recv+recv=0 recv+send=PIPE send+recv=0 so_error+recv=0 "
	 "so_error+send=PIPE so_error+connect=INPROGRESS|CONNABORTED "
	 "connect+connect=INPROGRESS connect+so_error=0 so_error=CONNREFUSED"},
	{"established", established, 0x4,
	 "bind=INVAL connect=ISCONN|0 listen=INVAL accept=INVAL send=1 send0=0 recv=AGAIN "
	 "recv0=AGAIN peek=AGAIN sendto=1 recvfrom=AGAIN shut_rd=0 shut_wr=0 shut_rdwr=0 "
	 "shut_7=INVAL getpeername=0 getsockname=0 unspec=0 acceptconn=0 shut_wr+send=PIPE "
	 "shut_rd+recv=0 shut_wr+shut_wr=0 recv+recv=AGAIN recv+send=1 send+recv=AGAIN "
	 "so_error+recv=AGAIN so_error+send=1 so_error+connect=ISCONN|0 "
	 "connect+connect=ISCONN connect+so_error=0 so_error=0"},
	{"established data", established_data, 0x5,
	 "bind=INVAL connect=ISCONN|0 listen=INVAL accept=INVAL send=1 send0=0 recv=5 "
	 "recv0=0 peek=5 sendto=1 recvfrom=5 shut_rd=0 shut_wr=0 shut_rdwr=0 shut_7=INVAL "
	 "getpeername=0 getsockname=0 unspec=0 acceptconn=0 shut_wr+send=PIPE "
	 "shut_rd+recv=0|5 shut_wr+shut_wr=0 recv+recv=AGAIN recv+send=1 send+recv=5 "
	 "so_error+recv=5 so_error+send=1 so_error+connect=ISCONN|0 connect+connect=ISCONN "
	 "connect+so_error=0 so_error=0"},
	{"close wait", close_wait, 0x2005,
	 "bind=INVAL connect=ISCONN|0 listen=INVAL accept=INVAL send=1 send0=0 recv=0 "
	 "recv0=0 peek=0 sendto=1 recvfrom=0 shut_rd=0 shut_wr=0 shut_rdwr=0 shut_7=INVAL "
	 "getpeername=0 getsockname=0 unspec=0 acceptconn=0 shut_wr+send=PIPE "
	 "shut_rd+recv=0 shut_wr+shut_wr=0|NOTCONN recv+recv=0 recv+send=1 send+recv=0 "
	 "so_error+recv=0 so_error+send=1 so_error+connect=ISCONN|0 connect+connect=ISCONN "
	 "connect+so_error=0 so_error=0"},
	{"close wait data", close_wait_data, 0x2005,
	 "bind=INVAL connect=ISCONN|0 listen=INVAL accept=INVAL send=1 send0=0 recv=5 "
	 "recv0=0 peek=5 sendto=1 recvfrom=5 shut_rd=0 shut_wr=0 shut_rdwr=0 shut_7=INVAL "
	 "getpeername=0 getsockname=0 unspec=0 acceptconn=0 shut_wr+send=PIPE "
	 "shut_rd+recv=0|5 shut_wr+shut_wr=0|NOTCONN recv+recv=0 recv+send=1 send+recv=5 "
	 "so_error+recv=5 so_error+send=1 so_error+connect=ISCONN|0 connect+connect=ISCONN "
	 "connect+so_error=0 so_error=0"},
	{"fin wait 2", fin_wait_2, 0x4,
	 "bind=INVAL connect=ISCONN listen=INVAL accept=INVAL send=PIPE send0=PIPE "
	 "recv=AGAIN recv0=AGAIN peek=AGAIN sendto=PIPE recvfrom=AGAIN shut_rd=0 shut_wr=0 "
	 "shut_rdwr=0 shut_7=INVAL getpeername=0 getsockname=0 unspec=0 acceptconn=0 "
	 "shut_wr+send=PIPE shut_rd+recv=0 shut_wr+shut_wr=0 recv+recv=AGAIN recv+send=PIPE "
	 "send+recv=AGAIN so_error+recv=AGAIN so_error+send=PIPE so_error+connect=ISCONN "
	 "connect+connect=ISCONN connect+so_error=0 so_error=0"},
	{"shut rd", shut_rd, 0x2005,
	 "bind=INVAL connect=ISCONN listen=INVAL accept=INVAL send=1 send0=0 recv=0 recv0=0 "
	 "peek=0 sendto=1 recvfrom=0 shut_rd=0 shut_wr=0 shut_rdwr=0 shut_7=INVAL "
	 "getpeername=0 getsockname=0 unspec=0 acceptconn=0 shut_wr+send=PIPE "
	 "shut_rd+recv=0 shut_wr+shut_wr=0 recv+recv=0 recv+send=1 send+recv=0 "
	 "so_error+recv=0 so_error+send=1 so_error+connect=ISCONN connect+connect=ISCONN "
	 "connect+so_error=0 so_error=0"},
	{"time wait", time_wait, 0x2015,
	 "bind=INVAL|0 connect=ISCONN listen=INVAL accept=INVAL send=PIPE send0=PIPE recv=0 "
	 "recv0=0 peek=0 sendto=PIPE recvfrom=0 shut_rd=0|NOTCONN shut_wr=0|NOTCONN "
	 "shut_rdwr=0|NOTCONN shut_7=INVAL getpeername=0|NOTCONN getsockname=0 unspec=0 "
	 "acceptconn=0 shut_wr+send=PIPE shut_rd+recv=0 shut_wr+shut_wr=0|NOTCONN "
	 "recv+recv=0 recv+send=PIPE send+recv=0 so_error+recv=0 so_error+send=PIPE "
	 "so_error+connect=ISCONN connect+connect=ISCONN connect+so_error=0 so_error=0"},
	{"closed", closed, 0x2015,
	 "bind=INVAL|0 connect=ISCONN listen=INVAL accept=INVAL send=PIPE send0=PIPE recv=0 "
	 "recv0=0 peek=0 sendto=PIPE recvfrom=0 shut_rd=NOTCONN shut_wr=NOTCONN "
	 "shut_rdwr=NOTCONN shut_7=INVAL getpeername=NOTCONN getsockname=0 unspec=0 "
	 "acceptconn=0 shut_wr+send=PIPE shut_rd+recv=0 shut_wr+shut_wr=NOTCONN recv+recv=0 "
	 "recv+send=PIPE send+recv=0 so_error+recv=0 so_error+send=PIPE "
	 "so_error+connect=ISCONN connect+connect=ISCONN connect+so_error=0 so_error=0"},
	{"reset", reset, 0x201d,
	 "bind=INVAL|0 connect=ISCONN|CONNRESET listen=INVAL accept=INVAL send=CONNRESET "
	 "send0=CONNRESET recv=CONNRESET recv0=CONNRESET peek=CONNRESET sendto=CONNRESET "
	 "recvfrom=CONNRESET shut_rd=NOTCONN shut_wr=NOTCONN shut_rdwr=NOTCONN shut_7=INVAL "
	 "getpeername=NOTCONN getsockname=0 unspec=0 acceptconn=0 shut_wr+send=CONNRESET "
	 "shut_rd+recv=CONNRESET shut_wr+shut_wr=NOTCONN recv+recv=0 recv+send=PIPE "
	 "send+recv=0 so_error+recv=0 so_error+send=PIPE "
	 "so_error+connect=ISCONN|CONNABORTED connect+connect=ISCONN|INPROGRESS "
	 "connect+so_error=CONNRESET|0 so_error=CONNRESET"},
	{"reset data", reset_data, 0x201d,
	 "bind=INVAL|0 connect=ISCONN|CONNRESET listen=INVAL accept=INVAL send=CONNRESET "
	 "send0=CONNRESET recv=5 recv0=0 peek=5 sendto=CONNRESET recvfrom=5 shut_rd=NOTCONN "
	 "shut_wr=NOTCONN shut_rdwr=NOTCONN shut_7=INVAL getpeername=NOTCONN getsockname=0 "
	 "unspec=0 acceptconn=0 shut_wr+send=CONNRESET shut_rd+recv=5 "
	 "shut_wr+shut_wr=NOTCONN recv+recv=CONNRESET recv+send=CONNRESET send+recv=5 "
	 "so_error+recv=5 so_error+send=PIPE so_error+connect=ISCONN|CONNABORTED "
	 "connect+connect=ISCONN|INPROGRESS connect+so_error=CONNRESET|0 so_error=CONNRESET"},
	{"close wait reset", close_wait_reset, 0x201d,
	 "bind=INVAL|0 connect=ISCONN|PIPE listen=INVAL accept=INVAL send=CONNRESET|PIPE "
	 "send0=CONNRESET|PIPE recv=0 recv0=0 peek=0 "
	 "sendto=CONNRESET|PIPE recvfrom=0 shut_rd=NOTCONN shut_wr=NOTCONN "
	 "shut_rdwr=NOTCONN shut_7=INVAL getpeername=NOTCONN getsockname=0 unspec=0 "
	 "acceptconn=0 shut_wr+send=CONNRESET|PIPE shut_rd+recv=0 "
	 "shut_wr+shut_wr=NOTCONN recv+recv=0 recv+send=CONNRESET|PIPE send+recv=0 so_error+recv=0 "
	 "so_error+send=PIPE so_error+connect=ISCONN|CONNABORTED "
	 "connect+connect=ISCONN|INPROGRESS connect+so_error=CONNRESET|0 "
	 "so_error=CONNRESET|PIPE"},
	{"dgram", dgram, 0x4,
	 "bind=0 connect=0 listen=OPNOTSUPP accept=OPNOTSUPP send=DESTADDRREQ "
	 "send0=DESTADDRREQ recv=AGAIN recv0=AGAIN peek=AGAIN sendto=1 recvfrom=AGAIN "
	 "shut_rd=NOTCONN shut_wr=NOTCONN shut_rdwr=NOTCONN shut_7=INVAL "
	 "getpeername=NOTCONN getsockname=0 unspec=0 acceptconn=0 shut_wr+send=DESTADDRREQ "
	 "shut_rd+recv=AGAIN shut_wr+shut_wr=NOTCONN recv+recv=AGAIN recv+send=DESTADDRREQ "
	 "send+recv=AGAIN so_error+recv=AGAIN so_error+send=DESTADDRREQ so_error+connect=0 "
	 "connect+connect=0 connect+so_error=0 so_error=0"},
	{"dgram bound", dgram_bound, 0x4,
	 "bind=INVAL connect=0 listen=OPNOTSUPP accept=OPNOTSUPP send=DESTADDRREQ "
	 "send0=DESTADDRREQ recv=AGAIN recv0=AGAIN peek=AGAIN sendto=1 recvfrom=AGAIN "
	 "shut_rd=NOTCONN shut_wr=NOTCONN shut_rdwr=NOTCONN shut_7=INVAL "
	 "getpeername=NOTCONN getsockname=0 unspec=0 acceptconn=0 shut_wr+send=DESTADDRREQ "
	 "shut_rd+recv=AGAIN shut_wr+shut_wr=NOTCONN recv+recv=AGAIN recv+send=DESTADDRREQ "
	 "send+recv=AGAIN so_error+recv=AGAIN so_error+send=DESTADDRREQ so_error+connect=0 "
	 "connect+connect=0 connect+so_error=0 so_error=0"},
	{"dgram connected", dgram_connected, 0x4,
	 "bind=INVAL connect=0 listen=OPNOTSUPP accept=OPNOTSUPP send=1 send0=0 recv=AGAIN "
	 "recv0=AGAIN peek=AGAIN sendto=1 recvfrom=AGAIN shut_rd=0 shut_wr=0 shut_rdwr=0 "
	 "shut_7=INVAL getpeername=0 getsockname=0 unspec=0 acceptconn=0 shut_wr+send=PIPE "
	 "shut_rd+recv=0|AGAIN shut_wr+shut_wr=0 recv+recv=AGAIN recv+send=1 "
	 "send+recv=AGAIN so_error+recv=AGAIN so_error+send=1 so_error+connect=0 "
	 "connect+connect=0 connect+so_error=0 so_error=0"},
	{"dgram error", dgram_error, 0xc,
	 "bind=INVAL connect=0 listen=OPNOTSUPP accept=OPNOTSUPP send=CONNREFUSED "
	 "send0=CONNREFUSED recv=CONNREFUSED recv0=CONNREFUSED peek=CONNREFUSED "
	 "sendto=CONNREFUSED recvfrom=CONNREFUSED shut_rd=0 shut_wr=0 shut_rdwr=0 "
	 "shut_7=INVAL getpeername=0 getsockname=0 unspec=0 acceptconn=0 "
	 "shut_wr+send=CONNREFUSED shut_rd+recv=CONNREFUSED shut_wr+shut_wr=0 "
	 "recv+recv=AGAIN recv+send=1 send+recv=AGAIN so_error+recv=AGAIN so_error+send=1 "
	 "so_error+connect=0 connect+connect=0 connect+so_error=CONNREFUSED "
	 "so_error=CONNREFUSED"},
	{"dgram queued", dgram_queued, 0x5,
	 "bind=INVAL connect=0 listen=OPNOTSUPP accept=OPNOTSUPP send=DESTADDRREQ "
	 "send0=DESTADDRREQ recv=5 recv0=0 peek=5 sendto=1 recvfrom=5 shut_rd=NOTCONN "
	 "shut_wr=NOTCONN shut_rdwr=NOTCONN shut_7=INVAL getpeername=NOTCONN getsockname=0 "
	 "unspec=0 acceptconn=0 shut_wr+send=DESTADDRREQ shut_rd+recv=5 "
	 "shut_wr+shut_wr=NOTCONN recv+recv=AGAIN recv+send=DESTADDRREQ send+recv=5 "
	 "so_error+recv=5 so_error+send=DESTADDRREQ so_error+connect=0 connect+connect=0 "
	 "connect+so_error=0 so_error=0"},
};

static void check_call(const struct row *row, const char *names, const char *wanted)
{
	struct tk t;
	int got;

	tk_open(&t);
	row->reach(&t);
	got = call(&t, names);
	if (got != number(wanted))
		kit_fail("%s: %s says %d, not %s", row->name, names, got, wanted);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

static void check_poll(const struct row *row)
{
	struct tk t;
	int got;

	tk_open(&t);
	row->reach(&t);
	got = sock_poll(t.k.stack, t.fd, WANTED);
	if (got != row->poll)
		kit_fail("%s: poll says %#x, not %#x", row->name, got, row->poll);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

TEST(every_call_in_every_state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		char text[1024];
		char *at = text, *save = NULL;

		check_poll(&rows[i]);
		(void)snprintf(text, sizeof(text), "%s", rows[i].calls);
		while ((at = strtok_r(at, " ", &save)) != NULL) {
			char *wanted = strchr(at, '=');

			*wanted++ = '\0';
			wanted[strcspn(wanted, "|")] = '\0'; /* behind it: Linux */
			check_call(&rows[i], at, wanted);
			at = NULL;
			n++;
		}
	}
	assert_true(n > 500);
}
