/* SPDX-License-Identifier: MIT */
/* A DHCP client and its server on one wire; see tests/lib/dhcp_scene.h. */
#include "tests/lib/dhcp_scene.h"

#include <string.h>

void ds_open(struct dhcp_scene *s, uint64_t seed, const struct net_dhcp_options *options)
{
	memset(s, 0, sizeof(*s));
	kit_open_bare(&s->k, seed, NULL);
	s->k.answer_arp = false;
	if (net_dhcp_start(s->k.stack, &s->k.netif, options, s->k.now_ns) != ERR_OK)
		kit_fail("the DHCP client did not start");
}

void ds_close(struct dhcp_scene *s)
{
	kit_close(&s->k);
}

static bool take(struct dhcp_scene *s)
{
	struct kit_sent *sent;
	bool found = false;

	while (!found && (sent = kit_take(&s->k)) != NULL) {
		found = dk_read(sent, &s->said);
		kit_sent_free(sent);
	}
	return found;
}

void ds_expect(struct dhcp_scene *s, uint8_t type)
{
	if (!take(s))
		kit_fail("a DHCP message of type %u was expected, and none was sent", type);
	if (s->said.type != type)
		kit_fail("a DHCP message of type %u was expected, and it was one of type %u", type,
			 s->said.type);
}

/* The next message, whatever it is. */
static void wait_for_any(struct dhcp_scene *s, uint8_t type, uint64_t within_ns)
{
	uint64_t until_ns = s->k.now_ns + within_ns;

	kit_poll(&s->k);
	while (!take(s)) {
		uint64_t next_ns = net_next_deadline(s->k.stack);

		if (next_ns > until_ns)
			kit_fail("no DHCP message of type %u came in time", type);
		s->k.now_ns = MAX(next_ns, s->k.now_ns);
		kit_poll(&s->k);
	}
}

void ds_wait(struct dhcp_scene *s, uint8_t type, uint64_t within_ns)
{
	wait_for_any(s, type, within_ns);
	if (s->said.type != type)
		kit_fail("a DHCP message of type %u was expected, and it was one of type %u", type,
			 s->said.type);
}

void ds_expect_silence(struct dhcp_scene *s)
{
	if (take(s))
		kit_fail("a DHCP message of type %u was sent", s->said.type);
}

static void send_usual(struct dhcp_scene *s, uint8_t type, uint32_t yiaddr, uint32_t lease_s)
{
	struct dk_answer a;

	dk_begin(&a, &s->said, type, type == DK_NAK ? 0 : yiaddr);
	dk_option_u32(&a, 54, DHCP_KIT_SERVER);
	if (type != DK_NAK) {
		dk_option_u32(&a, 1, KIT_MASK);
		dk_option_u32(&a, 3, DHCP_KIT_SERVER);
		dk_option_u32(&a, 51, lease_s);
	}
	dk_end(&a);
	dk_send(&s->k, &a, &(struct dk_way){.dst = type == DK_NAK ? 0 : yiaddr});
}

void ds_answer(struct dhcp_scene *s, uint8_t type, uint32_t yiaddr)
{
	send_usual(s, type, yiaddr, DHCP_KIT_LEASE);
}

void ds_ack(struct dhcp_scene *s, uint32_t yiaddr, uint32_t lease_s)
{
	send_usual(s, DK_ACK, yiaddr, lease_s);
}

void ds_offer(struct dhcp_scene *s, uint32_t yiaddr)
{
	ds_wait(s, DK_DISCOVER, 70 * NS_PER_S);
	for (; s->said.type == DK_DISCOVER; wait_for_any(s, DK_REQUEST, 70 * NS_PER_S))
		ds_answer(s, DK_OFFER, yiaddr);
}

void ds_bind(struct dhcp_scene *s, uint32_t yiaddr, uint32_t lease_s)
{
	ds_offer(s, yiaddr);
	ds_ack(s, yiaddr, lease_s);
	if (s->k.netif.ipv4 != yiaddr)
		kit_fail("the client did not take its address");
}

const struct net_lease *ds_lease(const struct dhcp_scene *s)
{
	return net_dhcp_lease(s->k.stack, &s->k.netif);
}

enum net_dhcp_reached ds_reached(const struct dhcp_scene *s)
{
	return net_dhcp_reached(s->k.stack, &s->k.netif);
}

const char *ds_describe(const struct dhcp_scene *s)
{
	static char text[400];

	(void)net_dhcp_describe(s->k.stack, &s->k.netif, text, sizeof(text), s->k.now_ns);
	return text;
}

const char *ds_event(const struct dhcp_scene *s, enum event_id id, const char *key)
{
	unsigned n = kit_event_count(&s->k.kp, id);

	return n > 0 ? kit_event_field(kit_event(&s->k.kp, id, n - 1), key) : NULL;
}
