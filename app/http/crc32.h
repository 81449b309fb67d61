/*
 * SPDX-License-Identifier: MIT
 *
 * CRC-32 as zlib, gzip and Ethernet have it (reflected, polynomial 0x04c11db7), of a stream that
 * comes in parts of any size, at about one instruction a byte without vector registers.
 */
#ifndef APP_HTTP_CRC32_H
#define APP_HTTP_CRC32_H

#include "base/compiler.h"

#define CRC32_REACH 300u  /* words that a word depends on; see crc32.c */
#define CRC32_BLOCK 1024u /* words between two moves of the window */

struct crc32 {
	uint64_t words;        /* taken so far */
	uint32_t in_block;     /* of them since the last move */
	uint32_t tail_len;     /* bytes that do not fill a word yet */
	uint8_t tail[8];
	uint64_t window[CRC32_REACH + CRC32_BLOCK];
};

void crc32_init(struct crc32 *crc);
void crc32_update(struct crc32 *crc, const void *data, size_t len);
/* The checksum of everything so far; the stream may go on. */
uint32_t crc32_value(const struct crc32 *crc);

#endif
