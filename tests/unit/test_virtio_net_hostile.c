/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio network driver on a device that breaks its promises (HOSTILE-INPUTS, device rows):
 * a bad frame is dropped and counted; a bad queue ends the device, with a word in the log, and
 * every packet comes home.  Under AddressSanitizer each buffer is a heap block of its own.
 */
#include <string.h>

#include "drivers/virtio/net/private.h"
#include "tests/lib/virtio_net_kit.h"
#include "tests/runner/unit.h"

#define HDR_LEN ((uint32_t)sizeof(struct virtio_net_hdr_v1))

static bool answer;    /* the stack answers each frame at once */
static unsigned break_at; /* the frame at whose arrival the transmit queue goes wrong */
static uint16_t posted;   /* receive buffers ever posted, then */

void netif_input(struct netif *netif, struct pktbuf *pkt, uint64_t now_ns)
{
	(void)now_ns;
	net_kit_input(netif, pkt);
	if (break_at != 0 && net_kit.received == break_at) {
		net_kit.fake.rings[1].used->idx = 9999;
		posted = net_kit.fake.rings[0].avail->idx;
	}
	if (answer)
		(void)netif->ops->send(netif, net_kit_packet(54, 1));
}

static void setup(void)
{
	answer = false;
	break_at = 0;
	net_kit_setup();
}

FIXTURE(setup, net_kit_teardown);

static struct fake_ring *rx(void)
{
	return &net_kit.fake.rings[0];
}

static struct fake_ring *tx(void)
{
	return &net_kit.fake.rings[1];
}

static const struct virtio_net_hdr_v1 plain = {.num_buffers = 1};

static uint32_t rx_buffers_out(void)
{
	return CONTAINER_OF(net_kit.netif, struct virtio_net, netif)->rx_pool.in_use;
}

/* --- single frames --------------------------------------------------------------------------- */

static void assert_dropped(const struct virtio_net_hdr_v1 *hdr)
{
	uint64_t before = net_kit.netif->counters.rx_dropped;
	unsigned received = net_kit.received;

	net_kit_receive(hdr, 60);
	assert_int_equal(net_kit.netif->counters.rx_dropped, before + 1);
	assert_int_equal(net_kit.received, received);
	/* The interface goes on. */
	net_kit_receive(&plain, 60);
	assert_int_equal(net_kit.received, received + 1);
}

TEST(frame_no_longer_than_its_header_is_dropped)
{
	for (uint32_t len = 0; len <= HDR_LEN; len++) {
		struct fake_chain chain;

		assert_true(fake_ring_next(rx(), &chain));
		memset(chain.pieces[0].at, 0, chain.in_len);
		fake_ring_use(rx(), chain.head, len);
		net_kit_poll();
		assert_int_equal(net_kit.netif->counters.rx_dropped, len + 1);
	}
	assert_int_equal(net_kit.received, 0);
	net_kit_receive(&plain, 1);
	assert_int_equal(net_kit.frame_len, 1);
}

TEST(checksum_outside_the_frame_is_dropped)
{
	static const struct {
		uint16_t start, offset;
	} rows[] = {{59, 0}, {60, 0}, {0, 59}, {65535, 65535}, {65535, 0}, {0, 65535}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct virtio_net_hdr_v1 hdr = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
						.csum_start = rows[i].start,
						.csum_offset = rows[i].offset};

		assert_dropped(&hdr);
	}
}

TEST(large_segment_that_was_not_agreed_on_is_dropped)
{
	struct virtio_net_hdr_v1 hdr = {.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448};

	assert_dropped(&hdr);
	hdr.gso_type = 0xff;
	assert_dropped(&hdr);
}

/* Without MRG_RXBUF the field has no meaning: one buffer is one frame. */
TEST(number_of_buffers_is_not_believed)
{
	static const uint16_t numbers[] = {0, 2, 255, 65535};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct virtio_net_hdr_v1 hdr = {.num_buffers = numbers[i]};

		assert_int_equal(net_kit_receive(&hdr, 60), 1);
		assert_int_equal(net_kit.frame_len, 60);
	}
	assert_int_equal(net_kit.received, ARRAY_LEN(numbers));
}

