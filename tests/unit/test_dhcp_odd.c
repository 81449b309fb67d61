/* SPDX-License-Identifier: MIT */
/* net/dhcp/judge: what is odd about an answer and does no harm is taken, and said. */
#include <string.h>

#include "tests/lib/dhcp_test.h"

FIXTURE(dhcp_waits_for_offers, dhcp_close_bound);

static void request(void)
{
	ds_answer(&s, DK_OFFER, KIT_IP);
	ds_expect(&s, DK_REQUEST);
}

static const char *odd(unsigned which, const char *key)
{
	return kit_event_field(kit_event(&s.k.kp, EVENT_DHCP_ODD, which), key);
}

/* dnsmasq with --dhcp-option=54,... beside its own. */
TEST(two_servers_in_one_answer)
{
	for (uint8_t type = DK_OFFER; type <= DK_ACK; type += DK_ACK - DK_OFFER) {
		dk_usual(&a, &s.said, type, KIT_IP);
		dk_option_u32(&a, 54, DHCP_KIT_SERVER + 9);
		dk_option_u32(&a, 51, 1);
		dk_end(&a);
		send();
		if (type == DK_OFFER)
			ds_expect(&s, DK_REQUEST);
	}
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(ds_lease(&s)->server, DHCP_KIT_SERVER);
	assert_int_equal(ds_lease(&s)->lease_s, DHCP_KIT_LEASE);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_ODD), 4);
	assert_string_equal(odd(0, "what"), "the OFFER");
	assert_string_equal(odd(2, "what"), "the ACK");
	assert_string_equal(odd(2, "option"), "54");
	assert_string_equal(odd(2, "problem"), "it came more than once, and the first good copy counts");
	assert_string_equal(odd(3, "option"), "51");
}

/* Of all that an ACK must have nothing is there: what the OFFER said counts. */
TEST(an_ack_with_nothing_in_it)
{
	dk_begin(&a, &s.said, DK_OFFER, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	dk_option_u32(&a, 1, 0xffff0000);
	dk_option_u32(&a, 51, 777);
	send();
	ds_expect(&s, DK_REQUEST);
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(s.k.netif.ipv4_mask, 0xffff0000);
	assert_int_equal(ds_lease(&s)->server, DHCP_KIT_SERVER);
	assert_int_equal(ds_lease(&s)->lease_s, 777);
	assert_string_equal(odd(0, "problem"), "it names no server, so the one that was asked counts");
	assert_string_equal(odd(1, "problem"), "there is no mask, so the one that we know counts");
	assert_string_equal(odd(2, "problem"), "there is no lease time, so the one that we know counts");
	kit_sent_clear(&s.k);
	s.k.answer_arp = true;
	ds_wait(&s, DK_REQUEST, 777 * NS_PER_S); /* and what the lease said, where it is renewed */
	dk_begin(&a, &s.said, DK_ACK, 0);
	store_be32(a.bytes + 12, KIT_IP);
	dk_send(&s.k, &a, &(struct dk_way){.dst = KIT_IP});
	assert_int_equal(ds_lease(&s)->lease_s, 777);
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(s.k.netif.ipv4_mask, 0xffff0000);
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_ADDR_LOST), 0);
}

TEST(an_answer_that_is_as_short_as_can_be)
{
	for (uint8_t type = DK_OFFER; type <= DK_ACK; type += DK_ACK - DK_OFFER) {
		dk_begin(&a, &s.said, type, KIT_IP);
		send();
		if (type == DK_OFFER)
			ds_expect(&s, DK_REQUEST);
	}
	assert_int_equal(s.said.server_id, DHCP_KIT_SERVER); /* the packet's sender */
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(s.k.netif.ipv4_mask, 0xffffff00);
	assert_int_equal(ds_lease(&s)->lease_s, 3600);
	assert_string_equal(odd(0, "problem"), "it names no server, so the packet's sender counts");
	assert_string_equal(odd(2, "problem"), "there is no lease time, so it is an hour");
}

/* Sent and not understood is not the same as not sent: the log says which. */
TEST(an_ack_that_is_not_understood)
{
	request();
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option(&a, 54, "\xc0\xa8\x4d\1\xc0\xa8\x4d\1", 8);
	dk_option(&a, 51, "\x0e\x10", 2);
	dk_option(&a, 1, "\xff\xff\xff", 3);
	dk_option(&a, 26, "\5\x78\0", 3);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(s.k.netif.ipv4_mask, KIT_MASK);
	assert_int_equal(ds_lease(&s)->server, DHCP_KIT_SERVER);
	assert_int_equal(ds_lease(&s)->lease_s, DHCP_KIT_LEASE);
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(odd(i, "problem"), "its length is wrong, so it is not understood");
	assert_int_equal(kit_event_count(&s.k.kp, EVENT_DHCP_ODD), 7);
	assert_string_equal(odd(4, "problem"), "the server that was asked counts");
	assert_string_equal(odd(5, "problem"), "the mask that we know counts");
	assert_string_equal(odd(6, "problem"), "the lease time that we know counts");
}

TEST(an_ack_of_another_server)
{
	request();
	dk_begin(&a, &s.said, DK_ACK, KIT_IP);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER + 5);
	dk_option_u32(&a, 1, KIT_MASK);
	dk_option_u32(&a, 51, 3600);
	send();
	assert_int_equal(s.k.netif.ipv4, KIT_IP);
	assert_int_equal(ds_lease(&s)->server, DHCP_KIT_SERVER + 5);
	assert_string_equal(odd(0, "problem"), "it names another server than was asked");
}

/* It is taken, and probed like any other. */
TEST(another_address_than_was_asked_for)
{
	struct kit_sent *sent;
	unsigned probes = 0;

	request();
	ds_answer(&s, DK_ACK, KIT_IP + 1);
	assert_int_equal(s.k.netif.ipv4, KIT_IP + 1);
	assert_string_equal(odd(0, "problem"), "it gives another address than was asked for");
	kit_sent_clear(&s.k);
	kit_advance(&s.k, 10 * NS_PER_S);
	while ((sent = kit_take(&s.k)) != NULL) {
		probes += sent->is_arp && sent->arp.spa == 0 && sent->arp.tpa == KIT_IP + 1;
		kit_sent_free(sent);
	}
	assert_int_equal(probes, 3);
	ds_wait(&s, DK_REQUEST, 3600 * NS_PER_S); /* RENEWING */
	ds_answer(&s, DK_ACK, KIT_IP + 2);
	assert_int_equal(s.k.netif.ipv4, KIT_IP + 2);
	assert_string_equal(ds_event(&s, EVENT_ADDR_LOST, "reason"), "another one takes its place");
	assert_string_equal(ds_describe(&s), "192.168.77.4 from 192.168.77.1");
	ds_wait(&s, DK_REQUEST, 3600 * NS_PER_S);
	dk_usual(&a, &s.said, DK_ACK, UINT32_C(0x7f000001)); /* but none that no host has */
	dk_send(&s.k, &a, &(struct dk_way){.dst = KIT_IP + 2});
	assert_int_equal(s.k.netif.ipv4, KIT_IP + 2);
	assert_int_equal(counter("dhcp_refused"), 1);
}

