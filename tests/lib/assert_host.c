/* SPDX-License-Identifier: MIT */
/* base/assert.h on the host: says what failed and aborts, which the runner reports with the test's name. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

__attribute__((noreturn, cold)) void assert_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}
