/*
 * SPDX-License-Identifier: MIT
 *
 * CPUID and control registers (Intel SDM volume 2 CPUID, volume 3 chapter 2).  A leaf is asked only
 * after its maximum: beyond it a CPU returns another leaf's values.
 */
#include "kernel/arch/x86_64/cpu.h"

#include "base/string.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/layout.h"

#define HYPERVISOR_LEAF 0x40000000u
#define EXTENDED_LEAF 0x80000000u

#define CR0_PE (1u << 0)
#define CR0_MP (1u << 1)
#define CR0_ET (1u << 4)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_PG (1u << 31)

#define CR4_PAE (1u << 5)
#define CR4_MCE (1u << 6)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP (1u << 11)
#define CR4_SMEP (1u << 20)
#define CR4_SMAP (1u << 21)

#define EFER_NXE (UINT64_C(1) << 11)

static struct cpu_features features;

const struct cpu_features *cpu_features(void)
{
	return &features;
}

static bool bit(uint32_t word, unsigned n)
{
	return word >> n & 1;
}

static void ask_extended(void)
{
	uint32_t max = cpuid(EXTENDED_LEAF, 0).eax;

	features.phys_bits = 36;
	if (max >= EXTENDED_LEAF + 1) {
		uint32_t edx = cpuid(EXTENDED_LEAF + 1, 0).edx;
		features.no_execute = bit(edx, 20);
		features.gib_pages = bit(edx, 26);
	}
	if (max >= EXTENDED_LEAF + 8)
		features.phys_bits = (uint8_t)MIN(cpuid(EXTENDED_LEAF + 8, 0).eax & 0xff, 52u);
}

static void set_control_registers(uint32_t leaf7_ebx, uint32_t leaf7_ecx)
{
	uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	uint64_t cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	uint32_t mxcsr = 0x1f80; /* all SSE exceptions masked */

	if (bit(leaf7_ebx, 7))
		cr4 |= CR4_SMEP;
	if (bit(leaf7_ebx, 20))
		cr4 |= CR4_SMAP;
	if (bit(leaf7_ecx, 2))
		cr4 |= CR4_UMIP;
	__asm__ volatile("movq %0, %%cr0" : : "r"(cr0) : "memory");
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4) : "memory");
	if (features.no_execute)
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	/* The kernel itself computes without SSE; libraries that use it find it as the ABI says. */
	__asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
}

void cpu_init(void)
{
	struct cpuid leaf1 = cpuid(1, 0), leaf7 = {0};

	features.max_leaf = cpuid(0, 0).eax;
	if (features.max_leaf >= 7)
		leaf7 = cpuid(7, 0);
	features.rdrand = bit(leaf1.ecx, 30);
	features.rdseed = bit(leaf7.ebx, 18);
	features.tsc_deadline = bit(leaf1.ecx, 24);
	features.hypervisor = bit(leaf1.ecx, 31);
	if (features.hypervisor) {
		uint32_t max = cpuid(HYPERVISOR_LEAF, 0).eax;
		/* KVM of old says 0 where it means the leaf of its features. */
		features.max_hypervisor_leaf = max > HYPERVISOR_LEAF ? max : HYPERVISOR_LEAF + 1;
	}
	ask_extended();
	set_control_registers(leaf7.ebx, leaf7.ecx);
}

/* --- the event --------------------------------------------------------------------------------- */

/* The brand string is padded with spaces in front or behind, depending on the vendor. */
static struct event_bytes model_name(const char brand[48])
{
	size_t start = 0, end = 0;

	while (start < 48 && brand[start] == ' ')
		start++;
	for (size_t i = start; i < 48 && brand[i] != '\0'; i++) {
		if (brand[i] != ' ')
			end = i + 1;
	}
	return (struct event_bytes){brand + start, end > start ? end - start : 0};
}

void cpu_report(struct event_sink *events)
{
	struct cpuid r = cpuid(0, 0);
	uint32_t vendor[3] = {r.ebx, r.edx, r.ecx};
	uint32_t hypervisor[3] = {0};
	struct cpuid brand[3] = {{0}};

	if (features.hypervisor) {
		r = cpuid(HYPERVISOR_LEAF, 0);
		hypervisor[0] = r.ebx;
		hypervisor[1] = r.ecx;
		hypervisor[2] = r.edx;
	}
	if (cpuid(EXTENDED_LEAF, 0).eax >= EXTENDED_LEAF + 4) {
		for (unsigned i = 0; i < 3; i++)
			brand[i] = cpuid(EXTENDED_LEAF + 2 + i, 0);
	}
	const char *name = (const char *)hypervisor;
	size_t name_len = sizeof(hypervisor);
	while (name_len > 0 && name[name_len - 1] == '\0')
		name_len--;
	struct event_bytes model = model_name((const char *)brand);
	event_emit(events, EVENT_CPU, 0, 0, EV_TEXT("vendor", vendor, sizeof(vendor)),
		   EV_IF(model.len > 0, EV_TEXT("model", model.ptr, model.len)),
		   EV_IF(name_len > 0, EV_TEXT("hypervisor", name, name_len)));
}
