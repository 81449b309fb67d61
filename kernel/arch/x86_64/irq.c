/*
 * SPDX-License-Identifier: MIT
 *
 * Interrupts and the halt, as the CPU has them; machine/idle.c decides when.
 *
 * The interrupt flag is off except in irq_let_in() and irq_halt(): what a device signals meanwhile waits in
 * the local APIC.  A wake-up cannot be lost: `sti` takes effect only after the instruction behind it, so an
 * interrupt that waits is delivered in the `hlt` and ends it.
 */
#include "kernel/arch/irq.h"

#include "kernel/arch/x86_64/lapic.h"
#include "kernel/arch/x86_64/layout.h"
#include "kernel/irq/irq_halt.h"
#include "kernel/irq/irq_handler.h"

#define MSI_ADDRESS UINT64_C(0xfee00000)

_Static_assert(VECTOR_LINE_END - VECTOR_LINE_FIRST == IRQ_LINES, "a vector for each line");

void irq_handle(uint64_t vector);

/* Called by traps.S. */
void irq_handle(uint64_t vector)
{
	/* SDM 11.9: a spurious interrupt is not acknowledged. */
	if (vector == VECTOR_SPURIOUS)
		return;
	if (vector >= VECTOR_LINE_FIRST && vector < VECTOR_LINE_END)
		irq_line_fired((unsigned)vector - VECTOR_LINE_FIRST);
	else if (vector != VECTOR_TIMER)
		irq_spurious();
	lapic_eoi();
}

/* SDM 11.11: fixed delivery, physical destination, edge. */
struct irq_message irq_message_of(unsigned number)
{
	return (struct irq_message){
		.address = MSI_ADDRESS | (lapic_id() & 0xff) << 12,
		.data = VECTOR_LINE_FIRST + number,
	};
}

void irq_let_in(void)
{
	__asm__ volatile("sti\n\tnop\n\tcli" : : : "memory");
}

void irq_halt(void)
{
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}
