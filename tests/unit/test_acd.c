/* SPDX-License-Identifier: MIT */
/* net/link/acd: probing, announcing and defending our address (RFC 5227), and what somebody can do to it
 * (HOSTILE: ARP, sender address is ours). */
#include <string.h>

#include "net/link/acd.h"
#include "net/link/neigh.h"
#include "net/socket.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

static const uint8_t other_mac[6] = {0x52, 0x54, 0, 0, 0x99, 0x99};
static const uint8_t zeros[6];
static struct kit k;

/* A stack that has just got its address. */
static void setup(void)
{
	kit_open_bare(&k, 1, NULL);
	assert_int_equal(net_set_ipv4(k.stack, &k.netif, KIT_IP, KIT_MASK), ERR_OK);
}

static void teardown(void)
{
	kit_close(&k);
}

FIXTURE(setup, teardown);

static void inject(uint16_t op, uint32_t spa, uint32_t tpa, const uint8_t *sha)
{
	struct kit_frame f;

	kit_build_arp(&f, &(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC, .eth_src = sha, .op = op,
					    .spa = spa, .tpa = tpa, .sha = sha});
	kit_inject_frame(&k, &f);
}

static void claim(void)
{
	inject(ARP_OP_REPLY, KIT_IP, KIT_IP, other_mac);
}

/* The next frame: a broadcast request for our own address; from 0.0.0.0 it is a probe. */
static uint64_t expect(uint32_t spa)
{
	struct kit_sent *s = kit_expect(&k);
	uint64_t t_ns = s->t_ns;

	assert_true(s->is_arp);
	assert_memory_equal(s->eth.dst, KIT_BROADCAST_MAC, 6);
	assert_int_equal(s->arp.op, ARP_OP_REQUEST);
	assert_memory_equal(s->arp.sha, KIT_MAC, 6);
	assert_memory_equal(s->arp.tha, zeros, 6);
	assert_int_equal(s->arp.spa, spa);
	assert_int_equal(s->arp.tpa, KIT_IP);
	kit_sent_free(s);
	return t_ns;
}

/* Everything that is to come, and the announcements with it. */
static void settle(void)
{
	kit_poll(&k);
	kit_advance(&k, 20 * NS_PER_S);
	kit_sent_clear(&k);
}

static const char *action(unsigned nth)
{
	return kit_event_field(kit_event(&k.kp, EVENT_ARP_CONFLICT, nth), "action");
}

TEST(three_probes_and_two_announcements)
{
	uint64_t t[5], early;

	assert_int_equal(k.n_sent, 0); /* the poll begins it */
	assert_true(net_next_deadline(k.stack) <= k.now_ns);
	kit_poll(&k);
	kit_advance(&k, 20 * NS_PER_S);
	t[0] = expect(0);
	early = expect(KIT_IP);
	for (unsigned i = 1; i < 5; i++)
		t[i] = expect(i < 3 ? 0 : KIT_IP);
	assert_int_equal(t[0], NS_PER_S); /* at once: the address is in use */
	assert_int_equal(early - t[0], 5 * NS_PER_MS); /* ... and announced when nobody has answered */
	assert_in_range(t[1] - t[0], NS_PER_S, 2 * NS_PER_S);
	assert_in_range(t[2] - t[1], NS_PER_S, 2 * NS_PER_S);
	assert_int_equal(t[3] - t[2], 2 * NS_PER_S);
	assert_int_equal(t[4] - t[3], 2 * NS_PER_S);
	assert_int_equal(k.n_sent, 0);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
	assert_int_equal(kit_counter(&k, "arp_probes_out"), 3);
	assert_int_equal(kit_counter(&k, "arp_announcements_out"), 1 + 2);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_REQUEST), 0);
}

/* RFC 5227 2.1.1: the time between two probes is random. */
TEST(machines_that_start_together_do_not_probe_in_step)
{
	uint64_t seen[8];
	unsigned different = 0;

	for (unsigned i = 0; i < ARRAY_LEN(seen); i++) {
		struct kit one;
		struct kit_sent *s;

		kit_open_bare(&one, 100 + i, NULL);
		assert_int_equal(net_set_ipv4(one.stack, &one.netif, KIT_IP, KIT_MASK), ERR_OK);
		kit_poll(&one);
		kit_advance(&one, 2 * NS_PER_S);
		kit_sent_free(kit_expect(&one));
		kit_sent_free(kit_expect(&one));
		s = kit_expect(&one);
		seen[i] = s->t_ns;
		kit_sent_free(s);
		kit_close(&one);
		different += i > 0 && seen[i] != seen[0];
	}
	assert_true(different >= 6);
}

/* None of it stands before the first SYN: its ARP request is sent by connect(). */
TEST(the_first_syn_does_not_wait)
{
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 80);
	struct kit_sent *s;
	int fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	assert_int_equal(sock_connect(k.stack, fd, &peer, k.now_ns), ERR_INPROGRESS);
	s = kit_expect(&k);
	assert_int_equal(s->arp.tpa, KIT_PEER_IP);
	assert_int_equal(s->arp.spa, KIT_IP);
	kit_sent_free(s);
	kit_poll(&k);
	(void)expect(0);
	inject(ARP_OP_REPLY, KIT_PEER_IP, KIT_IP, KIT_PEER_MAC);
	s = kit_expect(&k);
	assert_true(s->is_tcp && (s->tcp.flags & TCP_SYN) != 0);
	kit_sent_free(s);
}

