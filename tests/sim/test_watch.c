/*
 * SPDX-License-Identifier: MIT
 *
 * The watcher on the wire (sim_watch.c) against segments made by hand: what is right passes, and each
 * breach of a rule stops the run.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/pktbuf.h"
#include "net/stack.h"
#include "net/wire/arp.h"
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim.h"

#define WINDOW 1999u
#define MSS 1000u
#define A_ISS UINT32_C(0xfffffc00) /* so that numbers wrap */
#define B_ISS UINT32_C(5000)

enum seen { SENT, GOT }; /* by a: what a sends; what reaches it of b */

/* Numbers count from the initial ones. */
struct step {
	enum seen seen;
	uint32_t seq, ack;
	uint8_t flags;
	size_t len;
	uint16_t window; /* 0: WINDOW */
};

static const uint8_t mss_option[] = {TCP_OPT_MSS, 4, MSS >> 8, MSS & 0xff};

static void show(struct sim *sim, const struct step *s)
{
	bool of_a = s->seen == SENT;
	struct sim_host *from = sim->hosts[of_a ? 0 : 1], *to = sim->hosts[of_a ? 1 : 0];
	struct kit_ipv4 ip = {.src = from->ip, .dst = to->ip};
	static uint8_t text[2000];
	struct kit_frame f;
	struct sim_frame *frame;

	kit_build_tcp(&f, &ip, &(struct kit_tcp){
		.src_port = of_a ? 1 : 2, .dst_port = of_a ? 2 : 1, .flags = s->flags,
		.seq = (of_a ? A_ISS : B_ISS) + s->seq, .ack = (of_a ? B_ISS : A_ISS) + s->ack,
		.window = s->window != 0 ? s->window : WINDOW, .options = mss_option,
		.options_len = s->flags & TCP_SYN ? sizeof(mss_option) : 0,
	}, text, s->len);
	frame = sim_frame_make(from, f.bytes, f.len);
	sim_watch_sent(sim, frame);
	if (!of_a)
		sim_watch_received(sim, frame);
	free(frame);
}

static const struct step opening[] = {
	{SENT, 0, 0, TCP_SYN, 0, 0},
	{GOT, 0, 1, TCP_SYN | TCP_ACK, 0, 0},
	{SENT, 1, 1, TCP_ACK, 0, 0},
	{GOT, 1, 1, TCP_ACK, 500, 2000},
	{SENT, 1, 501, TCP_ACK, 1000, 0},
	{SENT, 1001, 501, TCP_ACK, 1000, 0},
	{GOT, 501, 1001, TCP_ACK, 0, 0}, /* the window now ends before 3000 */
};

static void play(const struct step *last, unsigned n)
{
	struct sim sim;

	sim_open(&sim, "watch", 1);
	(void)sim_host(&sim, NULL);
	(void)sim_host(&sim, NULL);
	for (unsigned i = 0; i < ARRAY_LEN(opening); i++)
		show(&sim, &opening[i]);
	for (unsigned i = 0; i < n; i++)
		show(&sim, &last[i]);
	sim_close(&sim);
}

/* In a process of its own: the watcher aborts. */
static bool stops(void (*play_steps)(const struct step *steps, unsigned n), const struct step *steps,
		  unsigned n)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(2);
		play_steps(steps, n);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static bool stops_at(const struct step *last)
{
	return stops(play, last, 1);
}

TEST(what_is_right_passes)
{
	static const struct step right[] = {
		{SENT, 2001, 501, TCP_ACK, 999, 0},       /* up to the window's edge */
		{SENT, 2001, 501, TCP_ACK | TCP_FIN, 998, 0},
		{SENT, 1001, 501, TCP_ACK, 1000, 0},      /* again, and not acknowledged */
		{SENT, 1000, 501, TCP_ACK, 0, 0},         /* a probe */
		{SENT, 2001, 501, TCP_ACK | TCP_FIN, 0, 0},
		{SENT, 2001, 501, TCP_RST | TCP_ACK, 0, 0},
	};

	for (unsigned i = 0; i < ARRAY_LEN(right); i++)
		if (stops_at(&right[i]))
			fail_msg("right %u is taken for a breach", i);
}

