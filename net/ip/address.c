/*
 * SPDX-License-Identifier: MIT
 *
 * The addresses of an interface: a short list, in the order in which they came.  What an address that
 * comes or goes means for routes, neighbours and connections is decided where it is given
 * (net_set_ipv4()).
 *
 * NOT DONE: a second IPv4 address.  What arrives, ARP and conflict detection look at the first alone
 * (netif->ipv4), and net_set_ipv4() replaces it.
 */
#include "net/ip/ip.h"

static uint32_t mask_of(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

/* IPv4 looks at its address for every packet that comes. */
static void note_ipv4(struct netif *netif)
{
	const struct netif_addr *first = ip_first_address(netif, NET_FAMILY_IPV4);

	netif->ipv4 = first != NULL ? net_addr_to_ipv4(&first->addr) : 0;
	netif->ipv4_mask = first != NULL ? mask_of(first->prefix_len) : 0;
}

static unsigned index_of(const struct netif *netif, const struct net_addr *addr)
{
	unsigned i = 0;

	while (i < netif->n_addrs && !net_addr_equal(&netif->addrs[i].addr, addr))
		i++;
	return i;
}

int ip_add_address(struct netif *netif, const struct netif_addr *addr)
{
	unsigned i = index_of(netif, &addr->addr);

	if (i == NETIF_ADDRS_MAX)
		return ERR_NOSPC;
	netif->addrs[i] = *addr;
	if (i == netif->n_addrs)
		netif->n_addrs++;
	note_ipv4(netif);
	return ERR_OK;
}

void ip_remove_address(struct netif *netif, const struct net_addr *addr)
{
	unsigned i = index_of(netif, addr);

	if (i == netif->n_addrs)
		return;
	netif->n_addrs--;
	for (; i < netif->n_addrs; i++)
		netif->addrs[i] = netif->addrs[i + 1];
	note_ipv4(netif);
}

const struct netif_addr *ip_find_address(const struct netif *netif, const struct net_addr *addr)
{
	unsigned i = index_of(netif, addr);

	return i < netif->n_addrs ? &netif->addrs[i] : NULL;
}

const struct netif_addr *ip_first_address(const struct netif *netif, uint8_t family)
{
	for (unsigned i = 0; i < netif->n_addrs; i++)
		if (netif->addrs[i].addr.family == family)
			return &netif->addrs[i];
	return NULL;
}

bool ip_prefix_equal(const struct net_addr *a, const struct net_addr *b, uint8_t prefix_len)
{
	unsigned whole = prefix_len / 8, rest = prefix_len % 8;

	if (a->family != b->family)
		return false;
	for (unsigned i = 0; i < whole; i++)
		if (a->bytes[i] != b->bytes[i])
			return false;
	return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}
