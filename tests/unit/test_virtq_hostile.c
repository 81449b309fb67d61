/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue against a device that lies: each lie breaks the queue for good, is named, and
 * never leads to a cookie that was not in flight, or to one twice (HOSTILE-INPUTS, device rows).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/virtio/queue/split.h"
#include "tests/lib/fake_ring.h"

#define SIZE 8
#define BUFFER_LEN 100

struct rig {
	struct virtq q;
	struct fake_ring dev;
	void *memory;
	struct virtq_slot *slots; /* of exactly SIZE entries, for the sanitizer */
	uint8_t bytes[BUFFER_LEN];
	char cookies[SIZE];
};

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	size_t len = virtq_memory_len(SIZE);

	r->slots = malloc(SIZE * sizeof(*r->slots));
	if (posix_memalign(&r->memory, VIRTQ_ALIGN, len) != 0)
		return -1;
	memset(r->memory, 0, len);
	if (virtq_init(&r->q, SIZE, r->memory, r->slots, true) != ERR_OK)
		return -1;
	r->dev = fake_ring_on(SIZE, (uintptr_t)r->q.desc, (uintptr_t)r->q.avail,
			      (uintptr_t)r->q.used, true);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	free(r->slots);
	free(r->memory);
	free(r);
	return 0;
}

static void add(struct rig *r, unsigned n_out, unsigned n_in, unsigned which)
{
	struct virtq_piece pieces[SIZE];

	for (unsigned i = 0; i < n_out + n_in; i++)
		pieces[i] = (struct virtq_piece){(uintptr_t)r->bytes, BUFFER_LEN};
	assert_int_equal(virtq_add(&r->q, pieces, n_out, n_in, &r->cookies[which]), ERR_OK);
	virtq_publish(&r->q);
}

/* Broken with this fault, for good: also when the device behaves again. */
static void assert_broken(struct rig *r, enum virtq_fault fault)
{
	struct virtq_piece one = {(uintptr_t)r->bytes, BUFFER_LEN};
	uint32_t len;

	assert_null(virtq_take(&r->q, &len));
	assert_true(virtq_broken(&r->q));
	assert_int_equal(r->q.fault, fault);
	assert_true(strlen(virtq_fault_text(&r->q)) > 10);
	fake_ring_use(&r->dev, 0, 0);
	assert_null(virtq_take(&r->q, &len));
	assert_int_equal(virtq_add(&r->q, &one, 0, 1, r), ERR_IO);
	assert_false(virtq_publish(&r->q));
	assert_false(virtq_interrupt_after(&r->q, 1));
}

static void used_index_jumps(void **state)
{
	struct rig *r = *state;

	add(r, 0, 1, 0);
	r->q.used->idx = 2;
	assert_broken(r, VIRTQ_FAULT_INDEX_JUMP);
}

static void used_index_jumps_with_nothing_in_flight(void **state)
{
	struct rig *r = *state;

	r->q.used->idx = 1;
	assert_broken(r, VIRTQ_FAULT_INDEX_JUMP);
}

static void used_index_runs_backwards(void **state)
{
	struct rig *r = *state;

	add(r, 0, 1, 0);
	r->q.used->idx = 0xffff;
	assert_broken(r, VIRTQ_FAULT_INDEX_JUMP);
}

static void used_index_covers_what_was_never_published(void **state)
{
	struct rig *r = *state;
	struct virtq_piece one = {(uintptr_t)r->bytes, BUFFER_LEN};

	assert_int_equal(virtq_add(&r->q, &one, 0, 1, &r->cookies[0]), ERR_OK);
	fake_ring_use(&r->dev, 0, 0);
	assert_broken(r, VIRTQ_FAULT_INDEX_JUMP);
}

static void used_id_past_the_queue(void **state)
{
	struct rig *r = *state;

	add(r, 0, 1, 0);
	fake_ring_use(&r->dev, SIZE, 0);
	assert_broken(r, VIRTQ_FAULT_ID_RANGE);
}

static void used_id_far_past_the_queue(void **state)
{
	struct rig *r = *state;

	/* Its low bits alone would be a good id. */
	add(r, 0, 1, 0);
	fake_ring_use(&r->dev, 0xffff0000, 0);
	assert_broken(r, VIRTQ_FAULT_ID_RANGE);
}

