/*
 * SPDX-License-Identifier: MIT
 *
 * boot/efi/elf_check: a good kernel gives the right plan; every kind of broken one is refused with
 * its own sentence; and whatever the bytes are, an accepted plan never leaves file or image.
 */
#include <stdlib.h>
#include <string.h>
#include <elf.h>

#include "boot/efi/elf_check.h"
#include "tests/runner/unit.h"

#define FILE_LEN 0x3000
#define PHDRS 5

/* A kernel as a linker makes it: read-only, code, data with bss, dynamic, stack. */
struct kernel {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[PHDRS];
	size_t len; /* of the file */
};

static Elf64_Phdr load(uint64_t off, uint64_t vaddr, uint64_t filesz, uint64_t memsz,
		       uint32_t flags)
{
	return (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = flags, .p_offset = off, .p_vaddr = vaddr,
			    .p_paddr = vaddr, .p_filesz = filesz, .p_memsz = memsz,
			    .p_align = 4096};
}

static struct kernel good_kernel(void)
{
	struct kernel k = {.len = FILE_LEN};

	memcpy(k.eh.e_ident, ELFMAG, SELFMAG);
	k.eh.e_ident[EI_CLASS] = ELFCLASS64;
	k.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	k.eh.e_ident[EI_VERSION] = EV_CURRENT;
	k.eh.e_type = ET_DYN;
	k.eh.e_machine = EM_X86_64;
	k.eh.e_version = EV_CURRENT;
	k.eh.e_entry = 0x101010;
	k.eh.e_phoff = sizeof(Elf64_Ehdr);
	k.eh.e_ehsize = sizeof(Elf64_Ehdr);
	k.eh.e_phentsize = sizeof(Elf64_Phdr);
	k.eh.e_phnum = PHDRS;
	k.ph[0] = load(0, 0x100000, 0x800, 0x800, PF_R);
	k.ph[1] = load(0x1000, 0x101000, 0x900, 0x900, PF_R | PF_X);
	k.ph[2] = load(0x2080, 0x103080, 0xf80, 0x5000, PF_R | PF_W);
	k.ph[3] = (Elf64_Phdr){.p_type = PT_DYNAMIC, .p_offset = 0x2080, .p_vaddr = 0x103080};
	k.ph[4] = (Elf64_Phdr){.p_type = PT_GNU_STACK};
	return k;
}

/* The file in a block of exactly its length, so that a sanitizer sees every byte too far. */
static const char *check(const struct kernel *k, struct elf_image *image)
{
	uint8_t *whole = calloc(1, sizeof(k->eh) + sizeof(k->ph) + FILE_LEN);
	uint8_t *file = malloc(k->len > 0 ? k->len : 1);
	const char *problem;

	memcpy(whole, &k->eh, sizeof(k->eh));
	memcpy(whole + sizeof(k->eh), k->ph, sizeof(k->ph));
	memcpy(file, whole, k->len);
	problem = elf_check(file, k->len, image);
	free(file);
	free(whole);
	return problem;
}

TEST(a_good_kernel_gives_a_plan)
{
	struct kernel k = good_kernel();
	struct elf_image image;

	assert_null(check(&k, &image));
	assert_int_equal(image.first_vaddr, 0x100000);
	assert_int_equal(image.span, 0x9000); /* 0x103080 + 0x5000, rounded up */
	assert_int_equal(image.align, 4096);
	assert_int_equal(image.entry_off, 0x1010);
	assert_int_equal(image.n_segments, 3);
	assert_int_equal(image.segments[1].file_off, 0x1000);
	assert_int_equal(image.segments[1].file_len, 0x900);
	assert_int_equal(image.segments[1].mem_off, 0x1000);
	assert_int_equal(image.segments[2].mem_off, 0x3080);
	assert_int_equal(image.segments[2].file_len, 0xf80);
	assert_int_equal(image.segments[2].mem_len, 0x5000);
}

