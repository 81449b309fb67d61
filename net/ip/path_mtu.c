/*
 * SPDX-License-Identifier: MIT
 *
 * The MTU of paths (RFC 1191, RFC 8201): remembered by destination for ten minutes.  There is an entry only
 * where a router has complained and a transport believed it, so that a stack on a network without
 * narrow links pays one comparison.
 */
#include "net/ip/path_mtu.h"

#include "net/stack.h"

static uint16_t mtu_min(const struct net_addr *dst)
{
	return dst->family == NET_FAMILY_IPV6 ? IPV6_MTU_MIN : IPV4_MTU_MIN;
}

static uint16_t floor_of(const struct net_addr *dst)
{
	return dst->family == NET_FAMILY_IPV6 ? IPV6_MTU_MIN : IPV4_PMTU_FLOOR;
}

/* RFC 1191 3, RFC 8201 4: never up, and not to what no link has.
 * DEVIATION: RFC 1191 5 would guess, from the plateaus of 7.1, where a router says 0.  Those are
 * routers of 1990; today it is a host that forges reports, and of a path that is really narrow TCP finds a
 * size without being told (net/tcp/send/pmtu.c, black holes). */
uint16_t ip_path_candidate(const struct net_addr *dst, uint16_t reported, uint16_t quoted_len,
		       uint16_t current)
{
	return reported >= mtu_min(dst) && reported < MIN(quoted_len, current) ? reported : 0;
}

static const struct ip_path_entry *find(const struct stack *stack, const struct net_addr *dst,
					uint8_t protocol)
{
	for (uint32_t i = 0; i < stack->pmtu.count; i++) {
		const struct ip_path_entry *e = &stack->pmtu.entries[i];

		if (e->protocol == protocol && net_addr_equal(&e->dst, dst))
			return e;
	}
	return NULL;
}

struct ip_path ip_path_find(const struct stack *stack, const struct net_addr *dst, uint8_t protocol,
			    uint16_t link_mtu, uint64_t now_ns)
{
	const struct ip_path_entry *e = find(stack, dst, protocol);

	if (e == NULL || e->until_ns <= now_ns || e->mtu >= link_mtu)
		return (struct ip_path){.mtu = link_mtu};
	return (struct ip_path){.mtu = e->mtu, .narrow = e->narrow};
}

/* The destination's own, a new one, or the one that would have gone first. */
static struct ip_path_entry *read_entry(struct stack *stack, const struct net_addr *dst,
					uint8_t protocol)
{
	struct ip_path_mtus *cache = &stack->pmtu;
	const struct ip_path_entry *known = find(stack, dst, protocol);
	struct ip_path_entry *oldest;

	if (known != NULL)
		return &cache->entries[known - cache->entries];
	if (cache->count < IP_PMTU_ENTRIES)
		return &cache->entries[cache->count++];
	oldest = &cache->entries[0];
	for (uint32_t i = 1; i < cache->count; i++)
		if (cache->entries[i].until_ns < oldest->until_ns)
			oldest = &cache->entries[i];
	return oldest;
}

struct ip_path ip_path_lower(struct stack *stack, const struct net_addr *dst, uint8_t protocol,
			     uint16_t candidate, uint64_t now_ns)
{
	const struct ip_path path = {
		.mtu = MAX(candidate, floor_of(dst)),
		.narrow = candidate < floor_of(dst),
	};

	*read_entry(stack, dst, protocol) = (struct ip_path_entry){
		.until_ns = now_ns + IP_PMTU_NS,
		.dst = *dst,
		.mtu = path.mtu,
		.protocol = protocol,
		.narrow = path.narrow,
	};
	stack->counters.ip_pmtu_lowered++;
	return path;
}
