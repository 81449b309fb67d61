/* SPDX-License-Identifier: MIT */
/* net/awaited: a frame that is dropped is counted with whoever waited for it, and with nobody else.
 * Each row damages a good answer in one way; the party that waits must say so in those words. */
#include "tests/unit/spoilt_kit.h"

/* --- DHCP ----------------------------------------------------------------------------------------- */

static struct dhcp_scene s;

/* The server's OFFER, by unicast as to a machine that has the address already. */
static void build_offer(uint8_t type)
{
	const struct kit_ipv4 ip = {.src = DHCP_KIT_SERVER, .dst = KIT_IP};
	struct dk_answer a;

	dk_usual(&a, &s.said, type, KIT_IP);
	dk_end(&a);
	kit_build_udp(&f, &ip, 67, 68, a.bytes, a.len);
}

static void begin_asking(void)
{
	ds_open(&s, 1, NULL);
	kit_poll(&s.k);
	ds_expect(&s, DK_DISCOVER);
	build_offer(DK_OFFER);
}

static void offer_must_be_refused(const struct way *way)
{
	begin_asking();
	way->spoil();
	kit_inject_frame(&s.k, &f);
	kit_poll(&s.k);
	ds_expect_silence(&s);
	must_report_once(net_dhcp_refused(s.k.stack, &s.k.netif), way->why);
	ds_close(&s);
}

static void another_xid(void)
{
	kit_l4(&f)[UDP_HEADER_LEN + 4] ^= 1;
	kit_fix_transport(&f);
}

static void another_chaddr(void)
{
	kit_l4(&f)[UDP_HEADER_LEN + 28] ^= 2;
	kit_fix_transport(&f);
}

static void from_nowhere(void)
{
	store_be32(kit_l3(&f) + IPV4_OFF_SRC, 0);
	kit_fix_ipv4(&f);
	kit_fix_transport(&f);
}

TEST(offers)
{
	static const struct way ways[] = {
		{bad_transport_checksum, "had a bad UDP checksum"},
		{another_xid, "because its transaction (xid) is not the one that is under way"},
		{another_chaddr, "because its hardware address (chaddr) is another's"},
		{from_nowhere, "had a sender address that no other host has"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(common_ways); i++)
		offer_must_be_refused(&common_ways[i]);
	for (unsigned i = 0; i + 1 < ARRAY_LEN(ipv4_ways); i++)
		offer_must_be_refused(&ipv4_ways[i]);
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++)
		offer_must_be_refused(&ways[i]);
}

/* Field report: "no offer after 5 DISCOVERs" on a network where five answers had come. */
TEST(the_sentence_of_a_machine_without_an_offer)
{
	begin_asking();
	for (unsigned i = 0; i < 5; i++) {
		build_offer(DK_OFFER);
		if (i < 3)
			bad_transport_checksum();
		else
			in_vlan_7();
		kit_inject_frame(&s.k, &f);
	}
	kit_poll(&s.k);
	assert_string_equal(ds_describe(&s), "no offer after 1 DISCOVER in 0.0 s (5 answers refused: "
					     "3 had a bad UDP checksum, 2 came in VLAN 7)");
	ds_close(&s);
}

/* Another client's answer is none of ours, also where it is broken; and an address ends the count. */
TEST(what_is_no_answer_to_us)
{
	begin_asking();
	another_xid();
	another_chaddr();
	kit_inject_frame(&s.k, &f);
	in_vlan_7();
	kit_inject_frame(&s.k, &f);
	assert_int_equal(net_dhcp_refused(s.k.stack, &s.k.netif)->count, 0);
	build_offer(DK_OFFER);
	in_vlan_7();
	kit_inject_frame(&s.k, &f);
	build_offer(DK_OFFER);
	kit_inject_frame(&s.k, &f);
	ds_expect(&s, DK_REQUEST);
	assert_int_equal(net_dhcp_refused(s.k.stack, &s.k.netif)->count, 1);
	ds_answer(&s, DK_ACK, KIT_IP);
	assert_non_null(ds_lease(&s));
	build_offer(DK_ACK);
	in_vlan_7();
	kit_inject_frame(&s.k, &f);
	assert_int_equal(net_dhcp_refused(s.k.stack, &s.k.netif)->count, 0);
	ds_close(&s);
}

/* --- ARP ------------------------------------------------------------------------------------------ */

static struct kit k;
static int fd;

