/* SPDX-License-Identifier: MIT */
/* net/net: creating under every shortage of memory, counters, the poll and its deadline, and two
 * stacks in one process. */
#include <limits.h>

#include "base/rate.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

TEST(creating_undoes_itself_when_memory_ends)
{
	struct kit_port kp;
	unsigned allocations = 0;

	kit_port_open(&kp, 1);
	for (;; allocations++) {
		struct stack *stack;

		kp.fail_after = allocations;
		stack = net_create(&kp.port, NULL, 0);
		if (stack != NULL) {
			net_destroy(stack);
			break;
		}
		assert_int_equal(kp.live_blocks, 0);
	}
	assert_true(allocations >= 3);
	kit_port_close(&kp);
}

TEST(options_have_defaults)
{
	const struct net_options some = {.rcvbuf = 5000};
	struct kit k;

	kit_open(&k, 1, &some);
	assert_int_equal(k.stack->options.rcvbuf, 5000);
	assert_int_equal(k.stack->options.sndbuf, 256 * 1024);
	assert_int_equal(k.stack->options.max_sockets, 64);
	kit_close(&k);
}

/* Different seeds, different secrets: nothing about a stack is a constant. */
TEST(secrets_come_from_the_port)
{
	struct kit a, b;

	kit_open(&a, 1, NULL);
	kit_open(&b, 2, NULL);
	assert_memory_not_equal(a.stack->secret, b.stack->secret, sizeof(a.stack->secret));
	assert_memory_not_equal(a.stack->ipv4_ids, b.stack->ipv4_ids, sizeof(a.stack->ipv4_ids));
	kit_close(&a);
	kit_close(&b);
}

TEST(counters_have_names)
{
	const char *name = NULL, *before = "";
	struct kit k;
	uint64_t value;
	unsigned n = 0;

	kit_open(&k, 1, NULL);
	for (; net_counter(k.stack, n, &name, &value); n++) {
		assert_true(strlen(name) > 0);
		assert_string_not_equal(name, before);
		assert_true(net_counter_by_name(k.stack, name) == value);
		before = name;
	}
	assert_int_equal(n, sizeof(struct net_counters) / sizeof(uint64_t));
	assert_string_equal(name, "tcp_connections");
	assert_false(net_counter(k.stack, UINT_MAX, &name, &value));
	k.stack->counters.eth_in = 11;
	k.stack->counters.tcp_connections = 13;
	assert_int_equal(net_counter_by_name(k.stack, "eth_in"), 11);
	assert_int_equal(net_counter_by_name(k.stack, "tcp_connections"), 13);
	assert_int_equal(net_counter_by_name(k.stack, "eth_i"), 0);
	assert_int_equal(net_counter_by_name(k.stack, "eth_in_"), 0);
	assert_int_equal(net_counter_by_name(k.stack, ""), 0);
	kit_close(&k);
}

static uint64_t fired_at;

/* The counter behind the last drop's. */
static uint64_t *first_of_no_drops(struct stack *stack)
{
#define DROP_ONE(name) +1
	return (uint64_t *)&stack->counters + (0 NET_DROP_COUNTERS(DROP_ONE));
}

TEST(drops_are_said_at_the_end_and_nothing_else_is)
{
	struct kit k;

	kit_open(&k, 1, NULL);
	k.stack->counters.tcp_bad_checksum = 2;
	k.stack->counters.ip_in = 7;
	*first_of_no_drops(k.stack) = 5;
	k.netif.counters.rx_dropped = 1;
	net_report_drops(k.stack);
	assert_int_equal(kit_event_count(&k.kp, EVENT_DROP), 2);
	assert_string_equal(kit_event_field(kit_event(&k.kp, EVENT_DROP, 0), "counter"),
			    "tcp_bad_checksum");
	assert_string_equal(kit_event_field(kit_event(&k.kp, EVENT_DROP, 0), "count"), "2");
	assert_string_equal(kit_event_field(kit_event(&k.kp, EVENT_DROP, 1), "counter"),
			    "netif_rx_dropped");
	kit_close(&k);
}

static void note_time(struct stack *stack, struct timer *t, uint64_t now_ns)
{
	(void)stack;
	(void)t;
	fired_at = now_ns;
}

TEST(the_deadline_is_the_earliest_timer)
{
	struct timer t;
	struct kit k;

	kit_open(&k, 1, NULL);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
	timer_init(&t, note_time);
	timer_set(&k.stack->timers, &t, k.now_ns + 500);
	assert_true(net_next_deadline(k.stack) == k.now_ns + 500);
	fired_at = 0;
	net_poll(k.stack, k.now_ns + 499);
	assert_int_equal(fired_at, 0);
	net_poll(k.stack, k.now_ns + 600);
	assert_true(fired_at == k.now_ns + 600);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
	kit_close(&k);
}

