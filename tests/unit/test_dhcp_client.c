/* SPDX-License-Identifier: MIT */
/* net/dhcp: from no address to one (RFC 2131 3.1, 4.4.1): what is asked, when, what is taken of the
 * answers, and what a stack without an address hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/neigh.h"
#include "net/socket.h"
#include "tests/lib/dhcp_scene.h"

#define OTHER_SERVER (KIT_PEER_IP + 8)

static struct dhcp_scene s;
static struct dk_answer a;

static int setup(void **state)
{
	(void)state;
	ds_open(&s, 1, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ds_close(&s);
	return 0;
}

static uint64_t counter(const char *name)
{
	return kit_counter(&s.k, name);
}

/* --- the usual way ------------------------------------------------------------------------------- */

static void discover_offer_request_ack(void **state)
{
	uint32_t xid;

	(void)state;
	assert_int_equal(s.k.n_sent, 0); /* the poll begins it */
	assert_int_equal(ds_reached(&s), NET_DHCP_NOTHING_SENT);
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER); /* at once: nothing is waited for */
	assert_int_equal(s.said.t_ns, NS_PER_S);
	assert_int_equal(s.said.src, 0);
	assert_int_equal(s.said.dst, 0xffffffff);
	assert_true(s.said.to_everybody && s.said.wants_121_before_3);
	assert_int_equal(s.said.flags, 0);
	assert_int_equal(s.said.secs, 0);
	assert_int_equal(s.said.ciaddr | s.said.requested | s.said.server_id, 0);
	assert_int_equal(s.said.max_size, 1500);
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_OFFER);
	assert_null(ds_lease(&s));
	xid = s.said.xid;

	kit_advance(&s.k, 10 * NS_PER_MS);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST); /* with no poll between */
	assert_int_equal(s.said.t_ns, NS_PER_S + 10 * NS_PER_MS);
	assert_int_equal(s.said.xid, xid);
	assert_int_equal(s.said.requested, KIT_IP);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	assert_int_equal(s.said.ciaddr, 0);
	assert_int_equal(s.said.src, 0);
	assert_true(s.said.to_everybody);
	assert_int_equal(s.k.netif.ipv4, 0);
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_ACK);

	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(ds_reached(&s), NET_DHCP_BOUND);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(s.k.netif.ipv4_mask, KIT_MASK);
	assert_int_equal(counter("dhcp_out"), 2);
	assert_int_equal(counter("dhcp_in"), 2);
	assert_int_equal(counter("dhcp_ignored"), 0);
	kit_poll(&s.k);
	ds_expect_silence(&s);
}

/* What the kernel and people see of it. */
static void the_lease_and_the_log(void **state)
{
	const struct net_lease *l;

	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	dk_usual(&a, &s.said, DK_ACK, KIT_IP);
	dk_option(&a, 6, "\x0a\0\0\x35\x0a\0\0\x36\x0a\0\0\x37\x0a\0\0\x38", 16);
	dk_option(&a, 15, "example.org", 11);
	dk_option(&a, 12, "guest\x1b[", 7);
	dk_option(&a, 26, "\5\x78", 2);
	dk_option_u32(&a, 58, 1000);
	dk_option_u32(&a, 59, 2000);
	dk_end(&a);
	dk_send(&s.k, &a, NULL);
	l = ds_lease(&s);
	assert_non_null(l);
	assert_int_equal(l->address, KIT_IP);
	assert_int_equal(l->mask, KIT_MASK);
	assert_int_equal(l->server, DHCP_KIT_SERVER);
	assert_int_equal(l->gateway, KIT_PEER_IP);
	assert_int_equal(l->n_dns, 3);
	assert_int_equal(l->dns[2], 0x0a000037);
	assert_string_equal(l->domain, "example.org");
	assert_string_equal(l->hostname, "guest?[");
	assert_int_equal(l->mtu, 1400);
	assert_int_equal(s.k.netif.mtu, 1400);
	assert_int_equal(l->lease_s, DHCP_KIT_LEASE);
	assert_int_equal(l->t1_s, 1000);
	assert_int_equal(l->t2_s, 2000);
	assert_false(l->link_local);
	assert_string_equal(ds_event(&s, EVENT_DHCP_OFFER, "server"), "192.168.77.1");
	assert_string_equal(ds_event(&s, EVENT_DHCP_REQUEST, "reason"), "it was offered");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "ip"), "192.168.77.2");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "prefix"), "24");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "dns"), "10.0.0.53 10.0.0.54 10.0.0.55");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "domain"), "example.org");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "lease_s"), "3600");
	assert_string_equal(ds_event(&s, EVENT_ADDR_SET, "gateway"), "192.168.77.1");
	assert_string_equal(ds_describe(&s), "192.168.77.2 from 192.168.77.1");
}

/* The first name is the domain, all of them are the list; what is none is reported. */
static void several_search_domains(void **state)
{
	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	assert_true(s.said.wants_119_and_249);
	dk_usual(&a, &s.said, DK_ACK, KIT_IP);
	dk_option(&a, 15, "a.example b.example c/d", 23);
	dk_end(&a);
	dk_send(&s.k, &a, NULL);
	assert_string_equal(ds_lease(&s)->domain, "a.example");
	assert_string_equal(ds_lease(&s)->search, "a.example b.example");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "domain"), "a.example");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "search"), "a.example b.example");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ODD, "option"), "15");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ODD, "problem"), "not all of it is used");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ODD, "text"), "c/d");
}

