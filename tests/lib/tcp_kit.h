/*
 * SPDX-License-Identifier: MIT
 *
 * A TCP peer made of test code, on top of the stack kit: the test says in relative numbers what the
 * peer sends and what the stack must answer.  Both initial sequence numbers lie just below 2^32, so
 * that every test crosses the wrap.
 *
 *      TCB under test                     the test, as peer
 *      ISS = TK_ISS  (0xfffffff0)         IRS = TK_IRS (0xfffffffa)
 *
 * seq and ack in struct tk_in count from the initial numbers: seq = 1 is the peer's first byte, ack
 * = 1 acknowledges our SYN.
 */
#ifndef TESTS_LIB_TCP_KIT_H
#define TESTS_LIB_TCP_KIT_H

#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/lib/tcp_inspect.h"

#define TK_ISS UINT32_C(0xfffffff0)
#define TK_IRS UINT32_C(0xfffffffa)
#define TK_PORT 50000
#define TK_PEER_PORT 80
#define TK_MSS 1460

struct tk {
	struct kit k;
	int fd;       /* the connection's; of an accepted one too */
	int listener; /* -1: none */
	/* What the peer does. */
	bool timestamps, sack, scale_offered;
	uint8_t scale;
	uint16_t mss;    /* 0: no option */
	uint16_t window; /* the field, in every segment it sends */
	uint32_t tsval;
	/* What it saw. */
	uint32_t ts_echo; /* TSval of the stack's last segment */
	uint32_t iss;     /* of the stack: TK_ISS where it connects */
};

/* A segment from the peer. */
struct tk_in {
	uint32_t seq, ack; /* relative; ack 0 with ACK set: really ISS + 0 */
	uint16_t flags;
	const void *data;
	size_t len;
	const void *options; /* beside or instead of timestamps */
	size_t options_len;
	bool no_timestamps;
	uint32_t tsval; /* 0: the peer's current one */
	uint8_t tos;
	uint16_t urgent;
	uint16_t split_at; /* not 0: it comes in two fragments, the first with so many bytes of it */
};

/* A stack with a peer that has timestamps, SACK, scale 0 and MSS 1460, and a window of 65535; its
 * congestion control is NewReno's, whose windows are round numbers. */
void tk_open(struct tk *t);
void tk_open_with(struct tk *t, const struct net_options *options);
void tk_close(struct tk *t);

/* A test that is given an open kit, `t`, which is closed behind it (tests/runner/unit.h). */
#define TCP_TEST(name) TEST_WITH(name, struct tk, t, tk_open, tk_close)

/* socket, bind, connect: the SYN is still to be taken. */
void tk_connect(struct tk *t);
/* And the rest of the handshake, up to our ACK. */
void tk_establish(struct tk *t);
/* A listening socket on TK_PORT. */
void tk_listen(struct tk *t, unsigned backlog);
/* The peer connects to it, and the test accepts. */
void tk_accept(struct tk *t);
/* Establishes and closes one way or another, until the state has that name. */
void tk_reach(struct tk *t, enum tcp_state state);

/* The peer sends, without and with a poll of the stack behind it. */
void tk_inject(struct tk *t, const struct tk_in *in);
void tk_send(struct tk *t, const struct tk_in *in);
#define TK_SEND(t, ...) tk_send(t, &(const struct tk_in){__VA_ARGS__})

/* The next TCP segment the stack sent (ARP is stepped over); the test frees it. */
struct kit_sent *tk_take(struct tk *t);
/* Fails unless the next one has these; relative numbers as in struct tk_in. */
void tk_expect_at(struct tk *t, uint16_t flags, uint32_t seq, uint32_t ack, size_t len,
		  const char *file, int line);
#define TK_EXPECT(t, flags, seq, ack, len) tk_expect_at(t, flags, seq, ack, len, __FILE__, __LINE__)
void tk_expect_nothing_at(struct tk *t, const char *file, int line);
#define TK_EXPECT_NOTHING(t) tk_expect_nothing_at(t, __FILE__, __LINE__)

void tk_advance(struct tk *t, uint64_t ns);

enum tcp_state tk_state(struct tk *t);
/* sock_send of `len` bytes of a pattern that starts at `offset`; fails unless all are taken. */
void tk_write(struct tk *t, size_t offset, size_t len);
uint8_t tk_byte(size_t offset);
/* sock_recv of everything there is; returns how much. */
size_t tk_read(struct tk *t, void *buf, size_t cap);
/* The text of an event's field; fails when it is not there. */
const char *tk_field(struct tk *t, enum event_id id, unsigned nth, const char *key);
/* The first event of that name has that value. */
void tk_expect_field(struct tk *t, enum event_id id, const char *key, const char *value);
unsigned tk_events(struct tk *t, enum event_id id);

/* --- streams of full segments ---------------------------------------------------------------- */

#define TK_FULL (TK_MSS - 12u) /* text of a full segment: the rest is timestamps */

void tk_peer_ack(struct tk *t, uint32_t ack);
/* Takes `n` full segments that begin at byte `from` of the stream. */
void tk_expect_segments(struct tk *t, uint32_t from, unsigned n);

/* An ACK with SACK blocks: pairs of relative numbers, the end not included. */
void tk_peer_sack(struct tk *t, uint32_t ack, unsigned n_blocks, const uint32_t *edges);
#define TK_SACK(t, ack, ...)                                                                    \
	tk_peer_sack(t, ack, sizeof((const uint32_t[]){__VA_ARGS__}) / 8,                       \
		     (const uint32_t[]){__VA_ARGS__})
/* The relative number of the first byte of the n-th full segment, from 0. */
#define TK_SEG(n) (1 + (n) * TK_FULL)
/* As tk_establish, with a round trip of so long. */
void tk_establish_over(struct tk *t, uint64_t rtt_ns);

#endif
