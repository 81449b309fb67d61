/*
 * SPDX-License-Identifier: MIT
 *
 * When may the machine halt?  The real event loop (machine/event_loop.c, idle.c, irq_source.c) and the
 * real driver (drivers/virtio/) against a device that acts at any moment: at each barrier of the ring,
 * while a frame is handed to the stack, whenever interrupts are let in, and in the halt.  At every
 * halt: what happens next raises an interrupt, or a deadline near enough ends it; and whoever runs the
 * event loop has been told of all that came before.
 *
 * Small rings and budgets: every order of a few acts.  Rings of 256: orders drawn from a seed.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/virtio/net/private.h"
#include "drivers/virtio/queue/split.h"
#include "kernel/time/clock_timer.h"
#include "kernel/console/console.h"
#include "machine/event_loop.h"
#include "kernel/irq/irq_halt.h"
#include "net/net.h"
#include "tests/lib/orders.h"
#include "tests/lib/virtio_net_kit.h"
#include "tests/runner/unit.h"

TAKES_LONG;

#define EVENT_IDX VIRTIO_FEATURE(VIRTQ_F_EVENT_IDX)

enum act {
	ACT_NONE,
	ACT_FRAME,   /* one frame arrives */
	ACT_BURST,   /* as many as there are buffers */
	ACT_SENT,    /* the device has transmitted one */
	ACT_LINK,    /* the link changes */
	ACT_SUSPEND, /* the host stops the machine: an hour is gone, and the ring is full */
	ACT_MEMORY,  /* the machine's memory runs out, or is there again */
	ACT_BREAK,   /* the device asks for a reset */
	ACT_COUNT
};

static const struct scenario {
	const char *name;
	uint64_t features;
	uint16_t rx_size, tx_size, batch, budget;
	unsigned acts[ACT_COUNT]; /* how many of each there may be */
	unsigned to_send;         /* frames that the stack has from the start */
	unsigned pieces;          /* of each */
	enum {TWO, ONE, NONE} lines;
	unsigned rest;            /* drawn: one moment in so many is used */
	bool answers;             /* each frame makes the stack send one */
	bool holds;               /* the stack keeps frames for a while */
	bool late;                /* an interrupt may miss one window */
	bool level;               /* the interrupt stays asserted until it is acknowledged */
	bool buffered;            /* stores reach the device at full barriers, as late as they may */
} *scenario;

static struct world {
	struct virtio_net *net;
	unsigned acts_left[ACT_COUNT];
	bool in_device;
	bool transmitting;        /* the device was notified and has not seen the end yet */
	unsigned config_raised, config_delivered;
	uint64_t delivered;       /* interrupts of the queues */
	uint64_t interrupts;      /* all */
	unsigned causes;          /* level: CAUSE_* that the device asserts its interrupt for */
	bool masked;
	bool skipped;             /* the last window let nothing in */
	uint64_t timer_ns;        /* what the halt was given */
	unsigned timers_in_a_row; /* halts that only it ended */
	unsigned to_send, given;  /* frames: of the stack; to the driver */
	unsigned halts, last;     /* last: how far last_act() is */
	bool refused;             /* the stack was told that there is no room */
	bool done;
	struct known {
		unsigned received;
		bool link_up;
		uint16_t sent;        /* buffers that came back */
	} told;                   /* what there was when the event loop last came back to its caller */
} w;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	print_error("%s, halt %u: %s\n", scenario->name, w.halts, what);
	orders_print();
	fail_msg("%s", what);
}

/* --- the device --------------------------------------------------------------------------------- */

static struct fake_ring *rx(void)
{
	return &net_kit.fake.rings[VIRTIO_NET_RX_QUEUE];
}

static struct fake_ring *tx(void)
{
	return &net_kit.fake.rings[VIRTIO_NET_TX_QUEUE];
}

static uint16_t taken(struct virtq *queue)
{
	return CONTAINER_OF(queue, struct virtq_split, q)->taken_idx;
}

