/*
 * SPDX-License-Identifier: MIT
 *
 * net/tcp/send/send_buffer: the ring keeps its bytes until they are acknowledged and no packet refers to
 * them; it outlives its connection.
 */
#include "net/tcp/send/send_buffer.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define SEQ UINT32_C(0xfffffff8) /* the numbers wrap after eight bytes */

struct fixture {
	struct kit_port kp;
	struct pktbuf_pool pool;
	struct send_buffer *sb;
};

static void open_fixture(struct fixture *f, uint32_t size)
{
	kit_port_open(&f->kp, 1);
	pktbuf_pool_init(&f->pool, &f->kp.port, 64, 100);
	f->sb = send_buffer_create(&f->kp.port, size, SEQ);
	assert_non_null(f->sb);
}

static void close_fixture(struct fixture *f)
{
	pktbuf_pool_destroy(&f->pool);
	kit_port_close(&f->kp);
}

static struct pktbuf *packet(struct fixture *f, uint32_t seq, uint32_t len)
{
	struct pktbuf *pkt = pktbuf_alloc(&f->pool, 0);

	send_buffer_attach(f->sb, pkt, seq, len);
	return pkt;
}

TEST(writes_what_fits)
{
	struct fixture f;

	open_fixture(&f, 10);
	assert_int_equal(send_buffer_room(f.sb), 10);
	assert_int_equal(send_buffer_write(f.sb, "abcdefg", 7), 7);
	assert_int_equal(send_buffer_write(f.sb, "hijklmn", 7), 3);
	assert_int_equal(send_buffer_write(f.sb, "x", 1), 0);
	send_buffer_acked(f.sb, SEQ + 4);
	assert_int_equal(send_buffer_room(f.sb), 4);
	assert_int_equal(send_buffer_write(f.sb, "1234", 4), 4);
	send_buffer_release(f.sb);
	close_fixture(&f);
}

/* At the end of the ring a range is two pieces. */
TEST(pieces_wrap_with_the_ring)
{
	struct fixture f;
	struct pktbuf *pkt;

	open_fixture(&f, 10);
	send_buffer_write(f.sb, "0123456789", 10);
	pkt = packet(&f, SEQ + 2, 6);
	assert_int_equal(pkt->n_pieces, 1);
	assert_memory_equal(pkt->pieces[0].base, "234567", 6);
	pktbuf_free(pkt);
	send_buffer_acked(f.sb, SEQ + 8);
	send_buffer_write(f.sb, "abcdef", 6);
	pkt = packet(&f, SEQ + 8, 8);
	assert_int_equal(pkt->n_pieces, 2);
	assert_memory_equal(pkt->pieces[0].base, "89", 2);
	assert_memory_equal(pkt->pieces[1].base, "abcdef", 6);
	pktbuf_free(pkt);
	send_buffer_release(f.sb);
	close_fixture(&f);
}

/* The heart of it: acknowledged, but a retransmission still sits in the device. */
TEST(acknowledged_bytes_wait_for_the_device)
{
	struct fixture f;
	struct pktbuf *first, *again, *later;

	open_fixture(&f, 10);
	send_buffer_write(f.sb, "0123456789", 10);
	first = packet(&f, SEQ, 5);
	again = packet(&f, SEQ, 5);
	pktbuf_free(first);
	send_buffer_acked(f.sb, SEQ + 5);
	assert_int_equal(send_buffer_room(f.sb), 0);
	assert_int_equal(send_buffer_write(f.sb, "x", 1), 0);
	/* Packets sent after the ACK do not delay it for ever. */
	later = packet(&f, SEQ + 5, 5);
	assert_memory_equal(again->pieces[0].base, "01234", 5);
	pktbuf_free(again);
	assert_int_equal(send_buffer_room(f.sb), 5);
	pktbuf_free(later);
	assert_int_equal(send_buffer_room(f.sb), 5);
	send_buffer_release(f.sb);
	close_fixture(&f);
}

/* ACKs that come while an older generation is out are not forgotten. */
TEST(acks_in_between_are_settled_in_turn)
{
	struct fixture f;
	struct pktbuf *a, *b, *c, *d;

	open_fixture(&f, 9);
	send_buffer_write(f.sb, "012345678", 9);
	a = packet(&f, SEQ, 3);
	send_buffer_acked(f.sb, SEQ + 3);
	b = packet(&f, SEQ + 3, 3);
	send_buffer_acked(f.sb, SEQ + 6); /* a is still out: its turn is not over */
	c = packet(&f, SEQ + 6, 3);
	assert_int_equal(send_buffer_room(f.sb), 0);
	pktbuf_free(a);
	assert_int_equal(send_buffer_room(f.sb), 3);
	d = packet(&f, SEQ + 6, 3);
	pktbuf_free(b);
	pktbuf_free(c);
	assert_int_equal(send_buffer_room(f.sb), 6); /* though d is out */
	send_buffer_acked(f.sb, SEQ + 9);
	assert_int_equal(send_buffer_room(f.sb), 6);
	pktbuf_free(d);
	assert_int_equal(send_buffer_room(f.sb), 9);
	send_buffer_release(f.sb);
	close_fixture(&f);
}

