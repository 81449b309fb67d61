/*
 * SPDX-License-Identifier: MIT
 *
 * The split virtqueue between a driver and a device that the input plays both: buffers are added and
 * published, the device uses them as it should or writes anything anywhere into its half.  Against a
 * model of what is in flight: a cookie comes back once, with a length its buffer has; descriptors are
 * neither lost nor doubled; what is broken stays broken and gives everything back.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/virtio/queue/split.h"
#include "tests/lib/fake_ring.h"

struct model {
	struct virtq_split s;
	struct fake_ring dev;
	void *memory;
	struct virtq_split_slot *slots;
	uint8_t bytes[256];
	bool in_flight[VIRTQ_SIZE_MAX + 1]; /* by cookie number, from 1 */
	uint32_t in_len[VIRTQ_SIZE_MAX + 1];
	unsigned pieces[VIRTQ_SIZE_MAX + 1];
	unsigned n_in_flight, n_descriptors;
	struct fake_chain seen[VIRTQ_SIZE_MAX]; /* that the device has and has not used */
	unsigned n_seen;
	bool device_lied;
};

static void open_model(struct model *m, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in);
	uint16_t size = (uint16_t)(1u << (how % 6));
	size_t len = virtq_split_shared_len(size);

	memset(m, 0, sizeof(*m));
	m->slots = malloc(size * sizeof(*m->slots));
	if (posix_memalign(&m->memory, VIRTQ_SPLIT_ALIGN, len) != 0)
		kit_fail("the host has no memory");
	memset(m->memory, 0, len);
	virtq_split_init(&m->s, size, m->memory, m->slots, how & 0x80);
	m->dev = fake_ring_on(size, (uintptr_t)m->s.q.descriptor_area, (uintptr_t)m->s.q.driver_area,
			      (uintptr_t)m->s.q.device_area, how & 0x80);
}

/* --- the driver ----------------------------------------------------------------------------------- */

static unsigned free_cookie(const struct model *m)
{
	unsigned n = 1;

	while (m->in_flight[n])
		n++;
	return n;
}

static void add(struct model *m, struct fuzz_input *in)
{
	struct virtq_fragment pieces[4];
	uint8_t how = fuzz_u8(in);
	unsigned n_out = how % 4, n_in = n_out == 0 ? 1 : (how >> 2) % (5 - n_out);
	unsigned n = free_cookie(m), in_len = 0;
	int err;

	if (m->n_in_flight == m->s.q.size)
		n = VIRTQ_SIZE_MAX;
	for (unsigned i = 0; i < n_out + n_in; i++) {
		pieces[i] = (struct virtq_fragment){(uintptr_t)m->bytes, 1u + fuzz_u8(in)};
		in_len += i >= n_out ? pieces[i].len : 0;
	}
	err = virtq_add(&m->s.q, pieces, n_out, n_in, (void *)(uintptr_t)n);
	if (virtq_broken(&m->s.q)) {
		FUZZ_CHECK(err == ERR_IO, "added to a broken queue");
		return;
	}
	FUZZ_CHECK((err == ERR_OK) == (m->n_descriptors + n_out + n_in <= m->s.q.size),
		   "%d with %u of %u descriptors in use", err, m->n_descriptors, m->s.q.size);
	if (err != ERR_OK)
		return;
	m->in_flight[n] = true;
	m->in_len[n] = in_len;
	m->pieces[n] = n_out + n_in;
	m->n_in_flight++;
	m->n_descriptors += n_out + n_in;
}

static void came_back(struct model *m, void *cookie)
{
	uintptr_t n = (uintptr_t)cookie;

	FUZZ_CHECK(n <= VIRTQ_SIZE_MAX && m->in_flight[n], "cookie %zu was not in flight", (size_t)n);
	m->in_flight[n] = false;
	m->n_in_flight--;
	m->n_descriptors -= m->pieces[n];
}

static bool take(struct model *m)
{
	uint32_t len = UINT32_MAX;
	bool broken = virtq_broken(&m->s.q);
	void *cookie = virtq_take(&m->s.q, &len);

	if (cookie == NULL)
		return false;
	FUZZ_CHECK(!broken, "taken from a broken queue");
	came_back(m, cookie);
	FUZZ_CHECK(len <= m->in_len[(uintptr_t)cookie], "%u bytes of %u", len,
		   m->in_len[(uintptr_t)cookie]);
	return true;
}

/* --- the device ------------------------------------------------------------------------------------- */

static void look(struct model *m)
{
	struct fake_chain chain;

	while (m->n_seen < m->s.q.size && fake_ring_next(&m->dev, &chain))
		m->seen[m->n_seen++] = chain;
}

static void use(struct model *m, struct fuzz_input *in)
{
	uint8_t which = fuzz_u8(in), len = fuzz_u8(in);
	struct fake_chain *chain;

	if (m->n_seen == 0)
		return;
	chain = &m->seen[which % m->n_seen];
	fake_ring_use(&m->dev, chain->head, chain->in_len == 0 ? len : len % (chain->in_len + 1));
	*chain = m->seen[--m->n_seen];
}

/* Anything, anywhere in the half that is the device's. */
static void lie(struct model *m, struct fuzz_input *in)
{
	uint8_t where = fuzz_u8(in);
	struct vring_used_elem *elem = &m->dev.used->ring[where % m->s.q.size];

	m->device_lied = true;
	switch (fuzz_u8(in) % 6) {
	case 0: m->dev.used->idx = fuzz_u16(in); break;
	case 1: m->dev.used->idx++; break;
	case 2: elem->id = fuzz_u8(in); break;
	case 3: elem->id = fuzz_u32(in); break;
	case 4: elem->len = fuzz_u32(in); break;
	default: fake_ring_use(&m->dev, fuzz_u8(in) % (m->s.q.size + 1u), fuzz_u16(in)); break;
	}
}

/* --- both --------------------------------------------------------------------------------------------- */

static void check(const struct model *m)
{
	FUZZ_CHECK(m->s.q.in_flight == m->n_in_flight, "%u in flight, not %u", m->s.q.in_flight,
		   m->n_in_flight);
	FUZZ_CHECK(m->s.q.free_count == m->s.q.size - m->n_descriptors, "%u free, not %u", m->s.q.free_count,
		   m->s.q.size - m->n_descriptors);
	FUZZ_CHECK(m->device_lied || !virtq_broken(&m->s.q), "%s, and the device did nothing wrong",
		   virtq_fault_text(&m->s.q));
}

static void step(struct model *m, struct fuzz_input *in)
{
	switch (fuzz_u8(in) % 10) {
	case 0:
	case 1: add(m, in); break;
	case 2: (void)virtq_publish(&m->s.q); break;
	case 3: look(m); break;
	case 4: use(m, in); break;
	case 5: (void)take(m); break;
	case 6: lie(m, in); break;
	case 7: (void)virtq_interrupt_after(&m->s.q, 1u + fuzz_u8(in)); break;
	case 8: virtq_interrupts_off(&m->s.q); break;
	default: fake_ring_set_avail_event(&m->dev, fuzz_u16(in)); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct model m;
	struct fuzz_input in = {.at = data, .len = len};
	void *cookie;

	open_model(&m, &in);
	while (in.len > 0) {
		step(&m, &in);
		check(&m);
	}
	while (take(&m))
		check(&m);
	while ((cookie = virtq_abandon(&m.s.q)) != NULL)
		came_back(&m, cookie);
	FUZZ_CHECK(m.n_in_flight == 0 && m.n_descriptors == 0, "%u never came back", m.n_in_flight);
	check(&m);
	free(m.slots);
	free(m.memory);
	return 0;
}
