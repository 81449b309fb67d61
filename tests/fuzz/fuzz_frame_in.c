/*
 * SPDX-License-Identifier: MIT
 *
 * Whole frames, any bytes, into a whole stack that has a connection in one of the eleven states, a
 * datagram socket, one that pings, and an interface of its own.  The first byte says the state; a frame is a byte of
 * options, a length and its bytes.  Checksums are put right where the options ask for it, so that
 * what is behind them is reached.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <string.h>

#include "net/socket.h"
#include "tests/lib/tcp_kit.h"

#define UDP_PORT 5000
#define ECHO_ID 7
#define BUFFER 8192
/* What the stack may hold at any time: its tables, pools, two buffers and what frames of up to 2 KiB
 * may occupy that fill them. */
#define MEMORY_MAX (1024u * 1024)

enum frame_option {
	FRAME_FIX_IPV4 = 0x01,      /* header checksum and total length */
	FRAME_FIX_TRANSPORT = 0x02,
	FRAME_NO_POLL = 0x04,
	FRAME_WAIT = 0x08,          /* some time passes behind it: the two bits above say how much */
	FRAME_WAIT_SHIFT = 4,
	FRAME_READ = 0x40,          /* the user reads what there is */
	FRAME_ETH = 0x80,           /* without an Ethernet header: one for us is put before it */
};

static void drain(struct tk *t)
{
	struct kit_sent *s;

	while ((s = kit_take(&t->k)) != NULL) {
		fuzz_check_frame(&t->k, s);
		kit_sent_free(s);
	}
	FUZZ_CHECK(t->k.kp.live_bytes <= MEMORY_MAX, "%zu bytes", t->k.kp.live_bytes);
}

static void reach(struct tk *t, uint8_t how)
{
	enum tcp_state state = how % 16 % (TCP_TIME_WAIT + 1);

	if (state == TCP_LISTEN)
		tk_listen(t, 2);
	else if (state != TCP_CLOSED)
		tk_reach(t, state);
	if ((how & 0x10) && (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT))
		tk_write(t, 0, 3000);
	if (how & 0x20)
		t->k.answer_arp = false;
}

struct datagrams {
	int udp, echo;
};

static int bound(struct tk *t, enum sock_protocol protocol, uint16_t port)
{
	const struct net_endpoint local = net_endpoint_ipv4(0, port);
	int fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, protocol);

	if (fd < 0 || sock_bind(t->k.stack, fd, &local) != ERR_OK)
		kit_fail("no datagram socket");
	return fd;
}

static struct datagrams open_datagrams(struct tk *t)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 0);
	const struct datagrams d = {.udp = bound(t, SOCK_PROTO_UDP, UDP_PORT),
				    .echo = bound(t, SOCK_PROTO_ICMP, ECHO_ID)};

	if (sock_connect(t->k.stack, d.echo, &peer, t->k.now_ns) != ERR_OK)
		kit_fail("the socket that pings has no peer");
	return d;
}

static void fix(struct kit_frame *f, uint8_t options)
{
	size_t header_len = (size_t)(kit_l3(f)[0] & 0xf) * 4;

	if (f->len < ETH_HEADER_LEN + IPV4_HEADER_LEN || f->len < ETH_HEADER_LEN + header_len)
		return;
	if (options & FRAME_FIX_TRANSPORT)
		kit_fix_transport(f);
	if ((options & FRAME_FIX_IPV4) == 0)
		return;
	store_be16(kit_l3(f) + IPV4_OFF_TOTAL_LEN, (uint16_t)(f->len - ETH_HEADER_LEN));
	kit_fix_ipv4(f);
}

