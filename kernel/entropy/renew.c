/* SPDX-License-Identifier: MIT */
/* Copies of this machine; see renew.h. */
#include "kernel/entropy/renew.h"

#include "base/string.h"
#include "kernel/firmware/acpi.h"
#include "kernel/time/clock.h"
#include "kernel/entropy/cpu_words.h"
#include "kernel/entropy/entropy.h"
#include "kernel/entropy/erase.h"

#define CPU_WORDS 3u /* and the time beside them: what one block of the generator takes in */
#define POLL_NS NS_PER_S
/* More than the entropy device fills at a time: the last of them were asked for just now, and are
 * not in the snapshot. */
#define DEVICE_BYTES 96u

static struct {
	const struct renew_device *device;
	struct event_sink *events;
	const volatile uint8_t *id; /* NULL: the machine has none */
	uint8_t last_id[ACPI_VM_GENERATION_LEN];
	uint64_t asked_ns;
	uint64_t generation; /* 0: not begun */
} state;

static void read_id(uint8_t id[ACPI_VM_GENERATION_LEN])
{
	for (unsigned i = 0; i < ACPI_VM_GENERATION_LEN; i++)
		id[i] = state.id[i];
}

void renew_begin(const struct renew_device *device, struct event_sink *events)
{
	state.device = device;
	state.events = events;
	state.id = acpi_vm_generation();
	state.asked_ns = clock_now_ns();
	state.generation = 1;
	if (state.id != NULL)
		read_id(state.last_id);
}

/* Mixed in, too: it differs where the machines do. */
static bool id_changed(void)
{
	uint8_t id[ACPI_VM_GENERATION_LEN];

	if (state.id == NULL)
		return false;
	read_id(id);
	if (memcmp(id, state.last_id, sizeof(id)) == 0)
		return false;
	memcpy(state.last_id, id, sizeof(id));
	entropy_mix(id, sizeof(id));
	return true;
}

static bool mix_cpu(uint64_t now_ns)
{
	uint64_t words[CPU_WORDS + 1] = {0};
	bool given = cpu_words(CPU_RANDOM_GENERATOR, words, CPU_WORDS) ||
		     cpu_words(CPU_RANDOM_SEED, words, CPU_WORDS);

	words[CPU_WORDS] = now_ns;
	entropy_mix(words, sizeof(words));
	return given;
}

static bool mix_device(void)
{
	uint8_t bytes[DEVICE_BYTES];
	size_t len = state.device->read(state.device->ctx, bytes, sizeof(bytes));

	entropy_mix(bytes, len);
	erase(bytes, sizeof(bytes));
	return len == sizeof(bytes);
}

static void poll_device(uint64_t now_ns)
{
	uint8_t bytes[DEVICE_BYTES];
	bool ask = now_ns - state.asked_ns >= POLL_NS;
	size_t len = state.device->poll(state.device->ctx, bytes, sizeof(bytes), ask);

	entropy_mix(bytes, len);
	erase(bytes, sizeof(bytes));
	if (ask)
		state.asked_ns = now_ns;
}

/* All sources, and a line that names those that gave something. */
static void all_sources(const char *reason, bool by_id, bool by_cpu, uint64_t now_ns)
{
	bool by_device = mix_device();

	state.asked_ns = now_ns;
	state.generation++;
	event_emit(state.events, EVENT_ENTROPY_RENEWED, 0, 0, EV_STR("reason", reason),
		   EV_IF(by_id, EV_BOOL("vm_generation", true)),
		   EV_IF(by_cpu, EV_BOOL("cpu", true)),
		   EV_IF(by_device, EV_BOOL("virtio_rng", true)),
		   EV_IF(!by_id && !by_cpu && !by_device, EV_BOOL("weak", true)));
}

uint64_t renew(void)
{
	uint64_t now_ns = clock_now_ns();
	bool by_id, by_cpu;

	if (state.generation == 0)
		return 0;
	by_id = id_changed();
	by_cpu = mix_cpu(now_ns);
	if (by_id)
		all_sources("the VM generation id changed", by_id, by_cpu, now_ns);
	else if (clock_jumped())
		all_sources("the clock jumped", by_id, by_cpu, now_ns);
	else
		poll_device(now_ns);
	return state.generation;
}
