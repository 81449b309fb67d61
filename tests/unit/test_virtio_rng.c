/* SPDX-License-Identifier: MIT */
/* The entropy device: delivers, delivers in pieces, is late, is silent, lies. */
#include <string.h>

#include "drivers/virtio/rng.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_virtio.h"
#include "tests/runner/unit.h"

static struct fake_virtio fake;
static uint32_t portion;  /* bytes the device gives at a time */
static uint32_t declared_len; /* what it says it gave, 0: the truth */
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
	fake_ring_use(&f->rings[queue], chain.head, declared_len != 0 ? declared_len : portion);
	fake_ring_want_notify(&f->rings[queue], true);
}

static void setup(void)
{
	fake_machine_reset();
	fake_virtio_init(&fake, VIRTIO_FEATURE(VIRTQ_F_EVENT_IDX));
	fake.dev.n_interrupts = 0;
	fake.on_notify = answer;
	portion = 64;
	declared_len = 0;
	next_byte = 1;
	answers_left = 1000000;
	rng = NULL;
}

static void teardown(void)
{
	fake_machine_off();
}

FIXTURE(setup, teardown);

static void open_rng(void)
{
	rng = virtio_rng_open(&fake.dev);
	assert_non_null(rng);
}

TEST(bytes_arrive)
{
	uint8_t got[100];

	open_rng();
	assert_int_equal(fake.notified[0], 1); /* asked already, before anybody reads */
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), sizeof(got));
	assert_int_equal(asked_len, 64);
	for (unsigned i = 0; i < sizeof(got); i++)
		assert_int_equal(got[i], i + 1);
}

TEST(bytes_arrive_in_pieces)
{
	uint8_t got[32];

	portion = 5;
	open_rng();
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), sizeof(got));
	for (unsigned i = 0; i < sizeof(got); i++)
		assert_int_equal(got[i], i + 1);
}

TEST(silent_device_costs_a_bounded_time)
{
	uint8_t got[32];
	uint64_t before;

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
TEST(computed_time_is_not_waiting)
{
	uint8_t got[96];

	answers_left = 0;
	fake_machine.tick_ns = 10 * NS_PER_MS;
	open_rng();
	fake.on_notify = NULL;
	answers_left = 2;
	fake_ring_at_barrier = answer_late;
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), sizeof(got));
	fake_ring_at_barrier = NULL;
}

TEST(device_that_falls_silent_gives_what_it_gave)
{
	uint8_t got[100];

	answers_left = 1;
	open_rng();
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 64);
	/* A later read takes up the request that is still open. */
	answers_left = 5;
	answer(&fake, 0);
	assert_int_equal(virtio_rng_read(rng, got, 3), 3);
	assert_int_equal(got[0], 65);
}

TEST(answers_of_no_bytes_cost_a_bounded_time)
{
	uint8_t got[32];
	uint64_t before;

	portion = 0;
	open_rng();
	before = fake_machine.now_ns;
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 0);
	assert_true(fake_machine.now_ns - before < 60 * NS_PER_MS);
}

TEST(length_over_the_buffer_ends_it)
{
	uint8_t got[200];

	declared_len = 65;
	open_rng();
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 0);
	assert_true(fake.dev.dead);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	assert_int_equal(virtio_rng_read(rng, got, sizeof(got)), 0);
}

/* What was asked for at the start is there; more is only asked for where that is wanted, once. */
TEST(a_poll_waits_for_nothing)
{
	uint8_t got[96];
	uint64_t before;

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

TEST(a_poll_of_a_device_that_lies)
{
	uint8_t got[96];

	declared_len = 65;
	open_rng();
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), true), 0);
	assert_true(fake.dev.dead);
	assert_int_equal(virtio_rng_poll(rng, got, sizeof(got), true), 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
}

TEST(unusable_device_is_none)
{
	fake.queue_sizes[0] = 0;
	assert_null(virtio_rng_open(&fake.dev));
	assert_int_equal(fake_machine.outstanding, 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
}

