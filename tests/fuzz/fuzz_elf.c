/*
 * SPDX-License-Identifier: MIT
 *
 * The loader's check of the kernel file: any bytes; the first of them say whether the input begins
 * behind an ELF header that is right, so that the program headers are reached.  An accepted plan
 * never leaves the file nor the image.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "boot/efi/elf_check.h"

static void check_segment(const struct elf_image *image, const struct elf_segment *s, size_t len,
			  uint64_t *end)
{
	FUZZ_CHECK(s->file_off <= len && s->file_len <= len - s->file_off, "past the file");
	FUZZ_CHECK(s->file_len <= s->mem_len, "more in the file than in memory");
	FUZZ_CHECK(s->mem_off <= image->span && s->mem_len <= image->span - s->mem_off,
		   "past the image");
	FUZZ_CHECK(s->mem_off >= *end, "over the one before");
	*end = s->mem_off + s->mem_len;
}

static void check_image(const struct elf_image *image, size_t len)
{
	uint64_t end = 0;
	bool entry_is_code = false;

	FUZZ_CHECK(image->n_segments > 0 && image->n_segments <= ELF_SEGMENTS_MAX, "segments");
	FUZZ_CHECK(image->span > 0 && image->span <= ELF_SPAN_MAX && image->span % 4096 == 0, "span");
	FUZZ_CHECK(image->align >= 4096 && image->align <= ELF_ALIGN_MAX &&
			   (image->align & (image->align - 1)) == 0, "align");
	FUZZ_CHECK(image->first_vaddr % 4096 == 0, "first address");
	for (unsigned i = 0; i < image->n_segments; i++) {
		const struct elf_segment *s = &image->segments[i];

		check_segment(image, s, len, &end);
		entry_is_code |= s->executable && image->entry_off >= s->mem_off &&
				 image->entry_off - s->mem_off < s->file_len;
	}
	FUZZ_CHECK(entry_is_code, "entry outside the code");
}

/* A header as the kernel's, for as many program headers as follow. */
static void write_good_header(uint8_t *file, size_t len, uint8_t phnum)
{
	Elf64_Ehdr eh = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = phnum,
	};

	if (len < sizeof(eh))
		return;
	memcpy(&eh.e_entry, file + offsetof(Elf64_Ehdr, e_entry), sizeof(eh.e_entry));
	memcpy(file, &eh, sizeof(eh));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {.at = data, .len = len};
	uint8_t how = fuzz_u8(&in);
	uint8_t *file = fuzz_copy(in.at, in.len);
	struct elf_image image;
	const char *problem;

	if (how % 4 != 0)
		write_good_header(file, in.len, how / 4);
	problem = elf_check(file, in.len, &image);
	if (problem == NULL)
		check_image(&image, in.len);
	else
		fuzz_check_printable(problem, strlen(problem));
	free(file);
	return 0;
}
