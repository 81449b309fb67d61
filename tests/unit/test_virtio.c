/* SPDX-License-Identifier: MIT */
/* Negotiation, queues and configuration of virtio devices that behave and that do not. */
#include <string.h>

#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_virtio.h"
#include "tests/runner/unit.h"

#define A VIRTIO_FEATURE(3)
#define B VIRTIO_FEATURE(5)
#define C VIRTIO_FEATURE(7)

static struct fake_virtio fake;

static void setup(void)
{
	fake_machine_reset();
	fake_virtio_init(&fake, A | B | VIRTIO_FEATURE(VIRTQ_F_EVENT_IDX));
}

static void teardown(void)
{
	fake_machine_off();
}

FIXTURE(setup, teardown);

static void assert_given_up(const char *word)
{
	assert_true(fake.dev.dead);
	assert_true(fake_machine.event_count[EVENT_DEVICE_BAD] >= 1);
	assert_non_null(strstr(fake_machine.problem, word));
}

TEST(only_what_both_know_is_agreed_on)
{
	assert_int_equal(virtio_negotiate(&fake.dev, B | C), ERR_OK);
	assert_int_equal(fake.accepted, B | VIRTIO_FEATURE(VIRTQ_F_EVENT_IDX) |
						VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
	assert_int_equal(fake.dev.features, fake.accepted);
	assert_int_equal(fake.status, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
					      VIRTIO_CONFIG_S_FEATURES_OK);
	virtio_driver_ok(&fake.dev);
	assert_true((fake.status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
}

TEST(platform_features_are_taken_where_offered)
{
	fake.offered |= VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM);
	assert_int_equal(virtio_negotiate(&fake.dev, 0), ERR_OK);
	assert_true(virtio_has(&fake.dev, VIRTIO_F_ACCESS_PLATFORM));
	assert_false(virtio_has(&fake.dev, VIRTIO_F_ORDER_PLATFORM));
}

TEST(device_without_version_1_is_refused)
{
	fake.offered = A | B;
	assert_int_equal(virtio_negotiate(&fake.dev, B), ERR_PROTONOSUPPORT);
	assert_given_up("VERSION_1");
}

TEST(device_that_never_sets_features_ok_is_refused)
{
	fake.refuses_features = true;
	assert_int_equal(virtio_negotiate(&fake.dev, B), ERR_PROTO);
	assert_given_up("FEATURES_OK");
	assert_int_equal(fake.status, VIRTIO_CONFIG_S_FAILED);
}

TEST(device_that_never_resets_is_refused_in_time)
{
	uint64_t before = fake_machine.now_ns;

	fake.never_resets = true;
	assert_int_equal(virtio_negotiate(&fake.dev, B), ERR_TIMEDOUT);
	assert_given_up("reset");
	assert_true(fake_machine.now_ns - before < 300 * NS_PER_MS);
}

/* Only what the one look showed counts; fake_set_features() aborts where more is taken. */
TEST(features_that_change_change_nothing)
{
	fake.offered_later = fake.offered | C;
	assert_int_equal(virtio_negotiate(&fake.dev, A | B | C), ERR_OK);
	assert_int_equal(fake.dev.features & C, 0);
	assert_int_equal(fake.dev.features, fake.accepted);
}

TEST(sizes_of_queues_are_checked)
{
	static const struct {
		uint16_t offered;
		int err;
		uint16_t taken;
	} rows[] = {
		{0, ERR_NODEV, 0},   {3, ERR_PROTO, 0},      {255, ERR_PROTO, 0},
		{0x8001, ERR_PROTO, 0}, {0x8000, ERR_OK, 256}, {1024, ERR_OK, 256},
		{256, ERR_OK, 256},  {16, ERR_OK, 16},       {1, ERR_OK, 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct virtq *queue;

		setup();
		fake.queue_sizes[1] = rows[i].offered;
		assert_int_equal(virtio_negotiate(&fake.dev, 0), ERR_OK);
		assert_int_equal(virtio_queue_open(&fake.dev, &queue, 1, 256, 2), rows[i].err);
		assert_int_equal(fake.dev.dead, rows[i].err != ERR_OK);
		assert_int_equal(fake.enabled[1], rows[i].err == ERR_OK);
		if (rows[i].err != ERR_OK)
			continue;
		assert_int_equal(queue->size, rows[i].taken);
		assert_int_equal(fake.queue_interrupt[1], 2);
	}
}

TEST(no_memory_for_a_queue_is_an_error_without_a_leak)
{
	struct virtq *queue;

	for (int nth = 1; nth <= 3; nth++) {
		setup();
		assert_int_equal(virtio_negotiate(&fake.dev, 0), ERR_OK);
		fake_machine.fail_only = nth;
		assert_int_equal(virtio_queue_open(&fake.dev, &queue, 0, 256, 0), ERR_NOMEM);
		assert_int_equal(fake_machine.outstanding, 0);
		assert_given_up("memory");
	}
}

TEST(configuration_is_read_whole)
{
	uint32_t v;

	fake.config_len = 8;
	memcpy(fake.config, "abcdefgh", 8);
	assert_int_equal(virtio_config_read(&fake.dev, 4, &v, 4), ERR_OK);
	assert_memory_equal(&v, "efgh", 4);
	assert_int_equal(virtio_config_read(&fake.dev, 5, &v, 4), ERR_RANGE);
	assert_int_equal(virtio_config_read(&fake.dev, UINT32_MAX, &v, 4), ERR_RANGE);
}

TEST(configuration_that_never_settles_is_given_up)
{
	uint32_t v;

	fake.config_len = 8;
	fake.never_settles = true;
	assert_int_equal(virtio_config_read(&fake.dev, 0, &v, 4), ERR_TIMEDOUT);
	assert_in_range(fake.config_reads, 2, 100);
}

