/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue against a device that behaves: chains, order, room, and the suppression of
 * notifications and interrupts across the wrap of the 16-bit indices.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/virtio/queue/split.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_ring.h"
#include "tests/runner/unit.h"

struct pair {
	struct virtq_split s;
	struct fake_ring dev;
	void *memory;
	struct virtq_split_slot *slots;
	uint8_t bytes[4096];
};

/* The shared memory is exactly as long as asked for, so the sanitizer sees one byte more. */
static struct pair *open_pair(uint16_t size, bool event_idx)
{
	struct pair *p = calloc(1, sizeof(*p));
	size_t len = virtq_split_shared_len(size);

	p->slots = malloc(size * sizeof(*p->slots));
	assert_int_equal(posix_memalign(&p->memory, VIRTQ_SPLIT_ALIGN, len), 0);
	memset(p->memory, 0, len);
	virtq_split_init(&p->s, size, p->memory, p->slots, event_idx);
	p->dev = fake_ring_on(size, (uintptr_t)p->s.q.descriptor_area,
			      (uintptr_t)p->s.q.driver_area, (uintptr_t)p->s.q.device_area, event_idx);
	return p;
}

static void close_pair(struct pair *p)
{
	free(p->slots);
	free(p->memory);
	free(p);
}

static struct virtq_fragment piece(struct pair *p, size_t off, uint32_t len)
{
	return (struct virtq_fragment){.addr = (uintptr_t)(p->bytes + off), .len = len};
}

static void *cookie(uintptr_t n)
{
	return (void *)(n + 1);
}

static int add_in(struct pair *p, uintptr_t n)
{
	struct virtq_fragment in = piece(p, 0, 100);

	return virtq_add(&p->s.q, &in, 0, 1, cookie(n));
}

TEST(sizes_are_checked)
{
	static const uint16_t bad[] = {3, 255, 257, 0x8001, 0xffff};
	struct virtq *q;

	fake_machine_reset();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(virtq_create(&q, bad[i], VIRTQ_SIZE_MAX, VIRTQ_FEATURES), ERR_PROTO);
		assert_null(q);
	}
	for (uint16_t size = 1; size <= VIRTQ_SIZE_MAX; size = (uint16_t)(size * 2)) {
		assert_int_equal(virtq_create(&q, 512, size, VIRTQ_FEATURES), ERR_OK);
		assert_int_equal(virtq_size(q), size);
		assert_int_equal(virtq_room(q), size);
		assert_int_equal(virtq_create(&q, size, VIRTQ_SIZE_MAX, VIRTQ_FEATURES), ERR_OK);
		assert_int_equal(virtq_size(q), size);
	}
	fake_machine_off();
}

TEST(halves_share_no_cache_line)
{
	for (uint16_t size = 1; size <= VIRTQ_SIZE_MAX; size = (uint16_t)(size * 2)) {
		struct pair *p = open_pair(size, true);
		uintptr_t avail = (uintptr_t)p->dev.avail;
		uintptr_t used = (uintptr_t)p->dev.used;
		uintptr_t avail_end = avail + 4 + 2u * size + 2;

		assert_true((uintptr_t)p->dev.desc + 16u * size <= avail);
		assert_int_equal(used % 64, 0);
		assert_true(avail_end <= used);
		assert_int_equal((uintptr_t)p->dev.desc % VRING_DESC_ALIGN_SIZE, 0);
		close_pair(p);
	}
}

TEST(chain_reaches_the_device_in_order)
{
	struct pair *p = open_pair(8, true);
	struct virtq_fragment fragments[] = {piece(p, 0, 12), piece(p, 100, 40), piece(p, 200, 7),
				       piece(p, 300, 64)};
	struct fake_chain chain;
	uint32_t len = 99;

	assert_int_equal(virtq_add(&p->s.q, fragments, 3, 1, cookie(7)), ERR_OK);
	assert_false(fake_ring_next(&p->dev, &chain)); /* not yet published */
	assert_true(virtq_publish(&p->s.q));
	assert_true(fake_ring_next(&p->dev, &chain));
	assert_int_equal(chain.n, 4);
	assert_int_equal(chain.out_len, 59);
	assert_int_equal(chain.in_len, 64);
	for (unsigned i = 0; i < 4; i++) {
		assert_ptr_equal(chain.pieces[i].at, (void *)(uintptr_t)fragments[i].addr);
		assert_int_equal(chain.pieces[i].len, fragments[i].len);
	}
	assert_null(virtq_take(&p->s.q, &len));
	fake_ring_use(&p->dev, chain.head, 33);
	assert_ptr_equal(virtq_take(&p->s.q, &len), cookie(7));
	assert_int_equal(len, 33);
	assert_null(virtq_take(&p->s.q, &len));
	assert_false(virtq_broken(&p->s.q));
	close_pair(p);
}

