/* SPDX-License-Identifier: MIT */
/* net/pktbuf: pools, headroom, pieces, the FIFO queue. */
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static struct kit_port kp;
static struct pktbuf_pool pool;

static void setup(void)
{
	kit_port_open(&kp, 1);
	pktbuf_pool_init(&pool, &kp.port, PKTBUF_HEADROOM + 100, 3);
}

static void teardown(void)
{
	pktbuf_pool_destroy(&pool);
	kit_port_close(&kp);
}

FIXTURE(setup, teardown);

TEST(a_new_buffer_is_empty_behind_its_headroom)
{
	struct pktbuf *pkt = pktbuf_alloc(&pool, PKTBUF_HEADROOM);

	assert_non_null(pkt);
	assert_int_equal(pktbuf_headroom(pkt), PKTBUF_HEADROOM);
	assert_int_equal(pktbuf_len(pkt), 0);
	assert_int_equal(pktbuf_total_len(pkt), 0);
	assert_int_equal(pktbuf_tailroom(pkt), 100);
	memset(pkt->head, 0xff, (size_t)(pkt->end - pkt->head)); /* all of it is ours: ASan looks */
	pktbuf_free(pkt);
}

static void sent(struct stack *stack, const struct pktbuf *pkt, const struct pktbuf_sent *facts)
{
	(void)stack;
	(void)pkt;
	(void)facts;
}

/* What one user leaves in a buffer must not reach the next one. */
TEST(a_reused_buffer_is_as_new)
{
	struct pktbuf *first = pktbuf_alloc(&pool, 10), *again;
	uint8_t byte = 1;

	first->flags = PKTBUF_CSUM_PARTIAL | PKTBUF_LINK_BROADCAST;
	first->csum_start = first->csum_off = first->gso_size = 7;
	first->sent = sent;
	assert_true(pktbuf_add_piece(first, &byte, 1));
	pktbuf_free(first);
	again = pktbuf_alloc(&pool, PKTBUF_HEADROOM);
	assert_ptr_equal(again, first);
	assert_int_equal(kp.allocations, 1);
	assert_int_equal(again->flags, 0);
	assert_int_equal(again->csum_start, 0);
	assert_int_equal(again->gso_size, 0);
	assert_true(again->sent == NULL);
	assert_int_equal(again->n_pieces, 0);
	assert_null(again->pieces_release);
	assert_int_equal(pktbuf_headroom(again), PKTBUF_HEADROOM);
	pktbuf_free(again);
}

TEST(the_pool_has_an_end)
{
	struct pktbuf *p[3];

	for (unsigned i = 0; i < 3; i++)
		assert_non_null(p[i] = pktbuf_alloc(&pool, 0));
	assert_null(pktbuf_alloc(&pool, 0));
	assert_int_equal(pool.in_use, 3);
	pktbuf_free(p[1]);
	assert_non_null(p[1] = pktbuf_alloc(&pool, 0));
	for (unsigned i = 0; i < 3; i++)
		pktbuf_free(p[i]);
	assert_int_equal(pool.in_use, 0);
	assert_int_equal(pool.allocated, 3);
}

TEST(no_memory_is_null)
{
	kp.fail_after = 0;
	assert_null(pktbuf_alloc(&pool, 0));
	assert_int_equal(pool.in_use, 0);
	assert_int_equal(pool.allocated, 0);
	pktbuf_free(NULL);
}

TEST(push_and_pull_move_data)
{
	struct pktbuf *pkt = pktbuf_alloc(&pool, 20);
	uint8_t *at = pktbuf_put(pkt, 4);

	memcpy(at, "body", 4);
	memcpy(pktbuf_push(pkt, 3), "hdr", 3);
	assert_int_equal(pktbuf_len(pkt), 7);
	assert_int_equal(pktbuf_headroom(pkt), 17);
	assert_memory_equal(pkt->data, "hdrbody", 7);
	assert_memory_equal(pktbuf_pull(pkt, 3), "body", 4);
	pktbuf_trim(pkt, 2);
	assert_int_equal(pktbuf_len(pkt), 2);
	assert_memory_equal(pkt->data, "bo", 2);
	pktbuf_free(pkt);
}

