/* kernel/network: which network device a run uses, how long it waits for a link, and how the machine
 * comes to its address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/network.h"
#include "tests/lib/stack_kit.h"

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

static uint64_t kit_now(void *ctx)
{
	(void)ctx;
	return k.now_ns;
}

static void turn(void *ctx, uint64_t deadline_ns)
{
	(void)ctx;
	turns++;
	kit_poll(&k);
	if (plugged_in_at_ns <= k.now_ns)
		eth[plugged_in].link_up = true;
	else
		k.now_ns = MIN(MIN(plugged_in_at_ns, deadline_ns), net_next_deadline(k.stack));
}

static int fresh(void **state)
{
	size_t count;

	(void)state;
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
	return 0;
}

static int done(void **state)
{
	(void)state;
	kit_sent_clear(&k);
	kit_close(&k);
	return 0;
}

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

static void the_first_with_a_link_is_taken_at_once(void **state)
{
	(void)state;
	eth[1].link_up = eth[2].link_up = true;
	must_choose(&eth[1]);
	assert_int_equal(turns, 0);
}

static void nic_says_which(void **state)
{
	static const char *const ways[] = {"2", "eth2", "52:54:00:00:00:02"};

	(void)state;
	eth[0].link_up = eth[1].link_up = eth[2].link_up = true;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		configure("dhcp", ways[i]);
		must_choose(&eth[2]);
	}
}

static void ip_says_which(void **state)
{
	(void)state;
	eth[0].link_up = eth[1].link_up = true;
	configure("10.0.0.2/24:::::eth1", NULL);
	must_choose(&eth[1]);
	configure("::::host:eth1:dhcp", "52:54:00:00:00:01");
	must_choose(&eth[1]);
}

static void a_device_that_is_not_there_is_refused(void **state)
{
	(void)state;
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

static void without_an_address_no_device_is_needed(void **state)
{
	(void)state;
	configure("off", NULL);
	assert_int_equal(network_choose(&network, netifs, 0), STATUS_OK);
	assert_null(network.netif);
	assert_int_equal(network_up(&network), STATUS_OK);
	assert_string_equal(network_no_address(&network), "this machine has no address: ip=off");
}

static void whichever_link_comes_up_first(void **state)
{
	uint64_t began_ns = k.now_ns;

	(void)state;
	plugged_in = 2;
	plugged_in_at_ns = k.now_ns + 700 * NS_PER_MS;
	must_choose(&eth[2]);
	assert_int_equal(k.now_ns - began_ns, 700 * NS_PER_MS);
}

/* The one that is named is waited for, though another has a link. */
static void two_seconds_are_waited_for_a_link(void **state)
{
	uint64_t began_ns = k.now_ns;

	(void)state;
	eth[0].link_up = true;
	configure("dhcp", "1");
	must_refuse(STATUS_COULD_NOT_CONNECT, "the network link is down: eth1");
	assert_int_equal(k.now_ns - began_ns, 2 * NS_PER_S);
	eth[0].link_up = false;
	platform.nic = (struct config_nic){0};
	must_refuse(STATUS_COULD_NOT_CONNECT, "the network link is down: eth0, eth1, eth2");
}

static void timeout_ends_the_wait_for_a_link(void **state)
{
	(void)state;
	platform.timeout_ns = k.now_ns + NS_PER_S;
	must_refuse(STATUS_TIMED_OUT, "timed out, waiting for the link");
	assert_int_equal(k.now_ns, platform.timeout_ns);
}

/* --- an address --------------------------------------------------------------------------------- */

static void an_address_that_is_given(void **state)
{
	const struct kit_event *ev;

	(void)state;
	network.netif = &k.netif;
	configure("192.168.77.2/24::192.168.77.1::::off:9.9.9.9:1.1.1.1", NULL);
	assert_int_equal(network_up(&network), STATUS_OK);
	assert_int_equal(k.netif.ipv4, KIT_IP);
	assert_int_equal(k.netif.ipv4_mask, KIT_MASK);
	assert_int_equal(network.n_dns, 2);
	assert_int_equal(network.dns[0], 0x09090909);
	assert_int_equal(network.dns[1], 0x01010101);
	assert_string_equal(network.domain, "");
	assert_null(network_no_address(&network));
	ev = kit_event(&k.kp, EVENT_ADDR_SET, 0);
	assert_string_equal(kit_event_field(ev, "ip"), "192.168.77.2");
	assert_string_equal(kit_event_field(ev, "prefix"), "24");
	assert_string_equal(kit_event_field(ev, "gateway"), "192.168.77.1");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
		TEST(the_first_with_a_link_is_taken_at_once),
		TEST(nic_says_which),
		TEST(ip_says_which),
		TEST(a_device_that_is_not_there_is_refused),
		TEST(without_an_address_no_device_is_needed),
		TEST(whichever_link_comes_up_first),
		TEST(two_seconds_are_waited_for_a_link),
		TEST(timeout_ends_the_wait_for_a_link),
		TEST(an_address_that_is_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