static void notified(struct fake_virtio *fake, unsigned queue)
{
	(void)fake;
	if (queue != VIRTIO_NET_TX_QUEUE || !fake_ring_has_next(tx()))
		return;
	w.transmitting = true;
	fake_ring_want_notify(tx(), false);
}

static bool frame(void)
{
	static const struct virtio_net_hdr_v1 plain = {.num_buffers = 1};
	static const uint8_t bytes[60];

	if (!fake_virtio_receive(&net_kit.fake, &plain, bytes, sizeof(bytes)))
		return false;
	w.given++;
	return true;
}

static void transmit_one(void)
{
	struct fake_chain chain;

	assert_true(net_kit_transmitted(&chain));
	if (fake_ring_has_next(tx()))
		return;
	w.transmitting = false;
	fake_ring_want_notify(tx(), true);
}

static bool device_link(void)
{
	return (net_kit.fake.config[offsetof(struct virtio_net_config, status)] &
		VIRTIO_NET_S_LINK_UP) != 0;
}

static void config_changed(void)
{
	net_kit.fake.generation++;
	if (net_kit.fake.config_interrupt != VIRTIO_NO_INTERRUPT)
		w.config_raised++;
}

static bool is_possible(enum act act)
{
	if (w.acts_left[act] == 0 || net_kit.fake.dev.dead)
		return false;
	switch (act) {
	case ACT_FRAME:
	case ACT_BURST: return fake_ring_has_next(rx());
	case ACT_SENT: return w.transmitting && fake_ring_has_next(tx());
	default: return true;
	}
}

static void do_act(enum act act)
{
	w.acts_left[act]--;
	w.timers_in_a_row = 0;
	switch (act) {
	case ACT_SUSPEND:
		fake_machine.now_ns += 3600 * NS_PER_S;
		/* fall through */
	case ACT_BURST:
		while (frame())
			continue;
		break;
	case ACT_FRAME: (void)frame(); break;
	case ACT_SENT: transmit_one(); break;
	case ACT_LINK:
		net_kit.fake.config[offsetof(struct virtio_net_config, status)] ^=
			VIRTIO_NET_S_LINK_UP;
		config_changed();
		break;
	case ACT_MEMORY: fake_machine.allocs_left = fake_machine.allocs_left == 0 ? -1 : 0; break;
	case ACT_BREAK:
		net_kit.fake.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		config_changed();
		break;
	default: break;
	}
}

/* One of those that are possible, or none where it `may_rest`.  False: none. */
static bool device_acts(bool may_rest)
{
	enum act possible[ACT_COUNT];
	unsigned n = 0, which;

	for (enum act act = ACT_FRAME; act < ACT_COUNT; act++) {
		if (is_possible(act))
			possible[n++] = act;
	}
	/* Drawn: mostly none, so that the driver gets somewhere between two. */
	if (n == 0 || (may_rest && orders_are_drawn() && orders_draw(scenario->rest) != 0))
		return false;
	which = orders_choose(n + may_rest);
	if (may_rest && which-- == 0)
		return false;
	w.in_device = true;
	do_act(possible[which]);
	w.in_device = false;
	return true;
}

static bool is_up(void)
{
	return (net_kit.fake.status & VIRTIO_CONFIG_S_DRIVER_OK) != 0 && rx()->avail != NULL;
}

static void moment(void)
{
	while (!w.in_device && is_up() && device_acts(true))
		continue;
}

/* As late as they may: at a full barrier, or when the CPU lets interrupts in or halts. */
static void show_stores(void)
{
	fake_ring_show(rx());
	fake_ring_show(tx());
}

static void at_barrier(bool full)
{
	if (full && is_up())
		show_stores();
	moment();
}

/* --- interrupts, the halt ------------------------------------------------------------------------- */

static uint64_t queue_interrupts(void)
{
	return scenario->lines == NONE ? 0 : (uint64_t)rx()->interrupts + tx()->interrupts;
}