TEST(the_largest_alignment_counts)
{
	struct kernel k = good_kernel();
	struct elf_image image;

	k.ph[0].p_vaddr = 0x200000;
	k.ph[0].p_align = 0x200000;
	k.ph[1].p_vaddr = 0x201000;
	k.ph[2].p_vaddr = 0x203080;
	k.eh.e_entry = 0x201000;
	assert_null(check(&k, &image));
	assert_int_equal(image.align, 0x200000);
	assert_int_equal(image.first_vaddr, 0x200000);
}

TEST(an_image_that_starts_inside_a_page_is_page_aligned)
{
	struct kernel k = good_kernel();
	struct elf_image image;

	k.ph[0] = load(0x40, 0x100040, 0x40, 0x40, PF_R);
	assert_null(check(&k, &image));
	assert_int_equal(image.first_vaddr, 0x100000);
	assert_int_equal(image.segments[0].mem_off, 0x40);
}

TEST(empty_and_unaligned_segments_are_fine)
{
	struct kernel k = good_kernel();
	struct elf_image image;

	k.ph[0].p_filesz = 0;
	k.ph[0].p_memsz = 0;
	k.ph[2].p_align = 0;
	assert_null(check(&k, &image));
	assert_int_equal(image.n_segments, 2);
}

/* Each breaks one thing of a good kernel. */
static void not_elf(struct kernel *k) { k->eh.e_ident[1] = 'e'; }
static void bits_32(struct kernel *k) { k->eh.e_ident[EI_CLASS] = ELFCLASS32; }
static void big_endian(struct kernel *k) { k->eh.e_ident[EI_DATA] = ELFDATA2MSB; }
static void ident_version(struct kernel *k) { k->eh.e_ident[EI_VERSION] = 0; }
static void header_version(struct kernel *k) { k->eh.e_version = 2; }
static void other_machine(struct kernel *k) { k->eh.e_machine = EM_AARCH64; }
static void fixed_address(struct kernel *k) { k->eh.e_type = ET_EXEC; }
static void object_file(struct kernel *k) { k->eh.e_type = ET_REL; }
static void short_header(struct kernel *k) { k->eh.e_ehsize = 52; }
static void phdr_size(struct kernel *k) { k->eh.e_phentsize = 32; }
static void phdr_none(struct kernel *k) { k->eh.e_phnum = 0; }
static void phdr_many(struct kernel *k) { k->eh.e_phnum = 65; }
static void phdr_most(struct kernel *k) { k->eh.e_phnum = UINT16_MAX; }
static void phdr_past_end(struct kernel *k) { k->eh.e_phoff = FILE_LEN - 4 * sizeof(Elf64_Phdr); }
static void phdr_at_end(struct kernel *k) { k->eh.e_phoff = FILE_LEN; }
static void phdr_wraps(struct kernel *k) { k->eh.e_phoff = UINT64_MAX - 10; }
static void interpreter(struct kernel *k) { k->ph[3].p_type = PT_INTERP; }
static void past_end(struct kernel *k) { k->ph[2].p_filesz = 0xf81; }
static void shortened_by_one(struct kernel *k) { k->len--; }
static void offset_past_end(struct kernel *k) { k->ph[2].p_offset = 0x8000080; }
static void offset_wraps(struct kernel *k) { k->ph[2].p_offset = UINT64_MAX - 0xf7f; }
static void filesz_wraps(struct kernel *k) { k->ph[2].p_filesz = UINT64_MAX - 0x2000; }
static void file_over_memory(struct kernel *k) { k->ph[1].p_memsz = 0x8ff; }
static void memory_wraps(struct kernel *k) { k->ph[2].p_memsz = UINT64_MAX - 0x103080; }
static void address_wraps(struct kernel *k) { k->ph[2].p_vaddr = UINT64_MAX - 0xf7f; }
static void too_much_memory(struct kernel *k) { k->ph[2].p_memsz = ELF_SPAN_MAX; }
static void far_apart(struct kernel *k) { k->ph[2].p_vaddr += UINT64_C(1) << 40; }
static void align_odd(struct kernel *k) { k->ph[1].p_align = 4097; }
static void align_huge(struct kernel *k) { k->ph[1].p_align = UINT64_C(4) << 20; }
static void align_top(struct kernel *k) { k->ph[1].p_align = UINT64_C(1) << 63; }
static void address_and_offset(struct kernel *k) { k->ph[2].p_vaddr += 8; }
static void overlap_by_one(struct kernel *k) { k->ph[1].p_memsz = 0x2081; }
static void same_twice(struct kernel *k) { k->ph[2] = k->ph[1]; }
static void inside_another(struct kernel *k) { k->ph[0].p_memsz = 0x100000; }
static void entry_in_data(struct kernel *k) { k->eh.e_entry = 0x103090; }
static void entry_in_rodata(struct kernel *k) { k->eh.e_entry = 0x100010; }
static void entry_past_code(struct kernel *k) { k->eh.e_entry = 0x101900; }
static void entry_before_code(struct kernel *k) { k->eh.e_entry = 0x100fff; }
static void entry_in_no_memory(struct kernel *k) { k->ph[1].p_memsz = 0; }
static void entry_nowhere(struct kernel *k) { k->eh.e_entry = UINT64_MAX; }
static void entry_zero(struct kernel *k) { k->eh.e_entry = 0; }

