/* SPDX-License-Identifier: MIT */
/* The virtio network driver on a device that keeps its promises, with each feature on and off. */
#include <string.h>

#include "machine/irq_source.h"
#include "tests/lib/virtio_net_kit.h"
#include "tests/runner/unit.h"

FIXTURE(net_kit_setup, net_kit_teardown);

#define HDR_LEN sizeof(struct virtio_net_hdr_v1)

void netif_input(struct netif *netif, struct pktbuf *pkt, uint64_t now_ns)
{
	/* The clock was looked at for this frame, not for the batch: each look moves it. */
	assert_int_equal(now_ns, fake_machine.now_ns);
	assert_true(now_ns > net_kit.last_frame_ns);
	net_kit.last_frame_ns = now_ns;
	net_kit_input(netif, pkt);
}

static const struct virtio_net_hdr_v1 plain = {.num_buffers = 1};

static int send(struct pktbuf *pkt)
{
	return net_kit.netif->ops->send(net_kit.netif, pkt);
}

/* No interrupt tells of received frames: the idle loop has to look. */
static bool is_polled(void)
{
	net_kit_idle();
	return net_kit_arm() == net_kit.now_ns + NS_PER_MS;
}

static unsigned tx_room(void)
{
	return net_kit.netif->ops->tx_room(net_kit.netif);
}

/* --- setup --------------------------------------------------------------------------------- */

TEST(comes_up)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
	struct netif *netif = net_kit.netif;

	assert_string_equal(netif->name, "eth0");
	assert_memory_equal(netif->mac, mac, 6);
	assert_int_equal(netif->mtu, 1500);
	assert_int_equal(netif->features, NETIF_TX_CSUM | NETIF_RX_CSUM | NETIF_TX_SG);
	assert_true(netif->link_up);
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_UP], 1);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
	assert_string_equal(fake_machine.features, "csum,guest_csum,mtu,mac,status,event_idx");
	assert_string_equal(fake_machine.link, "up");
	assert_true((net_kit.fake.status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
	assert_true(net_kit.fake.notified[0] >= 1);
	assert_false(is_polled());
	/* What the driver cannot do it must not accept. */
	assert_int_equal(net_kit.fake.accepted & (VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF) |
						  VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) |
						  VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO4) |
						  VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ)), 0);
}

TEST(comes_up_without_any_feature)
{
	net_kit_reset(0);
	assert_non_null(net_kit_open());
	assert_int_equal(net_kit.netif->features, NETIF_TX_SG);
	assert_int_equal(net_kit.netif->mtu, 1500);
	assert_true(net_kit.netif->link_up);
	assert_int_equal(net_kit.netif->mac[0], 0x02); /* made up, and said to be */
	assert_non_null(strstr(fake_machine.problem, "no MAC"));
	assert_int_equal(net_kit_receive(&plain, 60), 1);
	assert_int_equal(net_kit.received, 1);
	assert_int_equal(send(net_kit_packet(60, 0)), ERR_OK);
}

TEST(mtu_is_taken_within_bounds)
{
	static const struct {
		uint16_t offered, taken;
	} rows[] = {{68, 68}, {67, 1500}, {0, 1500}, {1500, 1500}, {9000, 9000}, {65535, 65535}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake_chain chain;

		net_kit_reset(NET_KIT_ALL);
		memcpy(net_kit.fake.config + offsetof(struct virtio_net_config, mtu),
		       &rows[i].offered, 2);
		assert_non_null(net_kit_open());
		assert_int_equal(net_kit.netif->mtu, rows[i].taken);
		assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD],
				 rows[i].offered < 68 ? 1 : 0);
		/* A whole packet fits, with Ethernet header and a VLAN tag, and never less than
		 * what others on an Ethernet send. */
		assert_true(fake_ring_next(&net_kit.fake.rings[0], &chain));
		assert_true(chain.in_len >= HDR_LEN + 18 + MAX(rows[i].taken, 1500));
	}
}

