/*
 * SPDX-License-Identifier: MIT
 *
 * The page allocator: runs of free pages, kept in address order in a list that lies in the free
 * pages themselves.  First fit from the bottom, neighbours merge when a run comes back.  A run costs
 * one touched page however long it is, so giving it gigabytes is free.
 */
#include "kernel/mm/pages.h"

#include "base/assert.h"
#include "base/string.h"

struct run {
	struct run *next; /* at a higher address */
	uint64_t pages;
};

static struct run *free_runs;
static uint64_t total, available;

static char *run_end(struct run *run)
{
	return (char *)run + run->pages * PAGE_SIZE;
}

/* A run that overlaps its neighbour was freed twice. */
static void insert(char *base, uint64_t count)
{
	struct run **link = &free_runs, *before = NULL, *run = (struct run *)base;

	while (*link != NULL && (char *)*link < base) {
		before = *link;
		link = &before->next;
	}
	ASSERT(before == NULL || run_end(before) <= base);
	ASSERT(*link == NULL || base + count * PAGE_SIZE <= (char *)*link);
	available += count;

	if (before != NULL && run_end(before) == base) {
		before->pages += count;
		run = before;
	} else {
		*run = (struct run){.next = *link, .pages = count};
		*link = run;
	}
	if (run->next != NULL && run_end(run) == (char *)run->next) {
		run->pages += run->next->pages;
		run->next = run->next->next;
	}
}

void pages_add(uint64_t base, uint64_t end)
{
	uint64_t count = (end - base) / PAGE_SIZE;

	ASSERT(base % PAGE_SIZE == 0 && end % PAGE_SIZE == 0 && base < end);
	insert((char *)(uintptr_t)base, count);
	total += count;
}

void *pages_alloc_dirty(size_t count)
{
	if (count == 0)
		return NULL;
	for (struct run **link = &free_runs; *link != NULL; link = &(*link)->next) {
		struct run *run = *link, *rest;

		if (run->pages < count)
			continue;
		if (run->pages == count) {
			*link = run->next;
		} else {
			rest = (struct run *)((char *)run + count * PAGE_SIZE);
			*rest = (struct run){.next = run->next, .pages = run->pages - count};
			*link = rest;
		}
		available -= count;
		return run;
	}
	return NULL;
}

void *pages_alloc(size_t count)
{
	void *p = pages_alloc_dirty(count);

	if (p != NULL)
		memset(p, 0, count * PAGE_SIZE);
	return p;
}

void pages_free(void *ptr, size_t count)
{
	if (ptr == NULL)
		return;
	ASSERT((uintptr_t)ptr % PAGE_SIZE == 0 && count > 0);
	insert(ptr, count);
}

uint64_t pages_total(void)
{
	return total;
}

uint64_t pages_available(void)
{
	return available;
}