/* The address works at once, by the gateway too. */
static void the_first_syn_does_not_wait(void **state)
{
	const struct net_endpoint far = net_endpoint_ipv4(KIT_FAR_IP, 80);
	struct kit_sent *sent;
	int fd;

	(void)state;
	ds_bind(&s, KIT_IP, 3600);
	fd = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(s.k.stack, fd, &far, s.k.now_ns), ERR_INPROGRESS);
	sent = kit_expect(&s.k);
	assert_int_equal(sent->arp.tpa, KIT_PEER_IP);
	assert_int_equal(sent->arp.spa, KIT_IP);
	kit_sent_free(sent);
	kit_sent_clear(&s.k);
}

static void the_host_name_is_sent(void **state)
{
	struct dhcp_scene named;

	(void)state;
	ds_open(&named, 1, &(struct net_dhcp_options){.hostname = "guest7"});
	kit_poll(&named.k);
	ds_expect(&named, DK_DISCOVER);
	assert_string_equal(named.said.hostname, "guest7");
	ds_answer(&named, DK_OFFER, KIT_IP);
	ds_expect(&named, DK_REQUEST);
	assert_string_equal(named.said.hostname, "guest7");
	ds_close(&named);
}

/* --- time ---------------------------------------------------------------------------------------- */

/* At most four seconds between two in the first minute, then up to 16; secs counts. */
static void nobody_answers(void **state)
{
	static const unsigned most_s[] = {1, 2, 4};
	uint64_t first_ns, before_ns;
	unsigned sent = 0;
	uint32_t xid;

	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	first_ns = before_ns = s.said.t_ns;
	xid = s.said.xid;
	for (; before_ns - first_ns < 60 * NS_PER_S; before_ns = s.said.t_ns, sent++) {
		uint64_t most_ns = most_s[MIN(sent, 2u)] * NS_PER_S;

		ds_wait(&s, DK_DISCOVER, 4 * NS_PER_S);
		assert_in_range(s.said.t_ns - before_ns, most_ns * 3 / 4, most_ns);
		assert_int_equal(s.said.secs, (s.said.t_ns - first_ns) / NS_PER_S);
		assert_int_equal(s.said.xid, xid);
	}
	assert_in_range(sent, 16, 21);
	for (unsigned i = 0; i < 5; i++, before_ns = s.said.t_ns) {
		ds_wait(&s, DK_DISCOVER, 16 * NS_PER_S);
		assert_in_range(s.said.t_ns - before_ns, i == 0 ? 7 * NS_PER_S : 15 * NS_PER_S,
				i == 0 ? 8 * NS_PER_S : 16 * NS_PER_S);
	}
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_OFFER);
}

/* The caller's deadline: never silent for longer than four seconds, and the last question leaves three
 * to five before it, whatever its length; behind it the client goes on by itself. */
static void the_last_discover_before_the_deadline(void **state)
{
	static const uint64_t deadlines_s[] = {8, 9, 10, 12, 15, 20, 30, 45, 60, 61, 63, 70, 90, 600};

	(void)state;
	for (unsigned i = 0; i < 40 * ARRAY_LEN(deadlines_s); i++) {
		uint64_t deadline_ns = NS_PER_S + deadlines_s[i % ARRAY_LEN(deadlines_s)] * NS_PER_S;
		uint64_t last_ns = 0;
		struct dhcp_scene one;

		ds_open(&one, i, &(struct net_dhcp_options){.deadline_ns = deadline_ns});
		for (;;) {
			ds_wait(&one, DK_DISCOVER, 21 * NS_PER_S);
			if (one.said.t_ns >= deadline_ns)
				break;
			assert_true(last_ns == 0 || one.said.t_ns - last_ns >= 750 * NS_PER_MS);
			assert_true(last_ns == 0 || last_ns >= 61 * NS_PER_S ||
				    one.said.t_ns - last_ns <= 4 * NS_PER_S);
			last_ns = one.said.t_ns;
		}
		assert_in_range(deadline_ns - last_ns, 3 * NS_PER_S, 5 * NS_PER_S);
		ds_close(&one);
	}
}

/* A port of a switch that forwards nothing for 30 s, and a minute to wait in. */
static void a_port_that_forwards_late(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct dhcp_scene one;

		ds_open(&one, seed,
			&(struct net_dhcp_options){.deadline_ns = 61 * NS_PER_S});
		do
			ds_wait(&one, DK_DISCOVER, 5 * NS_PER_S);
		while (one.said.t_ns < 32 * NS_PER_S);
		assert_in_range(one.said.t_ns, 32 * NS_PER_S, 36 * NS_PER_S);
		ds_close(&one);
	}
}

/* Too short a time for any of that: as if nobody waited. */
static void a_short_deadline(void **state)
{
	struct dhcp_scene one;

	(void)state;
	ds_open(&one, 1, &(struct net_dhcp_options){.deadline_ns = 5 * NS_PER_S});
	for (unsigned i = 0; i < 3; i++)
		ds_wait(&one, DK_DISCOVER, 2 * NS_PER_S);
	assert_in_range(one.said.t_ns, 3 * NS_PER_S, 4 * NS_PER_S);
	ds_close(&one);
}

