/* SPDX-License-Identifier: MIT */
/* app/dns/exchange: one question over the real stack, and what comes back, from whom. */
#include <string.h>

#include "app/dns/exchange.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

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

static void setup(void)
{
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	k.answer_arp = true; /* a name server that is silent is doubted to be there */
	machine = (struct machine){.stack = k.stack, .now_ns = kit_now, .turn = turn,
				   .random = kit_random};
	assert_true(dns_name_from_text(&name, "www.test", 8));
	n_queries = 0;
	server = NULL;
}

static void teardown(void)
{
	kit_close(&k);
}

FIXTURE(setup, teardown);

static void ask_with(bool edns)
{
	static uint8_t answer_buf[DNS_ANSWER_MAX];

	x = (struct dns_exchange){
		.machine = &machine, .events = k.kp.port.events, .server = net_addr_ipv4(KIT_PEER_IP),
		.name = &name, .text = "www.test", .attempt = 1, .timeout_ns = NS_PER_S,
		.deadline_ns = TIME_NEVER, .answer_buf = answer_buf, .edns = edns,
	};
	dns_exchange(&x);
}

static void ask(void)
{
	ask_with(false);
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

TEST(an_honest_answer)
{
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

TEST(answers_from_elsewhere_are_not_received)
{
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

TEST(a_wrong_id_does_not_end_the_wait)
{
	server = guesses_first;
	ask();
	expect_truth();
}

/* RFC 5452: whoever cannot see the question has both to guess, and what it saw before is no help. */
TEST(ids_and_ports_are_drawn_afresh)
{
	unsigned near = 0;

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

/* --- EDNS (RFC 6891) ---------------------------------------------------------------------------- */

#define OPT_LEN 11u
#define MANY 60u

static bool has_opt(const struct kit_sent *query)
{
	return load_be16(query->payload + 10) == 1;
}

static size_t question_len(const struct kit_sent *query)
{
	return query->payload_len - (has_opt(query) ? OPT_LEN : 0);
}

/* The header and the question of an answer, into `message`. */
static void begin_answer(const struct kit_sent *query, uint8_t *message, uint16_t flags)
{
	memcpy(message, query->payload, question_len(query));
	store_be16(message + 2, flags);
	store_be16(message + 10, 0);
}

static void send_answer(const struct kit_sent *query, const uint8_t *message, size_t len)
{
	struct kit_frame f;

	kit_build_udp(&f, &(struct kit_ipv4){.src = KIT_PEER_IP}, DNS_PORT, query->udp.src_port, message,
		      len);
	kit_inject_frame(&k, &f);
}

/* More than 512 bytes in one datagram, and no TC. */
static void many_addresses(const struct kit_sent *query)
{
	uint8_t message[2048];
	size_t len = question_len(query);

	begin_answer(query, message, 0x8180);
	store_be16(message + 6, MANY);
	for (unsigned i = 0; i < MANY; i++, len += 16) {
		memcpy(message + len, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4", 12);
		store_be32(message + len + 12, TRUTH + i);
	}
	assert_true(len > 512);
	send_answer(query, message, len);
}

TEST(a_large_answer_over_udp)
{
	server = many_addresses;
	for (unsigned edns = 0; edns < 2; edns++) { /* also where none was offered */
		n_queries = 0;
		ask_with(edns);
		assert_int_equal(x.err, ERR_OK);
		assert_int_equal(x.outcome, DNS_FOUND);
		assert_int_equal(x.answer.n_addresses, DNS_ADDRESSES_MAX);
		assert_int_equal(x.answer.addresses[7], TRUTH + 7);
		assert_int_equal(n_queries, 1);
		assert_int_equal(x.edns, edns);
	}
}

static uint16_t refusal; /* the RCODE for a question with EDNS */
static bool bare;        /* without the question */

static void from_before_edns(const struct kit_sent *query)
{
	uint8_t message[512];
	size_t len = bare ? 12 : question_len(query);

	if (!has_opt(query)) {
		honest(query);
		return;
	}
	begin_answer(query, message, (uint16_t)(0x8180 | (refusal & 15)));
	if (bare)
		store_be16(message + 4, 0);
	if (refusal > 15) {
		store_be16(message + 10, 1);
		memcpy(message + len, "\0\0\x29\x04\xd0\1\0\0\0\0\0", OPT_LEN);
		len += OPT_LEN;
	}
	send_answer(query, message, len);
}

TEST(who_refuses_edns_is_asked_without)
{
	static const struct { uint16_t rcode; bool bare; } rows[] = {
		{DNS_RCODE_FORMERR, false}, {DNS_RCODE_NOTIMP, false}, {DNS_RCODE_BADVERS, false},
		{DNS_RCODE_FORMERR, true},  {DNS_RCODE_NOTIMP, true},
	};

	server = from_before_edns;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t before_ns = k.now_ns;

		refusal = rows[i].rcode;
		bare = rows[i].bare;
		n_queries = 0;
		ask_with(true);
		assert_int_equal(x.outcome, DNS_FOUND);
		assert_int_equal(x.answer.addresses[0], TRUTH);
		assert_int_equal(n_queries, 2);
		assert_true(ids[0] != ids[1] && ports[0] != ports[1]);
		assert_false(x.edns);
		assert_true(k.now_ns - before_ns < NS_PER_S); /* nothing was waited for */
	}
	refusal = 2; /* SERVFAIL is no word about EDNS */
	bare = false;
	n_queries = 0;
	ask_with(true);
	assert_int_equal(x.outcome, DNS_SERVER_FAILS);
	assert_int_equal(n_queries, 1);
	assert_true(x.edns);
}

TEST(a_refusal_without_edns_is_final)
{
	server = from_before_edns;
	refusal = 5;
	ask_with(true);
	assert_int_equal(x.outcome, DNS_SERVER_FAILS);
	assert_int_equal(x.answer.rcode, 5);
	assert_int_equal(n_queries, 1);
}

/* The machine turns, and the question is given up in time. */
TEST(a_device_without_room)
{
	uint64_t before_ns = k.now_ns;

	k.send_result = ERR_AGAIN;
	ask();
	assert_int_equal(x.err, ERR_TIMEDOUT);
	assert_int_equal(k.now_ns - before_ns, NS_PER_S);
	assert_int_equal(k.stack->frame_pool.in_use, 0);
}

/* --- what came in place of an answer ---------------------------------------------------------------- */

static void spoil_checksum(struct kit_frame *f)
{
	f->bytes[f->len - 1] ^= 1;
}

/* Each of these could have been the answer, and none is: a bad checksum, a wrong id, another question,
 * a question, and too few bytes. */
static void all_that_is_none(const struct kit_sent *query)
{
	static const uint8_t few[5];
	uint8_t message[256];
	struct kit_frame f;

	kit_build_udp(&f, &(struct kit_ipv4){0}, DNS_PORT, query->udp.src_port, few, sizeof(few));
	spoil_checksum(&f);
	kit_inject_frame(&k, &f);
	kit_inject_frame(&k, &f);
	answer(query, KIT_PEER_IP, DNS_PORT, (uint16_t)(load_be16(query->payload) + 1), LIE);
	answer(query, LIE, DNS_PORT, load_be16(query->payload), LIE);
	memcpy(message, query->payload, query->payload_len);
	kit_build_udp(&f, &(struct kit_ipv4){0}, DNS_PORT, query->udp.src_port, message,
		      query->payload_len);
	kit_inject_frame(&k, &f);
}

TEST(a_wait_in_vain_reports_what_came)
{
	const struct kit_event *ev;

	server = all_that_is_none;
	ask();
	assert_int_equal(x.err, ERR_TIMEDOUT);
	assert_int_equal(x.refused.count, 5);
	ev = kit_event(&k.kp, EVENT_DNS_FAILED, 0);
	assert_string_equal(kit_event_field(ev, "refused"), "5");
	assert_string_equal(kit_event_field(ev, "refused_why"),
			    "1 had another id, 1 carried no response, 2 had a bad UDP checksum, "
			    "1 for another reason");
}

TEST(an_answer_that_came_ends_the_count)
{
	server = honest;
	ask();
	assert_int_equal(x.refused.count, 0);
	assert_null(kit_event(&k.kp, EVENT_DNS_FAILED, 0));
}

static void refuse_by_icmp(const struct kit_sent *query)
{
	struct kit_frame f;

	kit_build_icmp(&f, &(struct kit_ipv4){0}, ICMP_UNREACHABLE, ICMP_UNREACH_ADMIN, 0, query->l3,
		       query->ip.total_len);
	kit_inject_frame(&k, &f);
}

TEST(who_said_no_is_remembered)
{
	server = refuse_by_icmp;
	ask();
	assert_int_equal(x.err, ERR_HOSTUNREACH);
	assert_int_equal(x.said.count, 1);
	assert_string_equal(x.said.kept[0].reason.text, "communication prohibited");
	assert_int_equal(net_addr_to_ipv4(&x.said.kept[0].from), KIT_PEER_IP);
}