enum {
	CAUSE_QUEUE = 1,
	CAUSE_CONFIG = 2,
};

static struct irq_input input;
static struct irq_sharer sharer;

static void input_mask(struct irq_input *in)
{
	(void)in;
	w.masked = true;
}

static void input_unmask(struct irq_input *in)
{
	(void)in;
	w.masked = false;
	moment();
}

static const struct irq_input_ops controller = {.mask = input_mask, .unmask = input_unmask};

static void assert_causes(void)
{
	if (queue_interrupts() != w.delivered)
		w.causes |= CAUSE_QUEUE;
	if (w.config_raised != w.config_delivered)
		w.causes |= CAUSE_CONFIG;
	w.delivered = queue_interrupts();
	w.config_delivered = w.config_raised;
}

/* Two registers, as virtio-mmio has them; the device may act between them.  Acknowledged is what was
 * read, also where the device has signalled it once more since. */
static bool acknowledge(struct irq_sharer *device)
{
	unsigned seen;

	(void)device;
	moment();
	assert_causes();
	seen = w.causes;
	moment();
	assert_causes();
	w.causes &= ~seen;
	moment();
	if ((seen & CAUSE_QUEUE) != 0)
		irq_line_fire(net_kit.fake.lines[0]);
	if ((seen & CAUSE_CONFIG) != 0)
		irq_line_fire(net_kit.fake.lines[net_kit.fake.dev.n_interrupts - 1]);
	return seen != 0;
}

static bool level_pending(void)
{
	assert_causes();
	return w.causes != 0 && !w.masked;
}

static void level_deliver(void)
{
	if (!level_pending())
		return;
	irq_input_fired(&input);
	w.interrupts++;
	must(!level_pending(), "storms");
}

static bool pending(void)
{
	if (scenario->level)
		return level_pending();
	return queue_interrupts() != w.delivered || w.config_raised != w.config_delivered;
}

static void fire(struct irq_line *line)
{
	line->fired = 1;
	line->count++;
	w.interrupts++;
}

static void deliver(void)
{
	if (scenario->level) {
		level_deliver();
		return;
	}
	if (net_kit.fake.lines[0] == NULL)
		return;
	if (queue_interrupts() != w.delivered)
		fire(net_kit.fake.lines[0]);
	if (w.config_raised != w.config_delivered &&
	    net_kit.fake.config_interrupt != VIRTIO_NO_INTERRUPT) /* not reset meanwhile */
		fire(net_kit.fake.lines[net_kit.fake.config_interrupt]);
	w.delivered = queue_interrupts();
	w.config_delivered = w.config_raised;
}

uint64_t irq_window(void)
{
	moment();
	show_stores();
	w.skipped = scenario->late && !w.skipped && pending() && orders_choose(2) == 1;
	if (!w.skipped)
		deliver();
	moment();
	return w.interrupts;
}

void clock_timer_set(uint64_t at_ns, uint64_t now_ns)
{
	(void)now_ns;
	w.timer_ns = at_ns;
	moment();
}

enum console_progress console_drain_burst(void)
{
	return CONSOLE_EMPTY;
}

static bool wakes_within(uint64_t ns)
{
	return w.timer_ns <= fake_machine.now_ns + ns;
}

/* That the next frame ends the halt. */
static void check_receive(void)
{
	if (wakes_within(NS_PER_MS) && (w.net->polled || !fake_ring_has_next(rx())))
		return;
	must(!w.net->polled, "halts long, and no interrupt is possible");
	must(taken(w.net->rx) == rx()->used_idx, "halts with frames in the ring");
	must(fake_ring_has_next(rx()), "halts long, and the device has no buffer");
	must(fake_ring_interrupts_at(rx(), rx()->used_idx), "halts, and a frame would not wake it");
}

