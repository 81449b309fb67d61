/* SPDX-License-Identifier: MIT */
/* kernel/mm/pages and heap, over a piece of the test's own memory: what is handed out is disjoint,
 * aligned and whole again when all is given back. */
#include <stdlib.h>
#include <string.h>

/* The allocator itself, not the drivers' stand-in for it in the host library. */
#include "kernel/mm/heap.c"
#include "kernel/mm/pages.c"
#include "tests/runner/unit.h"

#define PAGES 96

static char *arena;

static void setup(void)
{
	arena = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
	assert_non_null(arena);
	memset(arena, 0xee, PAGES * PAGE_SIZE);
	free_runs = NULL;
	total = available = 0;
	memset(free_pieces, 0, sizeof(free_pieces));
	region = region_end = NULL;
	pages_add((uintptr_t)arena, (uintptr_t)arena + PAGES * PAGE_SIZE);
}

static void teardown(void)
{
	free(arena);
}

FIXTURE(setup, teardown);

TEST(pages_come_zeroed_and_go_back)
{
	char *p, *q;

	assert_int_equal(pages_total(), PAGES);
	p = pages_alloc(3);
	assert_ptr_equal(p, arena);
	for (size_t i = 0; i < 3 * PAGE_SIZE; i++)
		assert_int_equal(p[i], 0);
	q = pages_alloc_dirty(PAGES - 3);
	assert_ptr_equal(q, arena + 3 * PAGE_SIZE);
	assert_int_equal(pages_available(), 0);
	assert_null(pages_alloc(1));
	pages_free(p, 3);
	pages_free(q, PAGES - 3);
	assert_int_equal(pages_available(), PAGES);
	/* Both pieces are one again. */
	assert_ptr_equal(pages_alloc(PAGES), arena);
}

TEST(impossible_requests)
{
	assert_null(pages_alloc(0));
	assert_null(pages_alloc(PAGES + 1));
	assert_null(pages_alloc(SIZE_MAX));
	assert_null(heap_alloc(SIZE_MAX));
	assert_null(heap_alloc(PAGES * PAGE_SIZE + 1));
	pages_free(NULL, 1);
	heap_free(NULL, 100);
	assert_int_equal(pages_available(), PAGES);
}

TEST(holes_are_found_and_closed)
{
	char *p[8];

	for (int i = 0; i < 8; i++)
		p[i] = pages_alloc_dirty(12);
	assert_null(pages_alloc(1));
	pages_free(p[5], 12);
	pages_free(p[1], 12);
	pages_free(p[3], 12);
	assert_null(pages_alloc(13));
	pages_free(p[2], 12); /* between two free ones */
	assert_ptr_equal(pages_alloc_dirty(36), p[1]);
	assert_int_equal(pages_available(), 12);
}

struct block {
	unsigned char *p;
	size_t size;
	unsigned char mark;
};

static bool holds(const struct block *b)
{
	for (size_t i = 0; i < b->size; i++) {
		if (b->p[i] != b->mark)
			return false;
	}
	return true;
}

/* Random sizes come and go; every block keeps its bytes, so no two overlap. */
TEST(heap_blocks_are_their_owners)
{
	static struct block blocks[150];

	srand(7);
	memset(blocks, 0, sizeof(blocks));
	for (unsigned round = 0; round < 20000; round++) {
		struct block *b = &blocks[rand() % 150];

		if (b->p != NULL) {
			assert_true(holds(b));
			heap_free(b->p, b->size);
			b->p = NULL;
			continue;
		}
		b->size = (size_t)(rand() % 8 == 0 ? rand() % 20000 : rand() % 600);
		b->p = heap_alloc(b->size);
		b->mark = (unsigned char)round;
		if (b->p == NULL)
			continue;
		assert_int_equal((uintptr_t)b->p % 16, 0);
		assert_true((char *)b->p >= arena);
		assert_true((char *)b->p + b->size <= arena + PAGES * PAGE_SIZE);
		memset(b->p, b->mark, b->size);
	}
}

TEST(heap_sizes_fit_their_class)
{
	for (size_t size = 0; size <= LARGEST; size++) {
		unsigned class = class_of(size);

		assert_true(class < CLASSES);
		assert_true(class_size(class) >= size);
		assert_true(class == 0 || class_size(class - 1) < size);
		assert_int_equal(class_size(class) % 16, 0);
	}
}

/* What one size gives back serves the same size again, and a region's rest is not thrown away. */
TEST(heap_reuses)
{
	void *p = heap_alloc(2400);
	unsigned n = 0;

	heap_free(p, 2400);
	assert_ptr_equal(heap_alloc(2400), p);
	while (heap_alloc(7000) != NULL)
		;
	assert_int_equal(pages_available(), 0);
	/* Nine pieces of 7168 bytes leave 1024 of each region of 64 KiB. */
	while (heap_alloc(1024) != NULL)
		n++;
	assert_true(n >= PAGES / REGION_PAGES - 1);
}

TEST(large_blocks_give_their_pages_back)
{
	void *p = heap_alloc(262144);

	assert_int_equal(pages_available(), PAGES - 64);
	heap_free(p, 262144);
	assert_int_equal(pages_available(), PAGES);
}
