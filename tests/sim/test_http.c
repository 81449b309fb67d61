/*
 * SPDX-License-Identifier: MIT
 *
 * The whole client - application, sockets, TCP, IP, ARP - against a web server that follows a
 * script, over good and bad links: page, chunks, loss, and every way a server can spoil it.  What
 * is looked at is what a person sees: the exit status, the sixteen steps, the result.
 */
#include <stdio.h>
#include <string.h>

#include "app/http/crc32.h"
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_call.h"

static const char *said(const struct sim_call *scene, enum event_id id, const char *key)
{
	const struct kit_event *ev = kit_event(&scene->client->kp, id, 0);
	const char *value = ev != NULL ? kit_event_field(ev, key) : NULL;

	return value != NULL ? value : "(absent)";
}

static void result_must_be(const struct sim_call *scene, enum status status, const char *failed_step)
{
	char exitcode[8];

	snprintf(exitcode, sizeof(exitcode), "%d", status);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_RESULT), 1);
	assert_string_equal(said(scene, EVENT_RESULT, "exitcode"), exitcode);
	assert_string_equal(said(scene, EVENT_RESULT, "failed_step"), failed_step);
}

/* Steps 1 to `last` once each and in order, without 9 to 11, and none beyond. */
static void steps_must_end_at(const struct sim_call *scene, unsigned last)
{
	const struct kit_port *kp = &scene->client->kp;
	unsigned expected = 1;

	for (unsigned i = 0; i < kp->n_events; i++) {
		static const uint8_t steps[EVENT_COUNT] = {
#define EVENT(id, name, speaker, step, arrow, text) [EVENT_##id] = step,
#include "log/events.def"
#undef EVENT
		};
		unsigned step = steps[kp->events[i].id];

		if (step == 0)
			continue;
		if (step != expected || step > last)
			fail_msg("step %u where %u was expected, the last being %u", step, expected, last);
		expected = step == 8 ? 12 : step + 1;
	}
	assert_int_equal(expected, last == 8 ? 12 : last + 1);
}

#define URL "url=http://10.0.0.2/ "
#define OK_LINE "HTTP/1.1 200 OK\r\n"

/* --- what works ----------------------------------------------------------------------------------- */

TEST(a_page_with_all_its_steps)
{
	struct sim_call *scene = sim_call_open("page", 1, NULL);

	sim_web_start(scene, OK_LINE "Content-Length: 9\r\n\r\n123456789");
	assert_int_equal(sim_call_run(scene, URL), STATUS_OK);
	result_must_be(scene, STATUS_OK, "(absent)");
	steps_must_end_at(scene, 16);
	assert_string_equal(said(scene, EVENT_HTTP_BODY, "crc32"), "cbf43926");
	assert_string_equal(said(scene, EVENT_RESULT, "remote_ip"), "10.0.0.2");
	assert_string_equal(said(scene, EVENT_RESULT, "local_ip"), "10.0.0.1");
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_TCP_FIN_ACKED), 1);
	assert_non_null(strstr(scene->server.request, "GET / HTTP/1.1\r\nHost: 10.0.0.2\r\n"));
	sim_call_close(scene);
}

/* The client closes first: its TIME-WAIT is abandoned, and the log says so. */
TEST(time_wait_is_abandoned)
{
	struct sim_call *scene = sim_call_open("time-wait", 1, NULL);

	scene->server.deed = DEED_WAIT;
	sim_web_start(scene, OK_LINE "Content-Length: 2\r\n\r\nhi");
	/* hold= leaves the time in which the server's FIN arrives. */
	scene->platform.hold_ns = NS_PER_S;
	assert_int_equal(sim_call_run(scene, URL), STATUS_OK);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_TCP_TIME_WAIT_ABANDONED), 1);
	sim_call_close(scene);
}

