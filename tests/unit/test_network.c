/* SPDX-License-Identifier: MIT */
/* machine/network: which network device a run uses, how long it waits for a link, and how the machine
 * comes to its address. */
#include <string.h>

#include "machine/network.h"
#include "tests/lib/dhcp_kit.h"
#include "tests/runner/unit.h"

static struct kit k;
static struct config_platform platform;
static struct machine machine;
static struct network network;

/* Three devices; the kit's own interface is none of them. */
static struct netif eth[3];
static struct netif *netifs[3] = {&eth[0], &eth[1], &eth[2]};
static unsigned plugged_in;       /* the one that gets a link ... */
static uint64_t plugged_in_at_ns; /* ... then */
static unsigned turns;

/* What a server does; 0: there is none. */
enum server { NOBODY, HELPFUL, SILENT_AFTER_OFFER, REFUSING, IN_A_VLAN };
static enum server server;
static struct dk_said asked; /* the latest message */
static uint8_t name_server;  /* 192.168.77.X, the first that the server names */

static uint64_t kit_now(void *ctx)
{
	(void)ctx;
	return k.now_ns;
}

static void send_in_vlan(const struct dk_answer *a)
{
	static const uint8_t tag[] = {0x81, 0x00, 0x00, 0x07};
	const struct kit_ipv4 ip = {.src = DHCP_KIT_SERVER, .dst = KIT_IP};
	struct kit_frame f;

	kit_build_udp(&f, &ip, 67, 68, a->bytes, a->len);
	memmove(f.bytes + ETH_OFF_TYPE + sizeof(tag), f.bytes + ETH_OFF_TYPE, f.len - ETH_OFF_TYPE);
	memcpy(f.bytes + ETH_OFF_TYPE, tag, sizeof(tag));
	f.len += sizeof(tag);
	kit_inject_frame(&k, &f);
}

static void answer(uint8_t type)
{
	static const char domain[] = "lan.test";
	const uint8_t servers[] = {192, 168, 77, name_server, 9, 9, 9, 9};
	struct dk_answer a;

	dk_usual(&a, &asked, type, KIT_IP);
	dk_option(&a, 15, domain, strlen(domain));
	dk_option(&a, 6, servers, sizeof(servers));
	dk_end(&a);
	if (server == IN_A_VLAN)
		send_in_vlan(&a);
	else
		dk_send(&k, &a, NULL);
}

static void serve(void)
{
	struct kit_sent *sent;

	while ((sent = kit_take(&k)) != NULL) {
		bool is_dhcp = dk_read(sent, &asked);

		kit_sent_free(sent);
		if (!is_dhcp || server == NOBODY)
			continue;
		if (asked.type == DK_DISCOVER)
			answer(DK_OFFER);
		else if (asked.type == DK_REQUEST && server != SILENT_AFTER_OFFER)
			answer(server == REFUSING ? DK_NAK : DK_ACK);
	}
}

static void turn(void *ctx, uint64_t deadline_ns)
{
	(void)ctx;
	turns++;
	kit_poll(&k);
	serve();
	if (plugged_in_at_ns <= k.now_ns)
		eth[plugged_in].link_up = true;
	else
		k.now_ns = MAX(k.now_ns, MIN(MIN(plugged_in_at_ns, deadline_ns),
					     net_next_deadline(k.stack)));
}

static void fresh(void)
{
	size_t count;

	kit_open_bare(&k, 1, NULL);
	(void)config_platform_keys(&platform, &count);
	machine = (struct machine){.stack = k.stack, .now_ns = kit_now, .turn = turn};
	network = (struct network){.machine = &machine, .events = k.kp.port.events, .platform = &platform};
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = {"eth0", "eth1", "eth2"};

		eth[i] = (struct netif){.name = names[i], .mac = {0x52, 0x54, 0, 0, 0, (uint8_t)i}};
	}
	plugged_in_at_ns = TIME_NEVER;
	turns = 0;
	server = NOBODY;
	name_server = 1;
}

static void done(void)
{
	kit_sent_clear(&k);
	kit_close(&k);
}

FIXTURE(fresh, done);

