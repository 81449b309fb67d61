/* SPDX-License-Identifier: MIT */
/* Copies of the input, and the first half of a failed check; see tests/fuzz/lib/fuzz.h. */
#include "tests/fuzz/lib/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *fuzz_copy(const void *p, size_t len)
{
	void *copy = malloc(len);

	if (copy == NULL)
		kit_fail("the host has no memory");
	if (len > 0)
		memcpy(copy, p, len);
	return copy;
}

void fuzz_report_expected(const char *expr)
{
	fprintf(stderr, "fuzz: expected %s\n", expr);
}
