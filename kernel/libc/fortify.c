/* SPDX-License-Identifier: MIT */
/* What a library calls that was built with checks of its own (glibc's _FORTIFY_SOURCE), as Debian's
 * packages are: BearSSL.  A copy beyond its destination is a bug of the image's, so a panic. */
#include "base/assert.h"
#include "base/string.h"

void *__memcpy_chk(void *dst, const void *src, size_t len, size_t dst_len);

void *__memcpy_chk(void *dst, const void *src, size_t len, size_t dst_len)
{
	ASSERT(len <= dst_len);
	return memcpy(dst, src, len);
}
