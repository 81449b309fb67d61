/*
 * SPDX-License-Identifier: MIT
 *
 * The MTU of paths (RFC 1191): remembered by destination for ten minutes.  There is an entry only
 * where a router has complained and a transport believed it, so that a stack on a network without
 * narrow links pays one comparison.
 */
#include "net/ip/ipv4_pmtu.h"

#include "net/stack.h"

/* RFC 1191 3: never up, and not to what no link has.
 * DEVIATION: RFC 1191 5 would guess, from the plateaus of 7.1, where a router says 0.  Those are
 * routers of 1990; today it is who makes reports up, and of a path that is really narrow TCP finds a
 * size without being told (net/tcp/send/pmtu.c, black holes). */
uint16_t ipv4_pmtu_claim(uint16_t said, uint16_t quoted_len, uint16_t current)
{
	return said >= IPV4_MTU_MIN && said < MIN(quoted_len, current) ? said : 0;
}

static const struct ipv4_pmtu_entry *find(const struct stack *stack, uint32_t dst,
					  uint8_t protocol)
{
	for (uint32_t i = 0; i < stack->pmtu.count; i++) {
		const struct ipv4_pmtu_entry *e = &stack->pmtu.entries[i];

		if (e->dst == dst && e->protocol == protocol)
			return e;
	}
	return NULL;
}

struct ipv4_path ipv4_path_find(const struct stack *stack, uint32_t dst, uint8_t protocol,
				uint16_t link_mtu, uint64_t now_ns)
{
	const struct ipv4_pmtu_entry *e = find(stack, dst, protocol);

	if (e == NULL || e->until_ns <= now_ns || e->mtu >= link_mtu)
		return (struct ipv4_path){.mtu = link_mtu};
	return (struct ipv4_path){.mtu = e->mtu, .narrow = e->narrow};
}

/* The destination's own, a new one, or the one that would have gone first. */
static struct ipv4_pmtu_entry *take_entry(struct stack *stack, uint32_t dst, uint8_t protocol)
{
	struct ipv4_pmtu *cache = &stack->pmtu;
	const struct ipv4_pmtu_entry *known = find(stack, dst, protocol);
	struct ipv4_pmtu_entry *oldest;

	if (known != NULL)
		return &cache->entries[known - cache->entries];
	if (cache->count < IPV4_PMTU_ENTRIES)
		return &cache->entries[cache->count++];
	oldest = &cache->entries[0];
	for (uint32_t i = 1; i < cache->count; i++)
		if (cache->entries[i].until_ns < oldest->until_ns)
			oldest = &cache->entries[i];
	return oldest;
}

struct ipv4_path ipv4_pmtu_lower(struct stack *stack, uint32_t dst, uint8_t protocol,
				 uint16_t claim, uint64_t now_ns)
{
	const struct ipv4_path path = {
		.mtu = (uint16_t)MAX(claim, IPV4_PMTU_FLOOR),
		.narrow = claim < IPV4_PMTU_FLOOR,
	};

	*take_entry(stack, dst, protocol) = (struct ipv4_pmtu_entry){
		.until_ns = now_ns + IPV4_PMTU_NS,
		.dst = dst,
		.mtu = path.mtu,
		.protocol = protocol,
		.narrow = path.narrow,
	};
	stack->counters.ip_pmtu_lowered++;
	return path;
}