static void read_frame(struct fuzz_input *in, struct kit_frame *f, uint8_t options)
{
	size_t want = fuzz_u16(in) % 1600, n;
	const uint8_t *p;

	memset(f, 0, sizeof(*f));
	if (options & FRAME_ETH) {
		memcpy(f->bytes, KIT_MAC, 6);
		memcpy(f->bytes + 6, KIT_PEER_MAC, 6);
		store_be16(f->bytes + 12, ETH_TYPE_IPV4);
		f->len = ETH_HEADER_LEN;
	}
	p = fuzz_bytes(in, want, &n);
	if (n > 0)
		memcpy(f->bytes + f->len, p, n);
	f->len += n;
	fix(f, options);
}

/* A datagram is answered, the longer the larger its first byte: some leave in fragments. */
static void user_answers(struct tk *t, int udp, const struct net_endpoint *to, uint8_t first)
{
	static uint8_t answer[16 * 255];

	(void)!sock_sendto(t->k.stack, udp, answer, first * 16u, to, t->k.now_ns);
}

/* A reply's last byte says how long the next request is.  Nothing else is ever read here. */
static void user_pings(struct tk *t, int echo)
{
	static uint8_t request[8 + 16 * 255] = {ICMP_ECHO};
	uint8_t buf[512];
	int n;

	while ((n = sock_recv(t->k.stack, echo, buf, sizeof(buf), t->k.now_ns)) > 0) {
		FUZZ_CHECK(n >= 8 && buf[0] == 0 && buf[1] == 0 && load_be16(buf + 4) == ECHO_ID,
			   "%d bytes that are no reply of ours", n);
		(void)!sock_send(t->k.stack, echo, request, 8 + buf[n - 1] * 16u, t->k.now_ns);
	}
}

static void user_reads(struct tk *t, const struct datagrams *d)
{
	struct net_endpoint from;
	uint8_t buf[512];

	while (sock_recvfrom(t->k.stack, d->udp, buf, sizeof(buf), &from, t->k.now_ns) > 0)
		user_answers(t, d->udp, &from, buf[0]);
	user_pings(t, d->echo);
	while (t->fd >= 0 && sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns) > 0)
		;
	if (t->listener < 0 || t->fd >= 0)
		return;
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
}

static void wait(struct tk *t, uint8_t options)
{
	static const uint64_t times_ns[] = {NS_PER_MS, 50 * NS_PER_MS, NS_PER_S, 70 * NS_PER_S};

	if (options & FRAME_WAIT)
		kit_advance(&t->k, times_ns[options >> FRAME_WAIT_SHIFT & 3]);
}

/* Everything is closed and nobody answers: in the end nothing is left. */
static void end(struct tk *t, const struct datagrams *d, bool patiently)
{
	if (t->fd >= 0)
		(void)sock_close(t->k.stack, t->fd, t->k.now_ns);
	if (t->listener >= 0)
		(void)sock_close(t->k.stack, t->listener, t->k.now_ns);
	(void)sock_close(t->k.stack, d->udp, t->k.now_ns);
	(void)sock_close(t->k.stack, d->echo, t->k.now_ns);
	if (!patiently)
		return;
	kit_advance(&t->k, 900 * NS_PER_S);
	drain(t);
	fuzz_check_idle(&t->k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct net_options options = {.sndbuf = BUFFER, .rcvbuf = BUFFER,
						   .max_sockets = 8};
	struct fuzz_input in = {.at = data, .len = len};
	uint8_t how = fuzz_u8(&in);
	struct kit_frame f;
	struct tk t;
	struct datagrams d;

	tk_open_with(&t, &options);
	d = open_datagrams(&t);
	reach(&t, how);
	fuzz_stack_events(&t.k);
	while (in.len > 0) {
		uint8_t frame_options = fuzz_u8(&in);

		read_frame(&in, &f, frame_options);
		kit_inject_frame(&t.k, &f);
		if ((frame_options & FRAME_NO_POLL) == 0)
			kit_poll(&t.k);
		if (frame_options & FRAME_READ)
			user_reads(&t, &d);
		wait(&t, frame_options);
		drain(&t);
	}
	end(&t, &d, how & 0x80);
	tk_close(&t);
	return 0;
}