TEST(impossible_macs_are_replaced)
{
	static const uint8_t bad[][6] = {{0}, {1, 0, 0x5e, 0, 0, 1}, {255, 255, 255, 255, 255, 255}};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		net_kit_reset(NET_KIT_ALL);
		memcpy(net_kit.fake.config, bad[i], 6);
		assert_non_null(net_kit_open());
		assert_int_equal(net_kit.netif->mac[0], 0x02);
		assert_memory_not_equal(net_kit.netif->mac + 1, bad[i] + 1, 5);
	}
}

/* Two devices that came up in the same nanosecond have two addresses. */
TEST(an_invented_mac_is_drawn_from_the_generator)
{
	static const uint8_t drawn[6] = {0x02, 2, 3, 4, 5, 6}, drawn_next[6] = {0x02, 8, 9, 10, 11, 12};

	net_kit_reset(NET_KIT_ALL & ~VIRTIO_FEATURE(VIRTIO_NET_F_MAC));
	fake_machine.tick_ns = 0;
	assert_non_null(net_kit_open());
	assert_memory_equal(net_kit.netif->mac, drawn, 6);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	fake_virtio_net_init(&net_kit.fake, 0);
	assert_non_null(net_kit_open());
	assert_memory_equal(net_kit.netif->mac, drawn_next, 6);
}

TEST(without_interrupts_it_is_polled_and_says_so)
{
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.dev.n_interrupts = 0;
	assert_non_null(net_kit_open());
	assert_true(is_polled());
	assert_non_null(strstr(fake_machine.problem, "polled"));
	assert_int_equal(net_kit.fake.queue_interrupt[0], VIRTIO_NO_INTERRUPT);

	net_kit_reset(NET_KIT_ALL);
	fake_machine.lines_left = 0;
	assert_non_null(net_kit_open());
	assert_true(is_polled());
}

/* Half of an eighth of 4 MiB in buffers of some 1.7 KiB each. */
TEST(little_memory_means_few_buffers)
{
	unsigned posted = 0;

	net_kit_reset(NET_KIT_ALL);
	fake_machine.pages = 1024;
	assert_non_null(net_kit_open());
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(net_kit_receive(&plain, 60), 1);
	while (fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60))
		posted++;
	assert_in_range(posted, 100, 170);
	net_kit_poll();

	/* Not even one of these would fit the share, and still there are some. */
	net_kit_reset(NET_KIT_ALL);
	fake_machine.pages = 64;
	memset(net_kit.fake.config + offsetof(struct virtio_net_config, mtu), 0xff, 2);
	assert_non_null(net_kit_open());
	assert_int_equal(net_kit.fake.rings[0].avail->idx, 8);
}

/* --- receiving ----------------------------------------------------------------------------- */

TEST(frame_arrives_as_it_was_sent)
{
	assert_int_equal(net_kit_receive(&plain, 1514), 1);
	assert_int_equal(net_kit.received, 1);
	assert_int_equal(net_kit.frame_len, 1514);
	for (unsigned i = 0; i < 1514; i++)
		assert_int_equal(net_kit.frame[i], (uint8_t)(i * 7 + 1));
	assert_int_equal(net_kit.frame_flags, 0);
	assert_int_equal(net_kit_poll(), 0);
	assert_int_equal(net_kit.received, 1);
}

TEST(checksum_flags_are_understood)
{
	struct virtio_net_hdr_v1 hdr = {.num_buffers = 1};

	hdr.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	net_kit_receive(&hdr, 60);
	assert_int_equal(net_kit.frame_flags, PKTBUF_CSUM_VALID);
	hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr.csum_start = 34;
	hdr.csum_offset = 16;
	net_kit_receive(&hdr, 60);
	assert_int_equal(net_kit.frame_flags, PKTBUF_CSUM_VALID);
	assert_int_equal(net_kit.received, 2);
}

