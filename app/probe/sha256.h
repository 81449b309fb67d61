/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4) of a stream that comes in parts: BearSSL's, behind this one file. */
#ifndef APP_PROBE_SHA256_H
#define APP_PROBE_SHA256_H

#include "base/compiler.h"

#define SHA256_LEN 32u

struct sha256 {
	uint64_t context[16]; /* br_sha256_context */
};

void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const void *data, size_t len);
/* Of everything so far; the stream may go on. */
void sha256_value(const struct sha256 *sha, uint8_t digest[SHA256_LEN]);

#endif
