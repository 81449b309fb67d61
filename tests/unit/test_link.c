/* SPDX-License-Identifier: MIT */
/* net/link/link: what lies above the link is known to it by registered operations alone. */
#include "net/link/eth.h"
#include "net/link/link.h"
#include "net/link/neigh.h"
#include "net/stack.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define TYPE_TEST 0x88b5 /* IEEE 802 local experimental */

static struct kit k;
static struct kit_frame f;
static unsigned came, asked, undelivered;
static uint8_t first;
static struct refused tally;

static void input(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns)
{
	assert_ptr_equal(stack, k.stack);
	assert_true(now_ns == k.now_ns);
	came++;
	first = pkt->data[0];
	pktbuf_free(pkt);
}

static struct refused *awaits(struct stack *stack, struct netif *netif, const uint8_t *p, size_t len)
{
	(void)stack;
	assert_ptr_equal(netif, &k.netif);
	asked++;
	return len > 0 && p[0] == 7 ? &tally : NULL;
}

static void undeliverable(struct stack *stack, struct pktbuf *pkt, const struct refused *refused,
			  uint64_t now_ns)
{
	(void)stack;
	(void)refused;
	(void)now_ns;
	undelivered++;
	pktbuf_free(pkt);
}

static const struct link_protocol protocol = {
	.type = TYPE_TEST, .input = input, .awaits = awaits, .undeliverable = undeliverable,
};

static void setup(void)
{
	kit_open(&k, 1, NULL);
	came = asked = undelivered = 0;
	tally = (struct refused){0};
}

static void teardown(void)
{
	kit_close(&k);
}

FIXTURE(setup, teardown);

static void bring(const uint8_t *dst, uint8_t byte)
{
	uint8_t payload[46] = {byte};

	kit_build_eth(&f, dst, NULL, TYPE_TEST, payload, sizeof(payload));
	kit_inject_frame(&k, &f);
}

TEST(a_protocol_gets_its_type_s_packets_once_it_is_registered)
{
	bring(NULL, 5);
	assert_int_equal(came, 0);
	assert_int_equal(kit_counter(&k, "eth_unknown_type"), 1);
	link_register(k.stack, &protocol);
	bring(NULL, 5);
	assert_int_equal(came, 1);
	assert_int_equal(first, 5);
	assert_int_equal(kit_counter(&k, "eth_unknown_type"), 1);
	assert_int_equal(asked, 0);
}

TEST(a_dropped_frame_is_counted_where_its_protocol_says)
{
	static const uint8_t other[6] = {2, 0, 0, 0, 0, 9};

	link_register(k.stack, &protocol);
	bring(other, 7);
	assert_int_equal(came, 0);
	assert_int_equal(tally.count, 1);
	bring(other, 8); /* no party waits for that */
	assert_int_equal(tally.count, 1);
	assert_int_equal(asked, 2);
}

static int ask(struct stack *stack, const struct neigh *n, uint64_t now_ns)
{
	(void)stack;
	(void)n;
	(void)now_ns;
	return ERR_OK;
}

static void gave_up(struct stack *stack, const struct neigh *n)
{
	(void)stack;
	(void)n;
}

/* Whichever protocol's packets a neighbour was to get hears that it did not.  A family has a resolver of
 * its own: ARP, which is there, too, is not asked. */
TEST(what_no_neighbour_takes_goes_back_to_its_protocol)
{
	static const struct neigh_resolver resolver = {
		.family = NET_FAMILY_IPV6, .eth_type = TYPE_TEST, .ask = ask, .gave_up = gave_up};
	const struct net_addr no_host_there = {.family = NET_FAMILY_IPV6, .bytes = {0xfe, 0x80, [15] = 9}};
	struct pktbuf *pkt = pktbuf_alloc(&k.stack->pool, PKTBUF_HEADROOM);

	link_register(k.stack, &protocol);
	neigh_set_resolver(k.stack, &resolver);
	assert_int_equal(neigh_output(k.stack, &k.netif, &no_host_there, pkt, k.now_ns), ERR_OK);
	kit_advance(&k, 10 * NS_PER_S);
	assert_int_equal(undelivered, 1);
	assert_int_equal(kit_counter(&k, "arp_requests_out"), 0);
}

/* The same bytes in another family are another neighbour. */
TEST(each_family_has_its_resolver)
{
	static const struct neigh_resolver resolver = {
		.family = NET_FAMILY_IPV6, .eth_type = TYPE_TEST, .ask = ask, .gave_up = gave_up};
	struct net_addr addr = net_addr_ipv4(KIT_PEER_IP + 9);

	neigh_set_resolver(k.stack, &resolver);
	assert_int_equal(neigh_output(k.stack, &k.netif, &addr,
				      pktbuf_alloc(&k.stack->pool, PKTBUF_HEADROOM), k.now_ns), ERR_OK);
	assert_int_equal(kit_counter(&k, "arp_requests_out"), 1);
	addr.family = NET_FAMILY_IPV6;
	assert_null(neigh_find(k.stack, &k.netif, &addr));
	assert_int_equal(neigh_output(k.stack, &k.netif, &addr,
				      pktbuf_alloc(&k.stack->pool, PKTBUF_HEADROOM), k.now_ns), ERR_OK);
	assert_non_null(neigh_find(k.stack, &k.netif, &addr));
	assert_int_equal(kit_counter(&k, "arp_requests_out"), 1);
}

TEST(a_family_without_a_resolver_is_refused)
{
	const struct net_addr addr = {.family = NET_FAMILY_IPV6, .bytes = {0xfe, 0x80, [15] = 9}};
	static const uint8_t mac[NETIF_MAC_LEN] = {2, 0, 0, 0, 0, 9};

	assert_int_equal(neigh_output(k.stack, &k.netif, &addr,
				      pktbuf_alloc(&k.stack->pool, PKTBUF_HEADROOM), k.now_ns),
			 ERR_AFNOSUPPORT);
	assert_null(neigh_learn(k.stack, &k.netif, &addr, mac, NEIGH_HINT_LEARN, k.now_ns).entry);
}
