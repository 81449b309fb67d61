/*
 * SPDX-License-Identifier: MIT
 *
 * The UEFI loader from the inside: what its files share while boot services are there.
 *
 * No file outside boot/efi includes this or GNU-EFI.  Firmware functions are called directly: the
 * headers declare them with the Microsoft calling convention (GNU_EFI_USE_MS_ABI, see efi.mk).
 * Logic that needs no firmware lives in files of its own that the host tests too: elf_check,
 * map_convert, page_tables, wall_clock.
 *
 * Errors: a function that fails has said why on the console (loader_fail) and returns the status
 * with which the loader goes back to the firmware.
 */
#ifndef BOOT_EFI_LOADER_H
#define BOOT_EFI_LOADER_H

#include <efi.h>

#include "base/compiler.h"
#include "boot/boot_info.h"

#define LOADER_ALLOCATIONS_MAX 8

#define LOADER_KERNEL_NAME "\\dialtone.elf"
#define LOADER_CONFIG_NAME "\\dialtone.conf"

struct loader {
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *st;
	EFI_BOOT_SERVICES *bs;
	EFI_LOADED_IMAGE *self;
	EFI_FILE_HANDLE root; /* of the partition we were loaded from */
	struct {
		EFI_PHYSICAL_ADDRESS base;
		UINTN pages;
	} allocations[LOADER_ALLOCATIONS_MAX];
	unsigned n_allocations;
};

/* --- console.c --------------------------------------------------------------------------- */

/* Prints "dialtone: TEXT" and a line end. */
void loader_print(const struct loader *l, const char *text);
/* Prints "dialtone: SUBJECT PROBLEM; ADVICE", a sentence, with the firmware's word for `status`
 * where it is an error.  Returns `status`, or EFI_LOAD_ERROR where the fault is not the firmware's
 * (EFI_SUCCESS).  `advice` may be NULL. */
EFI_STATUS loader_fail(const struct loader *l, const char *subject, const char *problem,
		       const char *advice, EFI_STATUS status);

/* --- pages.c ----------------------------------------------------------------------------- */

/* `len` bytes (page-aligned, not zeroed) below 4 GiB, as EfiLoaderData: the memory map given to
 * the kernel keeps them out of its allocator.  The address is congruent to `residue` modulo
 * `align`, a power of two of at least 4096.  NULL when there is no such memory. */
void *loader_pages(struct loader *l, size_t len, uint64_t align, uint64_t residue) MUST_CHECK;
/* Gives one allocation back to the firmware. */
void loader_pages_free(struct loader *l, const void *ptr);
void loader_pages_free_all(struct loader *l);

/* --- files.c ----------------------------------------------------------------------------- */

struct loader_file {
	void *bytes; /* from loader_pages(); NULL: the file does not exist */
	size_t len;
};

struct loader_file_request {
	const char *name;       /* "\dialtone.elf": for messages, and to find it */
	size_t max_len;         /* bytes */
	const char *if_missing; /* advice; NULL: the file may be missing */
	const char *if_bad;     /* advice for a file that is too large or cannot be read */
};

/* Opens the file system that the loader itself came from. */
EFI_STATUS loader_open_volume(struct loader *l) MUST_CHECK;
/* Reads one whole file with one Read. */
EFI_STATUS loader_read_file(struct loader *l, const struct loader_file_request *request,
			    struct loader_file *file) MUST_CHECK;

/* --- load_kernel.c ----------------------------------------------------------------------- */

/* Loads \dialtone.elf; fills kernel_base and kernel_len, and tells where to enter. */
EFI_STATUS loader_load_kernel(struct loader *l, struct boot_info *bi, uint64_t *entry) MUST_CHECK;

/* --- config.c ---------------------------------------------------------------------------- */

/* \dialtone.conf and LoadOptions, as bytes; both may be absent. */
EFI_STATUS loader_read_config(struct loader *l, struct boot_info *bi) MUST_CHECK;

/* --- firmware_facts.c -------------------------------------------------------------------- */

/* ACPI root pointer, random seed, wall clock: each stays 0 where the firmware has none. */
void loader_ask_firmware(const struct loader *l, struct boot_info *bi);

/* --- memory_map.c ------------------------------------------------------------------------ */

struct loader_map {
	uint8_t *bytes;
	UINTN cap;    /* bytes at `bytes` */
	UINTN len;    /* bytes of descriptors in it */
	UINTN stride; /* bytes from one descriptor to the next: more than the struct we know */
	UINTN key;
};

/* Makes room for the memory map and reads it once. */
EFI_STATUS loader_map_prepare(struct loader *l, struct loader_map *map) MUST_CHECK;
/* Ends boot services and converts the final map into `bi`. */
EFI_STATUS loader_leave_boot_services(struct loader *l, struct loader_map *map,
				      struct boot_info *bi) MUST_CHECK;

/* --- handoff.c --------------------------------------------------------------------------- */

struct loader_handoff {
	uint64_t page_table; /* physical address of the top level */
	uint64_t stack_top;
};

/* Builds page tables over all RAM that `map` knows and takes a stack. */
EFI_STATUS loader_handoff_prepare(struct loader *l, const struct loader_map *map,
				  struct loader_handoff *handoff) MUST_CHECK;
/* Enters the kernel: interrupts off, our page tables, our stack, `bi` as the first argument. */
NORETURN void loader_handoff(const struct loader_handoff *handoff, uint64_t entry,
			     const struct boot_info *bi);

#endif
