/* SPDX-License-Identifier: MIT */
/* Kernel services for driver tests on the host; see fake_machine.h. */
#include "tests/lib/fake_machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/strbuf.h"
#include "kernel/time/clock.h"
#include "kernel/mm/memory.h"

struct fake_machine fake_machine;

/* --- events -------------------------------------------------------------------------------- */

static void keep_text(const struct event *ev, const char *key, char *to, size_t cap)
{
	for (unsigned i = 0; i < ev->n_fields; i++) {
		const struct event_field *f = &ev->fields[i];

		if (f->tagged_key == NULL || strcmp(event_field_key(f), key) != 0)
			continue;
		struct strbuf sb = strbuf_on(to, cap);
		if (event_field_type(f) == EVENT_FIELD_TEXT)
			strbuf_mem(&sb, f->bytes->ptr, f->bytes->len);
		else if (event_field_type(f) == EVENT_FIELD_STR)
			strbuf_str(&sb, f->str);
	}
}

static void record(struct event_sink *sink, const struct event *ev)
{
	struct fake_machine *m = &fake_machine;

	(void)sink;
	m->event_count[ev->id]++;
	if (ev->id == EVENT_DEVICE_BAD)
		keep_text(ev, "problem", m->problem, sizeof(m->problem));
	if (ev->id == EVENT_PCI_DEVICE)
		keep_text(ev, "what", m->what, sizeof(m->what));
	if (ev->id == EVENT_NETDEV_UP)
		keep_text(ev, "features", m->features, sizeof(m->features));
	keep_text(ev, "link", m->link, sizeof(m->link));
}

/* --- memory -------------------------------------------------------------------------------- */

#define BLOCKS_MAX 4096

static void *blocks[BLOCKS_MAX];
static size_t block_count;

static void *keep(void *p)
{
	ASSERT(p != NULL && block_count < BLOCKS_MAX);
	blocks[block_count++] = p;
	return p;
}

static void give_back(void *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < block_count; i++) {
		if (blocks[i] != p)
			continue;
		blocks[i] = blocks[--block_count];
		fake_machine.outstanding--;
		free(p);
		return;
	}
	ASSERT(!"freed what was not allocated");
}

static bool may_allocate(void)
{
	if (fake_machine.allocs_left == 0)
		return false;
	if (fake_machine.fail_only > 0 && --fake_machine.fail_only == 0)
		return false;
	if (fake_machine.allocs_left > 0)
		fake_machine.allocs_left--;
	fake_machine.outstanding++;
	return true;
}

void *pages_alloc(size_t count)
{
	void *p = NULL;

	if (!may_allocate() || posix_memalign(&p, PAGE_SIZE, count * PAGE_SIZE) != 0)
		return NULL;
	return memset(keep(p), 0, count * PAGE_SIZE);
}

void pages_free(void *ptr, size_t count)
{
	(void)count;
	give_back(ptr);
}

uint64_t pages_available(void)
{
	return fake_machine.pages;
}

/* Not zeroed, and visibly so. */
void *heap_alloc(size_t size)
{
	return may_allocate() ? memset(keep(malloc(size)), 0xa5, size) : NULL;
}

void heap_free(void *ptr, size_t size)
{
	(void)size;
	give_back(ptr);
}

volatile void *mmio_map(uint64_t phys, size_t len)
{
	struct fake_machine *m = &fake_machine;

	if (phys < m->mmio_phys || len > m->mmio_len || phys - m->mmio_phys > m->mmio_len - len)
		return NULL;
	return m->mmio + (phys - m->mmio_phys);
}

static void *port_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return heap_alloc(size);
}

static void port_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	heap_free(ptr, size);
}

/* Not random, but no two bytes in a row are alike. */
static void port_random(void *ctx, void *buf, size_t len)
{
	uint8_t *at = buf;

	(void)ctx;
	while (len-- > 0)
		*at++ = (uint8_t)++fake_machine.random_drawn;
}

/* --- time and interrupts ------------------------------------------------------------------- */

uint64_t clock_now_ns(void)
{
	return fake_machine.now_ns += fake_machine.tick_ns;
}

uint64_t clock_unix_s(void)
{
	return 1700000000;
}

int irq_line_open(struct irq_line *line, struct irq_source *source)
{
	if (fake_machine.lines_left == 0)
		return ERR_NOSPC;
	irq_watch(source);
	fake_machine.lines_left--;
	line->number = (uint8_t)(0x40 + fake_machine.lines_left);
	return ERR_OK;
}

struct irq_message irq_line_message(const struct irq_line *line)
{
	return (struct irq_message){.address = 0xfee00000, .data = line->number};
}

void fake_machine_off(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
}

void fake_machine_reset(void)
{
	fake_machine_off();
	fake_machine = (struct fake_machine){
		.tick_ns = 1000,
		.pages = 16384,
		.allocs_left = -1,
		.lines_left = 8,
		.sink = {.emit = record},
		.port = {.alloc = port_alloc, .free = port_free, .random = port_random,
			 .events = &fake_machine.sink},
	};
}
