/*
 * SPDX-License-Identifier: MIT
 *
 * Takes the memory map and leaves boot services.  UEFI 2.10, 7.2.3 (GetMemoryMap) and 7.4.6
 * (ExitBootServices).  The conversion itself is map_convert.c.
 */
#include "boot/efi/loader.h"
#include "boot/efi/map_convert.h"

/* Between the first look and the last the map grows by what we allocate and by what firmware does
 * in its ExitBootServices handlers; no memory may be allocated then. */
#define SPARE_DESCRIPTORS 32
#define EXIT_TRIES 8

static EFI_STATUS map_read(const struct loader *l, struct loader_map *map)
{
	UINT32 version;

	map->len = map->cap;
	return l->bs->GetMemoryMap(&map->len, (EFI_MEMORY_DESCRIPTOR *)map->bytes, &map->key,
				   &map->stride, &version);
}

EFI_STATUS loader_map_prepare(struct loader *l, struct loader_map *map)
{
	EFI_STATUS status;

	map->bytes = NULL;
	map->cap = 0;
	status = map_read(l, map);
	if (status != EFI_BUFFER_TOO_SMALL)
		return loader_fail(l, "firmware", "does not tell the size of its memory map", NULL,
				   status);
	map->cap = map->len + SPARE_DESCRIPTORS * map->stride;
	map->bytes = loader_pages(l, map->cap, EFI_PAGE_SIZE, 0);
	if (map->bytes == NULL)
		return loader_fail(l, "memory", "below 4 GiB has no room for the memory map",
				   "give the machine more memory", EFI_OUT_OF_RESOURCES);
	status = map_read(l, map);
	if (EFI_ERROR(status))
		return loader_fail(l, "firmware", "does not give its memory map", NULL, status);
	return EFI_SUCCESS;
}

EFI_STATUS loader_leave_boot_services(struct loader *l, struct loader_map *map,
				      struct boot_info *bi)
{
	EFI_STATUS status = EFI_SUCCESS;

	/* A handler that runs at the first call may change the map, and then the key is stale:
	 * take a fresh map and ask again.  Only these two calls are allowed from here on. */
	for (unsigned i = 0; i < EXIT_TRIES; i++) {
		status = map_read(l, map);
		if (!EFI_ERROR(status))
			status = l->bs->ExitBootServices(l->image, map->key);
		if (status != EFI_INVALID_PARAMETER)
			break;
	}
	/* Not a call that is allowed any more, but there is nothing left to lose. */
	if (EFI_ERROR(status))
		return loader_fail(l, "firmware", "does not end its boot services", NULL, status);
	map_convert(&(struct map_bytes){map->bytes, map->len, map->stride}, bi);
	return EFI_SUCCESS;
}