TEST(checksum_flags_mean_nothing_where_not_agreed_on)
{
	struct virtio_net_hdr_v1 hdr = {.flags = VIRTIO_NET_HDR_F_DATA_VALID};

	net_kit_reset(NET_KIT_ALL & ~VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM));
	assert_non_null(net_kit_open());
	assert_int_equal(net_kit.netif->features, NETIF_TX_CSUM | NETIF_TX_SG);
	net_kit_receive(&hdr, 60);
	assert_int_equal(net_kit.received, 1);
	assert_int_equal(net_kit.frame_flags, 0);
}

/* Each time the machine would sleep, the next frame raises an interrupt, and one for a burst. */
TEST(each_quiet_moment_ends_with_an_interrupt)
{
	struct fake_ring *ring = &net_kit.fake.rings[0];

	net_kit_idle();
	for (unsigned round = 0; round < 70000; round++) {
		unsigned before = ring->interrupts;
		unsigned burst = 1 + round % 5;

		for (unsigned i = 0; i < burst; i++)
			assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
		assert_int_equal(ring->interrupts, before + 1);
		assert_int_equal(net_kit_idle(), burst);
	}
	assert_true(ring->used_idx < 65535 && net_kit.received > 3 * 65536); /* it wrapped */
}

/* A frame that came between the last poll and the wish for an interrupt raises none. */
TEST(what_came_before_the_wish_forbids_the_halt)
{
	net_kit_idle();
	assert_int_equal(net_kit_receive(&plain, 60), 1);
	assert_int_equal(net_kit_poll(), 0);
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	net_kit_poll();
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_true(net_kit_arm() <= net_kit.now_ns);
	assert_int_equal(net_kit_poll(), 1);
	assert_true(net_kit_arm() == TIME_NEVER);
}

/* While frames are polled out of the ring their interrupts would only cost: also where the device
 * has no event index to fall behind. */
TEST(frames_raise_no_interrupt_while_they_are_polled)
{
	struct fake_ring *ring = &net_kit.fake.rings[0];

	net_kit_reset(NET_KIT_ALL & ~VIRTIO_FEATURE(VIRTQ_F_EVENT_IDX));
	assert_non_null(net_kit_open());
	net_kit_idle();
	for (unsigned i = 0; i < 100; i++) {
		assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
		assert_int_equal(ring->interrupts, 1);
		assert_int_equal(net_kit_poll(), 1);
	}
	net_kit_idle();
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_int_equal(ring->interrupts, 2);
}

/* The ring is as long as the budget of a poll: both end together, and the next poll finds nothing. */
TEST(full_ring_leaves_no_machine_deaf)
{
	unsigned frames = 0, before;

	for (unsigned i = 0; i < 300; i++)
		net_kit_receive(&plain, 60); /* until the ring has grown to its size */
	while (fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60))
		frames++;
	assert_int_equal(frames, 256);
	assert_int_equal(net_kit_poll(), 256);
	assert_int_equal(net_kit_poll(), 0);
	assert_true(net_kit_arm() == TIME_NEVER);
	before = net_kit.fake.rings[0].interrupts;
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_int_equal(net_kit.fake.rings[0].interrupts, before + 1);
}

TEST(frames_that_come_during_the_poll_are_taken)
{
	net_kit.flood = 100;
	assert_int_equal(net_kit_receive(&plain, 60), 101);
	assert_int_equal(net_kit.received, 101);
}

TEST(silence_is_noticed_and_said)
{
	net_kit_idle();
	for (unsigned i = 0; i < 1000; i++)
		net_kit_receive(&plain, 60);
	net_kit.deaf = true;
	net_kit_receive(&plain, 60); /* may be a race */
	net_kit_receive(&plain, 60);
	assert_false(is_polled());
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
	for (unsigned i = 0; i < 5; i++)
		net_kit_receive(&plain, 60);
	assert_true(is_polled());
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	assert_non_null(strstr(fake_machine.problem, "do not arrive"));
	assert_int_equal(net_kit.received, 1007);
	/* They do after all: it is not polled any more, and the next silence is not news. */
	net_kit.deaf = false;
	net_kit_receive(&plain, 60);
	assert_false(is_polled());
	net_kit.deaf = true;
	for (unsigned i = 0; i < 5; i++)
		net_kit_receive(&plain, 60);
	assert_true(is_polled());
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
}