static const struct refused *look(void)
{
	sock_awaited(k.stack, fd, k.now_ns, &awaited);
	return &awaited.refused;
}

static int udp_socket(uint32_t to)
{
	const struct net_endpoint remote = net_endpoint_ipv4(to, 53);
	int which = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);

	assert_int_equal(sock_connect(k.stack, which, &remote, k.now_ns), ERR_OK);
	assert_int_equal(sock_send(k.stack, which, "?", 1, k.now_ns), 1);
	return which;
}

static void build_arp_reply(void)
{
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = NEIGHBOUR_IP, .tpa = KIT_IP,
					    .tha = KIT_MAC});
}

static void group_as_hardware_address(void)
{
	f.bytes[ETH_HEADER_LEN + ARP_OFF_SHA] |= 1;
}

static void another_operation(void)
{
	store_be16(f.bytes + ETH_HEADER_LEN + ARP_OFF_OP, 9);
}

static void arp_must_be_refused(const struct way *way)
{
	kit_open(&k, 1, NULL);
	fd = udp_socket(NEIGHBOUR_IP);
	build_arp_reply();
	way->spoil();
	kit_inject_frame(&k, &f);
	must_report_once(look(), way->why);
	assert_int_equal(awaited.unresolved_ns, 1);
	kit_close(&k);
}

TEST(arp_replies)
{
	static const struct way ways[] = {
		{truncated, "had a malformed ARP packet"},
		{group_as_hardware_address, "had a hardware address that no host has"},
		{another_operation, "had the ARP operation 9"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(common_ways); i++)
		arp_must_be_refused(&common_ways[i]);
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++)
		arp_must_be_refused(&ways[i]);
}

TEST(another_hosts_arp)
{
	kit_open(&k, 1, NULL);
	fd = udp_socket(NEIGHBOUR_IP);
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = STRANGER_IP, .tpa = KIT_IP});
	in_vlan_7();
	kit_inject_frame(&k, &f);
	assert_int_equal(look()->count, 0);
	kit_close(&k);
}

/* The event says it, and the transport that waited learns it. */
TEST(arp_gives_up)
{
	const struct kit_event *ev;
	int64_t err;

	kit_open(&k, 1, NULL);
	fd = udp_socket(NEIGHBOUR_IP);
	build_arp_reply();
	in_vlan_7();
	for (unsigned i = 0; i < 3; i++) {
		kit_inject_frame(&k, &f);
		kit_advance(&k, NS_PER_S);
	}
	ev = kit_event(&k.kp, EVENT_ARP_UNRESOLVED, 0);
	assert_string_equal(kit_event_field(ev, "attempts"), "3");
	assert_string_equal(kit_event_field(ev, "refused"), "3");
	assert_string_equal(kit_event_field(ev, "refused_why"), "3 came in VLAN 7");
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_SO_ERROR, &err), ERR_OK);
	assert_int_equal(err, ERR_HOSTUNREACH);
	assert_int_equal(look()->count, 3);
	assert_int_equal(awaited.unresolved_ns, 0);
	kit_close(&k);
}

/* --- UDP ------------------------------------------------------------------------------------------ */

static uint16_t own_port(void)
{
	struct net_endpoint local;

	assert_int_equal(sock_getsockname(k.stack, fd, &local), ERR_OK);
	return local.port;
}

static void open_udp(void)
{
	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	fd = udp_socket(KIT_PEER_IP);
	kit_build_udp(&f, &(struct kit_ipv4){0}, 53, own_port(), "an answer", 9);
}

static void from_another_port(void)
{
	store_be16(kit_l4(&f) + UDP_OFF_SRC, 5353);
	kit_fix_transport(&f);
}

static void too_long(void)
{
	store_be16(kit_l4(&f) + UDP_OFF_LEN, 200);
}

static void with_a_source_route(void)
{
	static const uint8_t route[4] = {IPV4_OPT_LSRR, 3, 4, 0};

	kit_build_udp(&f, &(struct kit_ipv4){.options = route, .options_len = 4}, 53, own_port(), "x", 1);
}

static void with_broken_options(void)
{
	static const uint8_t broken[4] = {0x44, 9, 0, 0};

	kit_build_udp(&f, &(struct kit_ipv4){.options = broken, .options_len = 4}, 53, own_port(), "x", 1);
}

static void broadcast_on_the_link(void)
{
	memset(f.bytes, 0xff, 6);
}

