/* SPDX-License-Identifier: MIT */
/* net/dhcp: from no address to one (RFC 2131 3.1, 4.4.1): what is asked, when, and by whom. */
#include <string.h>

#include "net/socket.h"
#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_started, dhcp_close);

/* --- the usual way ------------------------------------------------------------------------------- */

TEST(discover_offer_request_ack)
{
	uint32_t xid;

	assert_int_equal(s.k.n_sent, 0); /* the poll begins it */
	assert_int_equal(ds_reached(&s), NET_DHCP_NOTHING_SENT);
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER); /* at once: nothing is waited for */
	assert_int_equal(s.said.t_ns, NS_PER_S);
	assert_int_equal(s.said.src, 0);
	assert_int_equal(s.said.dst, 0xffffffff);
	assert_true(s.said.broadcast_dst && s.said.wants_121_before_3);
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
	assert_true(s.said.broadcast_dst);
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
TEST(the_lease_and_the_log)
{
	const struct net_lease *l;

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
TEST(several_search_domains)
{
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
TEST(the_first_syn_does_not_wait)
{
	const struct net_endpoint far = net_endpoint_ipv4(KIT_FAR_IP, 80);
	struct kit_sent *sent;
	int fd;

	ds_bind(&s, KIT_IP, 3600);
	fd = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(s.k.stack, fd, &far, s.k.now_ns), ERR_INPROGRESS);
	sent = kit_expect(&s.k);
	assert_int_equal(sent->arp.tpa, KIT_PEER_IP);
	assert_int_equal(sent->arp.spa, KIT_IP);
	kit_sent_free(sent);
	kit_sent_clear(&s.k);
}

TEST(the_host_name_is_sent)
{
	struct dhcp_scene named;

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
TEST(no_host_answers)
{
	static const unsigned most_s[] = {1, 2, 4};
	uint64_t first_ns, before_ns;
	unsigned sent = 0;
	uint32_t xid;

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
TEST(the_last_discover_before_the_deadline)
{
	static const uint64_t deadlines_s[] = {8, 9, 10, 12, 15, 20, 30, 45, 60, 61, 63, 70, 90, 600};

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
		/* Who stays goes on as if there had been no deadline. */
		assert_true(last_ns >= 61 * NS_PER_S || one.said.t_ns - last_ns <= 4 * NS_PER_S);
		ds_close(&one);
	}
}

/* A port of a switch that forwards nothing for 30 s, and a minute to wait in. */
TEST(a_port_that_forwards_late)
{
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
TEST(a_short_deadline)
{
	struct dhcp_scene one;

	ds_open(&one, 1, &(struct net_dhcp_options){.deadline_ns = 5 * NS_PER_S});
	for (unsigned i = 0; i < 3; i++)
		ds_wait(&one, DK_DISCOVER, 2 * NS_PER_S);
	assert_in_range(one.said.t_ns, 3 * NS_PER_S, 4 * NS_PER_S);
	ds_close(&one);
}

TEST(how_far_it_got_without_an_offer)
{
	kit_poll(&s.k);
	ds_wait(&s, DK_DISCOVER, NS_PER_S);
	assert_string_equal(ds_describe(&s), "no offer after 1 DISCOVER in 0.0 s");
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
	s.k.now_ns = NS_PER_S + 1500 * NS_PER_MS;
	assert_string_equal(ds_describe(&s), "no offer after 2 DISCOVERs in 1.5 s");
}

/* No two machines ask in step, nor one after it has started again. */
TEST(no_two_schedules_are_the_same)
{
	uint64_t seen[16];
	uint32_t xids[16];

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

TEST(nothing_is_sent_without_a_link)
{
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

TEST(a_device_that_takes_nothing)
{
	s.k.send_result = ERR_AGAIN;
	kit_poll(&s.k);
	assert_int_equal(ds_reached(&s), NET_DHCP_NOTHING_SENT);
	assert_string_equal(ds_describe(&s), "no DISCOVER could be sent: would block");
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_DISCOVER), 0);
	assert_int_equal(counter("dhcp_out"), 0);
	s.k.send_result = ERR_OK;
	ds_wait(&s, DK_DISCOVER, 2 * NS_PER_S);
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
TEST(two_interfaces)
{
	struct netif second = s.k.netif; /* its frames are seen in the same place */
	struct dk_said first, other;

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

TEST(starting_twice_and_beside_an_address)
{
	struct kit fixed;

	assert_int_equal(net_dhcp_start(s.k.stack, &s.k.netif, NULL, s.k.now_ns), ERR_ALREADY);
	kit_open(&fixed, 1, NULL);
	assert_int_equal(net_dhcp_start(fixed.stack, &fixed.netif, NULL, fixed.now_ns), ERR_ALREADY);
	assert_null(net_dhcp_lease(fixed.stack, &fixed.netif));
	assert_int_equal(net_dhcp_reached(fixed.stack, &fixed.netif), NET_DHCP_NOTHING_SENT);
	net_dhcp_stop(fixed.stack, &fixed.netif, true, fixed.now_ns);
	assert_int_equal(fixed.netif.ipv4, KIT_IP);
	kit_close(&fixed);
}

TEST(without_memory_it_does_not_start)
{
	struct kit poor;

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

TEST(stopping_gives_the_address_back)
{
	struct kit_frame f;

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

TEST(who_has_no_client_has_declined_nothing)
{
	struct netif other = {.name = "other"};

	assert_int_equal(net_dhcp_declines(s.k.stack, &other), 0);
	assert_int_equal(net_dhcp_declines(s.k.stack, &s.k.netif), 0);
}

/* What is not there is no field of the event, what is there is one, were it a single character. */
TEST(a_name_of_one_character)
{
	ds_offer(&s, KIT_IP);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 51, LEASE);
	dk_option(&a, 12, "h", 1);
	dk_option(&a, 15, "d", 1);
	dk_end(&a);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "hostname"), "h");
	assert_string_equal(ds_event(&s, EVENT_DHCP_ACK, "domain"), "d");
	assert_null(ds_event(&s, EVENT_DHCP_ACK, "dns"));
	assert_null(ds_event(&s, EVENT_DHCP_ACK, "gateway"));
}
