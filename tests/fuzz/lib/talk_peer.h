/* SPDX-License-Identifier: MIT */
/* Between the files of talk: what a byte of the peer's stream is, and the peer's last
 * word. */
#ifndef TESTS_FUZZ_LIB_TALK_PEER_H
#define TESTS_FUZZ_LIB_TALK_PEER_H

#include "base/compiler.h"

struct talk;
struct tcb;

/* On the present line: opens the window, acknowledges, and sends `len` bytes. */
void talk_peer_is_kind(struct talk *talk, const struct tcb *tcb, uint32_t ack, size_t len);

/* The byte that the peer sends at that sequence number, whatever segment it is in. */
static inline uint8_t talk_peer_byte(uint32_t seq)
{
	return (uint8_t)((seq * UINT32_C(2654435761)) >> 21);
}

#endif
