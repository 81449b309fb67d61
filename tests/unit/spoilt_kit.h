/* SPDX-License-Identifier: MIT */
/* Ways to spoil a frame, so that it is no answer. */
#ifndef TESTS_UNIT_SPOILT_KIT_H
#define TESTS_UNIT_SPOILT_KIT_H

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "net/awaited.h"
#include "net/link/neigh.h"
#include "net/socket.h"
#include "tests/lib/dhcp_scene.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define NEIGHBOUR_IP UINT32_C(0xc0a84d09) /* 192.168.77.9: on the link, unknown */
#define STRANGER_IP UINT32_C(0xc0a84d21)  /* 192.168.77.33 */

static struct kit_frame f;

static inline void from_a_stranger(void)
{
	store_be32(kit_l3(&f) + IPV4_OFF_SRC, STRANGER_IP);
	kit_fix_ipv4(&f);
	kit_fix_transport(&f);
}

static struct sock_awaited awaited;

/* --- ways to spoil a frame ------------------------------------------------------------------------ */

static inline void write_tag(uint16_t type, uint16_t vid)
{
	memmove(f.bytes + ETH_OFF_TYPE + ETH_TAG_LEN, f.bytes + ETH_OFF_TYPE, f.len - ETH_OFF_TYPE);
	store_be16(f.bytes + ETH_OFF_TYPE, type);
	store_be16(f.bytes + ETH_OFF_TYPE + 2, vid);
	f.len += ETH_TAG_LEN;
}

static inline void in_vlan_7(void)
{
	write_tag(ETH_TYPE_VLAN, 7);
}

static inline void in_two_vlans(void)
{
	write_tag(ETH_TYPE_VLAN, 7);
	write_tag(ETH_TYPE_QINQ, 0x2064);
}

static inline void from_a_group_address(void)
{
	f.bytes[ETH_OFF_SRC] |= 1;
}

static inline void for_another_machine(void)
{
	f.bytes[ETH_OFF_DST + 5] ^= 0x40;
}

static inline void bad_header_checksum(void)
{
	kit_l3(&f)[IPV4_OFF_CHECKSUM] ^= 1;
}

static inline void truncated(void)
{
	f.len -= 3;
}

static inline void bad_transport_checksum(void)
{
	f.bytes[f.len - 1] ^= 1;
}

/* The first of two fragments. */
static inline void the_rest_is_missing(void)
{
	store_be16(kit_l3(&f) + IPV4_OFF_FRAGMENT, IPV4_MF);
	f.len -= (f.len - ETH_HEADER_LEN - IPV4_HEADER_LEN) % 8;
	store_be16(kit_l3(&f) + IPV4_OFF_TOTAL_LEN, (uint16_t)(f.len - ETH_HEADER_LEN));
	kit_fix_ipv4(&f);
}

struct way {
	void (*spoil)(void);
	const char *why; /* "1 " and this */
};

static const struct way common_ways[] = {
	{in_vlan_7, "came in VLAN 7"},
	{in_two_vlans, "came in VLAN 100"},
	{from_a_group_address, "had a group address as its sender"},
	{for_another_machine, "went to another hardware address"},
};

static const struct way ipv4_ways[] = {
	{bad_header_checksum, "had a bad IP header checksum"},
	{truncated, "came truncated"},
	{the_rest_is_missing, "came in fragments that did not make a whole"},
};

static inline void must_report_once(const struct refused *refused, const char *why)
{
	char text[REFUSED_TEXT_MAX];

	assert_int_equal(refused->count, 1);
	assert_string_equal(refused_why(text, refused) + 2, why);
}

#endif