static void how_far_it_got_without_an_offer(void **state)
{
	(void)state;
	kit_poll(&s.k);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	assert_string_equal(ds_describe(&s), "no offer after 1 DISCOVER in 0.0 s");
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
	s.k.now_ns = NS_PER_S + 1500 * NS_PER_MS;
	assert_string_equal(ds_describe(&s), "no offer after 2 DISCOVERs in 1.5 s");
}

/* No two machines ask in step, nor one after it has started again. */
static void no_two_schedules_are_the_same(void **state)
{
	uint64_t seen[16];
	uint32_t xids[16];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(seen); i++) {
		struct dhcp_scene one;

		ds_open(&one, 100 + i, NULL);
		kit_poll(&one.k);
		ds_expect(&one, DK_DISCOVER);
		xids[i] = one.said.xid;
		ds_wait(&one, DK_DISCOVER, 2 * NS_PER_S);
		seen[i] = one.said.t_ns;
		ds_close(&one);
		for (unsigned j = 0; j < i; j++) {
			assert_true(seen[j] != seen[i]);
			assert_true(xids[j] != xids[i]);
		}
	}
}

static void nothing_is_sent_without_a_link(void **state)
{
	(void)state;
	s.k.netif.link_up = false;
	kit_advance(&s.k, 100 * NS_PER_S);
	ds_expect_silence(&s);
	assert_int_equal(ds_reached(&s), NET_DHCP_NOTHING_SENT);
	assert_string_equal(ds_describe(&s), "no DISCOVER could be sent: the link is down");
	assert_true(net_next_deadline(s.k.stack) == TIME_NEVER);
	s.k.netif.link_up = true;
	assert_int_equal(net_next_deadline(s.k.stack), 0);
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER); /* and then at once */
	assert_int_equal(s.said.secs, 0);
}

static void a_device_that_takes_nothing(void **state)
{
	(void)state;
	s.k.send_result = ERR_AGAIN;
	kit_poll(&s.k);
	assert_int_equal(ds_reached(&s), NET_DHCP_NOTHING_SENT);
	assert_string_equal(ds_describe(&s), "no DISCOVER could be sent: would block");
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_DISCOVER), 0);
	assert_int_equal(counter("dhcp_out"), 0);
	s.k.send_result = ERR_OK;
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
}

/* --- whose answer, and which --------------------------------------------------------------------- */

static void the_first_good_offer_is_taken(void **state)
{
	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	dk_usual(&a, &s.said, DK_OFFER, DHCP_KIT_SERVER); /* of no use */
	dk_end(&a);
	dk_send(&s.k, &a, NULL);
	ds_expect_silence(&s);
	assert_int_equal(counter("dhcp_refused"), 1);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"),
			    "the address is the server's own");
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.requested, KIT_IP);
	ds_answer(&s, DK_OFFER, KIT_IP + 9); /* too late */
	ds_expect_silence(&s);
	assert_int_equal(counter("dhcp_ignored"), 1);
	assert_string_equal(ds_event(&s, EVENT_DHCP_REFUSED, "problem"), "another offer was there first");
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

static void answer_from(uint32_t server, uint8_t type, uint32_t yiaddr)
{
	dk_begin(&a, &s.said, type, type == DK_NAK ? 0 : yiaddr);
	dk_option_u32(&a, 54, server);
	if (type != DK_NAK) {
		dk_option_u32(&a, 1, KIT_MASK);
		dk_option_u32(&a, 51, 3600);
	}
	dk_end(&a);
	dk_send(&s.k, &a, &(struct dk_way){.src = server});
}

/* Two REQUESTs in three seconds, and everybody is asked again, at once. */
static void an_offer_without_an_acknowledgment(void **state)
{
	uint64_t first_ns;
	uint32_t xid;

	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	kit_advance(&s.k, 700 * NS_PER_MS);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	xid = s.said.xid;
	first_ns = s.said.t_ns;
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	assert_in_range(s.said.t_ns - first_ns, 750 * NS_PER_MS, 1250 * NS_PER_MS);
	assert_int_equal(s.said.secs, 0); /* the DISCOVER's */
	assert_int_equal(s.said.xid, xid);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	assert_string_equal(ds_describe(&s), "192.168.77.1 offered 192.168.77.2, but no acknowledgment "
					     "after 2 REQUESTs");
	ds_wait(&s, DK_DISCOVER, 10 * NS_PER_S);
	assert_true(s.said.xid != xid);
	assert_int_equal(s.said.t_ns - first_ns, 3 * NS_PER_S);
	assert_string_equal(ds_event(&s, EVENT_DHCP_NO_ACK, "attempts"), "2");
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_ACK); /* as far as it got */
}

