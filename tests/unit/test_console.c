/* SPDX-License-Identifier: MIT */
/* kernel/console over ports of the test's own: every byte leaves in order, also when the ring runs
 * full; a busy port is waited for, a dead one no longer than it takes to be sure, and it may come
 * back; what the ring holds at any moment is whole lines. */
#include <stdlib.h>
#include <string.h>

#include "base/string.h"
#include "tests/runner/unit.h"

TAKES_LONG;

static void *watched_memcpy(void *to, const void *from, size_t len);

#define memcpy watched_memcpy
#include "kernel/console/console.c"
#undef memcpy

#define OUT_MAX (256 * 1024)
#define FIFO 16

static struct {
	bool there;
	unsigned busy; /* how many more looks find it busy */
	bool dead;
	uint64_t dead_until_ns; /* 0: for ever */
	size_t len, bursts;
	char out[OUT_MAX];
} ports[2];

static uint64_t now_ns;
static bool clock_stands;

uint64_t clock_now_ns(void)
{
	return clock_stands ? 0 : now_ns;
}

/* Whoever interrupts a line here, for good, must find the line before it ended and nothing of this. */
static void *watched_memcpy(void *to, const void *from, size_t len)
{
	void *ret = memcpy(to, from, len);

	for (unsigned i = 0; i < CONSOLE_PORTS; i++) {
		if (pending(&rings[i]) > 0)
			assert_int_equal(rings[i].bytes[(rings[i].tail - 1) % RING_SIZE], '\n');
	}
	return ret;
}

bool console_port_open(unsigned port)
{
	return ports[port].there;
}

/* A look takes a microsecond. */
static bool accepts(unsigned port)
{
	now_ns += NS_PER_US;
	if (ports[port].dead &&
	    (ports[port].dead_until_ns == 0 || now_ns < ports[port].dead_until_ns))
		return false;
	if (ports[port].busy == 0)
		return true;
	ports[port].busy--;
	return false;
}

size_t console_port_write(unsigned port, const char *bytes, size_t len)
{
	size_t burst = MIN(len, (size_t)FIFO);

	assert_true(len > 0 && ports[port].there);
	if (!accepts(port))
		return 0;
	assert_true(ports[port].len + burst <= OUT_MAX);
	memcpy(ports[port].out + ports[port].len, bytes, burst);
	ports[port].len += burst;
	ports[port].bursts++;
	return burst;
}

static char many[512]; /* a line, of which 64 fill the ring */

static void setup(void)
{
	memset(rings, 0, sizeof(rings));
	memset(ports, 0, sizeof(ports));
	memset(many, 'x', sizeof(many));
	clock_stands = false;
	ports[0].there = true;
}

FIXTURE(setup, NULL);

static void expect_out(int port, const char *text)
{
	assert_int_equal(ports[port].len, strlen(text));
	assert_memory_equal(ports[port].out, text, strlen(text));
}

TEST(lines_wait_until_drained)
{
	console_init();
	console_line(CONSOLE_FIRST, "one", 3);
	console_line(CONSOLE_SECOND, "nobody there", 12);
	assert_int_equal(ports[0].len, 0);
	assert_true(console_has(CONSOLE_FIRST));
	assert_false(console_has(CONSOLE_SECOND));
	assert_true(console_drain());
	expect_out(0, "\r\none\r\n");
	assert_int_equal(ports[1].len, 0);
}

TEST(two_ports_are_apart)
{
	ports[1].there = true;
	console_init();
	console_line(CONSOLE_FIRST, "a", 1);
	console_line(CONSOLE_SECOND, "b", 1);
	console_flush();
	expect_out(0, "\r\na\r\n");
	expect_out(1, "\r\nb\r\n");
}