/* --- queues ---------------------------------------------------------------------------------- */

static void assert_ended(const char *where, const char *what)
{
	assert_true(net_kit.fake.dev.dead);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	assert_non_null(strstr(fake_machine.problem, where));
	assert_non_null(strstr(fake_machine.problem, what));
	assert_false(net_kit.netif->link_up);
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_LINK], 1);
	assert_int_equal(net_kit.fake.status, VIRTIO_CONFIG_S_FAILED);
	/* Nothing more is done with it, and nothing is lost. */
	assert_int_equal(net_kit.pool.in_use, 0);
	assert_int_equal(rx_buffers_out(), 0);
	assert_int_equal(net_kit.netif->ops->send(net_kit.netif, net_kit_packet(60, 1)),
			 ERR_NETDOWN);
	assert_int_equal(net_kit.netif->ops->tx_room(net_kit.netif), 0);
	assert_int_equal(net_kit_poll(), 0);
	assert_int_equal(net_kit.pool.in_use, 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
}

TEST(received_length_over_the_buffer)
{
	struct fake_chain chain;

	assert_int_equal(net_kit.netif->ops->send(net_kit.netif, net_kit_packet(60, 1)), ERR_OK);
	assert_true(fake_ring_next(rx(), &chain));
	fake_ring_use(rx(), chain.head, chain.in_len + 1);
	net_kit_poll();
	assert_int_equal(net_kit.received, 0);
	assert_ended("receive queue", "length");
}

TEST(received_length_of_exactly_the_buffer_is_fine)
{
	struct fake_chain chain;

	assert_true(fake_ring_next(rx(), &chain));
	memset(chain.pieces[0].at, 0, chain.in_len);
	fake_ring_use(rx(), chain.head, chain.in_len);
	net_kit_poll();
	assert_int_equal(net_kit.received, 1);
	assert_int_equal(net_kit.frame_len, chain.in_len - HDR_LEN);
}

TEST(receive_index_jumps)
{
	rx()->used->idx = 17;
	net_kit_poll();
	assert_ended("receive queue", "index");
}

TEST(received_id_out_of_range)
{
	fake_ring_use(rx(), 256, 60);
	net_kit_poll();
	assert_ended("receive queue", "outside");
}

TEST(received_id_not_in_flight)
{
	fake_ring_use(rx(), 200, 60);
	net_kit_poll();
	assert_ended("receive queue", "not in flight");
}

TEST(transmit_index_jumps)
{
	assert_int_equal(net_kit.netif->ops->send(net_kit.netif, net_kit_packet(60, 2)), ERR_OK);
	tx()->used->idx = 2;
	net_kit_poll();
	assert_int_equal(net_kit.released, 1);
	assert_ended("transmit queue", "index");
}

TEST(transmitted_id_not_in_flight)
{
	assert_int_equal(net_kit.netif->ops->send(net_kit.netif, net_kit_packet(60, 2)), ERR_OK);
	fake_ring_use(tx(), 1, 0); /* a piece of the chain, not its head */
	net_kit_poll();
	assert_ended("transmit queue", "not in flight");
}

/* The transmit queue breaks while the stack answers a received frame: the receive loop is in the
 * middle of its batch, or at its last frame, when its own queue is taken away. */
static void break_while_receiving(unsigned frames)
{
	for (unsigned i = 0; i < frames; i++)
		assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	/* Room is short, so that each answer looks for completions first. */
	while (net_kit.netif->ops->tx_room(net_kit.netif) > 3)
		assert_int_equal(net_kit.netif->ops->send(net_kit.netif, net_kit_packet(60, 4)),
				 ERR_OK);
	answer = true;
	break_at = 1;
	posted = 0;
	net_kit_poll();
	if (net_kit.fake.dev.dead)
		assert_int_equal(rx()->avail->idx, posted); /* a dead one gets no new buffers */
	else
		net_kit_poll();
	assert_ended("transmit queue", "index");
}

