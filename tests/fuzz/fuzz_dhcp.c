/*
 * SPDX-License-Identifier: MIT
 *
 * A DHCP client that is told anything: a script of messages for the exchange it is in (right ones, and
 * any bytes), of time, of claims to its address, of a link, a device and a memory that fail.  Judged
 * are, after each step: the interface has a host's address or none, and the client a lease that says
 * the same and is not over; routes lead to neighbours; the MTU is one that can be used; every frame is
 * from that address or from none, every message of the client's is well-formed, and there are not more
 * of them than the clock allows.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <limits.h>
#include <string.h>

#include "net/socket.h"
#include "tests/lib/dhcp_kit.h"

#define STEPS_MAX 200u
#define MEMORY_MAX (300u * 1024)
#define MTU 1500u

enum message_flag {
	MESSAGE_USUAL = 0x01,     /* server, mask, router, lease before the options */
	MESSAGE_ASKED_FOR = 0x02, /* yiaddr is what the client asked for, or KIT_IP */
	MESSAGE_OTHER_XID = 0x04,
	MESSAGE_UNICAST = 0x08,
	MESSAGE_OVERLOAD = 0x10,  /* bytes for sname and file, and option 52 */
	MESSAGE_CUT = 0x20,
	MESSAGE_NO_END = 0x40,
	MESSAGE_OTHER_SERVER = 0x80,
};

struct script {
	struct kit k;
	bool started, link_local;
	struct dk_said said;   /* the client's latest message */
	unsigned messages;     /* since the clock or the server last allowed more */
	uint64_t last_received_ns;     /* the latest message to it */
	size_t memory_at_first;
	int udp;
};

/* --- judging -------------------------------------------------------------------------------------- */

static void check_frame(struct script *s, const struct kit_sent *sent)
{
	uint32_t address = s->k.netif.ipv4;

	FUZZ_CHECK(sent->len <= ETH_HEADER_LEN + MTU, "%zu bytes", sent->len);
	if (sent->is_arp)
		FUZZ_CHECK(sent->arp.spa == 0 || sent->arp.spa >> 24 != 0, "ARP from %08x", sent->arp.spa);
	if (dk_read(sent, &s->said)) {
		s->messages++;
		FUZZ_CHECK(s->said.src == 0 || s->said.type == DK_REQUEST ||
				   s->said.type == DK_RELEASE,
			   "type %u from %08x", s->said.type, s->said.src);
		FUZZ_CHECK(s->said.src == 0 || s->said.src == s->said.ciaddr, "from %08x for %08x",
			   s->said.src, s->said.ciaddr);
		FUZZ_CHECK(s->said.dst == IPV4_ADDR_BROADCAST || s->said.src != 0,
			   "unicast from no address");
	} else if (sent->is_ipv4 && address != 0 && sent->t_ns == s->k.now_ns) {
		FUZZ_CHECK(sent->ip.src != 0, "a packet from nowhere");
	}
}

/* A host's address, judged by hand. */
static bool is_hosts(uint32_t address, uint32_t mask)
{
	uint32_t host = address & ~mask;
	uint8_t first = (uint8_t)(address >> 24);

	if (first == 0 || first == 127 || first >= 224 || ((~mask + 1) & ~mask) != 0)
		return false;
	return mask >= 0xfffffffe || (host != 0 && host != ~mask);
}

static void check_routes(const struct script *s)
{
	const struct ipv4_routes *routes = &s->k.stack->routes;

	FUZZ_CHECK(routes->n <= IPV4_ROUTES_MAX, "%u routes", routes->n);
	FUZZ_CHECK(routes->n == 0 || s->k.netif.ipv4 != 0, "routes without an address");
	for (unsigned i = 0; i < routes->n; i++) {
		const struct ipv4_route_row *row = &routes->rows[i];

		FUZZ_CHECK((row->dst & ~row->mask) == 0, "%08x/%08x", row->dst, row->mask);
		FUZZ_CHECK(i == 0 || routes->rows[i - 1].mask >= row->mask, "not the longest first");
		FUZZ_CHECK(row->router == 0 ||
				   (is_hosts(row->router, UINT32_MAX) && row->router != s->k.netif.ipv4 &&
				    ipv4_is_on_link(s->k.stack, &s->k.netif, row->router)),
			   "a router at %08x", row->router);
	}
}