/* Each interrupt comes just after the poll that already found its frame. */
TEST(late_interrupts_are_no_silence)
{
	net_kit_idle();
	for (unsigned i = 0; i < 100; i++) {
		net_kit.deaf = true;
		assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
		assert_int_equal(net_kit_poll(), 1);
		net_kit.deaf = false;
		net_kit_idle();
	}
	assert_false(is_polled());
}

/* What is found when the interrupt is asked for raised none, and was not expected to. */
TEST(frames_before_the_wish_are_no_silence)
{
	net_kit_idle();
	for (unsigned i = 0; i < 100; i++) {
		assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
		net_kit_poll();
		net_kit.deaf = true;
		assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
		assert_true(net_kit_arm() <= net_kit.now_ns);
		net_kit_poll();
		net_kit.deaf = false;
		net_kit_idle();
	}
	assert_false(is_polled());
}

/* A device that never stops must not keep the stack's timers from running. */
TEST(endless_flood_is_cut_into_polls)
{
	unsigned frames;

	net_kit.flood = UINT32_MAX;
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	frames = net_kit_poll();
	assert_in_range(frames, 32, 512);
	net_kit.flood = 3;
	assert_true(net_kit_idle() >= 1);
	/* And the interrupt is armed after it. */
	unsigned before = net_kit.fake.rings[0].interrupts;

	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_int_equal(net_kit.fake.rings[0].interrupts, before + 1);
	net_kit_poll();
}

TEST(buffers_held_by_the_stack_do_not_starve_the_device)
{
	unsigned delivered = 0;

	net_kit.hold = true;
	while (fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60)) {
		net_kit_poll();
		delivered++;
	}
	assert_int_equal(net_kit.received, delivered);
	assert_in_range(delivered, 256, 1024); /* the pool's end */
	net_kit.hold = false;
	pktbuf_queue_free(&net_kit.held);
	net_kit_poll(); /* fills the ring again without any frame */
	assert_int_equal(net_kit_receive(&plain, 60), 1);
}

/* A device without a buffer receives nothing and so wakes nobody. */
TEST(memory_that_is_there_again_is_found_by_the_clock)
{
	net_kit.hold = true;
	fake_machine.allocs_left = 0;
	while (fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60))
		net_kit_poll();
	assert_int_equal(net_kit_poll(), 0);
	assert_true(net_kit_arm() == net_kit.now_ns + NS_PER_MS);
	fake_machine.allocs_left = -1;
	assert_true(net_kit_arm() == TIME_NEVER); /* filled there, not only by a poll */
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_int_equal(net_kit.fake.rings[0].interrupts, 1);
	net_kit_poll();
}

TEST(ring_is_not_filled_before_there_is_traffic)
{
	assert_int_equal(net_kit.fake.rings[0].avail->idx, 16);
	net_kit_receive(&plain, 60);
	assert_int_equal(net_kit.fake.rings[0].avail->idx, 18);
}

/* --- transmitting -------------------------------------------------------------------------- */

TEST(frame_leaves_as_it_was_given)
{
	struct fake_chain chain;
	uint8_t bytes[600];
	struct virtio_net_hdr_v1 none = {0};

	struct pktbuf *pkt = net_kit_packet(54, 2);

	assert_true(pktbuf_add_piece(pkt, bytes, 0)); /* nothing: no descriptor */
	assert_int_equal(send(pkt), ERR_OK);
	assert_int_equal(net_kit.fake.notified[1], 1);
	assert_true(net_kit_transmitted(&chain));
	assert_int_equal(chain.n, 3); /* header and frame together, then the pieces */
	assert_int_equal(chain.in_len, 0);
	assert_int_equal(fake_chain_read(&chain, bytes, sizeof(bytes)), HDR_LEN + 254);
	assert_memory_equal(bytes, &none, HDR_LEN);
	for (unsigned i = 0; i < 54; i++)
		assert_int_equal(bytes[HDR_LEN + i], (uint8_t)(i * 7 + 1));
	assert_int_equal(bytes[HDR_LEN + 54], 0xbb);
	assert_int_equal(bytes[HDR_LEN + 154], 0xbb);
}