TEST(a_breach_stops_the_run)
{
	static const struct step wrong[] = {
		{SENT, 2002, 501, TCP_ACK, 10, 0},    /* a gap */
		{SENT, 901, 501, TCP_ACK, 100, 0},    /* known to have arrived */
		{SENT, 901, 501, TCP_ACK, 200, 0},    /* a part of it */
		{SENT, 2001, 501, TCP_ACK, 1000, 0},  /* beyond the window by a byte */
		{SENT, 2001, 501, TCP_ACK | TCP_FIN, 999, 0}, /* by a FIN */
		{SENT, 1001, 501, TCP_ACK, 1001, 0},  /* above the MSS */
		{SENT, 2001, 500, TCP_ACK, 0, 0},     /* an ACK that goes back */
		{SENT, 2001, 502, TCP_ACK, 0, 0},     /* of what was not sent */
		{SENT, 2001, 501, TCP_ACK, 0, 1900},  /* an edge that goes back */
		{GOT, 501, 2002, TCP_ACK, 0, 0},      /* b may not do so either */
		{GOT, 501, 1000, TCP_ACK, 0, 0},
		{GOT, 502, 1001, TCP_ACK, 10, 0},
	};

	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++)
		if (!stops_at(&wrong[i]))
			fail_msg("breach %u goes unnoticed", i);
}

/* --- what waited for ARP ----------------------------------------------------------------------------- */

/* The segment again, as a's TCP gives it to the cache, which has to ask for b. */
static void hold(struct sim_host *a, const struct sim_host *b, uint32_t seq, size_t len)
{
	struct net_addr addr = net_addr_ipv4(b->ip);
	struct kit_ipv4 ip = {.src = a->ip, .dst = b->ip};
	static uint8_t text[2000];
	struct kit_frame f;
	struct pktbuf *pkt = pktbuf_alloc(&a->stack->pool, PKTBUF_HEADROOM);

	assert_non_null(pkt);
	kit_build_tcp(&f, &ip, &(struct kit_tcp){.src_port = 1, .dst_port = 2, .seq = A_ISS + seq,
						 .ack = B_ISS + 501, .flags = TCP_ACK,
						 .window = WINDOW}, text, len);
	memcpy(pktbuf_put(pkt, f.len - ETH_HEADER_LEN), f.bytes + ETH_HEADER_LEN,
	       f.len - ETH_HEADER_LEN);
	assert_int_equal(neigh_output(a->stack, &a->netif, &addr, pkt, 0), ERR_OK);
}

static void tell_arp(struct sim *sim, struct sim_host *from, struct sim_host *to)
{
	struct kit_frame f;
	struct sim_frame *frame;

	kit_build_arp(&f, &(struct kit_arp){.eth_dst = to->mac, .eth_src = from->mac,
					    .op = ARP_OP_REPLY, .sha = from->mac, .tha = to->mac,
					    .spa = from->ip, .tpa = to->ip});
	frame = sim_frame_make(from, f.bytes, f.len);
	frame->to = to;
	sim_watch_received(sim, frame);
	free(frame);
}

/* Two segments that are acknowledged have waited; then the steps. */
static void play_after_arp(const struct step *steps, unsigned n)
{
	struct sim sim;
	struct sim_host *a, *b;

	sim_open(&sim, "watch", 1);
	a = sim_host(&sim, NULL);
	b = sim_host(&sim, NULL);
	for (unsigned i = 0; i < ARRAY_LEN(opening); i++)
		show(&sim, &opening[i]);
	hold(a, b, 801, 100);
	hold(a, b, 901, 100);
	tell_arp(&sim, b, a);
	for (unsigned i = 0; i < n; i++)
		show(&sim, &steps[i]);
	_exit(0); /* the segments still wait, as far as a's stack knows */
}

TEST(only_what_waited_for_arp_may_come_late)
{
	static const struct step steps[] = {
		{SENT, 801, 501, TCP_ACK, 100, 0},
		{SENT, 901, 501, TCP_ACK, 100, 0},
		{SENT, 901, 501, TCP_ACK, 100, 0}, /* it waited once */
		{SENT, 701, 501, TCP_ACK, 100, 0}, /* this one did not */
		{SENT, 801, 501, TCP_ACK, 200, 0},
	};

	assert_false(stops(play_after_arp, &steps[0], 2));
	assert_true(stops(play_after_arp, &steps[0], 3));
	assert_true(stops(play_after_arp, &steps[3], 1));
	assert_true(stops(play_after_arp, &steps[4], 1));
}
