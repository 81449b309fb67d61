/* SPDX-License-Identifier: MIT */
/*
 * The virtio drivers on a transport that has nothing of PCI: registers in memory and one
 * level-triggered interrupt, which a network and an entropy device share (tests/lib/fake_mmio.h),
 * under the real event loop.
 */
#include <string.h>

#include "drivers/virtio/net/net.h"
#include "drivers/virtio/net/private.h"
#include "drivers/virtio/rng.h"
#include "kernel/console/console.h"
#include "kernel/irq/irq_halt.h"
#include "kernel/time/clock_timer.h"
#include "machine/event_loop.h"
#include "net/net.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_mmio.h"
#include "tests/runner/unit.h"

#define FEATURES                                                                                   \
	(VIRTIO_FEATURE(VIRTIO_NET_F_MAC) | VIRTIO_FEATURE(VIRTIO_NET_F_STATUS) | VIRTQ_FEATURES)

static struct fake_mmio nic, entropy;
static struct irq_input input;
static struct netif *netif;
static struct virtio_rng *rng;
static struct pktbuf_pool pool;
static bool masked;
static uint64_t interrupts, timer_ns;
static unsigned fired, halts, received, given, to_send, sent;
static unsigned refused;       /* times that there was no room for the stack */
static void (*at_halt)(void);  /* what the devices do while the machine is halted */

/* --- the controller and the CPU ------------------------------------------------------------------- */

static void mask(struct irq_input *in)
{
	(void)in;
	masked = true;
}

static void unmask(struct irq_input *in)
{
	(void)in;
	masked = false;
}

static const struct irq_input_ops controller = {.mask = mask, .unmask = unmask};

static bool is_pending(void)
{
	return !masked && (fake_mmio_asserts(&nic) || fake_mmio_asserts(&entropy));
}

static void let_in(void)
{
	unsigned n = 0;

	while (is_pending()) {
		irq_input_fired(&input);
		fired++;
		interrupts++;
		assert_true(++n < 3); /* else a storm */
	}
}

uint64_t irq_window(void)
{
	let_in();
	return interrupts;
}

void irq_halt(void)
{
	assert_true(++halts < 100000);
	if (!is_pending() && at_halt != NULL)
		at_halt();
	if (!is_pending()) {
		assert_true(timer_ns != TIME_NEVER); /* else it never wakes */
		fake_machine.now_ns = MAX(fake_machine.now_ns, timer_ns);
	}
	let_in();
}

void clock_timer_set(uint64_t at_ns, uint64_t now_ns)
{
	(void)now_ns;
	timer_ns = at_ns;
}

enum console_progress console_drain_burst(void)
{
	return CONSOLE_EMPTY;
}

/* --- the stack ------------------------------------------------------------------------------------ */

void netif_input(struct netif *from, struct pktbuf *pkt, uint64_t now_ns)
{
	(void)now_ns;
	assert_ptr_equal(from, netif);
	assert_int_equal(pktbuf_len(pkt), 60);
	assert_int_equal(pkt->data[0], (uint8_t)received);
	received++;
	pktbuf_free(pkt);
}

void net_poll(struct stack *stack, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
	while (to_send > 0) {
		struct pktbuf *pkt;

		if (netif->ops->tx_room(netif) == 0) {
			refused++;
			return;
		}
		pkt = pktbuf_alloc(&pool, PKTBUF_HEADROOM);
		assert_non_null(pkt);
		assert_non_null(pktbuf_put(pkt, 60));
		assert_int_equal(netif->ops->send(netif, pkt), ERR_OK);
		to_send--;
	}
}

uint64_t net_next_deadline(const struct stack *stack)
{
	(void)stack;
	return TIME_NEVER;
}

/* --- the devices ---------------------------------------------------------------------------------- */

static bool frame(void)
{
	uint8_t bytes[60] = {(uint8_t)given};

	if (!fake_mmio_receive(&nic, bytes, sizeof(bytes)))
		return false;
	given++;
	return true;
}

static void transmit(void)
{
	struct fake_chain chain;

	while (fake_ring_next(&nic.queues[1].ring, &chain)) {
		fake_mmio_use(&nic, 1, &chain, 0);
		sent++;
	}
}

static void give_random(struct fake_mmio *m, unsigned queue)
{
	struct fake_chain chain;
	uint8_t bytes[64];

	memset(bytes, 0x5a, sizeof(bytes));
	while (fake_ring_next(&m->queues[queue].ring, &chain)) {
		uint32_t len = fake_chain_write(&chain, bytes, sizeof(bytes));

		fake_mmio_use(m, queue, &chain, len);
	}
}

static void close_machine(void)
{
	if (netif != NULL)
		netif->ops->deactivate(netif);
	netif = NULL;
	irq_unwatch(&input.source);
	fake_machine_off();
}

static void open_machine(uint16_t n_interrupts)
{
	close_machine();
	fake_machine_reset();
	interrupts = fired = halts = received = given = to_send = sent = refused = 0;
	at_halt = NULL;
	pktbuf_pool_init(&pool, &fake_machine.port, 256, 256);
	irq_input_init(&input, &controller);
	fake_mmio_net_init(&nic, FEATURES, &input, n_interrupts);
	fake_mmio_init(&entropy, VIRTQ_FEATURES, &input, 1);
	entropy.on_notify = give_random;
	entropy.ignores_wishes = true; /* the driver wants no interrupt, and gets one all the same */
	netif = virtio_net_open(&nic.dev, &fake_machine.port, "eth0");
	assert_non_null(netif);
	rng = virtio_rng_open(&entropy.dev);
	assert_non_null(rng);
}

