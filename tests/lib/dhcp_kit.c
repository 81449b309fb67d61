/* SPDX-License-Identifier: MIT */
/* The DHCP server of the tests; see tests/lib/dhcp_kit.h. */
#include "tests/lib/dhcp_kit.h"

#include <string.h>

#define CHECK(cond) ((cond) ? (void)0 : kit_fail("a DHCP message of ours is wrong: %s", #cond))

/* --- what the client said ------------------------------------------------------------------------ */

static void read_option(struct dk_said *said, uint8_t code, const uint8_t *p, uint8_t len)
{
	switch (code) {
	case 12:
		CHECK(len > 0 && len < sizeof(said->hostname));
		memcpy(said->hostname, p, len);
		break;
	case 50:
		CHECK(len == 4);
		said->requested = load_be32(p);
		break;
	case 53:
		CHECK(len == 1 && said->type == 0);
		said->type = p[0];
		break;
	case 54:
		CHECK(len == 4);
		said->server_id = load_be32(p);
		break;
	case 55: {
		const uint8_t *classless = memchr(p, 121, len), *router = memchr(p, 3, len);

		said->wants_119_and_249 = memchr(p, 119, len) != NULL && memchr(p, 249, len) != NULL;
		said->wants_121_before_3 = classless != NULL && router != NULL && classless < router;
		break;
	}
	case 57:
		CHECK(len == 2);
		said->max_size = load_be16(p);
		break;
	case 61:
		CHECK(len == 7 && p[0] == 1 && memcmp(p + 1, said->mac, 6) == 0);
		break;
	default:
		break;
	}
}

static void read_options(struct dk_said *said, const uint8_t *p, size_t len)
{
	bool seen[256] = {false};
	size_t at = 240;

	CHECK(load_be32(p + 236) == 0x63825363);
	while (p[at] != 255) {
		CHECK(at + 2 < len && at + 2 + p[at + 1] < len);
		CHECK(!seen[p[at]]);
		seen[p[at]] = true;
		read_option(said, p[at], p + at + 2, p[at + 1]);
		at += 2u + p[at + 1];
		CHECK(at < len);
	}
	for (; ++at < len;)
		CHECK(p[at] == 0);
	CHECK(seen[53] && seen[61]);
}

void dk_parse(const uint8_t *p, size_t len, struct dk_said *said)
{
	CHECK(len >= 300 && len <= 548);
	CHECK(p[0] == 1 && p[1] == 1 && p[2] == 6 && p[3] == 0);
	*said = (struct dk_said){
		.xid = load_be32(p + 4),
		.secs = load_be16(p + 8),
		.flags = load_be16(p + 10),
		.ciaddr = load_be32(p + 12),
	};
	for (size_t i = 16; i < 28; i++)
		CHECK(p[i] == 0); /* yiaddr, siaddr, giaddr */
	memcpy(said->mac, p + 28, 6);
	for (size_t i = 34; i < 236; i++)
		CHECK(p[i] == 0); /* no stale memory */
	read_options(said, p, len);
}

bool dk_read(const struct kit_sent *s, struct dk_said *said)
{
	if (!s->is_udp || s->udp.dst_port != 67)
		return false;
	CHECK(s->udp.src_port == 68 && s->l4_checksum_ok && s->ip_checksum_ok);
	dk_parse(s->payload, s->payload_len, said);
	CHECK(memcmp(said->mac, s->eth.src, 6) == 0);
	said->t_ns = s->t_ns;
	said->src = s->ip.src;
	said->dst = s->ip.dst;
	said->broadcast_dst = memcmp(s->eth.dst, KIT_BROADCAST_MAC, 6) == 0;
	return true;
}

/* --- what the server says ------------------------------------------------------------------------ */

void dk_begin(struct dk_answer *a, const struct dk_said *said, uint8_t type, uint32_t yiaddr)
{
	memset(a, 0, sizeof(*a));
	memcpy(a->bytes, (const uint8_t[]){2, 1, 6, 0}, 4);
	store_be32(a->bytes + 4, said->xid);
	store_be16(a->bytes + 10, said->flags);
	store_be32(a->bytes + 16, yiaddr);
	memcpy(a->bytes + 28, said->mac, 6);
	store_be32(a->bytes + 236, 0x63825363);
	a->len = 240;
	dk_option(a, 53, &type, 1);
}

void dk_option(struct dk_answer *a, uint8_t code, const void *data, size_t len)
{
	if (a->len + 2 + len > sizeof(a->bytes))
		kit_fail("no room for option %u", code);
	a->bytes[a->len++] = code;
	a->bytes[a->len++] = (uint8_t)len;
	if (len > 0)
		memcpy(a->bytes + a->len, data, len);
	a->len += len;
}

void dk_option_u32(struct dk_answer *a, uint8_t code, uint32_t value)
{
	uint8_t bytes[4];

	store_be32(bytes, value);
	dk_option(a, code, bytes, 4);
}

void dk_end(struct dk_answer *a)
{
	a->bytes[a->len++] = 255;
}

void dk_usual(struct dk_answer *a, const struct dk_said *said, uint8_t type, uint32_t yiaddr)
{
	dk_begin(a, said, type, yiaddr);
	dk_option_u32(a, 54, DHCP_KIT_SERVER);
	dk_option_u32(a, 1, KIT_MASK);
	dk_option_u32(a, 3, DHCP_KIT_SERVER);
	dk_option_u32(a, 51, DHCP_KIT_LEASE);
}

void dk_send(struct kit *k, const struct dk_answer *a, const struct dk_way *way)
{
	static const struct dk_way usual;
	struct kit_frame f;

	if (way == NULL)
		way = &usual;
	kit_build_udp(&f,
		      &(struct kit_ipv4){
			      .eth_dst = way->eth_dst,
			      .src = way->src != 0 ? way->src : DHCP_KIT_SERVER,
			      .dst = way->dst != 0 ? way->dst : IPV4_ADDR_BROADCAST,
		      },
		      way->src_port != 0 ? way->src_port : 67, 68, a->bytes, a->len);
	kit_inject_frame(k, &f);
}
