/*
 * SPDX-License-Identifier: MIT
 *
 * The kernel's first C: everything that has to stand before kernel_main() can run as ordinary code.
 * kernel/start.h has the order and says what main() does next.
 */
#include "kernel/start.h"

#include "kernel/arch/cpu.h"
#include "kernel/arch/irq.h"
#include "kernel/time/clock_timer.h"
#include "kernel/console/console.h"
#include "kernel/console/log_output.h"
#include "kernel/entropy/entropy.h"
#include "kernel/entropy/entropy_pool.h"
#include "kernel/exit.h"
#include "kernel/firmware/acpi.h"
#include "log/log.h"
#include "kernel/mm/memory.h"
#include "kernel/panic.h"

/* The lowest byte stays zero: a string that runs over its end cannot write it and go on. */
static uint64_t random_canary(void)
{
	uint64_t v;

	entropy_fill(&v, sizeof(v));
	return v & ~UINT64_C(0xff);
}

/* From here on an event is a line. */
static void open_log(void)
{
	console_init();
	log_open(&console_log_output);
}

NORETURN void kernel_refuse(const char *problem)
{
	open_log();
	cpu_traps_init();
	cpu_init();
	panic(problem);
}

/* Changing the canary is safe here only: this function is not protected by it and never returns. */
__attribute__((no_stack_protector)) NORETURN void kernel_start(struct boot_info *bi)
{
	const char *problem = boot_info_problem(bi);

	if (problem != NULL)
		kernel_refuse(problem);
	open_log();
	cpu_traps_init();
	cpu_init();
	entropy_begin(bi);
	cpu_set_canary(random_canary());
	memory_init(bi);
	acpi_init(bi->rsdp);
	irq_init();
	clock_begin(bi);
	kernel_main(bi);
}

/* Safe where no caller checks the canary that it was entered with: kernel_main() never returns. */
__attribute__((no_stack_protector)) void kernel_new_canary(void)
{
	cpu_set_canary(random_canary());
}

static const char *bad_config_source, *bad_config_problem;

void kernel_note_bad_config(const char *source, const char *problem)
{
	bad_config_source = source;
	bad_config_problem = problem;
}

static NORETURN void end_with_bad_config(struct event_sink *events)
{
	event_emit(events, EVENT_CONFIG_BAD, 0, 0, EV_STR("source", bad_config_source),
		   EV_STR("problem", bad_config_problem));
	event_emit(events, EVENT_RESULT, 0, 0, EV_STR("outcome", "failed"),
		   EV_U64("exitcode", STATUS_BAD_CONFIG),
		   EV_STR("errormsg", "bad configuration, see the lines above"));
	machine_exit(STATUS_BAD_CONFIG);
}

NORETURN void kernel_refuse_config(const char *source, const char *problem)
{
	open_log();
	cpu_traps_init();
	cpu_init();
	kernel_note_bad_config(source, problem);
	end_with_bad_config(log_sink());
}

void machine_start(const struct boot_info *bi, struct event_sink *events)
{
	const char *protocol = bi->protocol == BOOT_PROTOCOL_EFI ? "UEFI" : "PVH";
	uint64_t firmware_us = 0;
	bool has_firmware_us = clock_firmware_us(&firmware_us);

	event_emit(events, EVENT_BOOT, 0, 0, EV_STR("version", DIALTONE_VERSION),
		   EV_STR("door", protocol),
		   EV_IF(has_firmware_us, EV_U64("firmware_us", firmware_us)));
	cpu_report(events);
	memory_report(events);
	clock_report(events);
	if (bad_config_problem != NULL)
		end_with_bad_config(events);
}