TEST(device_may_use_in_any_order)
{
	struct pair *p = open_pair(16, true);
	struct fake_chain chains[8];

	for (unsigned i = 0; i < 8; i++) {
		struct virtq_fragment two[] = {piece(p, i, 10), piece(p, 100 + i, 10)};

		assert_int_equal(virtq_add(&p->s.q, two, 1, 1, cookie(i)), ERR_OK);
	}
	assert_int_equal(add_in(p, 8), ERR_NOBUFS);
	assert_true(virtq_publish(&p->s.q));
	for (unsigned i = 0; i < 8; i++)
		assert_true(fake_ring_next(&p->dev, &chains[i]));
	for (unsigned i = 0; i < 8; i++)
		fake_ring_use(&p->dev, chains[(i * 5 + 3) % 8].head, i);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t len;

		assert_ptr_equal(virtq_take(&p->s.q, &len), cookie((i * 5 + 3) % 8));
		assert_int_equal(len, i);
	}
	assert_int_equal(virtq_room(&p->s.q), 16);
	assert_int_equal(virtq_in_flight(&p->s.q), 0);
	close_pair(p);
}

TEST(no_room_is_an_error_and_changes_nothing)
{
	struct pair *p = open_pair(4, true);
	struct virtq_fragment five[] = {piece(p, 0, 1), piece(p, 1, 1), piece(p, 2, 1), piece(p, 3, 1),
				     piece(p, 4, 1)};
	struct fake_chain chain;

	assert_int_equal(virtq_add(&p->s.q, five, 5, 0, cookie(0)), ERR_NOBUFS);
	assert_int_equal(virtq_add(&p->s.q, five, 3, 0, cookie(1)), ERR_OK);
	assert_int_equal(virtq_add(&p->s.q, five, 2, 0, cookie(2)), ERR_NOBUFS);
	assert_int_equal(virtq_add(&p->s.q, five, 1, 0, cookie(3)), ERR_OK);
	assert_int_equal(virtq_room(&p->s.q), 0);
	assert_true(virtq_publish(&p->s.q));
	assert_true(fake_ring_next(&p->dev, &chain));
	assert_int_equal(chain.n, 3);
	assert_true(fake_ring_next(&p->dev, &chain));
	assert_int_equal(chain.n, 1);
	assert_false(fake_ring_next(&p->dev, &chain));
	close_pair(p);
}

/* A reference of what must be where: every cookie in flight, until it comes back exactly once. */
TEST(long_random_traffic_loses_nothing)
{
	struct pair *p = open_pair(32, true);
	struct fake_chain held[32];
	uintptr_t held_cookie[32];
	unsigned n_held = 0;
	uint32_t seed = 12345;
	uintptr_t next = 1;

	for (unsigned round = 0; round < 200000; round++) {
		seed = seed * 1664525 + 1013904223;
		unsigned n = 1 + (seed >> 10) % 4;
		struct virtq_fragment pieces[4];

		for (unsigned i = 0; i < n; i++)
			pieces[i] = piece(p, i * 64, 1 + (seed >> 20) % 60);
		if ((seed >> 30) != 0 && virtq_add(&p->s.q, pieces, n - 1, 1, cookie(next)) == ERR_OK) {
			virtq_publish(&p->s.q);
			assert_true(fake_ring_next(&p->dev, &held[n_held]));
			assert_int_equal(held[n_held].n, n);
			held_cookie[n_held++] = next++;
		} else if (n_held > 0) {
			unsigned which = (seed >> 8) % n_held;
			uint32_t len;

			fake_ring_use(&p->dev, held[which].head, held[which].in_len);
			assert_ptr_equal(virtq_take(&p->s.q, &len), cookie(held_cookie[which]));
			assert_int_equal(len, held[which].in_len);
			held[which] = held[--n_held];
			held_cookie[which] = held_cookie[n_held];
		}
	}
	assert_true(next > 70000); /* the indices wrapped */
	assert_int_equal(virtq_in_flight(&p->s.q), n_held);
	close_pair(p);
}

/* Virtio 1.1, 2.6.7.2 in its own words: notify when the entry with index avail_event is among
 * those just made available. */
