/* SPDX-License-Identifier: MIT */
/* SHA-256 by BearSSL; see app/probe/sha256.h.  Its objects are Debian's, of libbearssl-dev. */
#include "app/probe/sha256.h"

#include <bearssl/bearssl_hash.h>

_Static_assert(sizeof(br_sha256_context) <= sizeof(struct sha256), "a context fits");
_Static_assert(_Alignof(br_sha256_context) <= _Alignof(struct sha256), "and lies right");

void sha256_init(struct sha256 *sha)
{
	br_sha256_init((br_sha256_context *)sha->context);
}

void sha256_update(struct sha256 *sha, const void *data, size_t len)
{
	br_sha256_update((br_sha256_context *)sha->context, data, len);
}

void sha256_value(const struct sha256 *sha, uint8_t digest[SHA256_LEN])
{
	br_sha256_out((const br_sha256_context *)sha->context, digest);
}