static void no_segments(struct kernel *k)
{
	for (unsigned i = 0; i < 3; i++)
		k->ph[i].p_type = PT_NOTE;
}

static void out_of_order(struct kernel *k)
{
	Elf64_Phdr first = k->ph[0];

	k->ph[0] = k->ph[1];
	k->ph[1] = first;
}

static const struct {
	void (*breaks)(struct kernel *k);
	const char *says;
} broken[] = {
	{not_elf, "not an ELF file"},
	{bits_32, "64-bit"},
	{big_endian, "little-endian"},
	{ident_version, "version"},
	{header_version, "version"},
	{other_machine, "another processor"},
	{fixed_address, "position-independent"},
	{object_file, "position-independent"},
	{short_header, "header of the wrong size"},
	{phdr_size, "program headers of the wrong size"},
	{phdr_none, "no program headers"},
	{phdr_many, "too many program headers"},
	{phdr_most, "too many program headers"},
	{phdr_past_end, "cut short: its program headers"},
	{phdr_at_end, "cut short: its program headers"},
	{phdr_wraps, "cut short: its program headers"},
	{no_segments, "no segment"},
	{interpreter, "dynamic linker"},
	{past_end, "cut short: a segment"},
	{shortened_by_one, "cut short: a segment"},
	{offset_past_end, "cut short: a segment"},
	{offset_wraps, "cut short: a segment"},
	{filesz_wraps, "cut short: a segment"},
	{file_over_memory, "more bytes in the file"},
	{memory_wraps, "wraps around"},
	{address_wraps, "wraps around"},
	{too_much_memory, "more than 256 MiB"},
	{far_apart, "more than 256 MiB"},
	{align_odd, "not a power of two"},
	{align_huge, "over 2 MiB"},
	{align_top, "over 2 MiB"},
	{address_and_offset, "do not agree"},
	{overlap_by_one, "overlap"},
	{same_twice, "overlap"},
	{inside_another, "overlap"},
	{out_of_order, "out of order"},
	{entry_in_data, "entry point"},
	{entry_in_rodata, "entry point"},
	{entry_past_code, "entry point"},
	{entry_before_code, "entry point"},
	{entry_in_no_memory, "entry point"},
	{entry_nowhere, "entry point"},
	{entry_zero, "entry point"},
};

TEST(each_fault_has_its_sentence)
{
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct kernel k = good_kernel();
		struct elf_image image;
		const char *problem;

		broken[i].breaks(&k);
		problem = check(&k, &image);
		if (problem == NULL || strstr(problem, broken[i].says) == NULL)
			fail_msg("row %zu: wanted \"%s\", got \"%s\"", i, broken[i].says,
				 problem != NULL ? problem : "(accepted)");
	}
}

