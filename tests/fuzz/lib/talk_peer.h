/* Between talk.c and talk_peer.c: what a byte of the peer's stream is. */
#ifndef TESTS_FUZZ_LIB_TALK_PEER_H
#define TESTS_FUZZ_LIB_TALK_PEER_H

#include "base/compiler.h"

/* The byte that the peer sends at that sequence number, whatever segment it is in. */
static inline uint8_t talk_peer_byte(uint32_t seq)
{
	return (uint8_t)((seq * UINT32_C(2654435761)) >> 21);
}

#endif