/* Its next offer waits for another server's, which is taken at once, also when it comes later. */
static void a_server_that_does_not_acknowledge_is_put_last(void **state)
{
	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 3 * NS_PER_S);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect_silence(&s);
	assert_string_equal(ds_event(&s, EVENT_DHCP_HELD, "server"), "192.168.77.9");
	kit_advance(&s.k, 1200 * NS_PER_MS); /* a server that sends a ping before it offers */
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_HELD), 1);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	assert_int_equal(s.said.requested, KIT_IP);
	assert_true(s.said.t_ns < 6 * NS_PER_S);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* So is one that refuses what it has offered. */
static void a_server_that_refuses_its_own_offer_is_put_last(void **state)
{
	uint64_t nak_ns;

	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	answer_from(OTHER_SERVER, DK_NAK, 0);
	nak_ns = s.k.now_ns;
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	assert_int_equal(s.said.t_ns, nak_ns); /* at once */
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect_silence(&s);
	answer_from(OTHER_SERVER + 1, DK_OFFER, KIT_IP + 6);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(s.said.server_id, OTHER_SERVER + 1);
	answer_from(OTHER_SERVER + 1, DK_NAK, 0);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	assert_int_equal(s.said.t_ns, nak_ns); /* of another one: at once again */
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
}

/* There is no other: it is asked again, and has all the time that it had before. */
static void a_slow_server_that_is_alone(void **state)
{
	uint64_t first_ns, before_ns, wait_ns = NS_PER_S;

	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 3 * NS_PER_S);
	first_ns = s.said.t_ns;
	ds_answer(&s, DK_OFFER, KIT_IP + 1);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	ds_answer(&s, DK_OFFER, KIT_IP + 2); /* the latest counts */
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	assert_in_range(s.said.t_ns - first_ns, 2 * NS_PER_S, 3 * NS_PER_S);
	assert_int_equal(s.said.requested, KIT_IP + 2);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	before_ns = s.said.t_ns;
	for (unsigned i = 0; i < 3; i++) {
		ds_wait(&s, DK_REQUEST, 10 * NS_PER_S);
		assert_in_range(s.said.t_ns - before_ns, wait_ns * 3 / 4, wait_ns * 5 / 4);
		before_ns = s.said.t_ns;
		wait_ns *= 2;
	}
	ds_answer(&s, DK_ACK, KIT_IP + 2);
	assert_int_equal(s.k.netif.ipv4, KIT_IP + 2);
}

/* All are last: the one that has failed the longest ago is the next. */
static void two_servers_that_do_not_acknowledge(void **state)
{
	const uint32_t servers[] = {OTHER_SERVER, OTHER_SERVER + 1};

	(void)state;
	kit_poll(&s.k);
	for (unsigned i = 0; i < 2; i++) {
		ds_wait(&s, DK_DISCOVER, NS_PER_S);
		answer_from(servers[i], DK_OFFER, KIT_IP + i);
		ds_expect(&s, DK_REQUEST);
		ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
		kit_advance(&s.k, 2 * NS_PER_S);
	}
	for (unsigned i = 0; i < 4; i++) {
		ds_wait(&s, DK_DISCOVER, 10 * NS_PER_S);
		answer_from(servers[i % 2], DK_OFFER, KIT_IP);
		answer_from(servers[(i + 1) % 2], DK_OFFER, KIT_IP);
		answer_from(servers[i % 2], DK_OFFER, KIT_IP);
		ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
		ds_wait(&s, DK_REQUEST, 3 * NS_PER_S);
		assert_int_equal(s.said.server_id, servers[i % 2]);
		for (unsigned tries = 1; tries < 4; tries++)
			ds_wait(&s, DK_REQUEST, 10 * NS_PER_S);
	}
}

/* With a lease all that is forgotten. */
static void a_lease_forgets_who_was_put_last(void **state)
{
	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	ds_wait(&s, DK_DISCOVER, 3 * NS_PER_S);
	answer_from(OTHER_SERVER, DK_OFFER, KIT_IP + 5);
	ds_expect(&s, DK_REQUEST);
	answer_from(OTHER_SERVER, DK_ACK, KIT_IP + 5);
	kit_advance(&s.k, 3600 * NS_PER_S);
	kit_sent_clear(&s.k);
	ds_wait(&s, DK_DISCOVER, 20 * NS_PER_S);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
}

/* 4.4.1: the lease counts from the first REQUEST, whichever is answered. */
static void the_lease_counts_from_the_request(void **state)
{
	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_wait(&s, DK_REQUEST, 2 * NS_PER_S);
	kit_advance(&s.k, 500 * NS_PER_MS);
	ds_ack(&s, KIT_IP, 10);
	kit_sent_clear(&s.k);
	kit_advance(&s.k, NS_PER_S + 10 * NS_PER_S - s.k.now_ns - 1);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	kit_advance(&s.k, 1);
	assert_int_equal(s.k.netif.ipv4, 0);
	kit_sent_clear(&s.k);
}

/* --- what a stack without an address hears ------------------------------------------------------- */

