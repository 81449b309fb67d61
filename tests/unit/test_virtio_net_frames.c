/* SPDX-License-Identifier: MIT */
/* The virtio network driver: frames that come and go. */
#include "tests/unit/virtio_net_words.h"

FIXTURE(net_kit_setup, net_kit_teardown);

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
TEST(endless_flood_is_split_into_polls)
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

TEST(full_ring_reports_it_and_wakes_when_there_is_room)
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