TEST(draining_goes_in_bursts_and_reports_how_far)
{
	console_init();
	console_line(CONSOLE_FIRST, "0123456789012345678901234", 25);
	ports[0].busy = 1;
	assert_int_equal(console_drain_burst(), CONSOLE_BLOCKED);
	assert_int_equal(console_drain_burst(), CONSOLE_SENT);
	assert_int_equal(ports[0].len, 16);
	ports[0].busy = 1;
	assert_false(console_drain());
	assert_true(console_drain());
	assert_int_equal(console_drain_burst(), CONSOLE_EMPTY);
	assert_int_equal(ports[0].len, 29);
	assert_int_equal(ports[0].bursts, 2);
}

/* Many lines of many lengths, hardly ever drained, through a port that is often busy. */
TEST(no_byte_is_lost_when_the_ring_is_full)
{
	static char want[OUT_MAX];
	size_t want_len = 2;

	console_init();
	memcpy(want, "\r\n", 2);
	srand(3);
	while (want_len < OUT_MAX - 1000) {
		char line[600];
		size_t len = (size_t)rand() % sizeof(line);

		for (size_t i = 0; i < len; i++)
			line[i] = (char)('a' + (want_len + i) % 26);
		memcpy(want + want_len, line, len);
		memcpy(want + want_len + len, "\r\n", 2);
		want_len += len + 2;
		ports[0].busy = (unsigned)rand() % 50;
		console_line(CONSOLE_FIRST, line, len);
		if (rand() % 100 == 0)
			(void)console_drain();
	}
	console_flush();
	assert_int_equal(ports[0].len, want_len);
	assert_memory_equal(ports[0].out, want, want_len);
}

TEST(a_line_longer_than_any_is_cut)
{
	static char line[CONSOLE_LINE_MAX + 1];

	console_init();
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = (char)('A' + i % 23);
	for (unsigned i = 0; i < 5; i++)
		console_line(CONSOLE_FIRST, line, sizeof(line));
	console_flush();
	assert_int_equal(ports[0].len, 2 + 5 * (CONSOLE_LINE_MAX + 2));
	assert_memory_equal(ports[0].out + 2, line, CONSOLE_LINE_MAX);
	assert_memory_equal(ports[0].out + 2 + CONSOLE_LINE_MAX, "\r\nAB", 4);
}

/* A reader who comes after some seconds misses nothing. */
TEST(a_late_reader_gets_everything)
{
	console_init();
	ports[0].dead = true;
	ports[0].dead_until_ns = now_ns + 9 * NS_PER_S;
	for (unsigned i = 0; i < 100; i++)
		console_line(CONSOLE_FIRST, many, sizeof(many));
	console_line(CONSOLE_FIRST, "EXIT", 4);
	ports[0].dead_until_ns = now_ns + 29 * NS_PER_S;
	console_flush();
	assert_int_equal(ports[0].len, 2 + 100 * (sizeof(many) + 2) + 6);
}

TEST(a_dead_port_does_not_hold_the_machine)
{
	uint64_t start_ns = now_ns;

	ports[1].there = true;
	console_init();
	ports[0].dead = true;
	for (unsigned i = 0; i < 1000; i++)
		console_line(CONSOLE_FIRST, many, sizeof(many));
	assert_true(now_ns - start_ns < 11 * NS_PER_S);
	console_line(CONSOLE_SECOND, "still here", 10);
	console_flush();
	assert_true(now_ns - start_ns < 42 * NS_PER_S);
	expect_out(1, "\r\nstill here\r\n");
}

/* Before there is a clock, and after it broke, looks are counted. */
TEST(nor_without_a_clock)
{
	clock_stands = true;
	console_init();
	ports[0].dead = true;
	for (unsigned i = 0; i < 1000; i++)
		console_line(CONSOLE_FIRST, many, sizeof(many));
	console_flush();
	assert_true(rings[0].stalled);
}

