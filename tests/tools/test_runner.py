# SPDX-License-Identifier: MIT
"""The program that host tests are linked into (tests/runner): what it runs, and what it says of a test that
fails, crashes, hangs or leaks."""

import os
import re
import subprocess

import pytest
from conftest import ROOT

CALM = '''#include "tests/runner/unit.h"
static int opened, closed, once;
static void begin(void) { once++; }
static void setup(void) { opened++; }
static void teardown(void) { closed++; }
FIXTURE(setup, teardown);
FIXTURE_ONCE(begin);
TEST(first)
{
	assert_int_equal(opened, 1);
	assert_int_equal(closed, 0);
}
TEST(second)
{
	assert_int_equal(opened, 2);
	assert_int_equal(closed, 1);
	assert_int_equal(once, 1);
}
static void open_number(int *n) { *n = 41; }
static void close_number(int *n) { assert_int_equal(*n, 42); }
#define NUMBER_TEST(name) TEST_WITH(name, int, n, open_number, close_number)
NUMBER_TEST(with_a_number)
{
	(*n)++;
}
struct row { const char *name; int n; };
static const struct row rows[] = {{"one", 1}, {"the other one", 2}};
static void on_row(const struct row *row) { assert_in_range(row->n, 1, 2); }
TEST_ROWS(on_row, rows);
'''
WILD = '''#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tests/runner/unit.h"
TEST(fails)
{
	assert_int_equal(1, 2);
}
TEST(aborts)
{
	printf("said before it\\n");
	abort();
}
TEST(reads_behind_it)
{
	volatile char *p = malloc(3);

	p[0] = p[3];
	free((void *)p);
}
TEST(hangs)
{
	for (;;)
		pause();
}
TEST(is_fine)
{
}
'''
LEAKY = '''#include <stdlib.h>
#include "tests/runner/unit.h"
TEST(forgets)
{
	static void *volatile p;

	p = malloc(5);
	p = NULL;
}
'''


@pytest.fixture(scope='module')
def unit(tmp_path_factory):
    where = tmp_path_factory.mktemp('runner')
    for name, text in (('calm', CALM), ('wild', WILD), ('leaky', LEAKY)):
        (where / f'test_{name}.c').write_text(text)
    subprocess.run(['gcc', '-O1', '-g', '-I', ROOT, '-fsanitize=address,undefined', '-o', where / 'unit',
                    *where.glob('test_*.c'), os.path.join(ROOT, 'tests/runner/runner.c'), '-lcmocka'],
                   check=True)

    def run(*arguments):
        done = subprocess.run([where / 'unit', *arguments], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        return done.returncode, done.stdout
    return run


def lines(output):
    """Without the times."""
    return re.sub(r'  [0-9.]+ s$', '', output, flags=re.M).splitlines()


def test_what_is_right(unit):
    assert unit('-q', 'test_calm')[0] == 0
    assert lines(unit('-q', 'test_calm')[1]) == [
        'ok    test_calm  5 tests', 'host tests: 1 files, 5 tests, 0 files did not pass; 0 seeded scenarios']


def test_a_file_alone_shows_what_it_says(unit):
    assert '[       OK ] the other one' in unit('test_calm')[1]


def test_the_list_and_the_filters(unit):
    assert unit('--list', 'test_calm') == (0, ''.join(
        f'test_calm: {name}\n' for name in ('first', 'second', 'with_a_number', 'one', 'the other one')))
    assert unit('--list', '-k', 'is_fine', '-k', 'calm: second') == (
        0, 'test_calm: second\ntest_wild: is_fine\n')
    assert unit('test_nowhere') == (2, 'unit: no test file is called test_nowhere\n')
    assert unit('-k', 'nothing has this') == (2, 'unit: no test has these words\n')


def test_each_fault_is_named_and_ends_one_test_only(unit):
    result, output = unit('-t', '2', '-j', '1')
    assert result == 1
    assert '[  FAILED  ] fails' in output
    assert 'said before it\n' in output
    assert '[  DIED    ] test_wild: aborts' in output
    assert 'heap-buffer-overflow' in output
    assert '[  DIED    ] test_wild: reads_behind_it' in output
    assert '[  TOO LATE ] test_wild: hangs' in output
    assert '[       OK ] is_fine' in output
    assert 'LeakSanitizer' in output
    assert '[  DIED    ] test_leaky: outside of its tests (a leak?)' in output
    assert [line for line in lines(output) if line.startswith(('ok', 'BAD', 'host'))] == [
        'ok    test_calm  5 tests', 'BAD   test_leaky  1 tests, 1 did not pass',
        'BAD   test_wild  1 tests, 4 did not pass',
        'host tests: 3 files, 7 tests, 2 files did not pass; 0 seeded scenarios']


def test_stop_ends_with_the_first(unit):
    result, output = unit('-x', 'test_wild')
    assert result == 1
    assert 'aborts' not in output
