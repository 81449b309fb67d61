/* SPDX-License-Identifier: MIT */
/* The entropy device: delivers, delivers in pieces, is late, is silent, lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/virtio/rng.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_virtio.h"

static struct fake_virtio fake;
static uint32_t portion;  /* bytes the device gives at a time */
static uint32_t says_len; /* what it says it gave, 0: the truth */
static uint8_t next_byte;
static unsigned answers_left;
static uint32_t asked_len;
static struct virtio_rng *rng;

static void answer(struct fake_virtio *f, unsigned queue)
{
	struct fake_chain chain;
	uint8_t bytes[256];

	if (answers_left == 0 || !fake_ring_next(&f->rings[queue], &chain))
		return;
	answers_left--;
	asked_len = chain.in_len;
	for (uint32_t i = 0; i < portion; i++)
		bytes[i] = next_byte++;
	fake_chain_write(&chain, bytes, portion);
	fake_ring_use(&f->rings[queue], chain.head, says_len != 0 ? says_len : portion);
	fake_ring_want_notify(&f->rings[queue], true);
}

static int setup(void **state)
{
	(void)state;
	fake_machine_reset();
	fake_virtio_init(&fake, VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX));
	fake.dev.n_vectors = 0;
	fake.on_notify = answer;
	portion = 64;
	says_len = 0;
	next_byte = 1;
	answers_left = 1000000;
	rng = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_machine_off();
	return 0;
}

static void open_rng(void)
{
	rng = virtio_rng_open(&fake.dev);
	assert_non_null(rng);
}

static void bytes_arrive(void **state)
{
	uint8_t got[100];

	(void)state;
	open_rng();
	assert_int_equal(fake.notified[0], 1); /* asked already, before anybody reads */
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), sizeof(got));
	assert_int_equal(asked_len, 64);
	for (unsigned i = 0; i < sizeof(got); i++)
		assert_int_equal(got[i], i + 1);
}

static void bytes_arrive_in_pieces(void **state)
{
	uint8_t got[32];

	(void)state;
	portion = 5;
	open_rng();
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), sizeof(got));
	for (unsigned i = 0; i < sizeof(got); i++)
		assert_int_equal(got[i], i + 1);
}

static void silent_device_costs_a_bounded_time(void **state)
{
	uint8_t got[32];
	uint64_t before;

	(void)state;
	answers_left = 0;
	open_rng();
	before = fake_machine.now_ns;
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 0);
	assert_true(fake_machine.now_ns - before < 60 * NS_PER_MS);
}

static unsigned looks;

static void answer_late(bool full)
{
	(void)full;
	if (++looks % 5000 == 0)
		answer(&fake, 0);
}

/* Where time is computed from instructions, much of it passes before a busy host answers. */
static void computed_time_is_not_waiting(void **state)
{
	uint8_t got[96];

	(void)state;
	answers_left = 0;
	fake_machine.tick_ns = 10 * NS_PER_MS;
	open_rng();
	fake.on_notify = NULL;
	answers_left = 2;
	fake_ring_at_barrier = answer_late;
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), sizeof(got));
	fake_ring_at_barrier = NULL;
}

static void device_that_falls_silent_gives_what_it_gave(void **state)
{
	uint8_t got[100];

	(void)state;
	answers_left = 1;
	open_rng();
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 64);
	/* A later read takes up the request that is still open. */
	answers_left = 5;
	answer(&fake, 0);
	assert_int_equal(virtio_rng_read(rng, got, 3), 3);
	assert_int_equal(got[0], 65);
}

static void answers_of_no_bytes_cost_a_bounded_time(void **state)
{
	uint8_t got[32];
	uint64_t before;

	(void)state;
	portion = 0;
	open_rng();
	before = fake_machine.now_ns;
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 0);
	assert_true(fake_machine.now_ns - before < 60 * NS_PER_MS);
}

static void length_over_the_buffer_ends_it(void **state)
{
	uint8_t got[200];

	(void)state;
	says_len = 65;
	open_rng();
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 0);
	assert_true(fake.dev.dead);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 0);
}

/* What was asked for at the start is there; more is only asked for where that is wanted, once. */
static void a_poll_waits_for_nothing(void **state)
{
	uint8_t got[96];
	uint64_t before;

	(void)state;
	answers_left = 1;
	open_rng();
	before = fake_machine.now_ns;
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), false), 64);
	assert_int_equal(got[0], 1);
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), false), 0);
	assert_int_equal(fake.notified[0], 1);
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), true), 0);
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), true), 0);
	assert_int_equal(fake.notified[0], 2);
	answers_left = 1;
	answer(&fake, 0);
	assert_int_equal(virtio_rng_poll(rng, got, 10, false), 10);
	assert_int_equal(got[0], 65);
	assert_true(fake_machine.now_ns == before);
}

static void a_poll_of_a_device_that_lies(void **state)
{
	uint8_t got[96];

	(void)state;
	says_len = 65;
	open_rng();
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), true), 0);
	assert_true(fake.dev.dead);
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), true), 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
}

static void unusable_device_is_none(void **state)
{
	(void)state;
	fake.queue_sizes[0] = 0;
	assert_null(virtio_rng_open(&fake.dev));
	assert_int_equal(fake_machine.outstanding, 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(bytes_arrive),
		ROW(bytes_arrive_in_pieces),
		ROW(silent_device_costs_a_bounded_time),
		ROW(computed_time_is_not_waiting),
		ROW(device_that_falls_silent_gives_what_it_gave),
		ROW(answers_of_no_bytes_cost_a_bounded_time),
		ROW(length_over_the_buffer_ends_it),
		ROW(a_poll_waits_for_nothing),
		ROW(a_poll_of_a_device_that_lies),
		ROW(unusable_device_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
