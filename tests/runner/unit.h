/*
 * SPDX-License-Identifier: MIT
 *
 * How a test file says what it has.  All files are linked into one program (runner.c), which finds
 * the tests in a linker section; there is no list to keep.
 *
 *      FIXTURE(setup, teardown)         before and after every TEST of this file; NULL for none
 *      FIXTURE_ONCE(setup)              once, before the first test of this file
 *      TAKES_LONG;                      seconds: this file is started before the others
 *      TEST(name) { ... }               a test
 *      TEST_WITH(name, type, var, open, close) { ... }
 *                                       a test that is given `type *var`, opened and closed around it
 *      TEST_ROWS(function, table)       a test for each row; a row's first member is its name
 *
 * A TEST says what is wrong with cmocka's asserts.  A file is run in a process of its own, so that
 * file-wide variables are its own; it sees them as the test before left them, unless its fixture
 * clears them.
 *
 * A file that defines functions of the code under test, to stand in for them, is named in
 * UNIT_ISLANDS (tests/unit.mk): it then has its own copy of the rest.
 */
#ifndef TESTS_RUNNER_UNIT_H
#define TESTS_RUNNER_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct unit_entry {
	const char *file; /* as the compiler was given it */
	int line;
	const char *name; /* NULL: no test, but what holds for the file */
	void (*run)(void);
	void (*run_row)(const void *row);
	const void *rows;
	size_t n_rows, row_len;
	void (*setup)(void), (*teardown)(void), (*setup_once)(void);
	bool takes_long;
};

#define UNIT_ENTRY_(id, ...)                                                                    \
	static const struct unit_entry unit_entry_##id = {.file = __FILE__, .line = __LINE__, __VA_ARGS__};       \
	static const struct unit_entry *const unit_listed_##id                                  \
		__attribute__((section("unit_entries"), used)) = &unit_entry_##id

#define TEST(name_)                                                                             \
	static void name_(void);                                                                \
	UNIT_ENTRY_(name_, .name = #name_, .run = name_);                                       \
	static void name_(void)

#define TEST_WITH(name_, type, var, open, close)                                                \
	static void name_(type *var);                                                           \
	static void name_##_between(void)                                                       \
	{                                                                                       \
		static type it;                                                                 \
                                                                                                \
		open(&it);                                                                      \
		name_(&it);                                                                     \
		close(&it);                                                                     \
	}                                                                                       \
	UNIT_ENTRY_(name_, .name = #name_, .run = name_##_between);                             \
	static void name_(type *var)

#define TEST_ROWS(function, table)                                                              \
	static void function##_on(const void *row)                                              \
	{                                                                                       \
		function(row);                                                                  \
	}                                                                                       \
	UNIT_ENTRY_(function, .name = #function, .run_row = function##_on, .rows = (table),     \
		    .n_rows = sizeof(table) / sizeof((table)[0]), .row_len = sizeof((table)[0]))

#define FIXTURE(setup_, teardown_) UNIT_ENTRY_(fixture, .setup = (setup_), .teardown = (teardown_))
#define FIXTURE_ONCE(setup_) UNIT_ENTRY_(fixture_once, .setup_once = (setup_))
#define TAKES_LONG UNIT_ENTRY_(takes_long, .takes_long = true)

#endif