TEST(a_file_truncated_anywhere_is_refused)
{
	struct kernel k = good_kernel();

	for (k.len = 0; k.len < FILE_LEN; k.len++) {
		struct elf_image image;

		assert_non_null(check(&k, &image));
	}
}

TEST(too_many_segments_are_refused)
{
	enum { N = ELF_SEGMENTS_MAX + 1 };
	uint8_t file[sizeof(Elf64_Ehdr) + N * sizeof(Elf64_Phdr)];
	struct kernel k = good_kernel();
	struct elf_image image;

	k.eh.e_entry = 0x1000;
	for (unsigned i = 0; i < N; i++) {
		Elf64_Phdr ph = load(0, 0x1000 * (i + 1), 16, 16, PF_R | PF_X);

		memcpy(file + sizeof(k.eh) + i * sizeof(ph), &ph, sizeof(ph));
	}
	k.eh.e_phnum = N - 1;
	memcpy(file, &k.eh, sizeof(k.eh));
	assert_null(elf_check(file, sizeof(file), &image));
	assert_int_equal(image.n_segments, ELF_SEGMENTS_MAX);
	k.eh.e_phnum = N;
	memcpy(file, &k.eh, sizeof(k.eh));
	assert_non_null(strstr(elf_check(file, sizeof(file), &image), "too many segments"));
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* What the loader relies on when it copies. */
static void assert_plan_is_safe(const struct kernel *k, const struct elf_image *image)
{
	uint64_t end = 0;

	assert_true(image->n_segments >= 1 && image->n_segments <= ELF_SEGMENTS_MAX);
	assert_true(image->span > 0 && image->span <= ELF_SPAN_MAX && image->span % 4096 == 0);
	assert_true(image->align >= 4096 && image->align <= ELF_ALIGN_MAX);
	assert_true((image->align & (image->align - 1)) == 0);
	assert_true(image->entry_off < image->span);
	for (unsigned i = 0; i < image->n_segments; i++) {
		const struct elf_segment *s = &image->segments[i];

		assert_true(s->file_off <= k->len && s->file_len <= k->len - s->file_off);
		assert_true(s->file_len <= s->mem_len);
		assert_true(s->mem_off >= end && s->mem_off <= image->span);
		assert_true(s->mem_len <= image->span - s->mem_off);
		end = s->mem_off + s->mem_len;
	}
}

/* Numbers near every edge, and any. */
static uint64_t nasty(uint64_t *seed)
{
	static const uint64_t edges[] = {0, 1, 0xfff, 0x1000, 0x3000, 0x101000, UINT32_MAX,
					 INT64_MAX, UINT64_MAX - 0xfff, UINT64_MAX};
	uint64_t r = random_next(seed);

	return r % 4 == 0 ? r >> 8 : edges[(r >> 8) % ARRAY_LEN(edges)] + (r >> 32) % 3 - 1;
}

TEST(no_header_makes_an_unsafe_plan)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	unsigned accepted = 0;

	for (unsigned round = 0; round < 30000; round++) {
		struct kernel k = good_kernel();
		struct elf_image image;

		for (uint64_t n = random_next(&seed) % 3 + 1; n > 0; n--) {
			Elf64_Phdr *ph = &k.ph[random_next(&seed) % 3];
			uint64_t *fields[] = {&ph->p_offset, &ph->p_vaddr, &ph->p_filesz,
					      &ph->p_memsz, &ph->p_align, &k.eh.e_entry,
					      &k.eh.e_phoff};

			*fields[random_next(&seed) % ARRAY_LEN(fields)] = nasty(&seed);
		}
		if (check(&k, &image) == NULL) {
			assert_plan_is_safe(&k, &image);
			accepted++;
		}
	}
	assert_true(accepted > 100); /* else this test would prove little */
}