TEST(checksum_is_left_to_the_device)
{
	struct virtio_net_hdr_v1 hdr;
	struct pktbuf *pkt = net_kit_packet(54, 0);
	struct fake_chain chain;

	pkt->flags = PKTBUF_CSUM_PARTIAL;
	pkt->csum_start = 34;
	pkt->csum_off = 16;
	assert_int_equal(send(pkt), ERR_OK);
	assert_true(net_kit_transmitted(&chain));
	fake_chain_read(&chain, &hdr, sizeof(hdr));
	assert_int_equal(hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(hdr.csum_start, 34); /* from the frame, not from the header */
	assert_int_equal(hdr.csum_offset, 16);
	assert_int_equal(hdr.gso_type, VIRTIO_NET_HDR_GSO_NONE);
}

TEST(pieces_are_released_when_the_device_is_done_and_once)
{
	struct fake_chain chain;

	assert_int_equal(send(net_kit_packet(54, 1)), ERR_OK);
	net_kit_poll();
	assert_int_equal(net_kit.released, 0);
	assert_int_equal(net_kit.pool.in_use, 1);
	assert_true(net_kit_transmitted(&chain));
	net_kit_poll();
	assert_int_equal(net_kit.released, 1);
	assert_int_equal(net_kit.pool.in_use, 0);
	net_kit_poll();
	assert_int_equal(net_kit.released, 1);
}

TEST(completions_raise_no_interrupt)
{
	struct fake_chain chain;

	for (unsigned i = 0; i < 70000; i++) {
		assert_int_equal(send(net_kit_packet(54, 0)), ERR_OK);
		assert_true(net_kit_transmitted(&chain));
		net_kit_poll();
	}
	assert_int_equal(net_kit.fake.rings[1].interrupts, 0);
}

TEST(busy_device_is_not_notified_again)
{
	assert_int_equal(send(net_kit_packet(54, 0)), ERR_OK);
	assert_int_equal(net_kit.fake.notified[1], 1);
	/* The device has not come round to moving its event index. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(send(net_kit_packet(54, 0)), ERR_OK);
	assert_int_equal(net_kit.fake.notified[1], 1);
}

static unsigned fill_tx(unsigned n_pieces)
{
	unsigned sent = 0;

	while (tx_room() > 0) {
		assert_int_equal(send(net_kit_packet(54, n_pieces)), ERR_OK);
		sent++;
		assert_true(sent < 1000);
	}
	return sent;
}

TEST(full_ring_says_so_and_wakes_when_there_is_room)
{
	struct fake_ring *ring = &net_kit.fake.rings[1];
	struct fake_chain chain;
	unsigned sent = fill_tx(4);

	assert_int_equal(sent, 256 / 5);
	assert_int_equal(send(net_kit_packet(54, 4)), ERR_AGAIN);
	assert_int_equal(net_kit.pool.in_use, sent); /* the refused one is freed */
	net_kit_idle();
	assert_int_equal(ring->interrupts, 0);
	for (unsigned i = 0; i < sent / 2; i++)
		assert_true(net_kit_transmitted(&chain));
	assert_int_equal(ring->interrupts, 1);
	assert_true(tx_room() >= sent / 2);
	/* Room again: the next completions are silent. */
	net_kit_poll();
	while (net_kit_transmitted(&chain))
		net_kit_poll();
	assert_int_equal(ring->interrupts, 1);
	assert_int_equal(tx_room(), 256 / 5);
}

TEST(wish_to_be_woken_survives_a_poll)
{
	struct fake_ring *ring = &net_kit.fake.rings[1];
	struct fake_chain chain;
	unsigned sent = fill_tx(4);

	net_kit_idle();
	for (unsigned i = 0; i < sent && ring->interrupts == 0; i++) {
		assert_true(net_kit_transmitted(&chain));
		if (i == 5) /* woken for something else */
			net_kit_idle();
	}
	assert_int_equal(ring->interrupts, 1);
	assert_in_range(tx_room(), sent / 2, sent - 1);
}

/* Half of the frames is not half of the ring: small ones leave first, and the ring is full again
 * before it was half empty.  The wish must be there again too. */
TEST(wish_to_be_woken_follows_a_ring_filled_again)
{
	struct fake_ring *ring = &net_kit.fake.rings[1];
	struct fake_chain chain;

	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(send(net_kit_packet(54, 0)), ERR_OK);
	fill_tx(4);
	for (unsigned round = 0; round < 20; round++) {
		unsigned before = ring->interrupts, done = 0;

		net_kit_idle();
		while (ring->interrupts == before && net_kit_transmitted(&chain))
			done++;
		assert_true(done > 0);
		assert_int_equal(ring->interrupts, before + 1);
		net_kit_idle();
		fill_tx(round % 5);
	}
}

/* The stack waits for bytes that it sent: they are looked for, although the device does not say
 * when it has read them. */
TEST(sent_frames_are_collected_by_the_clock)
{
	struct fake_chain chain;

	net_kit_idle();
	assert_true(net_kit_arm() == TIME_NEVER);
	assert_int_equal(send(net_kit_packet(54, 1)), ERR_OK);
	assert_in_range(net_kit_arm(), net_kit.now_ns + 1, net_kit.now_ns + 100 * NS_PER_MS);
	assert_true(net_kit_transmitted(&chain));
	assert_true(irq_poll_sources(net_kit.now_ns)); /* this is something */
	assert_int_equal(net_kit.released, 1);
	assert_true(net_kit_arm() == TIME_NEVER);
}

/* The stack came upon them itself, when it sent after the poll: whoever waits for their memory has to
 * hear of it before the halt. */
TEST(frames_collected_while_sending_forbid_the_halt)
{
	struct fake_chain chain;

	net_kit_idle();
	fill_tx(1);
	net_kit_idle();
	assert_true(net_kit_transmitted(&chain));
	(void)tx_room();
	assert_int_equal(net_kit.released, 1);
	assert_true(net_kit_arm() <= net_kit.now_ns);
	assert_true(irq_poll_sources(net_kit.now_ns));
	assert_true(net_kit_arm() > net_kit.now_ns);
}

TEST(room_counts_what_was_done_meanwhile)
{
	struct fake_chain chain;

	fill_tx(0);
	for (unsigned i = 0; i < 10; i++)
		assert_true(net_kit_transmitted(&chain));
	assert_true(tx_room() > 0); /* without a poll */
	assert_int_equal(send(net_kit_packet(54, 4)), ERR_OK);
}

/* What a machine waits for that is about to end. */
TEST(nothing_is_with_the_device_any_more)
{
	struct fake_chain chain;

	assert_true(netif_sent_all(net_kit.netif));
	assert_int_equal(send(net_kit_packet(54, 0)), ERR_OK);
	assert_int_equal(send(net_kit_packet(54, 1)), ERR_OK);
	assert_false(netif_sent_all(net_kit.netif));
	assert_true(net_kit_transmitted(&chain));
	assert_false(netif_sent_all(net_kit.netif));
	assert_true(net_kit_transmitted(&chain));
	assert_true(netif_sent_all(net_kit.netif));
}

/* Filled and emptied many times, in the worst moments: the wake must come each time. */
TEST(wakes_come_across_the_wrap)
{
	struct fake_ring *ring = &net_kit.fake.rings[1];
	struct fake_chain chain;
	unsigned total = 0;

	for (unsigned round = 0; total < 140000; round++) {
		unsigned before;

		for (unsigned i = 0; i < round % 7; i++)
			(void)(fake_ring_next(ring, &chain) &&
			       (fake_ring_use(ring, chain.head, 0), true));
		total += fill_tx(0);
		net_kit_idle();
		before = ring->interrupts;
		while (net_kit_transmitted(&chain))
			continue;
		assert_true(ring->interrupts > before);
		net_kit_poll();
		assert_int_equal(net_kit.pool.in_use, 0);
	}
}

/* --- link ---------------------------------------------------------------------------------- */

static void set_device_link(bool up)
{
	uint16_t status = up ? VIRTIO_NET_S_LINK_UP : 0;

	memcpy(net_kit.fake.config + offsetof(struct virtio_net_config, status), &status, 2);
	fake_virtio_config_changed(&net_kit.fake);
}

TEST(link_is_followed_by_interrupt)
{
	unsigned reads;

	set_device_link(false);
	net_kit_poll();
	assert_false(net_kit.netif->link_up);
	assert_string_equal(fake_machine.link, "down");
	assert_int_equal(send(net_kit_packet(54, 0)), ERR_NETDOWN);
	assert_int_equal(net_kit.pool.in_use, 0);
	set_device_link(true);
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_LINK], 2);
	assert_int_equal(send(net_kit_packet(54, 0)), ERR_OK);
	/* Without an interrupt the device is not asked. */
	reads = net_kit.fake.config_reads;
	for (unsigned i = 0; i < 100; i++)
		net_kit_poll();
	assert_int_equal(net_kit.fake.config_reads, reads);
}