TEST(answers_in_pieces_of_one_byte)
{
	struct sim_call *scene = sim_call_open("pieces", 1, NULL);

	scene->server.piece = 1;
	sim_web_start(scene, OK_LINE "Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n");
	assert_int_equal(sim_call_run(scene, URL), STATUS_OK);
	assert_string_equal(said(scene, EVENT_HTTP_BODY, "crc32"), "cbf43926");
	sim_call_close(scene);
}

/* A quarter of a mebibyte over links that lose, double and reorder: every byte, and its checksum. */
TEST(a_body_over_bad_links)
{
	enum { LEN = 256 * 1024 };
	uint8_t *body = test_malloc(LEN);
	struct sim_seeds seeds = sim_seeds(5);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct sim_call *scene = sim_call_open("bad-links", seed, NULL);
		struct crc32 crc;
		char digits[9];

		for (size_t i = 0; i < LEN; i++)
			body[i] = (uint8_t)(sim_random(&scene->sim) >> 11);
		crc32_init(&crc);
		crc32_update(&crc, body, LEN);
		snprintf(digits, sizeof(digits), "%08x", crc32_value(&crc));
		scene->server.body = body;
		scene->server.body_len = LEN;
		sim_web_start(scene, OK_LINE "\r\n");
		sim_set_loss(scene->client, 10000);
		scene->client->in.duplicate_ppm = scene->client->in.reorder_ppm = 20000;
		scene->client->in.reorder_ns = 3 * NS_PER_MS;
		assert_int_equal(sim_call_run(scene, URL), STATUS_OK);
		assert_string_equal(said(scene, EVENT_HTTP_BODY, "size_download"), "262144");
		assert_string_equal(said(scene, EVENT_HTTP_BODY, "crc32"), digits);
		steps_must_end_at(scene, 16);
		sim_call_close(scene);
	}
	test_free(body);
}

/* --- could not connect ----------------------------------------------------------------------------- */

TEST(refused)
{
	struct sim_call *scene = sim_call_open("refused", 1, NULL);

	assert_int_equal(sim_call_run(scene, "url=http://10.0.0.2:81/"), STATUS_COULD_NOT_CONNECT);
	result_must_be(scene, STATUS_COULD_NOT_CONNECT, "12");
	steps_must_end_at(scene, 8);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), "connection refused");
	sim_call_close(scene);
}

TEST(no_host_answers_arp)
{
	struct sim_call *scene = sim_call_open("no-arp", 1, NULL);

	assert_int_equal(sim_call_run(scene, "url=http://10.0.0.77/"), STATUS_COULD_NOT_CONNECT);
	result_must_be(scene, STATUS_COULD_NOT_CONNECT, "8");
	steps_must_end_at(scene, 7);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_ARP_REQUEST), 3);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), "no ARP answer from the next hop");
	/* Three requests a second apart, and not the whole connect-timeout. */
	assert_in_range(scene->sim.now_ns, 2 * NS_PER_S, 4 * NS_PER_S);
	sim_call_close(scene);
}

TEST(no_route)
{
	struct sim_call *scene = sim_call_open("no-route", 1, NULL);

	assert_int_equal(sim_call_run(scene, "url=http://192.0.2.1/"), STATUS_COULD_NOT_CONNECT);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), "no route: there is no gateway");
	sim_call_close(scene);
}

/* Behind a gateway that swallows everything. */
TEST(a_black_hole)
{
	struct sim_call *scene = sim_call_open("black-hole", 1, NULL);

	assert_int_equal(net_set_gateway(scene->client->stack, &scene->client->netif,
					 scene->server.host->ip), ERR_OK);
	assert_int_equal(sim_call_run(scene, "url=http://192.0.2.1/ connect-timeout=4"), STATUS_TIMED_OUT);
	result_must_be(scene, STATUS_TIMED_OUT, "12");
	steps_must_end_at(scene, 8);
	assert_int_equal(kit_event_count(&scene->client->kp, EVENT_TCP_RETRANSMIT), 2);
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"),
			    "timed out after 4.000 s, waiting for the server's SYN-ACK");
	sim_call_close(scene);
}

