/* SPDX-License-Identifier: MIT */
/* net/ip/transport: what lies above IP is known to it by registered operations alone. */
#include "net/ip/transport.h"
#include "net/link/link.h"
#include "net/net.h"
#include "net/stack.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define PROTOCOL_TEST 253 /* RFC 3692: for experiments */

static struct kit k;
static struct kit_frame f;
static const struct kit_ipv4 usual = {.tos = 0x48, .ttl = 9};
static const uint8_t payload[16] = {7};
static unsigned came, gone;
static struct ip_facts facts_seen;
static struct ip_error error_seen;
static struct refused tally;
static bool expecting;

static void input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		  uint64_t now_ns)
{
	assert_ptr_equal(stack, k.stack);
	assert_true(now_ns == k.now_ns);
	assert_int_equal(pktbuf_len(pkt), sizeof(payload));
	came++;
	facts_seen = *facts;
	pktbuf_free(pkt);
}

static void error(struct stack *stack, const struct ip_error *e, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
	error_seen = *e;
}

static struct refused *awaits(struct stack *stack, const struct ip_facts *facts, const uint8_t *l4,
			      size_t len)
{
	(void)stack;
	assert_int_equal(facts->protocol, PROTOCOL_TEST);
	return len > 0 && l4[0] == 7 ? &tally : NULL;
}

static bool expects(const struct stack *stack, const struct ip_facts *facts, const uint8_t *l4,
		    size_t len)
{
	(void)stack;
	(void)facts;
	assert_int_equal(len, sizeof(payload));
	return expecting && l4[0] == 7;
}

static void address_gone(struct stack *stack, const struct net_addr *addr)
{
	(void)stack;
	assert_int_equal(net_addr_to_ipv4(addr), KIT_IP);
	gone++;
}

static const struct ip_transport transport = {
	.protocol = PROTOCOL_TEST, .input = input, .error = error, .awaits = awaits,
	.expects = expects, .address_gone = address_gone,
};

static void setup(void)
{
	kit_open(&k, 1, NULL);
	came = gone = 0;
	expecting = false;
	tally = (struct refused){0};
	error_seen = (struct ip_error){0};
}

static void teardown(void)
{
	kit_close(&k);
}

FIXTURE(setup, teardown);

TEST(a_transport_gets_its_protocol_s_packets_once_it_is_registered)
{
	kit_build_ipv4(&f, &usual, PROTOCOL_TEST, payload, sizeof(payload));
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "ip_unknown_protocol"), 1);
	ip_register(k.stack, &transport);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "ip_unknown_protocol"), 1);
	assert_int_equal(came, 1);
	assert_int_equal(net_addr_to_ipv4(&facts_seen.src), KIT_PEER_IP);
	assert_int_equal(net_addr_to_ipv4(&facts_seen.dst), KIT_IP);
	assert_int_equal(facts_seen.protocol, PROTOCOL_TEST);
	assert_int_equal(facts_seen.tos, 0x48);
	assert_int_equal(facts_seen.ttl, 9);
	assert_true(facts_seen.unicast);
	kit_sent_clear(&k);
}

TEST(a_dropped_packet_is_counted_where_its_transport_says)
{
	const struct kit_ipv4 elsewhere = {.dst = KIT_IP + 1};

	ip_register(k.stack, &transport);
	kit_build_ipv4(&f, &elsewhere, PROTOCOL_TEST, payload, sizeof(payload));
	kit_inject_frame(&k, &f);
	assert_int_equal(came, 0);
	assert_int_equal(tally.count, 1);
	expecting = true; /* it is for the transport all the same */
	kit_inject_frame(&k, &f);
	assert_int_equal(came, 1);
	assert_int_equal(tally.count, 1);
}

static void bring_icmp_error(uint8_t code, uint16_t fragment, uint32_t rest)
{
	uint8_t quoted[IPV4_HEADER_LEN + 8] = {7};
	struct kit_frame inner;
	const struct kit_ipv4 ours = {.src = KIT_IP, .dst = KIT_PEER_IP, .fragment = fragment,
				      .no_flags = true};

	kit_build_ipv4(&inner, &ours, PROTOCOL_TEST, payload, 8);
	memcpy(quoted, kit_l3(&inner), sizeof(quoted));
	kit_build_icmp(&f, NULL, ICMP_UNREACHABLE, code, rest, quoted, sizeof(quoted));
	kit_inject_frame(&k, &f);
}

TEST(an_icmp_error_is_reported_to_the_transport_that_it_is_about)
{
	bring_icmp_error(ICMP_UNREACH_HOST, 0, 0); /* no such transport yet */
	assert_int_equal(kit_counter(&k, "icmp_ignored"), 1);
	ip_register(k.stack, &transport);
	bring_icmp_error(ICMP_UNREACH_HOST, 0, 0);
	assert_int_equal(error_seen.err, ERR_HOSTUNREACH);
	assert_int_equal(error_seen.protocol, PROTOCOL_TEST);
	assert_int_equal(net_addr_to_ipv4(&error_seen.remote.addr), KIT_PEER_IP);
	assert_int_equal(kit_counter(&k, "icmp_ignored"), 1);
	bring_icmp_error(ICMP_UNREACH_FRAG_NEEDED, 0, 1000); /* without DF no router has to */
	assert_int_equal(error_seen.err, ERR_HOSTUNREACH);
	assert_int_equal(kit_counter(&k, "ip_pmtu_ignored"), 1);
	bring_icmp_error(ICMP_UNREACH_FRAG_NEEDED, IPV4_DF, 1000);
	assert_int_equal(error_seen.err, ERR_MSGSIZE);
	assert_int_equal(error_seen.mtu, 1000);
	kit_sent_clear(&k);
}

TEST(what_no_neighbour_takes_is_reported_to_its_transport)
{
	const struct net_addr src = net_addr_ipv4(KIT_IP), dst = net_addr_ipv4(KIT_PEER_IP + 9);
	const struct ip_send how = {.src = &src, .dst = &dst, .protocol = IP_PROTO_UDP};
	struct pktbuf *pkt = ip_alloc(k.stack, 8);

	k.stack->n_ip_transports = 0;
	ip_register(k.stack, &(const struct ip_transport){.protocol = IP_PROTO_UDP, .error = error});
	memset(pktbuf_put(pkt, 8), 1, 8);
	assert_int_equal(ip_output(k.stack, pkt, &how, k.now_ns), ERR_OK);
	kit_advance(&k, 10 * NS_PER_S);
	assert_true(error_seen.local_only);
	assert_int_equal(error_seen.err, ERR_HOSTUNREACH);
	assert_int_equal(error_seen.local.port, 0x0101);
	kit_sent_clear(&k);
}

TEST(an_address_that_goes_is_reported_to_all)
{
	ip_register(k.stack, &transport);
	net_clear_ipv4(k.stack, &k.netif);
	assert_int_equal(gone, 1);
}
