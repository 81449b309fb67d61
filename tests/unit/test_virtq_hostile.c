/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue against a device that lies: each lie breaks the queue for good, is named, and
 * never leads to a cookie that was not in flight, or to one twice (HOSTILE-INPUTS, device rows).
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/virtio/queue/split.h"
#include "tests/lib/fake_ring.h"
#include "tests/runner/unit.h"

#define SIZE 8
#define BUFFER_LEN 100

#define INDEX_JUMP "used index jumped past what is in flight"
#define ID_RANGE "used id outside the queue"
#define NOT_IN_FLIGHT "used id that is not in flight"
#define LENGTH "used length over the buffer"

struct rig {
	struct virtq_split s;
	struct fake_ring dev;
	void *memory;
	struct virtq_split_slot *slots; /* of exactly SIZE entries, for the sanitizer */
	uint8_t bytes[BUFFER_LEN];
	char cookies[SIZE];
};

static void open_rig(struct rig *r)
{
	size_t len = virtq_split_shared_len(SIZE);

	r->slots = malloc(SIZE * sizeof(*r->slots));
	assert_int_equal(posix_memalign(&r->memory, VIRTQ_SPLIT_ALIGN, len), 0);
	memset(r->memory, 0, len);
	virtq_split_init(&r->s, SIZE, r->memory, r->slots, true);
	r->dev = fake_ring_on(SIZE, (uintptr_t)r->s.q.descriptor_area, (uintptr_t)r->s.q.driver_area,
			      (uintptr_t)r->s.q.device_area, true);
}

static void close_rig(struct rig *r)
{
	free(r->slots);
	free(r->memory);
}

#define RIG_TEST(name) TEST_WITH(name, struct rig, r, open_rig, close_rig)

static void add(struct rig *r, unsigned n_out, unsigned n_in, unsigned which)
{
	struct virtq_fragment pieces[SIZE];

	for (unsigned i = 0; i < n_out + n_in; i++)
		pieces[i] = (struct virtq_fragment){(uintptr_t)r->bytes, BUFFER_LEN};
	assert_int_equal(virtq_add(&r->s.q, pieces, n_out, n_in, &r->cookies[which]), ERR_OK);
	virtq_publish(&r->s.q);
}

/* Broken with this fault, for good: also when the device behaves again. */
static void assert_broken(struct rig *r, const char *fault)
{
	struct virtq_fragment one = {(uintptr_t)r->bytes, BUFFER_LEN};
	uint32_t len;

	assert_null(virtq_take(&r->s.q, &len));
	assert_true(virtq_broken(&r->s.q));
	assert_string_equal(virtq_fault_text(&r->s.q), fault);
	fake_ring_use(&r->dev, 0, 0);
	assert_null(virtq_take(&r->s.q, &len));
	assert_int_equal(virtq_add(&r->s.q, &one, 0, 1, r), ERR_IO);
	assert_false(virtq_publish(&r->s.q));
	assert_false(virtq_interrupt_after(&r->s.q, 1));
}

RIG_TEST(used_index_jumps)
{
	add(r, 0, 1, 0);
	r->dev.used->idx = 2;
	assert_broken(r, INDEX_JUMP);
}

RIG_TEST(used_index_jumps_with_nothing_in_flight)
{
	r->dev.used->idx = 1;
	assert_broken(r, INDEX_JUMP);
}

RIG_TEST(used_index_runs_backwards)
{
	add(r, 0, 1, 0);
	r->dev.used->idx = 0xffff;
	assert_broken(r, INDEX_JUMP);
}

RIG_TEST(used_index_covers_what_was_never_published)
{
	struct virtq_fragment one = {(uintptr_t)r->bytes, BUFFER_LEN};

	assert_int_equal(virtq_add(&r->s.q, &one, 0, 1, &r->cookies[0]), ERR_OK);
	fake_ring_use(&r->dev, 0, 0);
	assert_broken(r, INDEX_JUMP);
}