static void configure(const char *ip, const char *nic)
{
	assert_null(config_set_ip(&platform.ip, ip, strlen(ip)));
	if (nic != NULL)
		assert_null(config_set_nic(&platform.nic, nic, strlen(nic)));
}

static void must_choose(const struct netif *netif)
{
	assert_int_equal(network_choose(&network, netifs, 3), STATUS_OK);
	assert_ptr_equal(network.netif, netif);
}

static void must_refuse(enum status status, const char *sentence)
{
	assert_int_equal(network_choose(&network, netifs, 3), status);
	assert_string_equal(network.problem, sentence);
	assert_null(network.netif);
}

/* --- which device ------------------------------------------------------------------------------- */

TEST(the_first_with_a_link_is_taken_at_once)
{
	eth[1].link_up = eth[2].link_up = true;
	must_choose(&eth[1]);
	assert_int_equal(turns, 0);
}

TEST(nic_selects_one)
{
	static const char *const ways[] = {"2", "eth2", "52:54:00:00:00:02"};

	eth[0].link_up = eth[1].link_up = eth[2].link_up = true;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		configure("dhcp", ways[i]);
		must_choose(&eth[2]);
	}
}

TEST(ip_selects_one)
{
	eth[0].link_up = eth[1].link_up = true;
	configure("10.0.0.2/24:::::eth1", NULL);
	must_choose(&eth[1]);
	configure("::::host:eth1:dhcp", "52:54:00:00:00:01");
	must_choose(&eth[1]);
}

TEST(a_device_that_is_not_there_is_refused)
{
	eth[0].link_up = true;
	configure("::::host:eth7:dhcp", NULL);
	must_refuse(STATUS_NO_DEVICE, "ip=: there is no device eth7, only eth0, eth1, eth2");
	configure("dhcp", "3");
	must_refuse(STATUS_NO_DEVICE, "nic=: there is no device 3, only eth0 (52:54:00:00:00:00), "
				      "eth1 (52:54:00:00:00:01), eth2 (52:54:00:00:00:02)");
	configure("::::host:eth1:dhcp", "0");
	must_refuse(STATUS_NO_DEVICE, "nic=0 is eth0, but ip= says eth1");
	assert_int_equal(network_choose(&network, netifs, 0), STATUS_NO_DEVICE);
	assert_string_equal(network.problem, "no network device that this image can drive");
}

TEST(without_an_address_no_device_is_needed)
{
	configure("off", NULL);
	assert_int_equal(network_choose(&network, netifs, 0), STATUS_OK);
	assert_null(network.netif);
	assert_int_equal(network_up(&network), STATUS_OK);
	assert_string_equal(network_no_address(&network), "this machine has no address: ip=off");
}

TEST(whichever_link_comes_up_first)
{
	uint64_t began_ns = k.now_ns;

	plugged_in = 2;
	plugged_in_at_ns = k.now_ns + 700 * NS_PER_MS;
	must_choose(&eth[2]);
	assert_int_equal(k.now_ns - began_ns, 700 * NS_PER_MS);
}

/* As long as for an address, whoever gives that.  The one that is named is waited for, though another
 * has a link. */
TEST(a_link_is_waited_for_as_long_as_an_address)
{
	static const char *const ways[] = {"dhcp", "10.0.0.2/24"};
	uint64_t began_ns;

	platform.timeout_ns = TIME_NEVER;
	eth[0].link_up = true;
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		began_ns = k.now_ns;
		configure(ways[i], "1");
		must_refuse(STATUS_COULD_NOT_CONNECT, "the network link is down: eth1 (waited 15.0 s)");
		assert_int_equal(k.now_ns - began_ns, 15 * NS_PER_S);
	}
	eth[0].link_up = false;
	platform.nic = (struct config_nic){0};
	platform.dhcp_timeout_ns = 700 * NS_PER_MS;
	must_refuse(STATUS_COULD_NOT_CONNECT,
		    "the network link is down: eth0, eth1, eth2 (waited 0.7 s)");
}

/* A switch port that forwards after half a minute. */
TEST(patience_makes_late_links_good)
{
	plugged_in = 1;
	plugged_in_at_ns = k.now_ns + 31 * NS_PER_S;
	platform.timeout_ns = TIME_NEVER;
	platform.dhcp_timeout_ns = 40 * NS_PER_S;
	must_choose(&eth[1]);
	assert_int_equal(k.now_ns, plugged_in_at_ns);
}