TEST(put_refuses_more_than_the_tailroom)
{
	struct pktbuf *pkt = pktbuf_alloc(&pool, PKTBUF_HEADROOM);

	assert_null(pktbuf_put(pkt, 101));
	assert_int_equal(pktbuf_len(pkt), 0);
	assert_non_null(pktbuf_put(pkt, 100));
	assert_null(pktbuf_put(pkt, 1));
	pktbuf_free(pkt);
}

/* csum_start counts from data: a header that is put before it moves it. */
TEST(push_keeps_the_partial_checksum_in_place)
{
	struct pktbuf *pkt = pktbuf_alloc(&pool, PKTBUF_HEADROOM);

	assert_non_null(pktbuf_put(pkt, 20));
	pkt->flags = PKTBUF_CSUM_PARTIAL;
	pkt->csum_start = 0;
	pkt->csum_off = 16;
	pktbuf_push(pkt, 20);
	pktbuf_push(pkt, 14);
	assert_int_equal(pkt->csum_start, 34);
	pktbuf_free(pkt);
}

static unsigned released;

static void count_release(struct pktbuf *pkt)
{
	assert_int_equal(pkt->pieces_cookie, 77);
	released++;
}

TEST(pieces_are_counted_and_released_once)
{
	static const uint8_t bytes[10];
	struct pktbuf *pkt = pktbuf_alloc(&pool, PKTBUF_HEADROOM);

	released = 0;
	pkt->pieces_release = count_release;
	pkt->pieces_cookie = 77;
	assert_non_null(pktbuf_put(pkt, 5));
	for (unsigned i = 0; i < PKTBUF_PIECES_MAX; i++)
		assert_true(pktbuf_add_piece(pkt, bytes, i + 1));
	assert_false(pktbuf_add_piece(pkt, bytes, 1));
	assert_int_equal(pktbuf_len(pkt), 5);
	assert_int_equal(pktbuf_total_len(pkt), 5 + 1 + 2 + 3 + 4);
	assert_int_equal(released, 0);
	pktbuf_free(pkt);
	assert_int_equal(released, 1);
}

TEST(the_queue_is_first_in_first_out)
{
	struct pktbuf_queue q = {0};
	struct pktbuf *p[3];

	for (unsigned i = 0; i < 3; i++) {
		p[i] = pktbuf_alloc(&pool, 0);
		pktbuf_queue_push(&q, p[i]);
	}
	assert_int_equal(q.count, 3);
	assert_ptr_equal(pktbuf_queue_pop(&q), p[0]);
	pktbuf_queue_push(&q, p[0]);
	assert_ptr_equal(pktbuf_queue_pop(&q), p[1]);
	assert_ptr_equal(pktbuf_queue_pop(&q), p[2]);
	assert_ptr_equal(pktbuf_queue_pop(&q), p[0]);
	assert_null(pktbuf_queue_pop(&q));
	assert_null(q.last);
	for (unsigned i = 0; i < 3; i++)
		pktbuf_queue_push(&q, p[i]);
	pktbuf_queue_free(&q);
	assert_int_equal(q.count, 0);
	assert_int_equal(pool.in_use, 0);
}

/* --- held for one more look ------------------------------------------------------------------------- */

TEST(what_is_held_outlives_its_owner)
{
	struct pktbuf *pkt = pktbuf_alloc(&pool, 0);
	uint8_t *at = pktbuf_put(pkt, 1);

	*at = 7;
	pktbuf_hold(pkt);
	pktbuf_free(pkt); /* the new owner has done with it at once */
	assert_int_equal(pool.in_use, 1);
	assert_int_equal(*at, 7);
	pktbuf_release(pkt);
	assert_int_equal(pool.in_use, 0);
}

TEST(what_is_released_stays_with_its_owner)
{
	struct pktbuf *pkt = pktbuf_alloc(&pool, 0);

	pktbuf_hold(pkt);
	pktbuf_release(pkt);
	assert_int_equal(pool.in_use, 1);
	pktbuf_free(pkt);
	assert_int_equal(pool.in_use, 0);
}