static void answers_by_broadcast_and_by_unicast(void **state)
{
	static const struct dk_way ways[] = {
		{.dst = IPV4_ADDR_BROADCAST, .eth_dst = KIT_BROADCAST_MAC},
		{.dst = IPV4_ADDR_BROADCAST},
		{.dst = KIT_IP},
		{.dst = KIT_IP, .eth_dst = KIT_BROADCAST_MAC},
		{.dst = KIT_IP, .src = KIT_FAR_IP}, /* a relay's neighbour is not where the server is */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		struct dhcp_scene one;

		ds_open(&one, 1, NULL);
		kit_poll(&one.k);
		ds_expect(&one, DK_DISCOVER);
		dk_usual(&a, &one.said, DK_OFFER, KIT_IP);
		dk_send(&one.k, &a, &ways[i]);
		ds_expect(&one, DK_REQUEST);
		dk_usual(&a, &one.said, DK_ACK, KIT_IP);
		dk_send(&one.k, &a, &ways[i]);
		assert_int_equal(one.k.netif.ipv4, KIT_IP);
		ds_close(&one);
	}
}

static void inject_udp(uint32_t src, uint32_t dst, uint16_t src_port, uint16_t dst_port)
{
	struct kit_frame f;

	kit_build_udp(&f, &(struct kit_ipv4){.src = src, .dst = dst}, src_port, dst_port, "x", 1);
	kit_inject_frame(&s.k, &f);
}

static void nothing_else_is_heard(void **state)
{
	struct kit_frame f;

	(void)state;
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	inject_udp(0, KIT_IP, 67, 69);
	inject_udp(0, KIT_IP, 66, 68);
	inject_udp(0, IPV4_ADDR_BROADCAST, 53, 53);
	inject_udp(0, UINT32_C(0xe0000001), 67, 68);
	kit_build_icmp(&f, &(struct kit_ipv4){.dst = KIT_IP}, ICMP_ECHO, 0, 0, "ping", 4);
	kit_inject_frame(&s.k, &f);
	kit_build_tcp(&f, &(struct kit_ipv4){.dst = KIT_IP},
		      &(struct kit_tcp){.src_port = 67, .dst_port = 68, .flags = TCP_SYN}, NULL, 0);
	kit_inject_frame(&s.k, &f);
	assert_int_equal(counter("ip_for_others"), 6);
	/* fragments of what would be ours, and IP options before it, whose bytes look like the ports */
	dk_usual(&a, &s.said, DK_OFFER, KIT_IP);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP, .fragment = IPV4_MF}, 67, 68, a.bytes,
		      a.len);
	kit_inject_frame(&s.k, &f);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP, .options = "\0\x43\0\x44", .options_len = 4}, 67,
		      68, a.bytes, a.len);
	kit_inject_frame(&s.k, &f);
	assert_int_equal(counter("ip_for_others"), 8);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP}, 67, 68, a.bytes, a.len);
	f.bytes[f.len - 1] ^= 1;
	kit_inject_frame(&s.k, &f);
	assert_int_equal(counter("udp_bad_checksum"), 1);
	inject_udp(0, KIT_IP, 67, 68); /* a message of one byte is none */
	assert_int_equal(counter("dhcp_ignored"), 1);
	assert_int_equal(s.k.n_sent, 0);
	assert_int_equal(counter("icmp_errors_out"), 0);
}

/* And nothing at all from a machine that does not ask: before, without a client, after. */
static void only_who_asks_hears(void **state)
{
	struct kit bare;
	struct kit_frame f;

	(void)state;
	inject_udp(0, KIT_IP, 67, 68); /* not polled yet */
	assert_int_equal(counter("ip_for_others"), 1);
	kit_open_bare(&bare, 1, NULL);
	kit_build_udp(&f, &(struct kit_ipv4){.dst = KIT_IP}, 67, 68, "x", 1);
	kit_inject_frame(&bare, &f);
	assert_int_equal(kit_counter(&bare, "ip_for_others"), 1);
	assert_true(net_next_deadline(bare.stack) == TIME_NEVER);
	kit_close(&bare);
	ds_bind(&s, KIT_IP, 3600);
	inject_udp(0, KIT_IP + 1, 67, 68);
	assert_int_equal(counter("ip_for_others"), 2);
	/* A late copy of the ACK is for us, and is no port unreachable either. */
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(counter("dhcp_ignored"), 1);
	ds_expect_silence(&s);
}

/* A socket of the user's at port 68 does not get what is the client's, but all else. */
static void a_socket_at_port_68(void **state)
{
	const struct net_endpoint local = net_endpoint_ipv4(0, 68);
	struct net_endpoint from;
	char buf[8];
	int fd = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);

	(void)state;
	assert_int_equal(sock_bind(s.k.stack, fd, &local), ERR_OK);
	ds_bind(&s, KIT_IP, 3600);
	inject_udp(0, KIT_IP, 67, 68);
	assert_int_equal(sock_recvfrom(s.k.stack, fd, buf, sizeof(buf), &from, s.k.now_ns), ERR_AGAIN);
	inject_udp(0, KIT_IP, 1067, 68);
	assert_int_equal(sock_recvfrom(s.k.stack, fd, buf, sizeof(buf), &from, s.k.now_ns), 1);
}

/* --- routes, mask, MTU --------------------------------------------------------------------------- */