TEST(timeout_ends_the_wait_for_a_link)
{
	platform.timeout_ns = k.now_ns + NS_PER_S;
	must_refuse(STATUS_COULD_NOT_CONNECT,
		    "the network link is down: eth0, eth1, eth2 (waited 1.0 s)");
	assert_int_equal(k.now_ns, platform.timeout_ns);
}

/* --- an address --------------------------------------------------------------------------------- */

TEST(an_address_that_is_given)
{
	const struct kit_event *ev;
	struct ipv4_route route;

	network.netif = &k.netif;
	configure("192.168.77.2/24::192.168.77.1::::off:9.9.9.9:1.1.1.1", NULL);
	assert_int_equal(network_up(&network), STATUS_OK);
	assert_int_equal(k.netif.ipv4, KIT_IP);
	assert_int_equal(k.netif.ipv4_mask, KIT_MASK);
	assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &route), ERR_OK);
	assert_int_equal(route.next_hop, KIT_PEER_IP);
	assert_int_equal(network.n_dns, 2);
	assert_int_equal(net_addr_to_ipv4(&network.dns[0]), 0x09090909);
	assert_int_equal(net_addr_to_ipv4(&network.dns[1]), 0x01010101);
	assert_string_equal(network.domain, "");
	assert_null(network_no_address(&network));
	ev = kit_event(&k.kp, EVENT_ADDR_SET, 0);
	assert_string_equal(kit_event_field(ev, "ip"), "192.168.77.2");
	assert_string_equal(kit_event_field(ev, "prefix"), "24");
	assert_string_equal(kit_event_field(ev, "gateway"), "192.168.77.1");
	assert_string_equal(kit_event_field(ev, "source"), "ip=");
}

/* As several hosters have it: an address alone, and a gateway somewhere else. */
TEST(a_gateway_outside_the_network)
{
	static const char *const ways[] = {"203.0.113.9/32::169.254.0.1", "203.0.113.9/32::10.0.0.1",
					   "192.168.77.2/24::192.168.78.1"};
	static const uint32_t gateways[] = {0xa9fe0001, 0x0a000001, 0xc0a84e01};
	struct ipv4_route route;

	network.netif = &k.netif;
	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		configure(ways[i], NULL);
		assert_int_equal(network_up(&network), STATUS_OK);
		assert_int_equal(ipv4_route(k.stack, KIT_FAR_IP, &route), ERR_OK);
		assert_int_equal(route.next_hop, gateways[i]);
		net_clear_ipv4(k.stack, &k.netif);
	}
}

static enum status ask(const char *ip)
{
	configure(ip, NULL);
	network.netif = &k.netif;
	return network_up(&network);
}

TEST(an_address_that_is_asked_for)
{
	uint64_t began_ns = k.now_ns;

	server = HELPFUL;
	assert_int_equal(ask("::::probe-7::dhcp"), STATUS_OK);
	assert_int_equal(k.now_ns, began_ns); /* nothing was waited for */
	assert_int_equal(k.netif.ipv4, KIT_IP);
	assert_string_equal(asked.hostname, "probe-7");
	assert_int_equal(network.n_dns, 2);
	assert_int_equal(net_addr_to_ipv4(&network.dns[0]), KIT_PEER_IP);
	assert_int_equal(net_addr_to_ipv4(&network.dns[1]), 0x09090909);
	assert_string_equal(network.domain, "lan.test");
	assert_null(network_no_address(&network));
}

TEST(servers_that_are_given_come_in_the_place_of_the_networks)
{
	server = HELPFUL;
	assert_int_equal(ask("::::::dhcp::1.1.1.1"), STATUS_OK);
	assert_int_equal(network.n_dns, 1);
	assert_int_equal(net_addr_to_ipv4(&network.dns[0]), 0x01010101);
	assert_string_equal(network.domain, "lan.test");
}

/* Turns of the machine until the clock stands there. */
static void live_until(uint64_t until_ns)
{
	while (k.now_ns < until_ns) {
		turn(NULL, until_ns);
		k.now_ns = MIN(MAX(k.now_ns, net_next_deadline(k.stack)), until_ns);
	}
}

