/*
 * SPDX-License-Identifier: MIT
 *
 * Collects the configuration for the kernel, unread: the bytes of \dialtone.conf and of the load
 * options (what a Boot#### variable or the UEFI shell passes to an application).  What they mean
 * is handled in the kernel.
 */
#include "base/string.h"
#include "boot/efi/loader.h"

#define CONFIG_MAX (64u * 1024)

static EFI_STATUS read_config_file(struct loader *l, struct boot_info *bi)
{
	static const struct loader_file_request request = {
		.name = LOADER_CONFIG_NAME,
		.max_len = CONFIG_MAX,
		.if_missing = NULL,
		.if_bad = "replace it with a text file of at most 64 KiB, or remove it",
	};
	struct loader_file file;
	EFI_STATUS status = loader_read_file(l, &request, &file);

	if (EFI_ERROR(status))
		return status;
	bi->config_file.addr = (uintptr_t)file.bytes;
	bi->config_file.len = file.len;
	return EFI_SUCCESS;
}

/* UEFI 2.10, 9.1: LoadOptions may be NULL.  They are copied because they lie in memory that is the
 * kernel's to use once boot services are gone. */
static EFI_STATUS copy_load_options(struct loader *l, struct boot_info *bi)
{
	size_t len = l->self->LoadOptionsSize;
	void *copy;

	if (l->self->LoadOptions == NULL || len == 0)
		return EFI_SUCCESS;
	if (len > CONFIG_MAX)
		return loader_fail(l, "load options", "are longer than 64 KiB",
				   "shorten the boot entry's options", EFI_SUCCESS);
	copy = loader_pages(l, len, EFI_PAGE_SIZE, 0);
	if (copy == NULL)
		return loader_fail(l, "load options", "do not fit into memory below 4 GiB",
				   "give the machine more memory", EFI_OUT_OF_RESOURCES);
	memcpy(copy, l->self->LoadOptions, len);
	bi->load_options.addr = (uintptr_t)copy;
	bi->load_options.len = len;
	return EFI_SUCCESS;
}

EFI_STATUS loader_read_config(struct loader *l, struct boot_info *bi)
{
	EFI_STATUS status = read_config_file(l, bi);

	if (EFI_ERROR(status))
		return status;
	return copy_load_options(l, bi);
}
