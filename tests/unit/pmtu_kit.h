/* SPDX-License-Identifier: MIT */
/* What the tests of TCP and the path's MTU share: a router's reports. */
#ifndef TESTS_UNIT_PMTU_KIT_H
#define TESTS_UNIT_PMTU_KIT_H

#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

/* A router says that the segment at `seq` (relative), `len` bytes of packet, was too long. */
static inline void too_big_at(struct tk *t, uint32_t seq, uint16_t len, uint32_t said, uint16_t src_port,
		       uint16_t fragment)
{
	uint8_t quoted[28] = {0x45};
	struct kit_frame f;

	store_be16(quoted + IPV4_OFF_TOTAL_LEN, len);
	store_be16(quoted + IPV4_OFF_FRAGMENT, fragment);
	quoted[IPV4_OFF_PROTOCOL] = IP_PROTO_TCP;
	store_be32(quoted + IPV4_OFF_SRC, KIT_IP);
	store_be32(quoted + IPV4_OFF_DST, KIT_PEER_IP);
	store_be16(quoted + 20, src_port);
	store_be16(quoted + 22, TK_PEER_PORT);
	store_be32(quoted + 24, t->iss + seq);
	/* Any router on the way may say it. */
	kit_build_icmp(&f, &(struct kit_ipv4){.src = KIT_FAR_IP}, ICMP_UNREACHABLE,
		       ICMP_UNREACH_FRAG_NEEDED, said, quoted, sizeof(quoted));
	kit_inject_frame(&t->k, &f);
	kit_poll(&t->k);
}

static inline void too_big(struct tk *t, uint32_t seq, uint32_t said)
{
	too_big_at(t, seq, 1500, said, TK_PORT, IPV4_DF);
}

static inline struct kit_sent *expect_segment(struct tk *t)
{
	struct kit_sent *s = tk_take(t);

	assert_non_null(s);
	return s;
}

#endif