/* The kit's own clock stops at each deadline on its way. */
TEST(the_kit_s_clock_stops_at_deadlines)
{
	struct timer t;
	struct kit k;
	uint64_t start;

	kit_open(&k, 1, NULL);
	start = k.now_ns;
	timer_init(&t, note_time);
	timer_set(&k.stack->timers, &t, start + 3 * NS_PER_S);
	kit_advance(&k, 10 * NS_PER_S);
	assert_true(fired_at == start + 3 * NS_PER_S);
	assert_true(k.now_ns == start + 10 * NS_PER_S);
	kit_close(&k);
}

TEST(random_below_stays_below_and_reaches_all)
{
	struct kit k;
	unsigned seen[7] = {0};

	kit_open(&k, 1, NULL);
	for (unsigned i = 0; i < 7000; i++) {
		uint32_t r = stack_random_below(k.stack, 7);

		assert_true(r < 7);
		seen[r]++;
	}
	for (unsigned i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);
	assert_int_equal(stack_random_below(k.stack, 1), 0);
	kit_close(&k);
}

TEST(a_rate_limit_is_a_burst_and_then_a_trickle)
{
	struct rate_limit r = {0};
	unsigned taken = 0;

	for (unsigned i = 0; i < 100; i++)
		taken += rate_take(&r, 10, 5, 1000);
	assert_int_equal(taken, 5);
	assert_false(rate_take(&r, 10, 5, 1009));
	assert_true(rate_take(&r, 10, 5, 1010));
	assert_false(rate_take(&r, 10, 5, 1010));
	taken = 0;
	for (unsigned i = 0; i < 100; i++)
		taken += rate_take(&r, 10, 5, 100000);
	assert_int_equal(taken, 5);
}

/* --- two stacks on one wire -------------------------------------------------------------------------- */

static void carry(struct kit *from, struct kit *to)
{
	struct kit_sent *s;

	while ((s = kit_take(from)) != NULL) {
		kit_inject(to, s->bytes, s->len);
		kit_sent_free(s);
	}
}

/* Each is created, addressed and driven apart; ARP and UDP go both ways. */
TEST(two_stacks_talk)
{
	struct udp_pcb pa = {0}, pb = {0};
	struct kit a, b;
	struct pktbuf *pkt;
	uint32_t src;
	uint16_t port;

	kit_open(&a, 1, NULL);
	kit_open_bare(&b, 2, NULL);
	memcpy(b.netif.mac, KIT_PEER_MAC, 6);
	assert_int_equal(net_set_ipv4(b.stack, &b.netif, KIT_PEER_IP, KIT_MASK), ERR_OK);
	assert_int_equal(kit_udp_bind(a.stack, &pa, 0, 1000), ERR_OK);
	assert_int_equal(kit_udp_bind(b.stack, &pb, 0, 2000), ERR_OK);
	assert_int_equal(kit_udp_send(a.stack, &pa, "ping", 4, KIT_PEER_IP, 2000, a.now_ns), ERR_OK);
	carry(&a, &b); /* who has? */
	carry(&b, &a); /* it is at */
	carry(&a, &b); /* the datagram */
	pkt = kit_udp_receive(&pb, &src, &port);
	assert_non_null(pkt);
	assert_memory_equal(pkt->data, "ping", 4);
	assert_int_equal(src, KIT_IP);
	assert_int_equal(port, 1000);
	pktbuf_free(pkt);
	assert_int_equal(kit_udp_send(b.stack, &pb, "pong", 4, src, port, b.now_ns), ERR_OK);
	carry(&b, &a); /* learnt from the request: no ARP of its own */
	pkt = kit_udp_receive(&pa, &src, &port);
	assert_non_null(pkt);
	assert_memory_equal(pkt->data, "pong", 4);
	pktbuf_free(pkt);
	udp_unbind(a.stack, &pa);
	udp_unbind(b.stack, &pb);
	kit_close(&a);
	kit_close(&b);
}

/* Interfaces are counted from the one that was added last. */
TEST(each_interface_has_its_own_counters)
{
	struct netif second = {.name = "second", .mtu = 1500};
	const char *interface, *name;
	struct kit k;
	uint64_t value;

	kit_open(&k, 1, NULL);
	second.ops = k.netif.ops;
	net_attach(k.stack, &second);
	k.netif.counters.rx_bytes = 11;
	second.counters.rx_bytes = 22;
	for (unsigned which = 0; which < 2; which++) {
		assert_true(net_interface_counter(k.stack, which, 1, &interface, &name, &value));
		assert_string_equal(name, "rx_bytes");
		assert_int_equal(value, strcmp(interface, "second") == 0 ? 22 : 11);
	}
	assert_false(net_interface_counter(k.stack, 2, 1, &interface, &name, &value));
	assert_false(net_interface_counter(k.stack, 0, 7, &interface, &name, &value));
	kit_close(&k);
}

TEST(frames_and_bytes_are_counted)
{
	static const uint8_t frame[60];
	struct kit k;

	kit_open(&k, 1, NULL);
	kit_inject(&k, frame, sizeof(frame));
	assert_int_equal(k.netif.counters.rx_frames, 1);
	assert_int_equal(k.netif.counters.rx_bytes, sizeof(frame));
	kit_close(&k);
}
