/*
 * SPDX-License-Identifier: MIT
 *
 * Puts the kernel where it will run: reads \dialtone.elf, has its headers checked (elf_check),
 * takes pages for the whole image and copies the segments.  The kernel is a static PIE and
 * relocates itself, so any place below 4 GiB with the right alignment will do.
 */
#include "base/strbuf.h"
#include "base/string.h"
#include "boot/efi/elf_check.h"
#include "boot/efi/loader.h"

#define KERNEL_FILE_MAX (64u * 1024 * 1024)

static const char kernel_advice[] = "copy build/dialtone.elf to the partition again";

/* Zeroes all of the image first: bss, and the gaps between segments, hold no stale bytes. */
static void place_segments(uint8_t *base, const uint8_t *file, const struct elf_image *image)
{
	memset(base, 0, image->span);
	for (unsigned i = 0; i < image->n_segments; i++) {
		const struct elf_segment *s = &image->segments[i];

		memcpy(base + s->mem_off, file + s->file_off, s->file_len);
	}
}

static void print_loading(const struct loader *l, const struct boot_info *bi, size_t file_len)
{
	char line[128];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	strbuf_str(&sb, "loading " LOADER_KERNEL_NAME " (");
	strbuf_u64(&sb, file_len);
	strbuf_str(&sb, " bytes), ");
	if (bi->config_file.addr != 0) {
		strbuf_str(&sb, LOADER_CONFIG_NAME " (");
		strbuf_u64(&sb, bi->config_file.len);
		strbuf_str(&sb, " bytes)");
	} else {
		strbuf_str(&sb, "no " LOADER_CONFIG_NAME);
	}
	if (bi->load_options.addr != 0)
		strbuf_str(&sb, ", load options");
	loader_print(l, line);
}

static EFI_STATUS place_kernel(struct loader *l, const struct loader_file *file,
			       struct boot_info *bi, uint64_t *entry)
{
	struct elf_image image;
	const char *problem = elf_check(file->bytes, file->len, &image);
	uint8_t *base;

	if (problem != NULL)
		return loader_fail(l, LOADER_KERNEL_NAME, problem, kernel_advice, EFI_SUCCESS);
	base = loader_pages(l, image.span, image.align, image.first_vaddr);
	if (base == NULL)
		return loader_fail(l, LOADER_KERNEL_NAME, "does not fit into memory below 4 GiB",
				   "give the machine more memory", EFI_OUT_OF_RESOURCES);
	place_segments(base, file->bytes, &image);
	bi->kernel_base = (uintptr_t)base;
	bi->kernel_len = image.span;
	*entry = (uintptr_t)base + image.entry_off;
	return EFI_SUCCESS;
}

EFI_STATUS loader_load_kernel(struct loader *l, struct boot_info *bi, uint64_t *entry)
{
	static const struct loader_file_request request = {
		.name = LOADER_KERNEL_NAME,
		.max_len = KERNEL_FILE_MAX,
		.if_missing = "copy build/dialtone.elf to the root of that partition",
		.if_bad = kernel_advice,
	};
	struct loader_file file;
	EFI_STATUS status = loader_read_file(l, &request, &file);

	if (EFI_ERROR(status))
		return status;
	print_loading(l, bi, file.len);
	status = place_kernel(l, &file, bi, entry);
	loader_pages_free(l, file.bytes);
	return status;
}
