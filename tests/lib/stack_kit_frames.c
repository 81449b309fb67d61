/*
 * SPDX-License-Identifier: MIT
 *
 * The kit's frame builders: every field can be set, every checksum is right until a test spoils it.
 * The checksums are made byte by byte here, not by the code under test.
 */
#include "tests/lib/stack_kit.h"

const uint8_t KIT_MAC[6] = {0x52, 0x54, 0x00, 0x00, 0x77, 0x02};
const uint8_t KIT_PEER_MAC[6] = {0x52, 0x54, 0x00, 0x00, 0x77, 0x01};
const uint8_t KIT_BROADCAST_MAC[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static const uint8_t zeros[6];

/* --- checksums -------------------------------------------------------------------------------- */

uint32_t kit_sum(uint32_t sum, const void *ptr, size_t len)
{
	const uint8_t *p = ptr;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

uint16_t kit_checksum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

uint8_t *kit_l3(struct kit_frame *f)
{
	return f->bytes + ETH_HEADER_LEN;
}

uint8_t *kit_l4(struct kit_frame *f)
{
	return kit_l3(f) + (kit_l3(f)[0] & 0xf) * 4;
}

void kit_fix_ipv4(struct kit_frame *f)
{
	uint8_t *p = kit_l3(f);

	store_be16(p + IPV4_OFF_CHECKSUM, 0);
	store_be16(p + IPV4_OFF_CHECKSUM, kit_checksum(kit_sum(0, p, (p[0] & 0xf) * 4)));
}

void kit_fix_transport(struct kit_frame *f)
{
	uint8_t *ip = kit_l3(f), *l4 = kit_l4(f);
	size_t len = f->len - (size_t)(l4 - f->bytes);
	uint8_t protocol = ip[IPV4_OFF_PROTOCOL];
	uint8_t pseudo[12];
	size_t at = protocol == IP_PROTO_TCP ? TCP_OFF_CHECKSUM
		    : protocol == IP_PROTO_UDP ? UDP_OFF_CHECKSUM : ICMP_OFF_CHECKSUM;
	uint16_t value;

	if (protocol != IP_PROTO_TCP && protocol != IP_PROTO_UDP &&
	    protocol != IP_PROTO_ICMP)
		return;
	if (len < at + 2)
		return;
	memcpy(pseudo, ip + IPV4_OFF_SRC, 8);
	pseudo[8] = 0;
	pseudo[9] = protocol;
	store_be16(pseudo + 10, (uint16_t)len);
	store_be16(l4 + at, 0);
	value = kit_checksum(kit_sum(protocol == IP_PROTO_ICMP ? 0 : kit_sum(0, pseudo, 12), l4,
				     len));
	/* RFC 768: a computed 0 is sent as all ones. */
	if (protocol == IP_PROTO_UDP && value == 0)
		value = 0xffff;
	store_be16(l4 + at, value);
}

/* --- builders --------------------------------------------------------------------------------- */

static uint8_t *append(struct kit_frame *f, const void *p, size_t len)
{
	uint8_t *at = f->bytes + f->len;

	if (len > sizeof(f->bytes) - f->len)
		kit_fail("a frame of %zu bytes is too long for the kit", f->len + len);
	if (p != NULL && len > 0)
		memcpy(at, p, len);
	else
		memset(at, 0, len);
	f->len += len;
	return at;
}

void kit_build_eth(struct kit_frame *f, const uint8_t *dst, const uint8_t *src, uint16_t type,
		   const void *payload, size_t len)
{
	f->len = 0;
	eth_header_write(append(f, NULL, ETH_HEADER_LEN), dst != NULL ? dst : KIT_MAC,
			 src != NULL ? src : KIT_PEER_MAC, type);
	append(f, payload, len);
}

void kit_build_arp(struct kit_frame *f, const struct kit_arp *arp)
{
	const struct arp_packet packet = {
		.op = arp->op,
		.sha = arp->sha != NULL ? arp->sha : KIT_PEER_MAC,
		.spa = arp->spa,
		.tha = arp->tha != NULL ? arp->tha : zeros,
		.tpa = arp->tpa,
	};

	kit_build_eth(f, arp->eth_dst, arp->eth_src, ETH_TYPE_ARP, NULL, ARP_PACKET_LEN);
	arp_packet_write(kit_l3(f), &packet);
}

void kit_build_ipv4(struct kit_frame *f, const struct kit_ipv4 *how, uint8_t protocol,
		    const void *payload, size_t len)
{
	static const struct kit_ipv4 usual;
	const struct kit_ipv4 *ip = how != NULL ? how : &usual;
	size_t header_len = IPV4_HEADER_LEN + ip->options_len;
	const struct ipv4_header h = {
		.tos = ip->tos,
		.ttl = ip->ttl != 0 || ip->ttl_is_zero ? ip->ttl : 64,
		.protocol = protocol,
		.total_len = (uint16_t)(header_len + len),
		.id = ip->id,
		.fragment = ip->fragment != 0 || ip->no_flags ? ip->fragment : IPV4_DF,
		.src = ip->src != 0 || ip->src_is_zero ? ip->src : KIT_PEER_IP,
		.dst = ip->dst != 0 ? ip->dst : KIT_IP,
	};
	uint8_t *p;

	kit_build_eth(f, ip->eth_dst, ip->eth_src, ETH_TYPE_IPV4, NULL, 0);
	p = append(f, NULL, IPV4_HEADER_LEN);
	append(f, ip->options, ip->options_len);
	append(f, payload, len);
	ipv4_header_write(p, &h);
	p[IPV4_OFF_VERSION_IHL] = (uint8_t)(0x40 | header_len / 4);
	kit_fix_ipv4(f);
}

void kit_build_icmp(struct kit_frame *f, const struct kit_ipv4 *ip, uint8_t type, uint8_t code,
		    uint32_t rest, const void *payload, size_t len)
{
	const struct icmp_header h = {.type = type, .code = code, .rest = rest};
	uint8_t header[ICMP_HEADER_LEN];

	icmp_header_write(header, &h);
	kit_build_ipv4(f, ip, IP_PROTO_ICMP, header, sizeof(header));
	append(f, payload, len);
	store_be16(kit_l3(f) + IPV4_OFF_TOTAL_LEN, (uint16_t)(f->len - ETH_HEADER_LEN));
	kit_fix_ipv4(f);
	kit_fix_transport(f);
}

void kit_build_udp(struct kit_frame *f, const struct kit_ipv4 *ip, uint16_t src_port,
		   uint16_t dst_port, const void *payload, size_t len)
{
	const struct udp_header h = {
		.src_port = src_port,
		.dst_port = dst_port,
		.len = (uint16_t)(UDP_HEADER_LEN + len),
	};
	uint8_t header[UDP_HEADER_LEN];

	udp_header_write(header, &h);
	kit_build_ipv4(f, ip, IP_PROTO_UDP, header, sizeof(header));
	append(f, payload, len);
	store_be16(kit_l3(f) + IPV4_OFF_TOTAL_LEN, (uint16_t)(f->len - ETH_HEADER_LEN));
	kit_fix_ipv4(f);
	kit_fix_transport(f);
}

void kit_build_tcp(struct kit_frame *f, const struct kit_ipv4 *ip, const struct kit_tcp *tcp,
		   const void *payload, size_t len)
{
	size_t options_len = ALIGN_UP(tcp->options_len, 4);
	const struct tcp_header h = {
		.src_port = tcp->src_port,
		.dst_port = tcp->dst_port,
		.seq = tcp->seq,
		.ack = tcp->ack,
		.header_len = (uint8_t)(TCP_HEADER_LEN + options_len),
		.flags = tcp->flags,
		.window = tcp->window,
		.urgent = tcp->urgent,
	};
	uint8_t header[TCP_HEADER_LEN];

	tcp_header_write(header, &h);
	kit_build_ipv4(f, ip, IP_PROTO_TCP, header, sizeof(header));
	append(f, tcp->options, tcp->options_len);
	append(f, NULL, options_len - tcp->options_len);
	append(f, payload, len);
	store_be16(kit_l3(f) + IPV4_OFF_TOTAL_LEN, (uint16_t)(f->len - ETH_HEADER_LEN));
	kit_fix_ipv4(f);
	kit_fix_transport(f);
}
