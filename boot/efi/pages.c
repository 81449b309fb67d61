/*
 * SPDX-License-Identifier: MIT
 *
 * The loader's memory: pages below 4 GiB that outlive boot services, remembered so that a loader
 * that fails can give all of them back to the firmware.
 */
#include "base/assert.h"
#include "boot/efi/loader.h"

#define BELOW_4_GIB UINT64_C(0xffffffff)

static void pages_release(const struct loader *l, EFI_PHYSICAL_ADDRESS base, UINTN pages)
{
	if (pages > 0)
		l->bs->FreePages(base, pages);
}

void *loader_pages(struct loader *l, size_t len, uint64_t align, uint64_t residue)
{
	UINTN pages = EFI_SIZE_TO_PAGES(len);
	UINTN slack = EFI_SIZE_TO_PAGES(align) - 1;
	EFI_PHYSICAL_ADDRESS got = BELOW_4_GIB;
	EFI_PHYSICAL_ADDRESS base;
	UINTN before;

	ASSERT(align >= EFI_PAGE_SIZE && (align & (align - 1)) == 0);
	ASSERT((residue & (EFI_PAGE_SIZE - 1)) == 0);
	ASSERT(l->n_allocations < LOADER_ALLOCATIONS_MAX);
	if (EFI_ERROR(l->bs->AllocatePages(AllocateMaxAddress, EfiLoaderData, pages + slack, &got)))
		return NULL;
	base = got + ((residue - got) & (align - 1));
	before = EFI_SIZE_TO_PAGES(base - got);
	pages_release(l, got, before);
	pages_release(l, base + pages * EFI_PAGE_SIZE, slack - before);

	l->allocations[l->n_allocations].base = base;
	l->allocations[l->n_allocations].pages = pages;
	l->n_allocations++;
	return (void *)(uintptr_t)base;
}

void loader_pages_free(struct loader *l, const void *ptr)
{
	for (unsigned i = 0; i < l->n_allocations; i++) {
		if (l->allocations[i].base != (uintptr_t)ptr)
			continue;
		pages_release(l, l->allocations[i].base, l->allocations[i].pages);
		l->allocations[i] = l->allocations[--l->n_allocations];
		return;
	}
}

void loader_pages_free_all(struct loader *l)
{
	while (l->n_allocations > 0) {
		l->n_allocations--;
		pages_release(l, l->allocations[l->n_allocations].base,
			      l->allocations[l->n_allocations].pages);
	}
}