/* Binds with this ACK's options behind server, and lease. */
static void bind_with(uint32_t yiaddr, void (*options)(void))
{
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	for (uint8_t type = DK_OFFER; type <= DK_ACK; type += DK_ACK - DK_OFFER) {
		dk_begin(&a, &s.said, type, yiaddr);
		dk_option_u32(&a, 54, DHCP_KIT_SERVER);
		dk_option_u32(&a, 51, 3600);
		options();
		dk_end(&a);
		dk_send(&s.k, &a, NULL);
		if (type == DK_OFFER)
			ds_expect(&s, DK_REQUEST);
	}
	assert_int_equal(s.k.netif.ipv4, yiaddr);
}

static uint32_t next_hop(uint32_t dst)
{
	struct ipv4_route route;

	return ipv4_route(s.k.stack, dst, &route) == ERR_OK ? route.next_hop : 0;
}

static void options_of_a_cloud(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option_u32(&a, 3, UINT32_C(0x0a800001));
	/* 10.128.0.1/32 on the link, 0/0 by it; not in that order */
	dk_option(&a, 121, "\0\x0a\x80\0\1" "\x20\x0a\x80\0\1\0\0\0\0", 14);
}

static void a_gateway_outside_the_mask(void **state)
{
	(void)state;
	bind_with(UINT32_C(0x0a800007), options_of_a_cloud);
	assert_int_equal(s.k.netif.ipv4_mask, UINT32_MAX);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0x0a800001));
	assert_int_equal(ds_lease(&s)->n_routes, 2);
	assert_int_equal(next_hop(UINT32_C(0x0a800001)), UINT32_C(0x0a800001));
	assert_int_equal(next_hop(UINT32_C(0x0a800009)), UINT32_C(0x0a800001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0x0a800001));
}

static void options_of_a_host_mask(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option_u32(&a, 3, KIT_PEER_IP);
}

static void a_host_mask_and_a_router(void **state)
{
	(void)state;
	bind_with(KIT_IP, options_of_a_host_mask);
	assert_int_equal(ds_lease(&s)->gateway, KIT_PEER_IP);
	assert_int_equal(next_hop(KIT_FAR_IP), KIT_PEER_IP);
	assert_int_equal(next_hop(KIT_IP + 1), KIT_PEER_IP);
}

static void options_of_a_terse_cloud(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option(&a, 121, "\0\x0a\x80\0\1", 5); /* 0/0 by 10.128.0.1, and how that is reached is not said */
}

static void a_host_mask_and_a_classless_route(void **state)
{
	(void)state;
	bind_with(UINT32_C(0x0a800007), options_of_a_terse_cloud);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0x0a800001));
	assert_int_equal(ds_lease(&s)->n_routes, 1);
	assert_int_equal(next_hop(UINT32_C(0x0a800001)), UINT32_C(0x0a800001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0x0a800001));
}

static void options_classless_and_a_router(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 3, KIT_PEER_IP);
	/* 10.0.0.0/8 by .9; 172.16.0.0/12 by somebody who is not on the link */
	dk_option(&a, 121, "\x08\x0a\xc0\xa8\x4d\x09" "\x0c\xac\x10\x0a\0\0\1", 13);
}

/* RFC 3442: "MUST ignore the Router option". */
static void classless_routes_stand_for_the_router(void **state)
{
	(void)state;
	bind_with(KIT_IP, options_classless_and_a_router);
	assert_int_equal(ds_lease(&s)->gateway, 0);
	assert_int_equal(ds_lease(&s)->n_routes, 2);
	assert_int_equal(next_hop(UINT32_C(0x0a010203)), KIT_PEER_IP + 8);
	assert_int_equal(next_hop(UINT32_C(0xac100001)), UINT32_C(0x0a000001)); /* a far one */
	assert_int_equal(next_hop(UINT32_C(0x0a000001)), UINT32_C(0x0a000001));
	assert_int_equal(next_hop(KIT_FAR_IP), 0);
}

static void options_classless_by_nobody(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option(&a, 121, "\x08\x0a\xe0\0\0\1" "\x08\x0b\xc0\xa8\x4d\2", 12);
}

/* What is no host's address, or our own, is no router. */
static void a_route_by_what_is_no_router(void **state)
{
	(void)state;
	bind_with(KIT_IP, options_classless_by_nobody);
	assert_int_equal(ds_lease(&s)->n_routes, 0);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_UNUSABLE), 2);
	assert_string_equal(ds_event(&s, EVENT_DHCP_UNUSABLE, "problem"),
			    "the router of a route cannot be one");
}

static void options_router_off_the_link(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option(&a, 3, "\x0a\0\0\1\xc0\xa8\x4d\xfe", 8);
}

static void options_only_a_router_off_the_link(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 3, UINT32_C(0x0a000001));
}

static void options_a_host_mask_and_a_link_local_router(void)
{
	dk_option_u32(&a, 1, UINT32_MAX);
	dk_option_u32(&a, 3, UINT32_C(0xa9fe0001));
}

static void options_a_router_that_is_ourselves(void)
{
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 3, KIT_IP);
}

static void begin_anew(void)
{
	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
}

