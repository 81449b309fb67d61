/*
 * SPDX-License-Identifier: MIT
 *
 * The Ethernet header on the wire (IEEE 802.3, DIX framing, no FCS): offsets, numbers, and the only
 * functions that read and write its bytes; and the tags of IEEE 802.1Q, which stand behind the addresses.
 */
#ifndef NET_WIRE_ETH_H
#define NET_WIRE_ETH_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/string.h"

#define ETH_ADDR_LEN 6
#define ETH_HEADER_LEN 14

enum eth_off { ETH_OFF_DST = 0, ETH_OFF_SRC = 6, ETH_OFF_TYPE = 12 };

enum eth_type {
	ETH_TYPE_IPV4 = 0x0800,
	ETH_TYPE_ARP = 0x0806,
	ETH_TYPE_RARP = 0x8035,
	ETH_TYPE_VLAN = 0x8100,  /* IEEE 802.1Q */
	ETH_TYPE_QINQ = 0x88a8,  /* IEEE 802.1ad */
	ETH_TYPE_IPV6 = 0x86dd,
};

struct eth_header {
	const uint8_t *dst, *src; /* into the frame, ETH_ADDR_LEN bytes each */
	uint16_t type;            /* below 1536 it is an 802.3 length */
};

/* False when `len` bytes cannot hold the header. */
static inline bool eth_header_read(const uint8_t *p, size_t len, struct eth_header *h)
{
	if (len < ETH_HEADER_LEN)
		return false;
	h->dst = p + ETH_OFF_DST;
	h->src = p + ETH_OFF_SRC;
	h->type = load_be16(p + ETH_OFF_TYPE);
	return true;
}

#define ETH_TAG_LEN 4       /* priority and VLAN, then the type of what follows */
#define ETH_TAG_VID 0x0fff
#define ETH_VID_NONE 0      /* IEEE 802.1Q 9.6: the frame has a priority, and is in no VLAN */

struct eth_tag {
	uint16_t vid;
	uint16_t type; /* of what follows: another tag, or the payload */
};

static inline bool eth_type_is_tag(uint16_t type)
{
	return type == ETH_TYPE_VLAN || type == ETH_TYPE_QINQ;
}

/* What stands behind a type that is a tag's.  False when `len` bytes cannot hold it. */
static inline bool eth_tag_read(const uint8_t *p, size_t len, struct eth_tag *tag)
{
	if (len < ETH_TAG_LEN)
		return false;
	tag->vid = load_be16(p) & ETH_TAG_VID;
	tag->type = load_be16(p + 2);
	return true;
}

/* Writes ETH_HEADER_LEN bytes. */
static inline void eth_header_write(uint8_t *p, const uint8_t *dst, const uint8_t *src,
				    uint16_t type)
{
	memcpy(p + ETH_OFF_DST, dst, ETH_ADDR_LEN);
	memcpy(p + ETH_OFF_SRC, src, ETH_ADDR_LEN);
	store_be16(p + ETH_OFF_TYPE, type);
}

/* Broadcast counts as multicast: the group bit is the lowest one of the first byte. */
static inline bool eth_addr_is_multicast(const uint8_t *addr)
{
	return (addr[0] & 1) != 0;
}

static inline bool eth_addr_is_broadcast(const uint8_t *addr)
{
	return load_be32(addr) == 0xffffffff && load_be16(addr + 4) == 0xffff;
}

static inline bool eth_addr_is_zero(const uint8_t *addr)
{
	return load_be32(addr) == 0 && load_be16(addr + 4) == 0;
}

static inline bool eth_addr_equal(const uint8_t *a, const uint8_t *b)
{
	return load_be32(a) == load_be32(b) && load_be16(a + 4) == load_be16(b + 4);
}

#endif
