/* SPDX-License-Identifier: MIT */
/* The model of IPv4 reassembly; see tests/fuzz/lib/fragments.h. */
#include "tests/fuzz/lib/fragments.h"

#include <string.h>

#include "net/ip/ipv4_reassembly.h"


#define PLACES (FRAGMENTS_PAYLOAD_MAX / 8 + 2) /* where a fragment may begin, or the last one end */

uint16_t fragment_port(uint16_t id)
{
	return (uint16_t)(id + 1000);
}

uint8_t fragment_byte(const struct fragment *f, uint32_t off)
{
	uint8_t header[UDP_HEADER_LEN];

	if (off >= UDP_HEADER_LEN)
		return (uint8_t)((off * UINT32_C(2654435761) >> 23) + f->variant * 101u + f->id * 29u);
	store_be16(header, fragment_port(f->id));
	store_be16(header + 2, FRAGMENTS_PORT);
	store_be16(header + 4, f->udp_len);
	store_be16(header + 6, 0);
	return header[off];
}

static bool same_datagram(const struct fragment *a, const struct fragment *b)
{
	return a->src == b->src && a->id == b->id && !a->gone && !b->gone;
}

static uint32_t end_of(const struct fragment *f)
{
	return f->off + f->len;
}

/* --- must it be delivered? ------------------------------------------------------------------------ */

static bool can_exist(const struct fragment *f)
{
	if (f->len == 0 || (!f->last && f->len % 8 != 0) || end_of(f) > FRAGMENTS_PAYLOAD_MAX)
		return false;
	return f->off > 0 || f->len >= UDP_HEADER_LEN;
}

static bool is_repetition(const struct fragment *a, const struct fragment *b)
{
	return a->off == b->off && a->len == b->len && a->last == b->last &&
	       a->variant == b->variant && a->udp_len == b->udp_len;
}

/* Two fragments that one datagram cannot have both. */
static bool in_conflict(const struct fragment *a, const struct fragment *b)
{
	if (a->off < end_of(b) && b->off < end_of(a))
		return true;
	return (a->last && end_of(b) > a->off) || (b->last && end_of(a) > b->off);
}

/* Whether both were held at once, of a datagram that began at `begin_ns`. */
static bool held_with(const struct fragment *a, const struct fragment *f, uint64_t begin_ns)
{
	return same_datagram(a, f) && !a->refused && a->t_ns >= begin_ns;
}

/* When the first fragment came of the datagram that `f`, the newest, belongs to. */
static uint64_t begin_of(const struct fragments *model, const struct fragment *f)
{
	uint64_t begin_ns = 0;
	bool begun = false;

	for (unsigned i = 0; i < model->n; i++) {
		const struct fragment *a = &model->all[i];

		if (!held_with(a, f, 0) || (begun && a->t_ns - begin_ns < IPV4_REASSEMBLY_NS))
			continue;
		begin_ns = a->t_ns;
		begun = true;
	}
	return begin_ns;
}

/* How it stands to the fragments of its datagram that came before it. */
static void compare(const struct fragments *model, struct fragment *f, uint64_t begin_ns)
{
	for (const struct fragment *a = model->all; a < f; a++) {
		if (!held_with(a, f, begin_ns))
			continue;
		if (is_repetition(a, f))
			f->repeats = true;
		else if (in_conflict(a, f))
			f->conflicts = true;
	}
}

/* What is held of the datagram that `f`, the newest, belongs to. */
struct held {
	uint32_t bytes, end, udp_len; /* end 0: not known yet */
	bool spoilt;
};

static struct held what_is_held(const struct fragments *model, const struct fragment *f,
				uint64_t begin_ns)
{
	struct held held = {0};

	for (unsigned i = 0; i < model->n; i++) {
		const struct fragment *a = &model->all[i];

		if (!held_with(a, f, begin_ns))
			continue;
		held.spoilt |= a->conflicts;
		if (a->repeats)
			continue;
		held.bytes += a->len;
		held.end = a->last ? end_of(a) : held.end;
		held.udp_len = a->off == 0 ? a->udp_len : held.udp_len;
	}
	return held;
}

static void refuse(struct fragments *model, const struct fragment *f, uint64_t begin_ns)
{
	for (unsigned i = 0; i < model->n; i++)
		if (held_with(&model->all[i], f, begin_ns))
			model->all[i].refused = true;
}