TEST(another_host_had_it_before_us)
{
	const struct kit_event *ev;

	kit_poll(&k);
	(void)expect(0);
	claim();
	ev = kit_event(&k.kp, EVENT_ARP_CONFLICT, 0);
	assert_string_equal(kit_event_field(ev, "mac"), "52:54:00:00:99:99");
	assert_string_equal(kit_event_field(ev, "ip"), "192.168.77.2");
	assert_string_equal(action(0), "it had it before us, and we use it all the same");
	kit_advance(&k, 30 * NS_PER_S);
	claim();
	assert_int_equal(k.n_sent, 0); /* neither probed, nor announced, nor defended */
	assert_int_equal(kit_counter(&k, "arp_conflicts"), 2);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 2);
	assert_true(net_next_deadline(k.stack) == TIME_NEVER);
}

/* Whoever answers later than the neighbours of a LAN finds it announced, and no more after that. */
TEST(another_owner_answers_late)
{
	kit_poll(&k);
	kit_advance(&k, 6 * NS_PER_MS);
	(void)expect(0);
	(void)expect(KIT_IP);
	claim();
	kit_advance(&k, 30 * NS_PER_S);
	assert_int_equal(k.n_sent, 0);
	assert_string_equal(action(0), "it had it before us, and we use it all the same");
}

/* The address works meanwhile: whoever asks is answered, one that probes for it too (2.1.1). */
TEST(it_is_answered_for_from_the_first_moment)
{
	struct kit_sent *s;

	inject(ARP_OP_REQUEST, 0, KIT_IP, other_mac);
	s = kit_expect(&k);
	assert_int_equal(s->arp.op, ARP_OP_REPLY);
	assert_int_equal(s->arp.spa, KIT_IP);
	kit_sent_free(s);
	assert_int_equal(kit_counter(&k, "arp_conflicts"), 0);
}

/* 2.4 (c): one announcement, and not another within ten seconds, however often it is claimed. */
TEST(an_address_that_is_held_is_defended)
{
	settle();
	for (unsigned i = 0; i < 100; i++)
		claim();
	(void)expect(KIT_IP);
	assert_int_equal(k.n_sent, 0);
	assert_int_equal(kit_counter(&k, "arp_conflicts"), 100);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 1);
	assert_string_equal(action(0), "defended");
	kit_advance(&k, 10 * NS_PER_S - 1);
	inject(ARP_OP_REQUEST, KIT_IP, KIT_PEER_IP, other_mac);
	assert_int_equal(k.n_sent, 0);
	kit_advance(&k, 1);
	inject(ARP_OP_REQUEST, KIT_IP, KIT_PEER_IP, other_mac);
	(void)expect(KIT_IP);
	assert_int_equal(kit_event_count(&k.kp, EVENT_ARP_CONFLICT), 2);
	assert_null(neigh_find(k.stack, &k.netif, &(struct net_addr){.family = NET_FAMILY_IPV4}));
}

TEST(a_conflict_between_the_announcements)
{
	kit_poll(&k);
	kit_advance(&k, 6 * NS_PER_S);
	while (kit_counter(&k, "arp_announcements_out") == 1)
		kit_advance(&k, 100 * NS_PER_MS);
	kit_sent_clear(&k);
	claim();
	(void)expect(KIT_IP);
	assert_string_equal(action(0), "defended");
	kit_advance(&k, 20 * NS_PER_S);
	(void)expect(KIT_IP); /* the second announcement comes all the same */
	assert_int_equal(k.n_sent, 0);
}

TEST(another_address_is_probed_afresh)
{
	kit_poll(&k);
	claim();
	kit_sent_clear(&k);
	assert_int_equal(net_set_ipv4(k.stack, &k.netif, KIT_IP + 1, KIT_MASK), ERR_OK);
	kit_poll(&k);
	kit_advance(&k, 20 * NS_PER_S);
	assert_int_equal(kit_counter(&k, "arp_probes_out"), 1 + 3);
	assert_int_equal(kit_counter(&k, "arp_announcements_out"), 1 + 2);
	kit_sent_clear(&k);
	inject(ARP_OP_REPLY, KIT_IP, KIT_IP, other_mac); /* the old one is nobody's business */
	assert_int_equal(kit_counter(&k, "arp_conflicts"), 1);
	inject(ARP_OP_REPLY, KIT_IP + 1, KIT_IP + 1, other_mac);
	assert_int_equal(kit_counter(&k, "arp_conflicts"), 2);
	kit_sent_clear(&k);
}

TEST(a_link_that_is_down_is_waited_for)
{
	k.netif.link_up = false;
	kit_poll(&k);
	kit_advance(&k, 30 * NS_PER_S);
	assert_int_equal(k.n_sent, 0);
	k.netif.link_up = true;
	kit_advance(&k, 1 * NS_PER_S);
	(void)expect(0);
}

TEST(without_memory_the_address_works)
{
	struct kit poor;

	kit_open_bare(&poor, 1, NULL);
	poor.kp.fail_after = 0;
	assert_int_equal(net_set_ipv4(poor.stack, &poor.netif, KIT_IP, KIT_MASK), ERR_OK);
	poor.kp.fail_after = UINT32_MAX;
	kit_poll(&poor);
	assert_int_equal(poor.n_sent, 0);
	acd_conflict(poor.stack, &poor.netif, other_mac, poor.now_ns);
	assert_int_equal(kit_counter(&poor, "arp_conflicts"), 1);
	assert_int_equal(kit_event_count(&poor.kp, EVENT_ARP_CONFLICT), 1);
	kit_close(&poor);
}