RIG_TEST(used_id_past_the_queue)
{
	add(r, 0, 1, 0);
	fake_ring_use(&r->dev, SIZE, 0);
	assert_broken(r, ID_RANGE);
}

RIG_TEST(used_id_far_past_the_queue)
{
	/* Its low bits alone would be a good id. */
	add(r, 0, 1, 0);
	fake_ring_use(&r->dev, 0xffff0000, 0);
	assert_broken(r, ID_RANGE);
}

RIG_TEST(used_id_never_given)
{
	add(r, 0, 1, 0);
	fake_ring_use(&r->dev, 5, 0);
	assert_broken(r, NOT_IN_FLIGHT);
}

RIG_TEST(used_id_inside_a_chain)
{
	add(r, 2, 1, 0);
	fake_ring_use(&r->dev, r->dev.desc[0].next, 0);
	assert_broken(r, NOT_IN_FLIGHT);
}

RIG_TEST(same_id_used_twice)
{
	uint32_t len;

	add(r, 0, 1, 0);
	add(r, 0, 1, 1);
	fake_ring_use(&r->dev, 0, 1);
	fake_ring_use(&r->dev, 0, 1);
	assert_ptr_equal(virtq_take(&r->s.q, &len), &r->cookies[0]);
	assert_broken(r, NOT_IN_FLIGHT);
}

RIG_TEST(length_one_over_the_buffer)
{
	uint32_t len;

	add(r, 1, 2, 0);
	add(r, 1, 2, 1);
	fake_ring_use(&r->dev, 0, 2 * BUFFER_LEN);
	assert_ptr_equal(virtq_take(&r->s.q, &len), &r->cookies[0]);
	assert_int_equal(len, 2 * BUFFER_LEN);
	fake_ring_use(&r->dev, 3, 2 * BUFFER_LEN + 1);
	assert_broken(r, LENGTH);
}

RIG_TEST(length_of_a_buffer_that_is_only_read_means_nothing)
{
	uint32_t len = 1;

	add(r, 2, 0, 0);
	fake_ring_use(&r->dev, 0, UINT32_MAX);
	assert_ptr_equal(virtq_take(&r->s.q, &len), &r->cookies[0]);
	assert_int_equal(len, 0);
	assert_false(virtq_broken(&r->s.q));
}

/* The descriptor table is shared memory too: what the device scribbles there leads nowhere. */
RIG_TEST(scribbled_descriptors_lead_nowhere)
{
	uint32_t len;

	add(r, 2, 1, 0);
	add(r, 2, 1, 1);
	memset(r->dev.desc, 0xff, SIZE * sizeof(*r->dev.desc));
	memset(r->dev.avail->ring, 0xff, SIZE * sizeof(r->dev.avail->ring[0]));
	fake_ring_use(&r->dev, 0, 5);
	fake_ring_use(&r->dev, 3, 5);
	assert_ptr_equal(virtq_take(&r->s.q, &len), &r->cookies[0]);
	assert_ptr_equal(virtq_take(&r->s.q, &len), &r->cookies[1]);
	assert_int_equal(virtq_room(&r->s.q), SIZE);
	add(r, 4, 4, 2);
	assert_int_equal(virtq_room(&r->s.q), 0);
}

RIG_TEST(abandoned_buffers_come_home_once)
{
	unsigned seen = 0;
	char *cookie;

	add(r, 1, 1, 0);
	add(r, 0, 1, 1);
	add(r, 2, 1, 2);
	fake_ring_use(&r->dev, 0, 5);
	fake_ring_use(&r->dev, 77, 5);
	assert_ptr_equal(virtq_take(&r->s.q, NULL), &r->cookies[0]);
	assert_null(virtq_take(&r->s.q, NULL));
	while ((cookie = virtq_abandon(&r->s.q)) != NULL)
		seen |= 1u << (cookie - r->cookies);
	assert_int_equal(seen, 6);
	assert_int_equal(virtq_in_flight(&r->s.q), 0);
	assert_int_equal(virtq_room(&r->s.q), SIZE);
}