TEST(the_buffer_outlives_its_connection)
{
	struct fixture f;
	struct pktbuf *a, *b;

	open_fixture(&f, 10);
	send_buffer_write(f.sb, "0123456789", 10);
	a = packet(&f, SEQ, 5);
	b = packet(&f, SEQ + 5, 5);
	send_buffer_release(f.sb);
	assert_memory_equal(a->pieces[0].base, "01234", 5);
	pktbuf_free(a);
	assert_memory_equal(b->pieces[0].base, "56789", 5);
	pktbuf_free(b);
	close_fixture(&f); /* fails when the ring leaked */
}

/* A thousand random histories against a list that knows which range every packet refers to. */
struct out {
	struct pktbuf *pkt;
	uint32_t seq, len;
};

static uint32_t rnd(uint32_t *x, uint32_t below)
{
	*x = *x * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(*x >> 8) * below >> 24);
}

static uint8_t byte_at(uint32_t seq)
{
	return (uint8_t)(seq * 2654435761u >> 24);
}

static void check_packet(const struct out *o)
{
	uint32_t seq = o->seq;

	for (unsigned i = 0; i < o->pkt->n_pieces; i++)
		for (uint32_t j = 0; j < o->pkt->pieces[i].len; j++)
			assert_int_equal(o->pkt->pieces[i].base[j], byte_at(seq++));
	assert_int_equal(seq - o->seq, o->len);
}

TEST(random_histories)
{
	for (uint32_t seed = 1; seed <= 1000; seed++) {
		uint32_t x = seed, una = SEQ, end = SEQ, n_out = 0;
		struct out out[8];
		struct fixture f;

		open_fixture(&f, 1 + rnd(&x, 64));
		for (unsigned step = 0; step < 200; step++) {
			uint8_t bytes[64];
			uint32_t n = 1 + rnd(&x, sizeof(bytes));

			switch (rnd(&x, 4)) {
			case 0:
				for (uint32_t i = 0; i < n; i++)
					bytes[i] = byte_at(end + i);
				end += send_buffer_write(f.sb, bytes, n);
				break;
			case 1:
				if (end == una || n_out == ARRAY_LEN(out))
					break;
				out[n_out].seq = una + rnd(&x, end - una);
				out[n_out].len = 1 + rnd(&x, end - out[n_out].seq);
				out[n_out].pkt = packet(&f, out[n_out].seq, out[n_out].len);
				n_out++;
				break;
			case 2:
				una += rnd(&x, end - una + 1);
				send_buffer_acked(f.sb, una);
				break;
			default:
				if (n_out == 0)
					break;
				n = rnd(&x, n_out);
				pktbuf_free(out[n].pkt);
				out[n] = out[--n_out];
				break;
			}
			for (uint32_t i = 0; i < n_out; i++)
				check_packet(&out[i]);
		}
		while (n_out > 0)
			pktbuf_free(out[--n_out].pkt);
		assert_int_equal(send_buffer_room(f.sb), f.sb->size - (end - una));
		send_buffer_release(f.sb);
		close_fixture(&f);
	}
}

/* A larger ring: what is not acknowledged goes along, though it lay across the end of the old one;
 * packets in the device keep what they refer to. */
TEST(a_larger_ring)
{
	struct fixture f;
	struct pktbuf *old, *again;

	open_fixture(&f, 10);
	send_buffer_write(f.sb, "0123456789", 10);
	send_buffer_acked(f.sb, SEQ + 6);
	send_buffer_write(f.sb, "abcdef", 6);
	old = packet(&f, SEQ + 6, 10);
	send_buffer_acked(f.sb, SEQ + 8); /* waits for the packet in the old ring */
	assert_int_equal(send_buffer_room(f.sb), 0);
	assert_true(send_buffer_resize(&f.sb, 16));
	assert_int_equal(send_buffer_room(f.sb), 8);
	assert_int_equal(send_buffer_write(f.sb, "ghijklmnop", 10), 8);
	again = packet(&f, SEQ + 8, 16);
	assert_int_equal(again->n_pieces, 1);
	assert_memory_equal(again->pieces[0].base, "89abcdefghijklmn", 16);
	assert_memory_equal(old->pieces[0].base, "6789", 4);
	assert_memory_equal(old->pieces[1].base, "abcdef", 6);
	send_buffer_acked(f.sb, SEQ + 24);
	pktbuf_free(old);
	assert_int_equal(send_buffer_room(f.sb), 0);
	pktbuf_free(again);
	assert_int_equal(send_buffer_room(f.sb), 16);
	send_buffer_release(f.sb);
	close_fixture(&f);
}

TEST(a_smaller_limit)
{
	struct fixture f;

	open_fixture(&f, 10);
	send_buffer_write(f.sb, "01234567", 8);
	assert_true(send_buffer_resize(&f.sb, 4));
	assert_int_equal(send_buffer_room(f.sb), 0);
	send_buffer_acked(f.sb, SEQ + 4);
	assert_int_equal(send_buffer_room(f.sb), 0);
	send_buffer_acked(f.sb, SEQ + 5);
	assert_int_equal(send_buffer_write(f.sb, "abc", 3), 1);
	assert_true(send_buffer_resize(&f.sb, 10));
	assert_int_equal(send_buffer_room(f.sb), 6);
	f.kp.fail_after = 0;
	assert_false(send_buffer_resize(&f.sb, 11));
	assert_int_equal(send_buffer_room(f.sb), 6);
	send_buffer_release(f.sb);
	close_fixture(&f);
}