static void setup(void)
{
	open_machine(2);
}

FIXTURE(setup, close_machine);

static void run_for(uint64_t ns)
{
	uint64_t end_ns = fake_machine.now_ns + ns;

	while (fake_machine.now_ns < end_ns)
		event_loop_iterate(NULL, end_ns);
}

static struct virtio_net *driver(void)
{
	return CONTAINER_OF(netif, struct virtio_net, netif);
}

/* --- tests ---------------------------------------------------------------------------------------- */

TEST(the_driver_comes_up_and_is_not_polled)
{
	run_for(NS_PER_S);
	assert_true(netif->link_up);
	assert_false(driver()->polled);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
	/* What the firmware left asserted was acknowledged, and that was that. */
	assert_false(fake_mmio_asserts(&nic) || fake_mmio_asserts(&entropy));
	assert_in_range(halts, 1, 3);
}

static void one_frame_a_halt(void)
{
	if (given < 1000)
		assert_true(frame());
}

TEST(each_frame_ends_a_halt)
{
	at_halt = one_frame_a_halt;
	run_for(NS_PER_S);
	assert_int_equal(received, 1000);
	assert_int_equal(driver()->queue_irq.count, 1000);
	assert_in_range(fired, 1000, 1002);
	assert_false(driver()->polled);
}

static void a_ring_full(void)
{
	if (given >= 5000)
		return;
	while (frame())
		continue;
}

TEST(bursts_arrive_whole)
{
	at_halt = a_ring_full;
	run_for(NS_PER_S);
	assert_true(given >= 5000);
	assert_int_equal(received, given);
}

static void frame_and_bytes(void)
{
	uint8_t bytes[64];

	if (given >= 1000)
		return;
	assert_true(frame());
	assert_int_equal(virtio_rng_poll(rng, bytes, sizeof(bytes), true), sizeof(bytes));
}

/* Each signals while the other does: on one line, of two drivers, one of which wants no interrupt. */
TEST(devices_that_share_the_line_lose_nothing)
{
	at_halt = frame_and_bytes;
	run_for(NS_PER_S);
	assert_int_equal(received, 1000);
	assert_true(entropy.acknowledged >= 1000);
	assert_in_range(fired, 1000, 2002);
	assert_false(fake_mmio_asserts(&entropy));
}

TEST(random_bytes_are_waited_for)
{
	uint8_t bytes[200];

	assert_int_equal(virtio_rng_read(rng, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(bytes[199], 0x5a);
	at_halt = one_frame_a_halt;
	run_for(NS_PER_S);
	assert_int_equal(received, 1000);
}

TEST(room_to_transmit_wakes_the_stack)
{
	at_halt = transmit;
	to_send = 500;
	run_for(NS_PER_S);
	assert_int_equal(sent, 500);
	assert_true(refused > 10);
	assert_true(netif->ops->sent_all(netif));
}

static void link_goes_down(void)
{
	nic.config[offsetof(struct virtio_net_config, status)] = 0;
	fake_mmio_config_changed(&nic);
	at_halt = one_frame_a_halt;
}

static void check_link(uint16_t n_interrupts)
{
	open_machine(n_interrupts);
	run_for(NS_PER_MS);
	at_halt = link_goes_down;
	run_for(NS_PER_S);
	assert_false(netif->link_up);
	assert_int_equal(received, 1000);
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_LINK], 1);
}

TEST(changed_configuration_is_noticed)
{
	check_link(2);
	assert_int_equal(driver()->queue_irq.count, 1000);
	assert_in_range(driver()->config_irq.count, 1, 2); /* with what the firmware left */
}

TEST(changed_configuration_where_causes_are_not_distinguished)
{
	check_link(1);
	assert_in_range(driver()->queue_irq.count, 1001, 1002);
}

/* Its frames fill the ring, are not taken, and do not keep the machine awake. */
TEST(interface_that_is_set_aside_keeps_no_machine_awake)
{
	nic.ignores_wishes = true;
	run_for(NS_PER_MS);
	netif->ops->deactivate(netif);
	at_halt = frame_and_bytes;
	while (frame())
		continue;
	given = 1000;
	halts = 0;
	run_for(NS_PER_S);
	assert_in_range(halts, 1, 5);
	assert_int_equal(received, 0);
	assert_false(fake_mmio_asserts(&nic));
}

TEST(device_that_lies_is_given_up_and_the_line_lives_on)
{
	struct fake_chain bogus = {.head = 77};
	uint8_t bytes[64];

	run_for(NS_PER_MS);
	fake_mmio_use(&nic, 0, &bogus, 10);
	run_for(NS_PER_MS);
	assert_true(nic.dev.dead);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	assert_int_equal(virtio_rng_poll(rng, bytes, sizeof(bytes), true), sizeof(bytes));
	halts = 0;
	run_for(NS_PER_S);
	assert_in_range(halts, 1, 5);
	assert_false(fake_mmio_asserts(&entropy));
}
