/* SPDX-License-Identifier: MIT */
/* When ACKs are sent: RFC 9293 3.8.6.3, RFC 5681 4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/tcp/internal.h"
#include "tests/unit/receive_kit.h"

static void spend_quick_acks(struct tk *t)
{
	tk_tcb(t)->quick_acks = 0;
}

static void young_connections_acknowledge_at_once(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (uint32_t i = 0; i < TCP_QUICK_ACKS; i++) {
		peer_data(&t, i * 10, 10);
		TK_EXPECT(&t, TCP_ACK, 1, 11 + i * 10, 0);
	}
	peer_data(&t, TCP_QUICK_ACKS * 10, 10);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* RFC 9293 3.8.6.3: every second segment, or after 40 ms. */
static void old_ones_every_second_segment(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	spend_quick_acks(&t);
	peer_data(&t, 0, 1000);
	TK_EXPECT_NOTHING(&t);
	peer_data(&t, 1000, 1000);
	TK_EXPECT(&t, TCP_ACK, 1, 2001, 0);
	peer_data(&t, 2500, 500);
	TK_EXPECT(&t, TCP_ACK, 1, 2001, 0);
	peer_data(&t, 2000, 500); /* what closes a hole: at once */
	TK_EXPECT(&t, TCP_ACK, 1, 3001, 0);
	peer_data(&t, 3000, 1000);
	tk_advance(&t, TCP_DELAYED_ACK_NS - 1);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, 1);
	TK_EXPECT(&t, TCP_ACK, 1, 4001, 0);
	peer_data(&t, 4000, 1000); /* data of ours carries it */
	tk_write(&t, 0, 5);
	TK_EXPECT(&t, TCP_ACK, 1, 5001, 5);
	tk_advance(&t, TCP_DELAYED_ACK_NS);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* One ACK for all frames of one batch. */
static void a_batch_gets_one_ack(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (uint32_t i = 0; i < 8; i++)
		tk_inject(&t, &(struct tk_in){.seq = 1 + 100 * i, .ack = 1, .flags = TCP_ACK,
					      .data = pattern + 100 * i, .len = 100});
	TK_EXPECT_NOTHING(&t);
	assert_true(net_next_deadline(t.k.stack) <= t.k.now_ns);
	kit_poll(&t.k);
	TK_EXPECT(&t, TCP_ACK, 1, 801, 0);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* A device without room: the ACK is not forgotten. */
static void an_ack_that_found_no_room_is_sent_later(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	t.k.send_result = ERR_AGAIN;
	peer_data(&t, 0, 100);
	t.k.send_result = ERR_OK;
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	tk_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(young_connections_acknowledge_at_once),
		cmocka_unit_test(old_ones_every_second_segment),
		cmocka_unit_test(a_batch_gets_one_ack),
		cmocka_unit_test(an_ack_that_found_no_room_is_sent_later),
	};

	return cmocka_run_group_tests(tests, fill_pattern, NULL);
}
