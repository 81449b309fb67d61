/*
 * SPDX-License-Identifier: MIT
 *
 * The UEFI loader (BOOTX64.EFI): the steps from firmware to kernel, in order.
 *
 * It reads \dialtone.elf and \dialtone.conf from the partition it was loaded from, fills a
 * struct boot_info and enters the kernel with it.  It knows neither what the configuration means
 * nor what the kernel does.  UEFI Specification 2.10, chapters 4, 7 and 13.
 */
#include "base/string.h"
#include "boot/efi/loader.h"
#include "boot/efi/map_convert.h"

#define FAIL_STALL_US (3 * 1000 * 1000) /* the message can be read before firmware clears it */

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);

static uint64_t tsc_read(void)
{
	return __builtin_ia32_rdtsc();
}

static struct boot_info *boot_info_create(struct loader *l, uint64_t entry_counter)
{
	struct boot_info *bi = loader_pages(l, sizeof(*bi), EFI_PAGE_SIZE, 0);

	if (bi == NULL) {
		loader_fail(l, "memory", "below 4 GiB has no room for the boot information",
			    "give the machine more memory", EFI_OUT_OF_RESOURCES);
		return NULL;
	}
	memset(bi, 0, sizeof(*bi));
	bi->magic = BOOT_INFO_MAGIC;
	bi->version = BOOT_INFO_VERSION;
	bi->size = sizeof(*bi);
	bi->protocol = BOOT_PROTOCOL_EFI;
	bi->entry_counter = entry_counter;
	return bi;
}

/* The kernel judges what it is given, but has no console yet if that is hopeless; so look first,
 * with the memory map as it is now. */
static EFI_STATUS check_boot_info(const struct loader *l, const struct loader_map *map,
				  struct boot_info *bi)
{
	const char *problem;

	map_convert(&(struct map_bytes){map->bytes, map->len, map->stride}, bi);
	problem = boot_info_problem(bi);
	if (problem != NULL)
		return loader_fail(l, "the loader cannot boot:", problem, NULL, EFI_SUCCESS);
	return EFI_SUCCESS;
}

/* Everything until the kernel runs; comes back only with an error. */
static EFI_STATUS boot(struct loader *l, uint64_t entry_counter)
{
	struct boot_info *bi;
	struct loader_map map;
	struct loader_handoff handoff;
	uint64_t entry;
	EFI_STATUS status;

	status = loader_open_volume(l);
	if (EFI_ERROR(status))
		return status;
	bi = boot_info_create(l, entry_counter);
	if (bi == NULL)
		return EFI_OUT_OF_RESOURCES;
	status = loader_read_config(l, bi);
	if (EFI_ERROR(status))
		return status;
	status = loader_load_kernel(l, bi, &entry);
	if (EFI_ERROR(status))
		return status;
	loader_ask_firmware(l, bi);
	status = loader_map_prepare(l, &map);
	if (EFI_ERROR(status))
		return status;
	status = check_boot_info(l, &map, bi);
	if (EFI_ERROR(status))
		return status;
	status = loader_handoff_prepare(l, &map, &handoff);
	if (EFI_ERROR(status))
		return status;
	status = loader_leave_boot_services(l, &map, bi);
	if (EFI_ERROR(status))
		return status;
	loader_handoff(&handoff, entry, bi);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st)
{
	uint64_t entry_counter = tsc_read();
	struct loader loader = {.image = image, .st = st, .bs = st->BootServices};
	EFI_STATUS status = boot(&loader, entry_counter);

	loader_pages_free_all(&loader);
	if (loader.root != NULL)
		loader.root->Close(loader.root);
	loader.bs->Stall(FAIL_STALL_US);
	return status;
}