bool fragments_add(struct fragments *model, const struct fragment *f)
{
	struct fragment *newest;
	uint64_t begin_ns;
	struct held held;

	if (!can_exist(f))
		return false;
	FUZZ_CHECK(model->n < FRAGMENTS_MAX, "too many");
	newest = &model->all[model->n++];
	*newest = *f;
	begin_ns = begin_of(model, newest);
	compare(model, newest, begin_ns);
	held = what_is_held(model, newest, begin_ns);
	if (held.spoilt || held.end == 0 || held.bytes != held.end)
		return false;
	if (held.udp_len >= UDP_HEADER_LEN && held.udp_len <= held.end)
		return true;
	refuse(model, f, begin_ns);
	return false;
}

/* --- was it right to deliver it? ------------------------------------------------------------------- */

static bool has_these_bytes(const struct fragment *f, const struct fragment *head, const uint8_t *p,
			    size_t len)
{
	for (uint32_t off = f->off; off < end_of(f) && off < UDP_HEADER_LEN + len; off++) {
		uint8_t is = off < UDP_HEADER_LEN ? fragment_byte(head, off)
						  : p[off - UDP_HEADER_LEN];

		if (fragment_byte(f, off) != is)
			return false;
	}
	return true;
}

/* Whether fragments lay out [0, at least UDP_HEADER_LEN + len) one behind the other. */
static bool is_laid_out(const struct fragments *model, const struct fragment *head,
			const uint8_t *p, size_t len, uint64_t now_ns)
{
	static bool reached[PLACES];
	bool more = true;

	memset(reached, 0, sizeof(reached));
	reached[0] = true;
	while (more) {
		more = false;
		for (unsigned i = 0; i < model->n; i++) {
			const struct fragment *f = &model->all[i];

			if (!same_datagram(f, head) || !reached[f->off / 8] ||
			    now_ns - f->t_ns >= IPV4_REASSEMBLY_NS ||
			    !has_these_bytes(f, head, p, len))
				continue;
			if (f->last && end_of(f) >= UDP_HEADER_LEN + len)
				return true;
			if (!f->last && !reached[end_of(f) / 8])
				more = reached[end_of(f) / 8] = true;
		}
	}
	return false;
}

void fragments_delivered(struct fragments *model, uint32_t src, uint16_t port, const uint8_t *p,
			 size_t len, uint64_t now_ns)
{
	const struct fragment head = {
		.src = src,
		.id = (uint16_t)(port - 1000),
		.udp_len = (uint16_t)(UDP_HEADER_LEN + len),
	};

	FUZZ_CHECK(is_laid_out(model, &head, p, len, now_ns),
		   "%zu bytes of datagram %04x from %08x are no row of fragments", len, head.id, src);
	model->delivered++;
	for (unsigned i = 0; i < model->n; i++)
		if (same_datagram(&model->all[i], &head))
			model->all[i].gone = true;
}

bool fragments_await(const struct fragments *model, uint32_t src, uint16_t id)
{
	const struct fragment wanted = {.src = src, .id = id};

	for (unsigned i = 0; i < model->n; i++)
		if (same_datagram(&model->all[i], &wanted) && model->all[i].off == 0)
			return true;
	return false;
}

/* --- what may be held ------------------------------------------------------------------------------ */

/* The room that datagram `i` may take: its buffer grows ahead of its bytes. */
static size_t room_of(const struct fragments *model, unsigned i, unsigned *n_fragments)
{
	uint32_t end = 0;

	*n_fragments = 0;
	for (unsigned j = 0; j < model->n; j++) {
		if (!same_datagram(&model->all[i], &model->all[j]))
			continue;
		++*n_fragments;
		end = MAX(end, end_of(&model->all[j]));
	}
	return MIN(2 * (size_t)end, (size_t)UINT16_MAX) + 1024;
}

bool fragments_are_many(const struct fragments *model, uint64_t now_ns)
{
	unsigned datagrams = 0, fragments;
	size_t room = 0;

	for (unsigned i = 0; i < model->n; i++) {
		bool first = !model->all[i].gone && now_ns - model->all[i].t_ns <= IPV4_REASSEMBLY_NS;

		for (unsigned j = 0; j < i && first; j++)
			first = !same_datagram(&model->all[i], &model->all[j]) ||
				now_ns - model->all[j].t_ns > IPV4_REASSEMBLY_NS;
		if (!first)
			continue;
		datagrams++;
		room += room_of(model, i, &fragments);
		if (fragments > IPV4_REASSEMBLY_RUNS)
			return true;
	}
	return datagrams >= IPV4_REASSEMBLY_MAX || room > IPV4_REASSEMBLY_BYTES / 2;
}
