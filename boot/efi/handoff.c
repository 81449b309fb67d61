/*
 * SPDX-License-Identifier: MIT
 *
 * The last step: what the CPU stands on when the kernel's first instruction runs.
 *
 * Firmware's page tables and stack lie in boot-services memory, which the kernel's page allocator
 * may hand out.  So the kernel is entered on page tables and a stack of the loader's own; they are
 * EfiLoaderData and stay out of the allocator for good.  All RAM is mapped, so the kernel may
 * build its own tables wherever it finds pages.
 *
 * State at entry: long mode, 4-level paging, everything below the end of RAM (4 GiB at least)
 * mapped to itself; interrupts off, direction flag clear; rdi = boot_info, rsp as after a call
 * (System V ABI), rbp and the return address 0.  Segments and IDT are firmware's: the kernel loads
 * its own before it allocates memory.
 *
 * NOT DONE: firmware that runs with 5-level paging (refused with a message), memory encryption.
 */
#include <cpuid.h>

#include "boot/efi/loader.h"
#include "boot/efi/map_convert.h"
#include "boot/efi/page_tables.h"

#define STACK_LEN (16u * 1024)
#define CR4_LA57 (UINT64_C(1) << 12)
#define CPUID_FEATURES_EXTENDED 0x80000001u
#define CPUID_EDX_1_GIB_PAGES (1u << 26)
#define FOUR_GIB (UINT64_C(4) << 30)

static bool cpu_has_1_gib_pages(void)
{
	unsigned eax, ebx, ecx, edx;

	/* __get_cpuid checks the highest leaf first. */
	return __get_cpuid(CPUID_FEATURES_EXTENDED, &eax, &ebx, &ecx, &edx) != 0 &&
	       (edx & CPUID_EDX_1_GIB_PAGES) != 0;
}

static bool cpu_runs_5_level_paging(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	return (cr4 & CR4_LA57) != 0;
}

EFI_STATUS loader_handoff_prepare(struct loader *l, const struct loader_map *map,
				  struct loader_handoff *handoff)
{
	struct map_bytes bytes = {map->bytes, map->len, map->stride};
	uint64_t end = MIN(MAX(map_ram_end(&bytes), FOUR_GIB), PAGE_TABLES_MAX_END);
	bool huge = cpu_has_1_gib_pages();
	size_t tables_len = page_tables_len(end, huge);
	uint8_t *block;

	if (cpu_runs_5_level_paging())
		return loader_fail(l, "firmware", "has turned on 5-level paging",
				   "turn it off in the machine's settings (QEMU: -cpu ...,-la57)",
				   EFI_SUCCESS);
	block = loader_pages(l, tables_len + STACK_LEN, EFI_PAGE_SIZE, 0);
	if (block == NULL)
		return loader_fail(l, "memory", "below 4 GiB has no room for page tables",
				   "give the machine more memory", EFI_OUT_OF_RESOURCES);
	page_tables_build(block, end, huge);
	handoff->page_table = (uintptr_t)block;
	handoff->stack_top = (uintptr_t)block + tables_len + STACK_LEN;
	return EFI_SUCCESS;
}

void loader_handoff(const struct loader_handoff *handoff, uint64_t entry,
		    const struct boot_info *bi)
{
	/* The entry is in rax, so that it is in no register that is changed before the jump. */
	__asm__ volatile("cli\n\t"
			 "cld\n\t"
			 "mov %[page_table], %%cr3\n\t"
			 "mov %[stack_top], %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "pushq $0\n\t"
			 "jmp *%[entry]"
			 :
			 : [page_table] "r"(handoff->page_table),
			   [stack_top] "r"(handoff->stack_top), [entry] "a"(entry), "D"(bi)
			 : "memory");
	__builtin_unreachable();
}