TEST(link_shares_the_only_interrupt)
{
	for (unsigned round = 0; round < 2; round++) {
		net_kit_reset(NET_KIT_ALL);
		if (round == 0)
			net_kit.fake.dev.n_interrupts = 1;
		else
			fake_machine.lines_left = 1;
		assert_non_null(net_kit_open());
		assert_false(is_polled());
		assert_int_equal(net_kit.fake.config_interrupt, 0);
		set_device_link(false);
		net_kit_poll();
		assert_false(net_kit.netif->link_up);
	}
}

static void change_link_silently(void)
{
	net_kit.fake.config[offsetof(struct virtio_net_config, status)] ^= VIRTIO_NET_S_LINK_UP;
	net_kit.fake.generation++;
}

/* A device whose frames raise none tells of its link by none either. */
TEST(silence_is_not_waited_for_by_the_link)
{
	net_kit_idle();
	net_kit.deaf = true;
	for (unsigned i = 0; i < 5; i++)
		net_kit_receive(&plain, 60);
	assert_true(is_polled());
	change_link_silently();
	net_kit.now_ns += NS_PER_S;
	net_kit_poll();
	assert_false(net_kit.netif->link_up);
	change_link_silently();
	assert_true(net_kit_arm() <= net_kit.now_ns + NS_PER_S);
	net_kit.now_ns += NS_PER_S;
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	/* And is again, when they arrive. */
	net_kit.deaf = false;
	net_kit_receive(&plain, 60);
	net_kit.now_ns += NS_PER_S;
	net_kit_idle();
	assert_true(net_kit_arm() == TIME_NEVER);
}