/* One that is on our network goes first; else the first, through the interface that it came on. */
static void a_router_that_is_not_on_the_link(void **state)
{
	(void)state;
	bind_with(KIT_IP, options_router_off_the_link);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0xc0a84dfe)); /* the next one */
	begin_anew();
	bind_with(KIT_IP, options_only_a_router_off_the_link);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0x0a000001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0x0a000001));
	assert_int_equal(next_hop(UINT32_C(0x0a000001)), UINT32_C(0x0a000001));
	assert_int_equal(next_hop(KIT_IP + 1), KIT_IP + 1);
	begin_anew();
	bind_with(KIT_IP, options_a_host_mask_and_a_link_local_router);
	assert_int_equal(ds_lease(&s)->gateway, UINT32_C(0xa9fe0001));
	assert_int_equal(next_hop(KIT_FAR_IP), UINT32_C(0xa9fe0001));
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_UNUSABLE), 0);
	begin_anew();
	bind_with(KIT_IP, options_a_router_that_is_ourselves);
	assert_int_equal(ds_lease(&s)->gateway, 0);
	assert_string_equal(ds_event(&s, EVENT_DHCP_UNUSABLE, "problem"), "the router cannot be one");
	assert_string_equal(ds_event(&s, EVENT_DHCP_UNUSABLE, "ip"), "192.168.77.2");
}

static void options_none(void)
{
}

static void options_a_wide_router(void)
{
	dk_option_u32(&a, 3, UINT32_C(0xc0a80001));
}

static void options_a_router_elsewhere(void)
{
	dk_option_u32(&a, 3, UINT32_C(0x0a000001));
}

static void without_a_mask(void **state)
{
	static const struct {
		void (*options)(void);
		uint32_t mask, gateway;
	} cases[] = {
		{options_none, 0xffffff00, 0},
		{options_a_wide_router, 0xffff8000, UINT32_C(0xc0a80001)},
		{options_a_router_elsewhere, 0xffffff00, UINT32_C(0x0a000001)},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		bind_with(KIT_IP, cases[i].options);
		assert_int_equal(s.k.netif.ipv4_mask, cases[i].mask);
		assert_int_equal(ds_lease(&s)->gateway, cases[i].gateway);
		net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
		assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	}
}

static uint16_t said_mtu;

static void options_mtu(void)
{
	uint8_t bytes[2];

	store_be16(bytes, said_mtu);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option(&a, 26, bytes, 2);
}

static void mtus_and_their_bounds(void **state)
{
	static const struct {
		uint16_t said, usable;
	} cases[] = {{1400, 1400}, {576, 576}, {575, 1500}, {68, 1500}, {0, 1500}, {1500, 1500},
		     {1501, 1500}, {9000, 1500}, {65535, 1500}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		said_mtu = cases[i].said;
		bind_with(KIT_IP, options_mtu);
		assert_int_equal(s.k.netif.mtu, cases[i].usable);
		assert_int_equal(ds_lease(&s)->mtu,
				 cases[i].said == cases[i].usable ? cases[i].said : 0);
		net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
		assert_int_equal(s.k.netif.mtu, 1500);
		assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_OK);
	}
}

/* --- more interfaces than one --------------------------------------------------------------------- */

/* Brings what `a` holds to that interface. */
static void deliver(struct netif *netif, uint32_t dst)
{
	struct pktbuf_pool pool;
	struct kit_frame f;
	struct pktbuf *pkt;
	void *at;

	kit_build_udp(&f, &(struct kit_ipv4){.eth_dst = netif->mac, .dst = dst}, 67, 68, a.bytes, a.len);
	pktbuf_pool_init(&pool, &s.k.kp.port, KIT_FRAME_MAX, 1);
	pkt = pktbuf_alloc(&pool, 0);
	at = pkt != NULL ? pktbuf_put(pkt, f.len) : NULL;
	assert_non_null(at);
	memcpy(at, f.bytes, f.len);
	netif_input(netif, pkt, s.k.now_ns);
	pktbuf_pool_destroy(&pool);
}

/* RFC 2131 3.6: each by itself. */
static void two_interfaces(void **state)
{
	struct netif second = s.k.netif; /* its frames are seen in the same place */
	struct dk_said first, other;

	(void)state;
	second.stack = NULL;
	second.mac[5] = 0x77;
	net_attach(s.k.stack, &second);
	assert_int_equal(net_dhcp_start(s.k.stack, &second, NULL, s.k.now_ns), ERR_OK);
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	first = s.said;
	ds_expect(&s, DK_DISCOVER);
	other = s.said;
	if (memcmp(first.mac, second.mac, 6) == 0) {
		other = first;
		first = s.said;
	}
	assert_memory_equal(other.mac, second.mac, 6);
	assert_true(first.xid != other.xid);
	dk_usual(&a, &other, DK_OFFER, KIT_IP + 7);
	deliver(&s.k.netif, KIT_IP + 7); /* it came in where nobody asked for it */
	assert_int_equal(counter("dhcp_ignored"), 1);
	deliver(&second, KIT_IP + 7);
	ds_expect(&s, DK_REQUEST);
	assert_memory_equal(s.said.mac, second.mac, 6);
	dk_usual(&a, &s.said, DK_ACK, KIT_IP + 7);
	deliver(&second, IPV4_ADDR_BROADCAST);
	assert_int_equal(second.ipv4, KIT_IP + 7);
	assert_int_equal(s.k.netif.ipv4, 0);
	assert_null(ds_lease(&s));
	assert_int_equal(net_dhcp_reached(s.k.stack, &second), NET_DHCP_BOUND);
	assert_int_equal(ds_reached(&s), NET_DHCP_NO_OFFER);
	/* A link that goes is its own affair as well. */
	second.link_up = false;
	kit_poll(&s.k);
	dk_usual(&a, &first, DK_OFFER, KIT_IP);
	deliver(&s.k.netif, KIT_IP);
	ds_expect(&s, DK_REQUEST);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	net_dhcp_stop(s.k.stack, &second, false, s.k.now_ns);
	assert_int_equal(second.ipv4, 0);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	ds_close(&s); /* before the interface goes */
	ds_open(&s, 1, NULL);
}