static void used_id_never_given(void **state)
{
	struct rig *r = *state;

	add(r, 0, 1, 0);
	fake_ring_use(&r->dev, 5, 0);
	assert_broken(r, VIRTQ_FAULT_NOT_IN_FLIGHT);
}

static void used_id_inside_a_chain(void **state)
{
	struct rig *r = *state;

	add(r, 2, 1, 0);
	fake_ring_use(&r->dev, r->q.desc[0].next, 0);
	assert_broken(r, VIRTQ_FAULT_NOT_IN_FLIGHT);
}

static void same_id_used_twice(void **state)
{
	struct rig *r = *state;
	uint32_t len;

	add(r, 0, 1, 0);
	add(r, 0, 1, 1);
	fake_ring_use(&r->dev, 0, 1);
	fake_ring_use(&r->dev, 0, 1);
	assert_ptr_equal(virtq_take(&r->q, &len), &r->cookies[0]);
	assert_broken(r, VIRTQ_FAULT_NOT_IN_FLIGHT);
}

static void length_one_over_the_buffer(void **state)
{
	struct rig *r = *state;
	uint32_t len;

	add(r, 1, 2, 0);
	add(r, 1, 2, 1);
	fake_ring_use(&r->dev, 0, 2 * BUFFER_LEN);
	assert_ptr_equal(virtq_take(&r->q, &len), &r->cookies[0]);
	assert_int_equal(len, 2 * BUFFER_LEN);
	fake_ring_use(&r->dev, 3, 2 * BUFFER_LEN + 1);
	assert_broken(r, VIRTQ_FAULT_LENGTH);
}

static void length_of_a_buffer_that_is_only_read_means_nothing(void **state)
{
	struct rig *r = *state;
	uint32_t len = 1;

	add(r, 2, 0, 0);
	fake_ring_use(&r->dev, 0, UINT32_MAX);
	assert_ptr_equal(virtq_take(&r->q, &len), &r->cookies[0]);
	assert_int_equal(len, 0);
	assert_false(virtq_broken(&r->q));
}

/* The descriptor table is shared memory too: what the device scribbles there leads nowhere. */
static void scribbled_descriptors_lead_nowhere(void **state)
{
	struct rig *r = *state;
	uint32_t len;

	add(r, 2, 1, 0);
	add(r, 2, 1, 1);
	memset(r->q.desc, 0xff, SIZE * sizeof(*r->q.desc));
	memset(r->q.avail->ring, 0xff, SIZE * sizeof(r->q.avail->ring[0]));
	fake_ring_use(&r->dev, 0, 5);
	fake_ring_use(&r->dev, 3, 5);
	assert_ptr_equal(virtq_take(&r->q, &len), &r->cookies[0]);
	assert_ptr_equal(virtq_take(&r->q, &len), &r->cookies[1]);
	assert_int_equal(r->q.free_count, SIZE);
	add(r, 4, 4, 2);
	assert_int_equal(r->q.free_count, 0);
}

static void abandoned_buffers_come_home_once(void **state)
{
	struct rig *r = *state;
	unsigned seen = 0;
	char *cookie;

	add(r, 1, 1, 0);
	add(r, 0, 1, 1);
	add(r, 2, 1, 2);
	fake_ring_use(&r->dev, 0, 5);
	fake_ring_use(&r->dev, 77, 5);
	assert_ptr_equal(virtq_take(&r->q, NULL), &r->cookies[0]);
	assert_null(virtq_take(&r->q, NULL));
	while ((cookie = virtq_abandon(&r->q)) != NULL)
		seen |= 1u << (cookie - r->cookies);
	assert_int_equal(seen, 6);
	assert_int_equal(r->q.in_flight, 0);
	assert_int_equal(r->q.free_count, SIZE);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(used_index_jumps),
		ROW(used_index_jumps_with_nothing_in_flight),
		ROW(used_index_runs_backwards),
		ROW(used_index_covers_what_was_never_published),
		ROW(used_id_past_the_queue),
		ROW(used_id_far_past_the_queue),
		ROW(used_id_never_given),
		ROW(used_id_inside_a_chain),
		ROW(same_id_used_twice),
		ROW(length_one_over_the_buffer),
		ROW(length_of_a_buffer_that_is_only_read_means_nothing),
		ROW(scribbled_descriptors_lead_nowhere),
		ROW(abandoned_buffers_come_home_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