static void check_lease(const struct script *s)
{
	const struct netif *netif = &s->k.netif;
	const struct net_lease *lease = net_dhcp_lease(s->k.stack, netif);

	FUZZ_CHECK((lease != NULL) == (netif->ipv4 != 0), "address %08x, %s lease", netif->ipv4,
		   lease != NULL ? "a" : "no");
	FUZZ_CHECK(netif->mtu >= 576 && netif->mtu <= MTU, "an MTU of %u", netif->mtu);
	if (lease == NULL)
		return;
	FUZZ_CHECK(lease->address == netif->ipv4 && lease->mask == netif->ipv4_mask, "%08x/%08x",
		   lease->address, lease->mask);
	FUZZ_CHECK(is_hosts(netif->ipv4, netif->ipv4_mask), "%08x/%08x", netif->ipv4,
		   netif->ipv4_mask);
	FUZZ_CHECK(!lease->link_local || (s->link_local && netif->ipv4 >> 16 == 0xa9fe), "%08x",
		   netif->ipv4);
	FUZZ_CHECK(lease->lease_s == UINT32_MAX ||
			   s->k.now_ns - s->last_received_ns < lease->lease_s * NS_PER_S,
		   "a lease of %u s, %llu s after the last message", lease->lease_s,
		   (unsigned long long)((s->k.now_ns - s->last_received_ns) / NS_PER_S));
	FUZZ_CHECK(lease->lease_s != 0, "a lease of nothing");
	FUZZ_CHECK(lease->t1_s <= lease->t2_s && lease->t2_s <= lease->lease_s, "T1 %u T2 %u of %u",
		   lease->t1_s, lease->t2_s, lease->lease_s);
	fuzz_check_printable(lease->domain, strlen(lease->domain));
	fuzz_check_printable(lease->hostname, strlen(lease->hostname));
	fuzz_check_printable(lease->search, strlen(lease->search));
	FUZZ_CHECK(strncmp(lease->search, lease->domain, strlen(lease->domain)) == 0, "'%s' of '%s'",
		   lease->domain, lease->search);
}

static void check(struct script *s)
{
	struct kit_sent *sent;
	char text[600];
	size_t len;

	while ((sent = kit_take(&s->k)) != NULL) {
		check_frame(s, sent);
		kit_sent_free(sent);
	}
	check_lease(s);
	check_routes(s);
	FUZZ_CHECK(s->messages <= 8, "%u messages too many", s->messages - 8);
	len = net_dhcp_describe(s->k.stack, &s->k.netif, text, sizeof(text), s->k.now_ns);
	FUZZ_CHECK(len < sizeof(text), "a description of %zu bytes", len);
	fuzz_check_printable(text, len);
	FUZZ_CHECK(s->k.kp.live_bytes <= s->memory_at_first + MEMORY_MAX, "%zu bytes",
		   s->k.kp.live_bytes);
}

/* --- what happens ----------------------------------------------------------------------------------- */

static void add_options(struct dk_answer *a, struct fuzz_input *in)
{
	static const uint8_t codes[] = {1, 3, 6, 12, 15, 26, 51, 52, 53, 54, 56, 58, 59, 119, 121, 249};

	for (unsigned n = fuzz_u8(in) % 8; n > 0; n--) {
		uint8_t which = fuzz_u8(in);
		uint8_t code = which < 0x80 ? codes[which % ARRAY_LEN(codes)] : which;
		size_t len;
		const uint8_t *p = fuzz_bytes(in, fuzz_u8(in), &len);

		if (a->len + len + 3 > sizeof(a->bytes))
			return;
		dk_option(a, code, p, len);
	}
}

static void overload(struct dk_answer *a, struct fuzz_input *in)
{
	size_t len;
	const uint8_t *p = fuzz_bytes(in, fuzz_u8(in) % 193, &len);

	if (len > 0)
		memcpy(a->bytes + 44, p, len);
	dk_option(a, 52, &(uint8_t){3}, 1);
}

static uint32_t lease_of(unsigned exponent)
{
	return exponent < 32 ? 1u << exponent : UINT32_MAX;
}

static void message(struct script *s, struct fuzz_input *in)
{
	static const uint8_t types[] = {DK_OFFER, DK_ACK, DK_NAK, 0};
	uint8_t type = fuzz_u8(in), how = fuzz_u8(in);
	uint32_t asked = s->said.requested != 0 ? s->said.requested : s->said.ciaddr;
	uint32_t yiaddr = how & MESSAGE_ASKED_FOR ? asked != 0 ? asked : KIT_IP : fuzz_u32(in);
	struct dk_said said = s->said;
	struct dk_answer a;

	said.xid += (how & MESSAGE_OTHER_XID) != 0;
	type = type % 4 < 3 ? types[type % 4] : type;
	dk_begin(&a, &said, type, yiaddr);
	if (how & MESSAGE_USUAL) {
		dk_option_u32(&a, 54, DHCP_KIT_SERVER + (how & MESSAGE_OTHER_SERVER ? 1 : 0));
		dk_option_u32(&a, 1, KIT_MASK);
		dk_option_u32(&a, 3, KIT_PEER_IP);
		dk_option_u32(&a, 51, lease_of(fuzz_u8(in) % 33));
	}
	if (how & MESSAGE_OVERLOAD)
		overload(&a, in);
	add_options(&a, in);
	if ((how & MESSAGE_NO_END) == 0)
		dk_end(&a);
	if (how & MESSAGE_CUT) {
		size_t len = fuzz_u16(in) % 600u;

		a.len = MIN(a.len, len);
	}
	dk_send(&s->k, &a, &(struct dk_way){.dst = how & MESSAGE_UNICAST ? yiaddr : 0});
	s->last_received_ns = s->k.now_ns;
	s->messages = 0;
}