/* --- starting and stopping ----------------------------------------------------------------------- */

static void starting_twice_and_beside_an_address(void **state)
{
	struct kit fixed;

	(void)state;
	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_ALREADY);
	kit_open(&fixed, 1, NULL);
	assert_int_equal(net_dhcp_start(fixed.stack, &fixed.netif, NULL, fixed.now_ns), ERR_ALREADY);
	assert_null(net_dhcp_lease(fixed.stack, &fixed.netif));
	assert_int_equal(net_dhcp_reached(fixed.stack, &fixed.netif), NET_DHCP_NOTHING_SENT);
	net_dhcp_stop(fixed.stack, &fixed.netif, true, fixed.now_ns);
	assert_int_equal(fixed.netif.ipv4, KIT_IP);
	kit_close(&fixed);
}

static void without_memory_it_does_not_start(void **state)
{
	struct kit poor;

	(void)state;
	kit_open_bare(&poor, 1, NULL);
	poor.kp.fail_after = 0;
	assert_int_equal(net_dhcp_start(poor.stack, &poor.netif, NULL, poor.now_ns), ERR_NOMEM);
	poor.kp.fail_after = UINT32_MAX;
	assert_int_equal(net_dhcp_start(poor.stack, &poor.netif, NULL, poor.now_ns), ERR_OK);
	poor.kp.fail_after = 0; /* of buffers there are none yet */
	kit_poll(&poor);
	assert_int_equal(poor.n_sent, 0);
	poor.kp.fail_after = UINT32_MAX;
	kit_advance(&poor, 2 * NS_PER_S);
	assert_true(poor.n_sent > 0);
	kit_close(&poor);
}

static void stopping_gives_the_address_back(void **state)
{
	struct kit_frame f;

	(void)state;
	ds_bind(&s, KIT_IP, 3600);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REQUEST, .spa = KIT_PEER_IP, .tpa = KIT_IP});
	kit_inject_frame(&s.k, &f); /* the server is known */
	kit_sent_clear(&s.k);
	net_dhcp_stop(s.k.stack, &s.k.netif, true, s.k.now_ns);
	ds_expect(&s, DK_RELEASE);
	assert_int_equal(s.said.ciaddr, KIT_IP);
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER);
	assert_int_equal(s.said.src, KIT_IP);
	assert_int_equal(s.said.dst, DHCP_KIT_SERVER);
	assert_int_equal(s.said.requested, 0);
	assert_int_equal(s.k.netif.ipv4, 0);
	assert_null(ds_lease(&s));
	assert_string_equal(ds_event(&s, EVENT_ADDR_LOST, "reason"), "released");
	assert_true(net_next_deadline(s.k.stack) == TIME_NEVER);
	assert_string_equal(ds_describe(&s), "DHCP was not asked");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(discover_offer_request_ack),
		TEST(the_lease_and_the_log),
		TEST(several_search_domains),
		TEST(the_first_syn_does_not_wait),
		TEST(the_host_name_is_sent),
		TEST(nobody_answers),
		TEST(the_last_discover_before_the_deadline),
		TEST(a_port_that_forwards_late),
		TEST(a_short_deadline),
		TEST(how_far_it_got_without_an_offer),
		TEST(no_two_schedules_are_the_same),
		TEST(nothing_is_sent_without_a_link),
		TEST(a_device_that_takes_nothing),
		TEST(the_first_good_offer_is_taken),
		TEST(an_offer_without_an_acknowledgment),
		TEST(a_server_that_does_not_acknowledge_is_put_last),
		TEST(a_server_that_refuses_its_own_offer_is_put_last),
		TEST(a_slow_server_that_is_alone),
		TEST(two_servers_that_do_not_acknowledge),
		TEST(a_lease_forgets_who_was_put_last),
		TEST(the_lease_counts_from_the_request),
		TEST(answers_by_broadcast_and_by_unicast),
		TEST(nothing_else_is_heard),
		TEST(only_who_asks_hears),
		TEST(a_socket_at_port_68),
		TEST(a_gateway_outside_the_mask),
		TEST(a_host_mask_and_a_router),
		TEST(a_host_mask_and_a_classless_route),
		TEST(classless_routes_stand_for_the_router),
		TEST(a_route_by_what_is_no_router),
		TEST(a_router_that_is_not_on_the_link),
		TEST(without_a_mask),
		TEST(mtus_and_their_bounds),
		TEST(two_interfaces),
		TEST(starting_twice_and_beside_an_address),
		TEST(without_memory_it_does_not_start),
		TEST(stopping_gives_the_address_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
