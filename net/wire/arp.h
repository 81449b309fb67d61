/*
 * SPDX-License-Identifier: MIT
 *
 * The ARP packet for IPv4 over Ethernet on the wire (RFC 826): 28 bytes behind the Ethernet header.
 */
#ifndef NET_WIRE_ARP_H
#define NET_WIRE_ARP_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/string.h"

#define ARP_PACKET_LEN 28
#define ARP_HLEN 6 /* bytes of a hardware address */
#define ARP_PLEN 4 /* bytes of a protocol address */

enum arp_off {
	ARP_OFF_HRD = 0,
	ARP_OFF_PRO = 2,
	ARP_OFF_HLN = 4,
	ARP_OFF_PLN = 5,
	ARP_OFF_OP = 6,
	ARP_OFF_SHA = 8,
	ARP_OFF_SPA = 14,
	ARP_OFF_THA = 18,
	ARP_OFF_TPA = 24,
};

enum { ARP_HRD_ETHERNET = 1, ARP_PRO_IPV4 = 0x0800 };
enum arp_op { ARP_OP_REQUEST = 1, ARP_OP_REPLY = 2 };

struct arp_packet {
	uint16_t op;
	const uint8_t *sha, *tha; /* into the packet, ARP_HLEN bytes each */
	uint32_t spa, tpa;        /* host order */
};

/* False when the packet is short or not about IPv4 over Ethernet with 6- and 4-byte addresses. */
static inline bool arp_packet_read(const uint8_t *p, size_t len, struct arp_packet *a)
{
	if (len < ARP_PACKET_LEN)
		return false;
	if (load_be16(p + ARP_OFF_HRD) != ARP_HRD_ETHERNET ||
	    load_be16(p + ARP_OFF_PRO) != ARP_PRO_IPV4 || p[ARP_OFF_HLN] != ARP_HLEN ||
	    p[ARP_OFF_PLN] != ARP_PLEN)
		return false;
	a->op = load_be16(p + ARP_OFF_OP);
	a->sha = p + ARP_OFF_SHA;
	a->spa = load_be32(p + ARP_OFF_SPA);
	a->tha = p + ARP_OFF_THA;
	a->tpa = load_be32(p + ARP_OFF_TPA);
	return true;
}

/* Writes ARP_PACKET_LEN bytes. */
static inline void arp_packet_write(uint8_t *p, const struct arp_packet *a)
{
	store_be16(p + ARP_OFF_HRD, ARP_HRD_ETHERNET);
	store_be16(p + ARP_OFF_PRO, ARP_PRO_IPV4);
	p[ARP_OFF_HLN] = ARP_HLEN;
	p[ARP_OFF_PLN] = ARP_PLEN;
	store_be16(p + ARP_OFF_OP, a->op);
	memcpy(p + ARP_OFF_SHA, a->sha, ARP_HLEN);
	store_be32(p + ARP_OFF_SPA, a->spa);
	memcpy(p + ARP_OFF_THA, a->tha, ARP_HLEN);
	store_be32(p + ARP_OFF_TPA, a->tpa);
}

#endif