static void check_transmit(void)
{
	uint16_t left = (uint16_t)(tx()->avail->idx - tx()->used_idx);
	bool wakes = w.net->polled;

	must(!w.net->unreported, "halts, and nobody knows what came of the sending");
	must(!fake_ring_has_next(tx()) || w.transmitting, "halts, and the device does not know of its frames");
	must(virtq_in_flight(w.net->tx) == 0 || wakes_within(100 * NS_PER_MS),
	     "halts, and what was sent is never collected");
	if (!w.refused)
		return;
	for (uint16_t i = 0; i < left; i++)
		wakes |= fake_ring_interrupts_at(tx(), (uint16_t)(tx()->used_idx + i));
	must(wakes, "halts, and room to transmit would not wake it");
}

static void check_configuration(void)
{
	if (net_kit.fake.config_interrupt == VIRTIO_NO_INTERRUPT)
		must(wakes_within(100 * NS_PER_MS), "halts, and never asks for the link");
	else
		must(w.net->netif.link_up == device_link() &&
			     (net_kit.fake.status & VIRTIO_CONFIG_S_NEEDS_RESET) == 0,
		     "halts on an old configuration");
}

static struct known known_now(void)
{
	return (struct known){.received = net_kit.received, .link_up = w.net->netif.link_up,
			      .sent = taken(w.net->tx)};
}

/* What came of a poll may be what the caller of the event loop waits for. */
static void check_reported(void)
{
	struct known now = known_now();

	must(w.told.received == now.received, "halts, and its caller does not know of a frame");
	must(w.told.link_up == now.link_up, "halts, and its caller does not know of the link");
	must(w.told.sent == now.sent, "halts, and its caller does not know what was sent");
}

static void check_halt(void)
{
	w.halts++;
	check_reported();
	must(!scenario->level || !w.masked, "halts, and its interrupt is masked");
	if (pending() || net_kit.fake.dev.dead)
		return;
	must(!w.net->polled || scenario->lines == NONE, "polls, although its interrupts arrive");
	check_receive();
	check_transmit();
	check_configuration();
}

/* When all acts are done: each of those that the checks are about once more. */
static bool last_act(void)
{
	static const enum act last[] = {ACT_FRAME, ACT_SENT, ACT_LINK, ACT_FRAME};

	while (w.last < ARRAY_LEN(last)) {
		enum act act = last[w.last++];

		w.acts_left[act] = 1;
		if (is_possible(act)) {
			do_act(act);
			return true;
		}
	}
	return false;
}

static bool timer_ends_it(void)
{
	if (w.timer_ns == TIME_NEVER || w.timers_in_a_row == 3)
		return false;
	w.timers_in_a_row++;
	fake_machine.now_ns = MAX(fake_machine.now_ns, w.timer_ns);
	return true;
}

void irq_halt(void)
{
	show_stores();
	check_halt();
	while (!pending()) {
		if (orders_are_drawn() && orders_draw(4) == 0 && timer_ends_it())
			break;
		if (device_acts(false))
			continue;
		if (timer_ends_it())
			break;
		if (last_act())
			continue;
		w.done = true;
		w.interrupts++; /* out of the halt */
		break;
	}
	deliver();
}

/* --- the stack -------------------------------------------------------------------------------------- */

void netif_input(struct netif *netif, struct pktbuf *pkt, uint64_t now_ns)
{
	(void)now_ns;
	net_kit_input(netif, pkt);
	w.to_send += scenario->answers;
	moment();
}

void net_poll(struct stack *stack, uint64_t now_ns)
{
	struct netif *netif = net_kit.netif;

	(void)stack;
	(void)now_ns;
	if (net_kit.held.count > 0 && orders_draw(3) == 0)
		pktbuf_queue_free(&net_kit.held);
	w.refused = false;
	while (w.to_send > 0) {
		w.refused = !net_kit.fake.dev.dead && netif->ops->tx_room(netif) == 0;
		if (w.refused || fake_machine.allocs_left == 0)
			break;
		(void)netif->ops->send(netif, net_kit_packet(54, scenario->pieces));
		w.to_send--;
	}
	moment();
}

