/* SPDX-License-Identifier: MIT */
/* Whose place a newcomer gets, who has to wait for that, and who moves too little; app/server/crowd.c. */
#include <stdlib.h>

#include "app/server/internal.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define MIB (UINT64_C(1) << 20)
#define NO_SOCKET 9999 /* what the rows say about themselves counts */

static struct kit k;
static struct machine m;
static struct server s;
static uint64_t memory;

static void machine_memory(void *ctx, uint64_t *total, uint64_t *available)
{
	(void)ctx;
	*total = *available = memory;
}

static void *machine_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void machine_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

static void setup(void)
{
	kit_open(&k, 1, NULL);
	m = (struct machine){.stack = k.stack, .alloc = machine_alloc, .free = machine_free};
	s = (struct server){.m = &m};
	assert_true(crowd_open(&s));
}

static void teardown(void)
{
	crowd_close(&s);
	kit_close(&k);
}

FIXTURE(setup, teardown);

/* --- rows ------------------------------------------------------------------------------------------ */

/* A connection of guest number `guest` that has moved so much. */
static struct session *row(unsigned i, enum session_phase phase, unsigned guest, uint64_t moved)
{
	struct session *c = &s.sessions[i];

	*c = (struct session){.fd = NO_SOCKET, .phase = phase, .guest = guest, .in = moved, .came_ns = i};
	s.n_guests = MAX(s.n_guests, guest + 1);
	s.guests[guest].connections++;
	s.guests[guest].places += phase != SESSION_WAITING;
	return c;
}

/* --- the choice -------------------------------------------------------------------------------------- */

TEST(the_one_with_least_of_the_address_with_most)
{
	assert_null(crowd_whose_place(&s));
	row(0, SESSION_READING, 0, 0); /* least of all, but the only one of its address */
	row(1, SESSION_READING, 1, 500);
	struct session *least = row(2, SESSION_READING, 1, 400);
	row(3, SESSION_ANSWERING, 1, 401);
	row(4, SESSION_READING, 2, 1);
	row(5, SESSION_READING, 2, 2);
	row(6, SESSION_WAITING, 2, 0); /* has no place */
	row(7, SESSION_WAITING, 2, 0);
	assert_int_equal(crowd_most_places(&s), 3);
	assert_ptr_equal(crowd_whose_place(&s), least);
	least->taken = 101; /* what it has been given counts as well */
	assert_ptr_equal(crowd_whose_place(&s), &s.sessions[3]);
}

TEST(of_two_that_moved_as_little_the_older)
{
	row(3, SESSION_READING, 1, 0)->came_ns = 7;
	row(4, SESSION_READING, 1, 0)->came_ns = 5;
	row(5, SESSION_READING, 1, 0)->came_ns = 6;
	assert_ptr_equal(crowd_whose_place(&s), &s.sessions[4]);
}

/* Addresses with as many: all of their connections are looked at. */
TEST(of_addresses_with_as_many_the_one_with_least)
{
	row(0, SESSION_READING, 0, 50);
	row(1, SESSION_CLOSING, 1, 30);
	row(2, SESSION_READING, 2, 40);
	assert_ptr_equal(crowd_whose_place(&s), &s.sessions[1]);
}

/* --- the claim ---------------------------------------------------------------------------------------- */

TEST(who_has_fewer_need_not_wait)
{
	struct session *c;

	for (unsigned i = 0; i < 3; i++)
		row(i, SESSION_READING, 0, 0);
	c = row(3, SESSION_WAITING, 1, 0);
	s.waiting = row(4, SESSION_WAITING, 0, 0);
	assert_true(crowd_may_replace(&s, c, 3, NS_PER_S));
	assert_true(crowd_may_replace(&s, c, 2, NS_PER_S));
	assert_false(crowd_may_replace(&s, c, 1, NS_PER_S)); /* it would only be its turn then */
	assert_false(crowd_may_replace(&s, s.waiting, 3, NS_PER_S));
}

TEST(no_client_waits_longer_than_two_seconds)
{
	struct session *c;

	row(0, SESSION_READING, 0, 0);
	c = row(1, SESSION_WAITING, 0, 0);
	assert_false(crowd_may_replace(&s, c, 1, c->came_ns + SERVER_WAIT_NS - 1));
	assert_true(crowd_may_replace(&s, c, 1, c->came_ns + SERVER_WAIT_NS));
}

/* Where no more may wait the first of them goes in. */
TEST(a_full_room_does_not_block_the_door)
{
	struct session *first, *second;

	row(0, SESSION_READING, 0, 0);
	first = row(1, SESSION_WAITING, 0, 0);
	second = row(2, SESSION_WAITING, 0, 0);
	s.waiting = first;
	assert_false(crowd_may_replace(&s, first, 1, 0));
	s.free = NULL;
	assert_true(crowd_may_replace(&s, first, 1, 0));
	assert_false(crowd_may_replace(&s, second, 1, 0));
}

/* --- rates ---------------------------------------------------------------------------------------------- */

static bool is_slow(struct session *c, uint64_t in, uint64_t taken, uint64_t ns)
{
	crowd_window_begin(c, 0);
	c->in += in;
	c->taken += taken;
	crowd_measure(&s, c, ns);
	return c->window.slow;
}

TEST(who_moves_too_little)
{
	struct session *c = row(0, SESSION_READING, 0, 0);

	request_begin(&c->request);
	assert_false(is_slow(c, 0, 0, 2 * NS_PER_S)); /* idle: another time-out */
	assert_int_equal(request_feed(&c->request, "GET", 3), 3);
	assert_true(is_slow(c, 127, 0, 2 * NS_PER_S));
	assert_false(is_slow(c, 128, 0, 2 * NS_PER_S));
	assert_true(is_slow(c, 128, 0, 2 * NS_PER_S + NS_PER_MS * 50)); /* looked at late */
	assert_false(is_slow(c, 0, 0, 2 * NS_PER_S - 1)); /* not yet */
	c->phase = SESSION_ANSWERING;
	assert_true(is_slow(c, 9999, 2047, 2 * NS_PER_S));
	assert_false(is_slow(c, 0, 2048, 2 * NS_PER_S));
	c->phase = SESSION_CLOSING;
	assert_true(is_slow(c, 9999, 2047, 2 * NS_PER_S));
	c->fin_acked = true; /* it has all of it */
	assert_false(is_slow(c, 0, 0, 2 * NS_PER_S));
}

/* --- how many -------------------------------------------------------------------------------------------- */

TEST(places_go_with_memory)
{
	static const struct {
		uint64_t available;
		unsigned least, most;
	} rows[] = {
		{0, 64, 64}, {1 * MIB, 64, 64}, {15 * MIB, 200, 300}, {30 * MIB, 500, 600},
		{62 * MIB, 1024, 1024}, {4096 * MIB, 1024, 1024},
	};

	assert_int_equal(crowd_places(&m), 64); /* nobody counts */
	m.memory = machine_memory;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memory = rows[i].available;
		assert_in_range(crowd_places(&m), rows[i].least, rows[i].most);
	}
}
