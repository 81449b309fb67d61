/* SPDX-License-Identifier: MIT */
/* What a trap's report says of memory and of callers; see panic_report.h. */
#include "kernel/fault/panic_report.h"

#include "kernel/arch/image.h"
#include "kernel/mm/address_space.h"

void describe_memory_fault(struct strbuf *sb, const struct memory_fault *fault)
{
	bool execute = fault->access == FAULT_EXECUTE, write = fault->access == FAULT_WRITE;

	strbuf_str(sb, execute ? ": execution of " : write ? ": write to " : ": read of ");
	address_describe(sb, fault->address);
	if (fault->reason == FAULT_CORRUPT)
		strbuf_str(sb, " (corrupt page table)");
	else if (fault->reason == FAULT_FORBIDDEN)
		strbuf_str(sb, execute ? " (not executable)" : write ? " (not writable)" : "");
}

static bool in_text(uint64_t address)
{
	return address >= (uint64_t)image_text_start && address < (uint64_t)image_text_end;
}

static bool on_a_stack(uint64_t fp)
{
	for (unsigned i = 0; i < stack_area_count; i++) {
		if (fp >= (uint64_t)stack_areas[i].bottom &&
		    fp <= (uint64_t)stack_areas[i].top - 16)
			return fp % 8 == 0;
	}
	return false;
}

/* Follows the frame pointers as long as they lie on a stack of ours and go upwards.  Where a call
 * went astray, the caller has no frame below it yet: its address lies on top of the stack. */
unsigned backtrace(uint64_t pc, uint64_t sp, uint64_t fp, uint64_t frames[PANIC_FRAMES_MAX])
{
	unsigned n = 0;

	if (!in_text(pc) && on_a_stack(sp))
		frames[n++] = *(const uint64_t *)sp;

	while (n < PANIC_FRAMES_MAX && on_a_stack(fp)) {
		const uint64_t *frame = (const uint64_t *)fp;

		frames[n++] = frame[1];
		if (frame[0] <= fp)
			break;
		fp = frame[0];
	}
	return n;
}