uint64_t net_next_deadline(const struct stack *stack)
{
	(void)stack;
	return net_kit.held.count > 0 ? fake_machine.now_ns + NS_PER_S : TIME_NEVER;
}

/* --- running -------------------------------------------------------------------------------------- */

static void open_world(const struct scenario *s)
{
	scenario = s;
	net_kit_reset(s->features);
	net_kit.fake.dev.n_interrupts = (uint16_t)(2 - s->lines);
	net_kit.fake.queue_sizes[VIRTIO_NET_RX_QUEUE] = s->rx_size;
	net_kit.fake.queue_sizes[VIRTIO_NET_TX_QUEUE] = s->tx_size;
	net_kit.fake.on_notify = notified;
	net_kit.hold = s->holds;
	net_kit.fake.level = s->level;
	w = (struct world){.timer_ns = TIME_NEVER, .to_send = s->to_send};
	if (s->level) {
		irq_input_init(&input, &controller);
		sharer.acknowledge = acknowledge;
		irq_input_join(&input, &sharer);
	}
	memcpy(w.acts_left, s->acts, sizeof(w.acts_left));
	orders_rewind();
	assert_non_null(net_kit_open());
	w.net = CONTAINER_OF(net_kit.netif, struct virtio_net, netif);
	w.net->rx_batch = s->batch;
	w.net->rx_budget = s->budget;
	fake_ring_at_barrier = at_barrier;
	if (s->buffered) {
		fake_ring_hold_back(rx());
		fake_ring_hold_back(tx());
	}
	w.told = known_now();
}

static void run(const struct scenario *s)
{
	unsigned iterations = 0;

	open_world(s);
	while (!w.done) {
		event_loop_iterate(NULL, TIME_NEVER);
		w.told = known_now();
		must(++iterations < 1000000, "never ends");
	}
	fake_ring_at_barrier = NULL;
	must(net_kit.received == w.given || net_kit.fake.dev.dead, "a frame was lost");
	must(w.net->polled == (s->lines == NONE), "thinks wrong of its interrupts");
	irq_unwatch(&input.source);
	net_kit_teardown();
}

static void run_all_orders(const struct scenario *s)
{
	uint64_t runs = 0;

	orders_begin_all();
	do {
		run(s);
		runs++;
	} while (orders_next());
	print_message("%s: %llu orders\n", s->name, (unsigned long long)runs);
}

/* --- the scenarios --------------------------------------------------------------------------------- */

#define SMALL(s, n, batch_, budget_, ...)                                                          \
	{.name = s, .rx_size = (n), .tx_size = 8, .batch = (batch_), .budget = (budget_),          \
	 __VA_ARGS__}

static const struct scenario small[] = {
	SMALL("ring of 1", 1, 1, 1, .acts = {[ACT_FRAME] = 3}),
	SMALL("ring of 2, budget 1", 2, 1, 1, .acts = {[ACT_FRAME] = 3}),
	SMALL("ring of 2, budget 2", 2, 1, 2, .acts = {[ACT_FRAME] = 2, [ACT_BURST] = 1}),
	SMALL("ring of 4, batch 2, budget 4", 4, 2, 4, .acts = {[ACT_FRAME] = 2, [ACT_BURST] = 1}),
	SMALL("link and frames", 2, 1, 2, .acts = {[ACT_FRAME] = 2, [ACT_LINK] = 1}),
	SMALL("link down and up", 2, 1, 2, .acts = {[ACT_FRAME] = 1, [ACT_LINK] = 2}),
	SMALL("one interrupt for all", 2, 1, 2, .lines = ONE,
	      .acts = {[ACT_FRAME] = 2, [ACT_LINK] = 1}),
	SMALL("no interrupt", 2, 1, 2, .lines = NONE, .acts = {[ACT_FRAME] = 2, [ACT_LINK] = 1}),
	SMALL("suspended", 2, 1, 2, .acts = {[ACT_FRAME] = 1, [ACT_SUSPEND] = 2}),
	SMALL("late interrupts", 2, 1, 2, .late = true, .acts = {[ACT_FRAME] = 2}),
	SMALL("transmitting", 1, 1, 1, .to_send = 3, .acts = {[ACT_SENT] = 3}),
	SMALL("transmitting fragments", 1, 1, 1, .to_send = 3, .pieces = 4, .acts = {[ACT_SENT] = 3}),
	SMALL("answers", 2, 1, 2, .to_send = 1, .pieces = 4, .answers = true,
	      .acts = {[ACT_FRAME] = 1, [ACT_SENT] = 2}),
	SMALL("a broken device", 2, 1, 2, .acts = {[ACT_FRAME] = 2, [ACT_BREAK] = 1}),
};