TEST(names_follow_the_lease)
{
	server = HELPFUL;
	assert_int_equal(ask("dhcp"), STATUS_OK);
	name_server = 7;
	live_until(k.now_ns + DHCP_KIT_LEASE * NS_PER_S * 15 / 16); /* T2: nobody answers ARP */
	network_update_names(&network);
	assert_int_equal(network.n_dns, 2);
	assert_int_equal(net_addr_to_ipv4(&network.dns[0]), (KIT_PEER_IP & 0xffffff00) | 7);

	server = NOBODY;
	live_until(k.now_ns + DHCP_KIT_LEASE * NS_PER_S);
	assert_non_null(network_no_address(&network));
	network_update_names(&network);
	assert_int_equal(network.n_dns, 2);
}

TEST(names_come_with_a_server_that_comes_back)
{
	platform.link_local = true;
	assert_int_equal(ask("dhcp"), STATUS_OK);
	assert_int_equal(network.n_dns, 0);
	server = HELPFUL;
	live_until(k.now_ns + 130 * NS_PER_S);
	assert_int_equal(k.netif.ipv4, KIT_IP);
	network_update_names(&network);
	assert_int_equal(network.n_dns, 2);
	assert_string_equal(network.domain, "lan.test");
}

static void must_get_none(const char *sentence, uint64_t after_ns)
{
	uint64_t began_ns = k.now_ns;

	assert_int_equal(ask("dhcp"), STATUS_NO_ADDRESS);
	assert_string_equal(network.problem, sentence);
	assert_int_equal(k.now_ns - began_ns, after_ns);
}

TEST(no_host_gives_one)
{
	platform.dhcp_timeout_ns = 2500 * NS_PER_MS;
	must_get_none("no address from DHCP: no offer after 2 DISCOVERs in 2.5 s", 2500 * NS_PER_MS);
	assert_string_equal(network_no_address(&network),
			    "no address from DHCP: no offer after 2 DISCOVERs in 2.5 s");
}

/* The whole run's time-out comes first. */
TEST(the_run_ends_before_anybody_gives_one)
{
	platform.timeout_ns = k.now_ns + 500 * NS_PER_MS;
	must_get_none("no address from DHCP: no offer after 1 DISCOVER in 0.5 s", 500 * NS_PER_MS);
}

TEST(what_was_refused_meanwhile)
{
	assert_null(network_refused(&network));
	server = IN_A_VLAN;
	platform.dhcp_timeout_ns = 500 * NS_PER_MS;
	must_get_none("no address from DHCP: no offer after 1 DISCOVER in 0.5 s (1 answer refused: "
		      "it came in VLAN 7)", 500 * NS_PER_MS);
	assert_int_equal(network_refused(&network)->count, 1);
}

TEST(a_server_offers_and_does_no_more)
{
	server = SILENT_AFTER_OFFER;
	platform.dhcp_timeout_ns = 500 * NS_PER_MS;
	must_get_none("no address from DHCP: 192.168.77.1 offered 192.168.77.2, but no acknowledgment "
		      "after 1 REQUEST", 500 * NS_PER_MS);
}

TEST(a_server_refuses)
{
	server = REFUSING;
	platform.dhcp_timeout_ns = 500 * NS_PER_MS;
	must_get_none("no address from DHCP: 192.168.77.1 refused 192.168.77.2", 500 * NS_PER_MS);
}

TEST(an_address_of_the_link_only_when_it_is_wanted)
{
	platform.link_local = true;
	assert_int_equal(ask("dhcp"), STATUS_OK);
	assert_int_equal(k.netif.ipv4 >> 16, 0xa9fe);
	assert_int_equal(network.n_dns, 0);
	assert_null(network_no_address(&network));
}

/* What was there at the start may go. */
TEST(a_lease_that_is_lost)
{
	server = HELPFUL;
	assert_int_equal(ask("dhcp"), STATUS_OK);
	kit_advance(&k, (DHCP_KIT_LEASE + 1) * NS_PER_S);
	assert_int_equal(strncmp(network_no_address(&network), "no address from DHCP: ", 22), 0);
}