TEST(link_is_followed_by_the_clock_where_no_interrupt_tells)
{
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.dev.n_interrupts = 0;
	assert_non_null(net_kit_open());
	net_kit_poll();
	set_device_link(false);
	net_kit.now_ns += 50 * NS_PER_MS;
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	net_kit.now_ns += 51 * NS_PER_MS;
	net_kit_poll();
	assert_false(net_kit.netif->link_up);
}

/* Frames have an interrupt, the link has none: whoever sleeps is told when to look. */
TEST(link_without_an_interrupt_of_its_own_ends_the_sleep)
{
	net_kit_idle();
	assert_true(net_kit_arm() == TIME_NEVER);
	net_kit_reset(NET_KIT_ALL);
	net_kit.fake.refuses_config_interrupt = true;
	set_device_link(false);
	assert_non_null(net_kit_open());
	assert_false(is_polled());
	net_kit_poll();
	set_device_link(true);
	net_kit.now_ns = net_kit_arm();
	assert_in_range(net_kit.now_ns, 1, 200 * NS_PER_MS);
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
	/* And nobody wakes up for a device that was given up. */
	net_kit.fake.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	net_kit.now_ns += NS_PER_S;
	net_kit_poll();
	net_kit_idle();
	assert_true(net_kit_arm() == TIME_NEVER);
}

