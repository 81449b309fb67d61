/*
 * SPDX-License-Identifier: MIT
 *
 * Assertions for programming errors only; bytes from outside never reach one.  The expression
 * must have no side effects.  The kernel's assert_failed() panics (status 119), the host's aborts.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

__attribute__((noreturn, cold)) void assert_failed(const char *expr, const char *file, int line);

#define ASSERT(expr) ((expr) ? (void)0 : assert_failed(#expr, __FILE__, __LINE__))

#endif