static void datagram_must_be_refused(const struct way *way)
{
	uint8_t byte;

	open_udp();
	way->spoil();
	kit_inject_frame(&k, &f);
	assert_int_equal(sock_recv(k.stack, fd, &byte, 1, k.now_ns), ERR_AGAIN);
	must_report_once(look(), way->why);
	kit_close(&k);
}

TEST(datagrams)
{
	static const struct way ways[] = {
		{bad_transport_checksum, "had a bad UDP checksum"},
		{too_long, "had a malformed UDP header"},
		{from_a_stranger, "came from 192.168.77.33"},
		{from_another_port, "came from port 5353"},
		{with_a_source_route, "had a source route"},
		{with_broken_options, "had malformed IP options"},
		{broadcast_on_the_link, "came as a broadcast on the link, for one host"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(common_ways); i++)
		datagram_must_be_refused(&common_ways[i]);
	for (unsigned i = 0; i < ARRAY_LEN(ipv4_ways); i++)
		datagram_must_be_refused(&ipv4_ways[i]);
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++)
		datagram_must_be_refused(&ways[i]);
}

/* Both halves come: nothing was refused. */
TEST(a_whole_of_fragments)
{
	struct kit_frame whole;
	char buf[64];
	size_t rest;

	open_udp();
	kit_build_udp(&f, &(struct kit_ipv4){.id = 7, .no_flags = true}, 53, own_port(),
		      "an answer in two", 16);
	whole = f;
	rest = f.len - ETH_HEADER_LEN - IPV4_HEADER_LEN - 16;
	f.len -= rest;
	store_be16(kit_l3(&f) + IPV4_OFF_FRAGMENT, IPV4_MF);
	store_be16(kit_l3(&f) + IPV4_OFF_TOTAL_LEN, IPV4_HEADER_LEN + 16);
	kit_fix_ipv4(&f);
	kit_inject_frame(&k, &f);
	assert_int_equal(look()->count, 1);
	memcpy(kit_l4(&f), kit_l4(&whole) + 16, rest);
	f.len = ETH_HEADER_LEN + IPV4_HEADER_LEN + rest;
	store_be16(kit_l3(&f) + IPV4_OFF_FRAGMENT, 2);
	store_be16(kit_l3(&f) + IPV4_OFF_TOTAL_LEN, (uint16_t)(IPV4_HEADER_LEN + rest));
	kit_fix_ipv4(&f);
	kit_inject_frame(&k, &f);
	assert_int_equal(look()->count, 0);
	assert_int_equal(sock_recv(k.stack, fd, buf, sizeof(buf), k.now_ns), 16);
	kit_close(&k);
}

/* It lives as long as the peer stays the same; what a port without a peer drops is nobody's. */
TEST(a_new_peer_is_a_new_wait)
{
	const struct net_endpoint nobody = {.addr = {.family = NET_FAMILY_NONE}};

	open_udp();
	bad_transport_checksum();
	kit_inject_frame(&k, &f);
	assert_int_equal(look()->count, 1);
	assert_int_equal(sock_connect(k.stack, fd, &nobody, k.now_ns), ERR_OK);
	assert_int_equal(look()->count, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(look()->count, 0);
	kit_close(&k);
}

TEST(without_memory_nothing_is_counted)
{
	open_udp();
	bad_transport_checksum();
	k.kp.fail_after = 0;
	kit_inject_frame(&k, &f);
	assert_int_equal(look()->count, 0);
	k.kp.fail_after = UINT_MAX;
	kit_close(&k);
}

/* --- echo ----------------------------------------------------------------------------------------- */

static void reply_must_be_refused(const struct way *way)
{
	static const uint8_t request[12] = {ICMP_ECHO};
	const struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, 0);
	uint8_t byte;

	kit_open(&k, 1, NULL);
	kit_teach_peer(&k);
	fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_ICMP);
	assert_int_equal(sock_connect(k.stack, fd, &remote, k.now_ns), ERR_OK);
	assert_int_equal(sock_send(k.stack, fd, request, sizeof(request), k.now_ns), sizeof(request));
	kit_build_icmp(&f, &(struct kit_ipv4){0}, ICMP_ECHO_REPLY, 0, (uint32_t)own_port() << 16,
		       "0123", 4);
	way->spoil();
	kit_inject_frame(&k, &f);
	assert_int_equal(sock_recv(k.stack, fd, &byte, 1, k.now_ns), ERR_AGAIN);
	must_report_once(look(), way->why);
	kit_close(&k);
}