/* Jumps to what the client does next, or anywhere. */
static void time_passes(struct script *s, struct fuzz_input *in)
{
	static const uint64_t times_ns[] = {NS_PER_MS, NS_PER_S, 7 * NS_PER_S, 60 * NS_PER_S,
					    600 * NS_PER_S, 3600 * NS_PER_S};
	uint8_t how = fuzz_u8(in);
	uint64_t next_ns = net_next_deadline(s->k.stack);
	uint64_t ns = times_ns[how % ARRAY_LEN(times_ns)];

	if (how >= 0x80 && next_ns != TIME_NEVER && next_ns > s->k.now_ns)
		ns = next_ns - s->k.now_ns;
	if (ns > 60 * NS_PER_S && net_next_deadline(s->k.stack) < s->k.now_ns + NS_PER_S)
		ns = 60 * NS_PER_S; /* short leases make many messages */
	kit_advance(&s->k, ns);
	check_lease(s);
	/* A lease of a second is asked for each 0.4 s; and each time there are at most two more. */
	for (uint64_t allowed = 4 * ns / NS_PER_S; allowed > 0 && s->k.n_sent > 0; allowed--) {
		struct kit_sent *sent = kit_take(&s->k);

		check_frame(s, sent);
		kit_sent_free(sent);
	}
	s->messages = 0;
}

static void claim(struct script *s, struct fuzz_input *in)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0x99, 0x99};
	uint8_t how = fuzz_u8(in);
	struct kit_frame f;

	kit_build_arp(&f, &(struct kit_arp){.eth_dst = KIT_BROADCAST_MAC, .eth_src = mac, .sha = mac,
					    .op = how & 1 ? ARP_OP_REPLY : ARP_OP_REQUEST,
					    .spa = how & 2 ? KIT_PEER_IP : s->k.netif.ipv4,
					    .tpa = s->k.netif.ipv4});
	kit_inject_frame(&s->k, &f);
	s->messages = 0;
}

static void start_or_stop(struct script *s, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in);
	const struct net_dhcp_options options = {
		.hostname = how & 1 ? "fuzz" : NULL,
		.link_local = how & 2,
		.deadline_ns = how & 8 ? s->k.now_ns + (how >> 4) * 5 * NS_PER_S : 0,
	};

	if (s->started)
		net_dhcp_stop(s->k.stack, &s->k.netif, how & 4, s->k.now_ns);
	check(s);
	s->started = net_dhcp_start(s->k.stack, &s->k.netif, &options, s->k.now_ns) == ERR_OK;
	s->link_local = options.link_local;
	s->messages = 0;
}

/* A datagram to anywhere, whose frame is looked at like all others. */
static void user_sends(struct script *s, struct fuzz_input *in)
{
	const struct net_endpoint to = net_endpoint_ipv4(fuzz_u32(in), 9);

	(void)!sock_sendto(s->k.stack, s->udp, "x", 1, &to, s->k.now_ns);
}

static void step(struct script *s, struct fuzz_input *in)
{
	uint8_t how;

	switch (fuzz_u8(in) % 12) {
	default: message(s, in); break;
	case 5:
	case 6: time_passes(s, in); break;
	case 7: claim(s, in); break;
	case 8:
		s->k.netif.link_up = !s->k.netif.link_up;
		s->messages = 0;
		break;
	case 9: start_or_stop(s, in); break;
	case 10: user_sends(s, in); break;
	case 11:
		how = fuzz_u8(in);
		s->k.kp.fail_after = how < 16 ? how : UINT_MAX;
		s->k.send_result = how & 0x80 ? ERR_AGAIN : ERR_OK;
		s->k.answer_arp = how & 0x40;
		break;
	}
	kit_poll(&s->k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct script s;
	struct fuzz_input in = {.at = data, .len = len};

	memset(&s, 0, sizeof(s));
	kit_open_bare(&s.k, 1, NULL);
	fuzz_stack_events(&s.k);
	s.udp = sock_socket(s.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
	s.memory_at_first = s.k.kp.live_bytes;
	memcpy(s.said.mac, KIT_MAC, 6);
	start_or_stop(&s, &in);
	kit_poll(&s.k);
	for (unsigned steps = 0; in.len > 0 && steps < STEPS_MAX; steps++) {
		check(&s);
		step(&s, &in);
	}
	check(&s);
	s.k.kp.fail_after = UINT_MAX;
	net_dhcp_stop(s.k.stack, &s.k.netif, false, s.k.now_ns);
	FUZZ_CHECK(s.k.netif.ipv4 == 0 && s.k.netif.mtu == MTU, "something is left of it");
	(void)sock_close(s.k.stack, s.udp, s.k.now_ns);
	kit_advance(&s.k, 20 * NS_PER_S);
	fuzz_check_idle(&s.k);
	FUZZ_CHECK(net_next_deadline(s.k.stack) == TIME_NEVER, "a timer is set");
	kit_close(&s.k);
	return 0;
}