/* Between the last poll and the halt: the stack's own sending finds the device broken, or the
 * interrupt of a change comes. */
TEST(news_of_the_link_forbid_the_halt)
{
	net_kit_idle();
	set_device_link(false);
	assert_true(net_kit_arm() <= net_kit.now_ns);
	assert_true(irq_poll_sources(net_kit.now_ns));
	assert_false(irq_poll_sources(net_kit.now_ns));
	assert_true(net_kit_arm() == TIME_NEVER);
	set_device_link(true);
	net_kit_idle();
	net_kit.fake.rings[1].used->idx = 9999;
	fill_tx(0);
	assert_true(net_kit.fake.dev.dead);
	assert_true(net_kit_arm() <= net_kit.now_ns);
	assert_true(irq_poll_sources(net_kit.now_ns));
	assert_true(net_kit_arm() == TIME_NEVER);
}

/* Before one is connected, or before DRIVER_OK, a change raises no interrupt. */
TEST(link_that_changed_while_the_driver_came_up_is_seen)
{
	net_kit_reset(NET_KIT_ALL);
	assert_non_null(net_kit_open());
	assert_true(net_kit.netif->link_up);
	memset(net_kit.fake.config + offsetof(struct virtio_net_config, status), 0, 2);
	net_kit_idle();
	assert_false(net_kit.netif->link_up);
}

/* The interrupt came, and the configuration could not be read: it is tried again. */
TEST(link_that_does_not_settle_is_looked_at_again)
{
	net_kit_idle();
	set_device_link(false);
	net_kit.fake.never_settles = true;
	net_kit_idle();
	assert_true(net_kit.netif->link_up);
	net_kit.fake.never_settles = false;
	assert_in_range(net_kit_arm(), net_kit.now_ns + 1, net_kit.now_ns + NS_PER_S);
	net_kit.now_ns = net_kit_arm();
	net_kit_idle();
	assert_false(net_kit.netif->link_up);
	assert_true(net_kit_arm() == TIME_NEVER);
}

TEST(deactivated_interface_is_not_polled)
{
	net_kit_idle();
	netif_deactivate(net_kit.netif);
	assert_true(fake_virtio_receive(&net_kit.fake, &plain, net_kit.frame, 60));
	assert_false(irq_poll_sources(net_kit.now_ns));
	assert_true(net_kit_arm() == TIME_NEVER);
	assert_int_equal(net_kit.received, 0);
}

TEST(link_may_be_down_from_the_start)
{
	net_kit_reset(NET_KIT_ALL);
	set_device_link(false);
	assert_non_null(net_kit_open());
	assert_false(net_kit.netif->link_up);
	assert_string_equal(fake_machine.link, "down");
	set_device_link(true);
	net_kit_poll();
	assert_true(net_kit.netif->link_up);
}

TEST(interrupt_storm_without_news_is_silent)
{
	for (unsigned i = 0; i < 1000; i++) {
		fake_virtio_config_changed(&net_kit.fake);
		net_kit.fake.lines[0]->fired = 1;
		assert_int_equal(net_kit_poll(), 0);
	}
	assert_int_equal(fake_machine.event_count[EVENT_NETDEV_LINK], 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
}

/* Three in a row, and an interrupt begins the count anew. */
TEST(silences_are_counted_in_a_row)
{
	net_kit_idle();
	for (unsigned round = 0; round < 10; round++) {
		net_kit.deaf = true;
		net_kit_receive(&plain, 60);
		net_kit_receive(&plain, 60);
		net_kit.deaf = false;
		net_kit_receive(&plain, 60);
		net_kit_receive(&plain, 60);
	}
	assert_false(is_polled());
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
}