/* Another address follows one that was somebody else's, as long as there is time; and only then. */
TEST(an_address_of_another_host)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
	struct kit_frame f;
	uint64_t began_ns;

	server = HELPFUL;
	assert_int_equal(ask("dhcp"), STATUS_OK);
	assert_false(network_another_address(&network, TIME_NEVER));
	for (unsigned i = 0; i < 2; i++) {
		kit_poll(&k); /* the first probe */
		kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_IP, .tpa = KIT_IP,
						    .eth_src = mac, .sha = mac});
		kit_inject_frame(&k, &f);
		assert_non_null(network_no_address(&network));
		server = i == 0 ? HELPFUL : NOBODY;
		began_ns = k.now_ns;
		assert_int_equal(network_another_address(&network, TIME_NEVER), i == 0);
		assert_false(network_another_address(&network, TIME_NEVER));
	}
	assert_int_equal(k.now_ns - began_ns, platform.dhcp_timeout_ns);
	assert_non_null(strstr(network_no_address(&network), "is in use by 02:00:00:00:00:09"));
}

/* What stays goes on without, and has its address when somebody gives it one. */
TEST(a_machine_that_stays)
{
	const struct kit_event *late;

	network.stays = true;
	platform.dhcp_timeout_ns = 2500 * NS_PER_MS;
	assert_int_equal(ask("dhcp"), STATUS_OK);
	assert_int_equal(k.netif.ipv4, 0);
	late = kit_event(&k.kp, EVENT_ADDR_LATE, 0);
	assert_string_equal(kit_event_field(late, "problem"),
			    "no address from DHCP: no offer after 2 DISCOVERs in 2.5 s");
	assert_non_null(network_no_address(&network));
	live_until(k.now_ns + 100 * NS_PER_S);
	server = HELPFUL;
	live_until(k.now_ns + 20 * NS_PER_S);
	assert_int_equal(k.netif.ipv4, KIT_IP);
	assert_null(network_no_address(&network));
	network_update_names(&network);
	assert_string_equal(network.domain, "lan.test");
}

/* Nor does it end without a link. */
TEST(a_machine_that_stays_without_a_link)
{
	network.stays = true;
	configure("dhcp", "1");
	must_choose(&eth[1]);
	platform.timeout_ns = k.now_ns + NS_PER_S;
	must_choose(&eth[1]);
	configure("::::host:eth7:dhcp", NULL);
	network.netif = NULL;
	assert_int_equal(network_choose(&network, netifs, 3), STATUS_NO_DEVICE);
}

/* The link was waited for as long as an address would have been: it is not waited for twice. */
TEST(no_link_is_no_address_at_once)
{
	uint64_t began_ns;

	network.stays = true;
	must_choose(&eth[0]);
	network.netif = &k.netif; /* the one that the kit's stack has */
	began_ns = k.now_ns;
	assert_int_equal(network_up(&network), STATUS_OK);
	assert_int_equal(k.now_ns, began_ns);
	assert_string_equal(network.problem,
			    "the network link is down: eth0, eth1, eth2 (waited 15.0 s)");
	assert_non_null(network_no_address(&network));
}

/* --- the end of a run ------------------------------------------------------------------------- */

static unsigned sent_all_from_turn;

static bool sent_all(struct netif *netif)
{
	(void)netif;
	return turns >= sent_all_from_turn;
}

static void drain_until(unsigned turn_of_the_last, uint64_t deadline_ns)
{
	static const struct netif_ops ops = {.sent_all = sent_all};

	eth[0].ops = &ops;
	network.netif = &eth[0];
	sent_all_from_turn = turn_of_the_last;
	network_drain(&network, deadline_ns);
}

TEST(a_run_ends_when_its_device_has_sent_all)
{
	drain_until(3, TIME_NEVER);
	assert_int_equal(turns, 3);
}

TEST(a_device_that_sends_nothing_does_not_hold_the_run_back)
{
	uint64_t deadline_ns = k.now_ns + 100 * NS_PER_MS;

	drain_until(1000, deadline_ns);
	assert_int_equal(k.now_ns, deadline_ns);
	assert_int_equal(turns, 100);
}

TEST(a_run_without_a_device_has_nothing_to_send)
{
	network_drain(&network, TIME_NEVER);
	assert_int_equal(turns, 0);
}
