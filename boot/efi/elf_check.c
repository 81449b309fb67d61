/*
 * SPDX-License-Identifier: MIT
 *
 * Checks an ELF64 x86_64 static PIE; see elf_check.h for the contract.
 *
 * Every offset and length comes from the file and may be anything, so sums are never formed before
 * it is known that they fit.  Relocations are not checked: the kernel applies its own.
 */
#include "boot/efi/elf_check.h"

#include <elf.h>

#include "base/string.h"

#define PAGE 4096u
#define HEADERS_MAX 64 /* program headers; a kernel has about five */

/* [off, off + len) within [0, limit), whatever the numbers are. */
static bool range_fits(uint64_t off, uint64_t len, uint64_t limit)
{
	return off <= limit && len <= limit - off;
}

static const char *check_ident(const Elf64_Ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0)
		return "is not an ELF file";
	if (eh->e_ident[EI_CLASS] != ELFCLASS64)
		return "is not a 64-bit ELF file";
	if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return "is not a little-endian ELF file";
	if (eh->e_ident[EI_VERSION] != EV_CURRENT || eh->e_version != EV_CURRENT)
		return "has an unknown ELF version";
	return NULL;
}

static const char *check_header(const Elf64_Ehdr *eh, uint64_t file_len)
{
	const char *problem = check_ident(eh);

	if (problem != NULL)
		return problem;
	if (eh->e_machine != EM_X86_64)
		return "is for another processor than x86_64";
	if (eh->e_type != ET_DYN)
		return "is not position-independent (ELF type DYN is needed)";
	if (eh->e_ehsize < sizeof(Elf64_Ehdr))
		return "has an ELF header of the wrong size";
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return "has program headers of the wrong size";
	if (eh->e_phnum == 0)
		return "has no program headers";
	if (eh->e_phnum > HEADERS_MAX)
		return "has too many program headers (64 are allowed)";
	if (!range_fits(eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr), file_len))
		return "is cut short: its program headers lie past its end";
	return NULL;
}

/* One PT_LOAD by itself. */
static const char *check_segment(const Elf64_Phdr *ph, uint64_t file_len)
{
	uint64_t align = MAX(ph->p_align, 1u);

	if (!range_fits(ph->p_offset, ph->p_filesz, file_len))
		return "is cut short: a segment lies past its end";
	if (ph->p_filesz > ph->p_memsz)
		return "has a segment with more bytes in the file than in memory";
	if (!range_fits(ph->p_vaddr, ph->p_memsz, UINT64_MAX - ELF_ALIGN_MAX))
		return "has a segment that wraps around the end of memory";
	if ((align & (align - 1)) != 0)
		return "has a segment whose alignment is not a power of two";
	if (align > ELF_ALIGN_MAX)
		return "has a segment with an alignment over 2 MiB";
	if (((ph->p_vaddr ^ ph->p_offset) & (align - 1)) != 0)
		return "has a segment whose address and file offset do not agree";
	return NULL;
}

/* Adds a checked PT_LOAD: segments come in ascending order (System V ABI, chapter 5) and share no
 * byte.  mem_off is an absolute address until the image is complete. */
static const char *add_segment(struct elf_image *image, const Elf64_Phdr *ph)
{
	struct elf_segment *s = &image->segments[image->n_segments];

	if (image->n_segments == ELF_SEGMENTS_MAX)
		return "has too many segments to load (16 are allowed)";
	if (image->n_segments > 0 && ph->p_vaddr < s[-1].mem_off + s[-1].mem_len)
		return "has segments that overlap or are out of order";
	s->file_off = ph->p_offset;
	s->file_len = ph->p_filesz;
	s->mem_off = ph->p_vaddr;
	s->mem_len = ph->p_memsz;
	s->executable = (ph->p_flags & PF_X) != 0;
	image->n_segments++;
	image->align = MAX(image->align, ph->p_align);
	return NULL;
}

static const char *read_program_headers(const uint8_t *file, size_t len, const Elf64_Ehdr *eh,
					struct elf_image *image)
{
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		const char *problem;
		Elf64_Phdr ph;

		memcpy(&ph, file + eh->e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_INTERP)
			return "wants a dynamic linker: it is not the dialtone kernel";
		if (ph.p_type != PT_LOAD || ph.p_memsz == 0)
			continue;
		problem = check_segment(&ph, len);
		if (problem == NULL)
			problem = add_segment(image, &ph);
		if (problem != NULL)
			return problem;
	}
	return image->n_segments > 0 ? NULL : "has no segment to load";
}

/* The entry point must be a byte that came from the file, in a segment that may be executed. */
static bool entry_is_code(const struct elf_image *image, uint64_t entry)
{
	for (unsigned i = 0; i < image->n_segments; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (s->executable && entry >= s->mem_off && entry - s->mem_off < s->file_len)
			return true;
	}
	return false;
}

/* Turns absolute addresses into offsets from the image's first, page-aligned byte. */
static const char *settle_image(struct elf_image *image, uint64_t entry)
{
	const struct elf_segment *last = &image->segments[image->n_segments - 1];
	uint64_t end = ALIGN_UP(last->mem_off + last->mem_len, (uint64_t)PAGE);

	image->first_vaddr = ALIGN_DOWN(image->segments[0].mem_off, (uint64_t)PAGE);
	image->span = end - image->first_vaddr;
	image->entry_off = entry - image->first_vaddr;
	if (image->span > ELF_SPAN_MAX)
		return "needs more than 256 MiB of memory";
	for (unsigned i = 0; i < image->n_segments; i++)
		image->segments[i].mem_off -= image->first_vaddr;
	return NULL;
}

const char *elf_check(const void *file, size_t len, struct elf_image *image)
{
	const char *problem;
	Elf64_Ehdr eh;

	memset(image, 0, sizeof(*image));
	image->align = PAGE;
	if (len < sizeof(eh))
		return len == 0 ? "is empty" : "is too short for an ELF file";
	memcpy(&eh, file, sizeof(eh));
	problem = check_header(&eh, len);
	if (problem == NULL)
		problem = read_program_headers(file, len, &eh, image);
	if (problem == NULL && !entry_is_code(image, eh.e_entry))
		problem = "has its entry point outside its code";
	if (problem == NULL)
		problem = settle_image(image, eh.e_entry);
	return problem;
}