TEST(a_port_that_comes_back_begins_a_line)
{
	console_init();
	console_line(CONSOLE_FIRST, "the first line", 14);
	assert_int_equal(console_drain_burst(), CONSOLE_SENT);
	ports[0].dead = true;
	for (unsigned i = 0; i < 100; i++)
		console_line(CONSOLE_FIRST, many, sizeof(many));
	ports[0].dead = false;
	console_line(CONSOLE_FIRST, "EXIT", 4);
	console_flush();
	assert_memory_equal(ports[0].out, "\r\nthe first line\r\nxx", 20);
	assert_memory_equal(ports[0].out + ports[0].len - 10, "xx\r\nEXIT\r\n", 10);
	assert_false(rings[0].stalled);
	/* And is waited for again. */
	ports[0].dead = true;
	ports[0].dead_until_ns = now_ns + 9 * NS_PER_S;
	ports[0].len = 0;
	for (unsigned i = 0; i < 100; i++)
		console_line(CONSOLE_FIRST, many, sizeof(many));
	console_flush();
	assert_int_equal(ports[0].len, 100 * (sizeof(many) + 2));
}

static unsigned lines_out(int port)
{
	unsigned lines = 0;

	for (size_t i = 0; i < ports[port].len; i++)
		lines += ports[port].out[i] == '\n';
	return lines;
}

/* What is not printed is counted: every line is in one number or the other. */
TEST(lost_lines_are_counted)
{
	uint32_t lost;

	console_init();
	ports[0].dead = true;
	for (unsigned i = 0; i < 1000; i++)
		console_line(CONSOLE_FIRST, many, sizeof(many));
	assert_int_equal(console_read_lost(CONSOLE_FIRST), 0); /* it would be lost, too */
	ports[0].dead = false;
	console_flush();
	lost = console_read_lost(CONSOLE_FIRST);
	assert_in_range(lost, 900, 1000);
	/* console_init() has one, and each time that lines are dropped there is an empty one more. */
	assert_in_range(lost + lines_out(0), 1000 + 1, 1000 + 1 + 1000 / 63 + 1);
	assert_int_equal(console_read_lost(CONSOLE_FIRST), 0);
	assert_int_equal(console_read_lost(CONSOLE_SECOND), 0);
}

/* A port so slow that the ring never empties: by the deadline what is left is dropped, counted, and the
 * verdict behind it comes out. */
TEST(the_deadline_ends_a_slow_report)
{
	uint64_t deadline_ns = now_ns + 50 * NS_PER_MS;
	char line[200];

	console_init();
	console_set_deadline(&deadline_ns);
	memset(line, 'x', sizeof(line));
	for (unsigned i = 0; i < 1000; i++) {
		ports[0].busy = 1000; /* a millisecond for a burst */
		console_line(CONSOLE_FIRST, line, sizeof(line));
	}
	console_flush_in_time();
	assert_in_range(now_ns, deadline_ns - NS_PER_MS, deadline_ns + 10 * NS_PER_MS);
	assert_int_equal(console_read_lost(CONSOLE_FIRST), 0); /* what says so would be dropped, too */
	console_set_deadline(NULL);
	assert_in_range(console_read_lost(CONSOLE_FIRST), 900, 1000);
	ports[0].busy = 0;
	console_line(CONSOLE_FIRST, "verdict", 7);
	console_flush();
	assert_memory_equal(ports[0].out + ports[0].len - 11, "\r\nverdict\r\n", 11);
}

/* It may come nearer while it is waited for. */
TEST(a_deadline_that_moves)
{
	uint64_t deadline_ns = UINT64_MAX;

	console_init();
	console_set_deadline(&deadline_ns);
	console_line(CONSOLE_FIRST, "one", 3);
	ports[0].dead = true;
	deadline_ns = now_ns + 3 * NS_PER_MS;
	console_flush_in_time();
	assert_in_range(now_ns, deadline_ns, deadline_ns + NS_PER_MS);
	ports[0].dead = false;
	console_set_deadline(NULL);
}
