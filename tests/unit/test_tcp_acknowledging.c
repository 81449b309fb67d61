/* SPDX-License-Identifier: MIT */
/* When ACKs are sent: RFC 9293 3.8.6.3, RFC 5681 4.2. */
#include <stdlib.h>

#include "net/tcp/limits.h"
#include "tests/runner/unit.h"
#include "tests/unit/receive_kit.h"

FIXTURE_ONCE(fill_pattern);

static void spend_quick_acks(struct tk *t)
{
	tk_turn(t, TCP_KNOB_QUICK_ACKS, 0);
}

TCP_TEST(young_connections_acknowledge_at_once)
{
	tk_establish(t);
	for (uint32_t i = 0; i < TCP_QUICK_ACKS; i++) {
		peer_data(t, i * 10, 10);
		TK_EXPECT(t, TCP_ACK, 1, 11 + i * 10, 0);
	}
	peer_data(t, TCP_QUICK_ACKS * 10, 10);
	TK_EXPECT_NOTHING(t);
}

/* RFC 9293 3.8.6.3: every second segment, or after 40 ms. */
TCP_TEST(old_ones_every_second_segment)
{
	tk_establish(t);
	spend_quick_acks(t);
	peer_data(t, 0, 1000);
	TK_EXPECT_NOTHING(t);
	peer_data(t, 1000, 1000);
	TK_EXPECT(t, TCP_ACK, 1, 2001, 0);
	peer_data(t, 2500, 500);
	TK_EXPECT(t, TCP_ACK, 1, 2001, 0);
	peer_data(t, 2000, 500); /* what closes a hole: at once */
	TK_EXPECT(t, TCP_ACK, 1, 3001, 0);
	peer_data(t, 3000, 1000);
	tk_advance(t, TCP_DELAYED_ACK_NS - 1);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, 1);
	TK_EXPECT(t, TCP_ACK, 1, 4001, 0);
	peer_data(t, 4000, 1000); /* data of ours carries it */
	tk_write(t, 0, 5);
	TK_EXPECT(t, TCP_ACK, 1, 5001, 5);
	tk_advance(t, TCP_DELAYED_ACK_NS);
	TK_EXPECT_NOTHING(t);
}

/* One ACK for all frames of one batch. */
TCP_TEST(a_batch_gets_one_ack)
{
	tk_establish(t);
	for (uint32_t i = 0; i < 8; i++)
		tk_inject(t, &(struct tk_in){.seq = 1 + 100 * i, .ack = 1, .flags = TCP_ACK,
					      .data = pattern + 100 * i, .len = 100});
	TK_EXPECT_NOTHING(t);
	assert_true(net_next_deadline(t->k.stack) <= t->k.now_ns);
	kit_poll(&t->k);
	TK_EXPECT(t, TCP_ACK, 1, 801, 0);
	TK_EXPECT_NOTHING(t);
}

/* A device without room: the ACK is not forgotten. */
TCP_TEST(an_ack_that_found_no_room_is_sent_later)
{
	tk_establish(t);
	t->k.send_result = ERR_AGAIN;
	peer_data(t, 0, 100);
	t->k.send_result = ERR_OK;
	TK_EXPECT_NOTHING(t);
	tk_advance(t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(t, TCP_ACK, 1, 101, 0);
}
