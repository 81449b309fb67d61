/* SPDX-License-Identifier: MIT */
/* kernel/libc/string: the kernel's own memory and string functions beside the C library's, at every
 * small length, offset and overlap. */
#include <stdlib.h>
#include <string.h>

/* The functions under test, under names of their own. */
#define memcpy kernel_memcpy
#define memmove kernel_memmove
#define memset kernel_memset
#define memcmp kernel_memcmp
#define memchr kernel_memchr
#define strlen kernel_strlen
#define strcmp kernel_strcmp
#define strncmp kernel_strncmp
#include "kernel/libc/string.c"
#include "tests/runner/unit.h"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strcmp
#undef strncmp

#define N 96

static void fill(unsigned char *p)
{
	for (size_t i = 0; i < N; i++)
		p[i] = (unsigned char)(i * 37 + 11);
}

TEST(copies)
{
	unsigned char from[N], to[N], want[N];

	fill(from);
	for (size_t at = 0; at < 17; at++) {
		for (size_t len = 0; len + at < N - 16; len++) {
			memset(to, 0, N);
			memset(want, 0, N);
			memcpy(want + at, from + 3, len);
			assert_ptr_equal(kernel_memcpy(to + at, from + 3, len), to + at);
			assert_memory_equal(to, want, N);
		}
	}
}

TEST(moves_over_itself)
{
	unsigned char got[N], want[N];

	for (size_t from = 0; from < 24; from++) {
		for (size_t to = 0; to < 24; to++) {
			for (size_t len = 0; len < N - 24; len++) {
				fill(got);
				fill(want);
				memmove(want + to, want + from, len);
				assert_ptr_equal(kernel_memmove(got + to, got + from, len), got + to);
				assert_memory_equal(got, want, N);
			}
		}
	}
}

TEST(fills)
{
	unsigned char got[N], want[N];

	for (size_t len = 0; len < N - 8; len++) {
		fill(got);
		fill(want);
		memset(want + 5, (int)(len + 200), len);
		assert_ptr_equal(kernel_memset(got + 5, (int)(len + 200), len), got + 5);
		assert_memory_equal(got, want, N);
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

TEST(compares_and_finds)
{
	static const char *const words[] = {"", "a", "ab", "abc", "abd", "b", "\x80", "ab\xff"};
	static const unsigned char bytes[] = {1, 2, 0, 200, 2};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(kernel_strlen(words[i]), strlen(words[i]));
		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
			const char *a = words[i], *b = words[j];

			assert_int_equal(sign(kernel_strcmp(a, b)), sign(strcmp(a, b)));
			for (size_t n = 0; n < 5; n++)
				assert_int_equal(sign(kernel_strncmp(a, b, n)),
						 sign(strncmp(a, b, n)));
		}
	}
	assert_int_equal(kernel_memcmp("a\0b", "a\0b", 3), 0);
	assert_true(kernel_memcmp("a\0b", "a\0c", 3) < 0);
	assert_true(kernel_memcmp("a\x80", "a\x7f", 2) > 0);
	assert_int_equal(kernel_memcmp("x", "y", 0), 0);
	assert_ptr_equal(kernel_memchr(bytes, 2, 5), bytes + 1);
	assert_ptr_equal(kernel_memchr(bytes, 200, 5), bytes + 3);
	assert_ptr_equal(kernel_memchr(bytes, 0x100 + 200, 5), bytes + 3);
	assert_null(kernel_memchr(bytes, 200, 3));
	assert_null(kernel_memchr(bytes, 1, 0));
}
