/* SPDX-License-Identifier: MIT */
/* kernel/entropy/renew with a machine of the test's own: when it counts as copied, what is asked then, and what
 * is not waited for otherwise. */
#include <stdlib.h>
#include <string.h>

#include "kernel/entropy/renew.c"
#include "tests/runner/unit.h"

static struct {
	uint64_t now_ns;
	bool has_id, has_cpu, has_device, jumped;
	uint8_t id[ACPI_VM_GENERATION_LEN];
	unsigned waited, polled, asked;
	unsigned mixed; /* calls with at least one byte */
	bool cpu_mixed, time_mixed; /* in the last of them */
	unsigned events;
	bool weak;
} fake;

uint64_t clock_now_ns(void)
{
	return fake.now_ns;
}

bool clock_jumped(void)
{
	bool jumped = fake.jumped;

	fake.jumped = false;
	return jumped;
}

const volatile uint8_t *acpi_vm_generation(void)
{
	return fake.has_id ? fake.id : NULL;
}

bool cpu_words(enum cpu_random kind, uint64_t *words, unsigned count)
{
	if (!fake.has_cpu || kind != CPU_RANDOM_GENERATOR)
		return false;
	memset(words, 1, count * sizeof(*words));
	return true;
}

void entropy_mix(const void *buf, size_t len)
{
	uint64_t words[4] = {0};

	if (len == 0)
		return;
	memcpy(words, buf, MIN(len, sizeof(words)));
	fake.mixed++;
	fake.cpu_mixed = words[0] == UINT64_C(0x0101010101010101);
	fake.time_mixed = words[3] == fake.now_ns;
}

static size_t device_read(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	fake.waited++;
	memset(buf, 2, len);
	return fake.has_device ? len : 0;
}

static size_t device_poll(void *ctx, void *buf, size_t len, bool ask)
{
	(void)ctx;
	assert_true(len >= 64);
	fake.polled++;
	fake.asked += ask;
	memset(buf, 3, 64);
	return fake.has_device ? 64 : 0;
}

static void record(struct event_sink *sink, const struct event *ev)
{
	(void)sink;
	assert_int_equal(ev->id, EVENT_ENTROPY_RENEWED);
	fake.events++;
	for (unsigned i = 0; i < ev->n_fields; i++) {
		if (event_field_type(&ev->fields[i]) != EVENT_FIELD_ABSENT &&
		    strcmp(event_field_key(&ev->fields[i]), "weak") == 0)
			fake.weak = ev->fields[i].b;
	}
}

static struct event_sink sink = {.emit = record};
static const struct renew_device device = {.read = device_read, .poll = device_poll};

static void fresh(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(&state, 0, sizeof(state));
	fake.now_ns = NS_PER_S;
}

FIXTURE(fresh, NULL);

static void begin(void)
{
	renew_begin(&device, &sink);
}

TEST(before_it_begins_nothing_is_asked)
{
	assert_int_equal(renew(), 0);
	assert_int_equal(fake.mixed + fake.polled + fake.waited, 0);
}

TEST(the_same_machine_is_the_same_generation)
{
	fake.has_id = fake.has_cpu = fake.has_device = true;
	begin();
	for (unsigned i = 0; i < 100; i++) {
		fake.now_ns += 100 * NS_PER_MS;
		assert_int_equal(renew(), 1);
	}
	assert_int_equal(fake.waited, 0);
	assert_int_equal(fake.polled, 100);
	assert_int_equal(fake.asked, 10); /* once a second */
	assert_int_equal(fake.events, 0);
}

TEST(each_draw_has_the_cpus_numbers)
{
	begin();
	renew();
	assert_int_equal(fake.mixed, 1);
	assert_true(fake.time_mixed && !fake.cpu_mixed);
	fake.has_cpu = true;
	renew();
	assert_int_equal(fake.mixed, 2);
	assert_true(fake.time_mixed && fake.cpu_mixed);
}

TEST(another_id_is_another_generation)
{
	fake.has_id = fake.has_device = true;
	begin();
	fake.id[15] ^= 1;
	assert_int_equal(renew(), 2);
	assert_int_equal(fake.waited, 1);
	assert_int_equal(renew(), 2);
	assert_int_equal(fake.waited, 1);
	assert_int_equal(fake.events, 1);
	assert_false(fake.weak);
	fake.id[0] ^= 1;
	assert_int_equal(renew(), 3);
}

TEST(so_is_a_clock_that_jumped)
{
	fake.has_device = true;
	begin();
	fake.jumped = true;
	assert_int_equal(renew(), 2);
	assert_int_equal(renew(), 2);
	assert_int_equal(fake.waited, 1);
	assert_false(fake.weak);
}

TEST(without_any_source_it_is_weak)
{
	begin();
	fake.jumped = true;
	assert_int_equal(renew(), 2);
	assert_true(fake.weak);
}