TEST(transmit_queue_breaks_while_receiving)
{
	for (unsigned frames = 1; frames <= 12; frames++) {
		net_kit_reset(NET_KIT_ALL);
		assert_non_null(net_kit_open());
		answer = false;
		break_while_receiving(frames);
	}
}

TEST(device_asks_for_a_reset)
{
	assert_int_equal(net_kit.netif->ops->send(net_kit.netif, net_kit_packet(60, 0)), ERR_OK);
	net_kit.fake.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	fake_virtio_config_changed(&net_kit.fake);
	net_kit_poll();
	assert_ended("device", "reset");
}

/* What hangs in its reset may still write: those buffers must never be used again. */
TEST(device_that_does_not_even_reset_keeps_its_buffers)
{
	net_kit.fake.never_resets = true;
	fake_ring_use(rx(), 300, 60);
	net_kit_poll();
	assert_true(net_kit.fake.dev.dead);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 2);
	assert_non_null(strstr(fake_machine.problem, "does not reset"));
	assert_false(net_kit.netif->link_up);
	assert_int_equal(net_kit_poll(), 0);
	assert_int_equal(rx_buffers_out(), 16);
}

/* --- setup ----------------------------------------------------------------------------------- */

static void assert_refused(const char *word)
{
	assert_null(net_kit_open());
	assert_true(net_kit.fake.dev.dead);
	assert_non_null(strstr(fake_machine.problem, word));
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_UP], 0);
}

TEST(configuration_that_never_settles)
{
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.never_settles = true;
	assert_refused("settles");
}

TEST(configuration_truncated)
{
	for (uint32_t len = 0; len < 12; len++) {
		net_kit_reset(NET_KIT_ALL);
		net_kit.fake.config_len = len;
		assert_refused("too short");
	}
}

TEST(queues_missing_or_of_impossible_size)
{
	static const uint16_t sizes[] = {0, 3, 300};

	for (unsigned queue = 0; queue < 2; queue++) {
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			net_kit_reset(NET_KIT_ALL);
			net_kit.fake.queue_sizes[queue] = sizes[i];
			assert_refused("queue");
			assert_false((net_kit.fake.status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
		}
	}
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.queue_sizes[1] = 4;
	assert_refused("too short");
}

TEST(tiny_queues_work)
{
	struct fake_chain chain;

	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.queue_sizes[0] = 1;
	net_kit.fake.queue_sizes[1] = 8;
	assert_non_null(net_kit_open());
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(net_kit_receive(&plain, 60), 1);
		assert_int_equal(net_kit.netif->ops->send(net_kit.netif, net_kit_packet(60, 4)),
				 ERR_OK);
		assert_int_equal(net_kit.netif->ops->tx_room(net_kit.netif), 0);
		assert_true(net_kit_transmitted(&chain));
		net_kit_poll();
	}
}

TEST(memory_runs_out_anywhere)
{
	bool came_up = false;

	for (int allocs = 0; !came_up; allocs++) {
		assert_true(allocs < 100);
		net_kit_reset(NET_KIT_ALL);
		fake_machine.allocs_left = allocs;
		came_up = net_kit_open() != NULL;
		if (!came_up) {
			assert_true(net_kit.fake.dev.dead);
			assert_true(fake_machine.event_count[EVENT_DEVICE_BAD] > 0);
			assert_non_null(strstr(fake_machine.problem, "memory"));
		}
	}
	/* As soon as it comes up it works, with however few buffers. */
	fake_machine.allocs_left = 0;
	assert_int_equal(net_kit_receive(&plain, 60), 1);
	assert_int_equal(net_kit_receive(&plain, 60), 1);
	fake_machine.allocs_left = -1;
}

