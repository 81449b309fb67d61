/*
 * SPDX-License-Identifier: MIT
 *
 * The heap: blocks of a few sizes, four per doubling (16, 32, 48, 64, 80, 96, 112, 128, 160, ...),
 * each size with a list of free blocks.  heap_free() is given the size again, so a block has no
 * header.  New blocks are split off a range of pages as they are needed; nothing is prepared in advance and
 * nothing is zeroed.  Above LARGEST the pages themselves are handed out.
 *
 * NOT DONE: pieces are never merged again; a size once cut stays that size until the power goes.
 */
#include "base/assert.h"
#include "base/compiler.h"
#include "kernel/mm/pages.h"

#define GRAIN 16u
#define LARGEST 8192u
#define REGION_PAGES 16u
/* 16..64 in four steps of 16, then four steps for each doubling up to LARGEST. */
#define CLASSES (4 + 4 * 7)

struct piece {
	struct piece *next;
};

static struct piece *free_pieces[CLASSES];
static char *region, *region_end; /* not yet cut */

/* The class whose pieces are the smallest that hold `size`. */
static unsigned class_of(size_t size)
{
	size_t grains = size <= GRAIN ? 0 : (size - 1) / GRAIN;
	unsigned doubling;

	if (grains < 4)
		return (unsigned)grains;
	doubling = 63u - (unsigned)__builtin_clzl(grains);
	return 4 * (doubling - 1) + (unsigned)(grains >> (doubling - 2) & 3);
}

static size_t class_size(unsigned class)
{
	if (class < 4)
		return (class + 1) * GRAIN;
	return (size_t)(4 + class % 4 + 1) * GRAIN << (class / 4 - 1);
}

static void piece_free(void *ptr, unsigned class)
{
	struct piece *p = ptr;

	p->next = free_pieces[class];
	free_pieces[class] = p;
}

/* What is left of a region when the next piece does not fit becomes smaller pieces. */
static void region_retire(void)
{
	while (region_end - region >= (ptrdiff_t)GRAIN) {
		size_t left = (size_t)(region_end - region);
		unsigned class = left >= LARGEST ? CLASSES - 1 : class_of(left);

		if (class_size(class) > left)
			class--;
		piece_free(region, class);
		region += class_size(class);
	}
}

static bool region_open(size_t size)
{
	size_t pages = REGION_PAGES;
	char *fresh = pages_alloc_dirty(pages);

	if (fresh == NULL) {
		pages = ALIGN_UP(size, (size_t)PAGE_SIZE) / PAGE_SIZE;
		fresh = pages_alloc_dirty(pages);
	}
	if (fresh == NULL)
		return false;
	region_retire();
	region = fresh;
	region_end = fresh + pages * PAGE_SIZE;
	return true;
}

static void *cut(size_t size)
{
	void *p;

	if (region_end - region < (ptrdiff_t)size && !region_open(size))
		return NULL;
	p = region;
	region += size;
	return p;
}

static size_t pages_for(size_t size)
{
	return size / PAGE_SIZE + (size % PAGE_SIZE != 0);
}

void *heap_alloc(size_t size)
{
	struct piece *p;
	unsigned class;

	if (size > LARGEST)
		return pages_alloc_dirty(pages_for(size));
	class = class_of(size);
	p = free_pieces[class];
	if (p == NULL)
		return cut(class_size(class));
	free_pieces[class] = p->next;
	return p;
}

void heap_free(void *ptr, size_t size)
{
	if (ptr == NULL)
		return;
	ASSERT((uintptr_t)ptr % GRAIN == 0);
	if (size > LARGEST)
		pages_free(ptr, pages_for(size));
	else
		piece_free(ptr, class_of(size));
}