static void with_a_code(void)
{
	kit_l4(&f)[ICMP_OFF_CODE] = 3;
	kit_fix_transport(&f);
}

TEST(echo_replies)
{
	static const struct way ways[] = {
		{bad_transport_checksum, "had a bad ICMP checksum"},
		{with_a_code, "had the ICMP code 3"},
		{from_a_stranger, "came from 192.168.77.33"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(common_ways); i++)
		reply_must_be_refused(&common_ways[i]);
	for (unsigned i = 0; i + 1 < ARRAY_LEN(ipv4_ways); i++)
		reply_must_be_refused(&ipv4_ways[i]);
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++)
		reply_must_be_refused(&ways[i]);
}

/* --- how long the next hop is asked for ------------------------------------------------------------ */

static int open_socket(enum sock_type type, int64_t resolve_ms)
{
	const struct net_endpoint remote = net_endpoint_ipv4(NEIGHBOUR_IP, 80);
	int which = sock_socket(k.stack, NET_FAMILY_IPV4, type, SOCK_PROTO_DEFAULT);
	int64_t value;

	assert_int_equal(sock_setsockopt(k.stack, which, SOCK_RESOLVE_TIMEOUT, resolve_ms, k.now_ns),
			 ERR_OK);
	assert_int_equal(sock_getsockopt(k.stack, which, SOCK_RESOLVE_TIMEOUT, &value), ERR_OK);
	assert_int_equal(value, resolve_ms);
	assert_int_equal(sock_connect(k.stack, which, &remote, k.now_ns),
			 type == SOCK_TYPE_STREAM ? ERR_INPROGRESS : ERR_OK);
	if (type == SOCK_TYPE_DGRAM)
		assert_int_equal(sock_send(k.stack, which, "?", 1, k.now_ns), 1);
	return which;
}

/* The error of the socket comes after so long, behind so many requests. */
static void must_be_asked_for(uint64_t ns, const char *requests)
{
	int64_t err;

	kit_advance(&k, ns - 1);
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_SO_ERROR, &err), ERR_OK);
	assert_int_equal(err, ERR_OK);
	(void)look();
	assert_int_equal(awaited.unresolved_ns, ns - 1);
	kit_advance(&k, 1);
	assert_int_equal(sock_getsockopt(k.stack, fd, SOCK_SO_ERROR, &err), ERR_OK);
	assert_int_equal(err, ERR_HOSTUNREACH);
	assert_string_equal(kit_event_field(kit_event(&k.kp, EVENT_ARP_UNRESOLVED, 0), "attempts"),
			    requests);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_REQUEST), strtoul(requests, NULL, 10));
}

TEST(the_next_hop_is_asked_for_as_long_as_the_caller_reports)
{
	static const enum sock_type types[] = {SOCK_TYPE_STREAM, SOCK_TYPE_DGRAM};

	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		kit_open(&k, 1, NULL);
		fd = open_socket(types[i], 0);
		must_be_asked_for(3 * NS_PER_S, "3");
		kit_close(&k);
		kit_open(&k, 1, NULL);
		fd = open_socket(types[i], 60000);
		must_be_asked_for(60 * NS_PER_S, "60");
		kit_close(&k);
		kit_open(&k, 1, NULL);
		fd = open_socket(types[i], 1000); /* never less than the usual three */
		must_be_asked_for(3 * NS_PER_S, "3");
		kit_close(&k);
	}
}

/* Two wait for the same neighbour: the more patient one decides, also where it came later. */
TEST(the_longest_bound_counts)
{
	kit_open(&k, 1, NULL);
	(void)open_socket(SOCK_TYPE_DGRAM, 0);
	fd = open_socket(SOCK_TYPE_STREAM, 7000);
	(void)open_socket(SOCK_TYPE_DGRAM, 5000);
	must_be_asked_for(7 * NS_PER_S, "7");
	kit_close(&k);
}

TEST(the_bound_has_a_range)
{
	int64_t too_much = INT64_C(1) << 31;

	kit_open(&k, 1, NULL);
	fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_RESOLVE_TIMEOUT, too_much, 0), ERR_INVAL);
	fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	assert_int_equal(sock_setsockopt(k.stack, fd, SOCK_RESOLVE_TIMEOUT, too_much, 0), ERR_INVAL);
	kit_close(&k);
}