/* With an event index, and without; with stores that are seen as late as they may; and with an
 * interrupt that stays asserted until it is acknowledged. */
TEST(every_order_on_small_rings)
{
	for (size_t i = 0; i < ARRAY_LEN(small); i++) {
		struct scenario s = small[i];

		s.features = NET_KIT_ALL;
		run_all_orders(&s);
		s.buffered = true;
		run_all_orders(&s);
		s.buffered = false;
		s.features &= ~EVENT_IDX;
		run_all_orders(&s);
		s.features |= EVENT_IDX;
		s.level = s.lines != NONE && s.rx_size < 4;
		if (s.level)
			run_all_orders(&s);
	}
}

/* All that there is, as often as the seed says. */
static void draw_scenario(struct scenario *s)
{
	static const uint16_t sizes[] = {1, 2, 4, 8, 16, 64, 256, 256};

	*s = (struct scenario){
		.name = "drawn",
		.features = NET_KIT_ALL & ~(orders_draw(3) == 0 ? EVENT_IDX : 0),
		.rx_size = sizes[orders_draw(ARRAY_LEN(sizes))],
		.tx_size = sizes[3 + orders_draw(ARRAY_LEN(sizes) - 3)],
		.to_send = orders_draw(2) * orders_draw(400),
		.pieces = orders_draw(5),
		.lines = orders_draw(8) == 0 ? NONE : orders_draw(2),
		.rest = 1 + orders_draw(60),
		.answers = orders_draw(2) == 0,
		.holds = orders_draw(4) == 0,
		.late = orders_draw(2) == 0,
		.buffered = orders_draw(2) == 0,
		.acts = {[ACT_FRAME] = orders_draw(1000), [ACT_BURST] = orders_draw(20), [ACT_SENT] = 2000,
			 [ACT_LINK] = orders_draw(10), [ACT_SUSPEND] = orders_draw(5),
			 [ACT_MEMORY] = orders_draw(3) == 0 ? orders_draw(10) : 0, [ACT_BREAK] = orders_draw(10) == 0},
	};
	s->batch = orders_draw(2) == 0 ? 8 : (uint16_t)(1 + orders_draw(8));
	s->budget = orders_draw(2) == 0 ? 256 : (uint16_t)(1 + orders_draw(256));
	s->level = s->lines != NONE && orders_draw(3) == 0;
}

#define DRAWN 400

TEST(orders_drawn_on_large_rings)
{
	for (uint64_t seed = 1; seed <= DRAWN; seed++) {
		struct scenario s;

		orders_begin_drawn(seed);
		draw_scenario(&s);
		run(&s);
	}
}

/* Some 140,000 frames: the ring's indices come round twice, and so does the event index. */
TEST(indices_come_round)
{
	static const struct scenario s = {
		.name = "long", .features = NET_KIT_ALL, .rx_size = 256, .tx_size = 256, .batch = 8,
		.budget = 256, .answers = true, .rest = 40,
		.acts = {[ACT_FRAME] = 100000, [ACT_BURST] = 500, [ACT_SENT] = 1000000},
	};

	orders_begin_drawn(1);
	run(&s);
	assert_true(net_kit.received > 2 * 65536);
}
