/* SPDX-License-Identifier: MIT */
/* app/dns/exchange: one question over the real stack, and what comes back, from whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/dns/exchange.h"
#include "tests/lib/stack_kit.h"

#define TRUTH UINT32_C(0x0a000001)
#define LIE UINT32_C(0x06060606)

static struct kit k;
static struct machine machine;
static struct dns_name name;
static struct dns_exchange x;
static void (*server)(const struct kit_sent *query); /* what the network does about a query */
static unsigned n_queries;
static uint16_t ids[64], ports[64];

static uint64_t kit_now(void *ctx)
{
	(void)ctx;
	return k.now_ns;
}

static void kit_random(void *ctx, void *buf, size_t len)
{
	(void)ctx;
	k.kp.port.random(k.kp.port.ctx, buf, len);
}

static void look_at(const struct kit_sent *s)
{
	if (!s->is_udp || s->udp.dst_port != DNS_PORT)
		return;
	assert_true(n_queries < ARRAY_LEN(ids));
	ids[n_queries] = load_be16(s->payload);
	ports[n_queries++] = s->udp.src_port;
	if (server != NULL)
		server(s);
}

/* The network has a turn, and then time passes until something is due. */
static void turn(void *ctx, uint64_t deadline_ns)
{
	struct kit_sent *s;

	(void)ctx;
	kit_poll(&k);
	if (k.n_sent == 0)
		k.now_ns = MAX(k.now_ns, MIN(deadline_ns, net_next_deadline(k.stack)));
	while ((s = kit_take(&k)) != NULL) {
		look_at(s);
		kit_sent_free(s);
	}
}

static int setup(void **state)
{
	(void)state;
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	machine = (struct machine){.stack = k.stack, .now_ns = kit_now, .turn = turn,
				   .random = kit_random};
	assert_true(dns_name_from_text(&name, "www.test", 8));
	n_queries = 0;
	server = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static void ask(void)
{
	x = (struct dns_exchange){
		.machine = &machine, .events = k.kp.port.events, .server = KIT_PEER_IP,
		.name = &name, .text = "www.test", .attempt = 1, .patience_ns = NS_PER_S,
		.deadline_ns = TIME_NEVER,
	};
	dns_exchange(&x);
}

/* An answer that is right but for where it comes from and its id. */
static void answer(const struct kit_sent *query, uint32_t from, uint16_t port, uint16_t id,
		   uint32_t address)
{
	uint8_t message[256] = {0};
	uint8_t *rr = message + query->payload_len;
	struct kit_frame f;

	memcpy(message, query->payload, query->payload_len);
	store_be16(message, id);
	store_be16(message + 2, 0x8180);
	store_be16(message + 6, 1);
	memcpy(rr, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4", 12);
	store_be32(rr + 12, address);
	kit_build_udp(&f, &(struct kit_ipv4){.src = from}, port, query->udp.src_port, message,
		      query->payload_len + 16);
	kit_inject_frame(&k, &f);
}

static void honest(const struct kit_sent *query)
{
	answer(query, KIT_PEER_IP, DNS_PORT, load_be16(query->payload), TRUTH);
}

static void expect_truth(void)
{
	assert_int_equal(x.err, ERR_OK);
	assert_int_equal(x.outcome, DNS_FOUND);
	assert_int_equal(x.answer.n_addresses, 1);
	assert_int_equal(x.answer.addresses[0], TRUTH);
	assert_int_equal(n_queries, 1);
}

static void an_honest_answer(void **state)
{
	(void)state;
	server = honest;
	ask();
	expect_truth();
}

static void strangers_first(const struct kit_sent *query)
{
	uint16_t id = load_be16(query->payload);

	answer(query, KIT_PEER_IP + 9, DNS_PORT, id, LIE);
	answer(query, KIT_FAR_IP, DNS_PORT, id, LIE);
	answer(query, KIT_PEER_IP, DNS_PORT + 1, id, LIE);
	honest(query);
}

static void answers_from_elsewhere_are_not_heard(void **state)
{
	(void)state;
	server = strangers_first;
	ask();
	expect_truth();
	assert_int_equal(kit_counter(&k, "udp_no_port"), 3);
}

static void guesses_first(const struct kit_sent *query)
{
	uint16_t id = load_be16(query->payload);

	for (uint16_t i = 1; i <= 50; i++)
		answer(query, KIT_PEER_IP, DNS_PORT, (uint16_t)(id + i), LIE);
	honest(query);
}

static void a_wrong_id_does_not_end_the_wait(void **state)
{
	(void)state;
	server = guesses_first;
	ask();
	expect_truth();
}

/* RFC 5452: whoever cannot see the question has both to guess, and what it saw before is no help. */
static void ids_and_ports_are_drawn_afresh(void **state)
{
	unsigned near = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
		uint64_t before_ns = k.now_ns;

		ask();
		assert_int_equal(x.err, ERR_TIMEDOUT);
		assert_int_equal(k.now_ns - before_ns, NS_PER_S);
	}
	assert_int_equal(n_queries, ARRAY_LEN(ids));
	for (unsigned i = 0; i < n_queries; i++) {
		assert_in_range(ports[i], 49152, 65535);
		for (unsigned j = 0; j < i; j++) {
			near += (uint16_t)(ids[i] - ids[j] + 2) <= 4;
			near += (uint16_t)(ports[i] - ports[j] + 2) <= 4;
		}
	}
	assert_true(near < 15); /* of 2016 pairs: chance makes less than one each */
}

/* The machine turns, and the question is given up in time. */
static void a_device_without_room(void **state)
{
	uint64_t before_ns = k.now_ns;

	(void)state;
	k.send_result = ERR_AGAIN;
	ask();
	assert_int_equal(x.err, ERR_TIMEDOUT);
	assert_int_equal(k.now_ns - before_ns, NS_PER_S);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_honest_answer),
		TEST(answers_from_elsewhere_are_not_heard),
		TEST(a_wrong_id_does_not_end_the_wait),
		TEST(ids_and_ports_are_drawn_afresh),
		TEST(a_device_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