/* --- servers that spoil it ------------------------------------------------------------------------- */

struct spoiler {
	const char *name, *head;
	enum sim_web_deed deed;
	bool at_once;
	enum status status;
	const char *errormsg;
};

static const struct spoiler spoilers[] = {
	/* With the request unread: that is a reset (RFC 2525 2.17). */
	{"closes_at_once", "", DEED_CLOSE, true, STATUS_RECEIVE_FAILED,
	 "the server reset the connection without an answer"},
	{"resets_at_once", "", DEED_RESET, true, STATUS_RECEIVE_FAILED, NULL},
	{"closes_without_an_answer", "", DEED_CLOSE, false, STATUS_EMPTY_REPLY,
	 "the server closed without an answer"},
	{"never_answers", "", DEED_HANG, false, STATUS_TIMED_OUT,
	 "timed out after 30.000 s, waiting for the first byte of the answer"},
	{"stops_in_the_header", OK_LINE "Content-", DEED_HANG, false, STATUS_TIMED_OUT,
	 "timed out after 30.000 s, waiting for the rest of the header"},
	{"stops_in_the_body", OK_LINE "Content-Length: 9\r\n\r\nhello", DEED_HANG, false, STATUS_TIMED_OUT,
	 "timed out after 30.000 s, waiting for the rest of the body (5 of 9 bytes)"},
	{"body_too_short", OK_LINE "Content-Length: 9\r\n\r\nhello", DEED_CLOSE, false, STATUS_PARTIAL_BODY,
	 "the body is shorter than its Content-Length (5 of 9 bytes)"},
	{"two_lengths", OK_LINE "Content-Length: 9\r\nContent-Length: 8\r\n\r\n", DEED_CLOSE, false,
	 STATUS_WEIRD_REPLY, "two different Content-Lengths"},
	{"not_http", "220 mail.example ESMTP\r\n", DEED_HANG, false, STATUS_UNSUPPORTED_PROTOCOL,
	 "the answer is not HTTP"},
	{"not_found", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", DEED_CLOSE, false,
	 STATUS_HTTP_STATUS, "the server answered 404, not 200 to 399"},
	{"bad_chunk", OK_LINE "Transfer-Encoding: chunked\r\n\r\nzz\r\n", DEED_CLOSE, false,
	 STATUS_RECEIVE_FAILED, "a chunk's size is nonsense"},
};

static void spoiled(const struct spoiler *spoiler)
{
	struct sim_call *scene = sim_call_open(spoiler->name, 1, NULL);

	scene->server.deed = spoiler->deed;
	scene->server.at_once = spoiler->at_once;
	sim_web_start(scene, spoiler->head);
	assert_int_equal(sim_call_run(scene, URL), spoiler->status);
	result_must_be(scene, spoiler->status, "(absent)");
	steps_must_end_at(scene, 16);
	if (spoiler->errormsg != NULL)
		assert_string_equal(said(scene, EVENT_RESULT, "errormsg"), spoiler->errormsg);
	sim_call_close(scene);
}

/* The RST is right behind the body's first bytes, in the same instant: those count all the same. */
TEST(reset_in_the_body)
{
	struct sim_call *scene = sim_call_open("reset-in-body", 1, NULL);

	scene->server.deed = DEED_RESET;
	sim_web_start(scene, OK_LINE "Content-Length: 9\r\n\r\nhello");
	assert_int_equal(sim_call_run(scene, URL), STATUS_RECEIVE_FAILED);
	result_must_be(scene, STATUS_RECEIVE_FAILED, "(absent)");
	assert_string_equal(said(scene, EVENT_RESULT, "errormsg"),
			    "the server reset the connection (5 of 9 bytes)");
	sim_call_close(scene);
}

TEST_ROWS(spoiled, spoilers);
