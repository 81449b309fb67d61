/*
 * SPDX-License-Identifier: MIT
 *
 * Between two links: a switch that knows every MAC address and floods groups, and before a link
 * with an MTU a router that has no address among the hosts: it cuts packets that are too long, or
 * drops those that must not be cut and says so to their sender (RFC 791 3.2, RFC 792, RFC 1191 4).
 */
#include "tests/sim/lib/sim.h"

#include <stdlib.h>

#define ROUTER_IP UINT32_C(0x0a0000fe)

static const uint8_t router_mac[6] = {0x52, 0x54, 0, 0, 0, 0xfe};

/* --- too long ---------------------------------------------------------------------------------- */

static bool is_too_long(const struct sim_link *link, const struct sim_frame *f)
{
	return link->mtu != 0 && load_be16(f->bytes + ETH_OFF_TYPE) == ETH_TYPE_IPV4 &&
	       !f->is_corrupt && f->ip.total_len > link->mtu;
}

/* RFC 1191 4: type 3, code 4, the MTU of the next hop, and the head of what was dropped. */
static void report_too_long(struct sim *sim, const struct sim_link *link, const struct sim_frame *f)
{
	size_t quoted = MIN((size_t)f->ip.total_len, (size_t)548);
	uint8_t bytes[ETH_HEADER_LEN + IPV4_HEADER_LEN + ICMP_HEADER_LEN + 548];
	uint8_t *ip = bytes + ETH_HEADER_LEN, *icmp = ip + IPV4_HEADER_LEN;
	struct sim_frame *answer;

	memcpy(bytes, f->from->mac, 6);
	memcpy(bytes + 6, router_mac, 6);
	store_be16(bytes + ETH_OFF_TYPE, ETH_TYPE_IPV4);
	ipv4_header_write(ip, &(struct ipv4_header){
		.ttl = 64, .protocol = IP_PROTO_ICMP, .src = ROUTER_IP, .dst = f->ip.src,
		.total_len = (uint16_t)(IPV4_HEADER_LEN + ICMP_HEADER_LEN + quoted),
	});
	store_be16(ip + IPV4_OFF_CHECKSUM, kit_checksum(kit_sum(0, ip, IPV4_HEADER_LEN)));
	icmp_header_write(icmp, &(struct icmp_header){
		.type = ICMP_UNREACHABLE, .code = ICMP_UNREACH_FRAG_NEEDED, .rest = link->mtu,
	});
	memcpy(icmp + ICMP_HEADER_LEN, f->bytes + ETH_HEADER_LEN, quoted);
	store_be16(icmp + ICMP_OFF_CHECKSUM,
		   kit_checksum(kit_sum(0, icmp, ICMP_HEADER_LEN + quoted)));
	answer = sim_frame_make(NULL, bytes,
				(size_t)(icmp - bytes) + ICMP_HEADER_LEN + quoted);
	answer->to = f->from;
	answer->on_in_link = true;
	sim_pcap_record(sim, answer);
	sim_link_enter(sim, &f->from->in, answer);
}

/* One piece of the packet: `len` bytes from `at` of what is behind its IP header. */
static struct sim_frame *make_fragment(const struct sim_frame *f, size_t at, size_t len)
{
	size_t header_len = ETH_HEADER_LEN + f->ip.header_len;
	bool more = f->ip.header_len + at + len < f->ip.total_len;
	struct sim_frame *piece = sim_frame_copy(f);
	uint8_t *ip = piece->bytes + ETH_HEADER_LEN;

	piece->len = header_len + len;
	piece->is_fragment = true;
	piece->ip.total_len = (uint16_t)(f->ip.header_len + len);
	memmove(piece->bytes + header_len, f->bytes + header_len + at, len);
	store_be16(ip + IPV4_OFF_TOTAL_LEN, piece->ip.total_len);
	piece->ip.fragment = (uint16_t)((f->ip.fragment + at / 8) | (more ? IPV4_MF : 0));
	store_be16(ip + IPV4_OFF_FRAGMENT, piece->ip.fragment);
	store_be16(ip + IPV4_OFF_CHECKSUM, 0);
	store_be16(ip + IPV4_OFF_CHECKSUM, kit_checksum(kit_sum(0, ip, f->ip.header_len)));
	return piece;
}

static uint64_t send_fragments(struct sim *sim, struct sim_link *link, struct sim_frame *f)
{
	size_t most = (size_t)(link->mtu - f->ip.header_len) / 8 * 8;
	size_t total = (size_t)f->ip.total_len - f->ip.header_len;
	uint64_t sent_ns = sim->now_ns;

	link->fragmented++;
	for (size_t at = 0; at < total; at += most)
		sent_ns = sim_link_enter(sim, link, make_fragment(f, at, MIN(most, total - at)));
	free(f);
	return sent_ns;
}

/* Consumes the frame; returns when its last bit is on the link. */
static uint64_t route(struct sim *sim, struct sim_link *link, struct sim_frame *f)
{
	if (!is_too_long(link, f))
		return sim_link_enter(sim, link, f);
	if (!(f->ip.fragment & IPV4_DF))
		return send_fragments(sim, link, f);
	link->too_big++;
	if (!link->mtu_silent)
		report_too_long(sim, link, f);
	free(f);
	return sim->now_ns;
}

/* --- the way ----------------------------------------------------------------------------------- */

uint64_t sim_link_send(struct sim *sim, struct sim_host *from, const uint8_t *bytes, size_t len)
{
	struct sim_frame *f = sim_frame_make(from, bytes, len);

	sim_watch_sent(sim, f);
	if (sim_observer != NULL)
		sim_observer->sent(from, bytes, len);
	if (sim->on_sent != NULL)
		sim->on_sent(sim->on_ctx, from, bytes, len);
	return route(sim, &from->out, f);
}

void sim_router_forward(struct sim *sim, struct sim_frame *f)
{
	bool group = f->bytes[0] & 1;

	for (unsigned i = 0; i < sim->n_hosts; i++) {
		struct sim_host *host = sim->hosts[i];
		struct sim_frame *copy;

		if (host == f->from || !(group || memcmp(f->bytes, host->mac, 6) == 0))
			continue;
		copy = sim_frame_copy(f);
		copy->to = host;
		copy->on_in_link = true;
		route(sim, &host->in, copy);
	}
	free(f);
}