static bool reference_notify(uint16_t event, uint16_t old, uint16_t new)
{
	for (uint16_t i = old; i != new; i++) {
		if (i == event)
			return true;
	}
	return false;
}

TEST(notifications_follow_the_event_index_across_the_wrap)
{
	struct pair *p = open_pair(16, true);
	uint32_t seed = 99;
	unsigned notified = 0;
	unsigned batches = 0;

	for (uint32_t total = 0; total < 3 * 65536;) {
		seed = seed * 1664525 + 1013904223;
		unsigned batch = 1 + (seed >> 16) % 8;
		uint16_t old = (uint16_t)total;
		uint16_t event = (uint16_t)(old - 6 + (seed >> 24) % 16);
		struct fake_chain chain;

		fake_ring_set_avail_event(&p->dev, event);
		for (unsigned i = 0; i < batch; i++)
			assert_int_equal(add_in(p, i), ERR_OK);
		total += batch;
		bool notify = virtq_publish(&p->s.q);

		assert_int_equal(notify, reference_notify(event, old, (uint16_t)total));
		notified += notify;
		batches++;
		while (fake_ring_next(&p->dev, &chain))
			fake_ring_use(&p->dev, chain.head, 0);
		while (virtq_take(&p->s.q, NULL) != NULL)
			continue;
	}
	assert_true(notified > batches / 10 && notified < batches * 9 / 10);
	assert_false(virtq_publish(&p->s.q)); /* nothing new: never a notification */
	close_pair(p);
}

static void use_next(struct pair *p)
{
	struct fake_chain chain;

	assert_true(fake_ring_next(&p->dev, &chain));
	fake_ring_use(&p->dev, chain.head, 0);
}

static void fill_ring(struct pair *p)
{
	while (add_in(p, 1) == ERR_OK)
		continue;
	virtq_publish(&p->s.q);
}

TEST(interrupts_come_when_asked_for_across_the_wrap)
{
	struct pair *p = open_pair(16, true);

	for (uint32_t total = 0; total < 2 * 65536; total += 8) {
		uint16_t after = (uint16_t)(1 + total / 8 % 8);

		fill_ring(p);
		p->dev.interrupts = 0;
		assert_false(virtq_interrupt_after(&p->s.q, after));
		for (unsigned i = 1; i <= 8; i++) {
			use_next(p);
			assert_int_equal(p->dev.interrupts, i >= after ? 1 : 0);
		}
		for (unsigned i = 0; i < 8; i++)
			assert_non_null(virtq_take(&p->s.q, NULL));
		assert_null(virtq_take(&p->s.q, NULL));
	}
	close_pair(p);
}

TEST(interrupts_stay_off)
{
	struct pair *p = open_pair(16, true);

	for (uint32_t total = 0; total < 2 * 65536; total += 16) {
		fill_ring(p);
		virtq_interrupts_off(&p->s.q);
		for (unsigned i = 0; i < 16; i++)
			use_next(p);
		for (unsigned i = 0; i < 16; i++)
			assert_non_null(virtq_take(&p->s.q, NULL));
	}
	assert_int_equal(p->dev.interrupts, 0);
	close_pair(p);
}

TEST(buffer_used_before_the_wish_is_seen)
{
	struct pair *p = open_pair(4, true);

	assert_int_equal(add_in(p, 0), ERR_OK);
	assert_true(virtq_publish(&p->s.q));
	assert_null(virtq_take(&p->s.q, NULL));
	use_next(p);
	assert_true(virtq_interrupt_after(&p->s.q, 1));
	assert_ptr_equal(virtq_take(&p->s.q, NULL), cookie(0));
	assert_false(virtq_interrupt_after(&p->s.q, 1));
	close_pair(p);
}

TEST(flags_do_without_event_idx)
{
	struct pair *p = open_pair(8, false);

	fake_ring_want_notify(&p->dev, false);
	assert_int_equal(add_in(p, 0), ERR_OK);
	assert_false(virtq_publish(&p->s.q));
	fake_ring_want_notify(&p->dev, true);
	assert_int_equal(add_in(p, 1), ERR_OK);
	assert_true(virtq_publish(&p->s.q));
	use_next(p);
	assert_int_equal(p->dev.interrupts, 0);
	assert_true(virtq_interrupt_after(&p->s.q, 1));
	use_next(p);
	assert_int_equal(p->dev.interrupts, 1);
	virtq_interrupts_off(&p->s.q);
	assert_int_equal(p->dev.avail->flags, VRING_AVAIL_F_NO_INTERRUPT);
	close_pair(p);
}
