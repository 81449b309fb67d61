/* SPDX-License-Identifier: MIT */
/* A DHCP server, and clients that are watched; see tests/sim/lib/sim_dhcp.h. */
#include "tests/sim/lib/sim_dhcp.h"

#include "tests/lib/dhcp_kit.h"

#define OFFER_NS (20 * NS_PER_S)
#define BAD_NS (600 * NS_PER_S)
#define CHAT_PORT 7
#define CHAT_NS (97 * NS_PER_S)

/* --- the server ---------------------------------------------------------------------------------- */

static uint64_t now(const struct sim_dhcp_server *server)
{
	return server->host->sim->now_ns;
}

static bool is_his(const struct sim_dhcp_entry *e, const struct dk_said *said)
{
	return memcmp(e->mac, said->mac, 6) == 0;
}

static bool is_free(const struct sim_dhcp_server *server, const struct sim_dhcp_entry *e)
{
	return e->until_ns < now(server) && e->reserved_ns < now(server) && e->bad_ns < now(server);
}

static struct sim_dhcp_entry *find_address(struct sim_dhcp_server *server, uint32_t address)
{
	for (unsigned i = 0; i < server->n_pool; i++)
		if (server->pool[i].address == address)
			return &server->pool[i];
	return NULL;
}

/* His own, else any that is free; NULL: there is none. */
static struct sim_dhcp_entry *choose(struct sim_dhcp_server *server, const struct dk_said *said)
{
	struct sim_dhcp_entry *any = NULL;

	for (unsigned i = 0; i < server->n_pool; i++) {
		struct sim_dhcp_entry *e = &server->pool[i];

		if (is_his(e, said) && e->bad_ns < now(server))
			return e;
		if (is_free(server, e) && (any == NULL || e->until_ns < any->until_ns))
			any = e;
	}
	return any;
}

static void say(struct sim_dhcp_server *server, const struct dk_said *said, struct dk_answer *a)
{
	uint32_t to = said->ciaddr != 0 && a->bytes[242] != DK_NAK ? said->ciaddr : IPV4_ADDR_BROADCAST;
	const struct net_endpoint dst = net_endpoint_ipv4(to, 68);

	dk_end(a);
	(void)!sock_sendto(server->host->stack, server->fd, a->bytes, a->len, &dst, now(server));
}

static void answer(struct sim_dhcp_server *server, const struct dk_said *said, uint8_t type,
		   uint32_t yiaddr, uint32_t lease_s)
{
	struct dk_answer a;

	dk_begin(&a, said, type, yiaddr);
	dk_option_u32(&a, 54, server->host->ip);
	if (type != DK_NAK) {
		dk_option_u32(&a, 1, UINT32_C(0xffffff00));
		dk_option_u32(&a, 51, lease_s);
	}
	say(server, said, &a);
}

static void discover(struct sim_dhcp_server *server, const struct dk_said *said)
{
	struct sim_dhcp_entry *e = choose(server, said);

	if (e == NULL)
		return;
	memcpy(e->mac, said->mac, 6);
	e->reserved_ns = now(server) + OFFER_NS;
	server->offers++;
	answer(server, said, DK_OFFER, e->address, server->lease_max_s);
}

static void request(struct sim_dhcp_server *server, const struct dk_said *said)
{
	uint32_t address = said->ciaddr != 0 ? said->ciaddr : said->requested;
	struct sim_dhcp_entry *e = find_address(server, address);
	uint32_t lease_s = server->lease_min_s +
			   (uint32_t)(sim_random(server->host->sim) %
				      (server->lease_max_s - server->lease_min_s + 1));

	if (e == NULL || !is_his(e, said) || e->bad_ns >= now(server) ||
	    sim_random(server->host->sim) % 1000000 < server->nak_ppm) {
		server->naks++;
		answer(server, said, DK_NAK, 0, 0);
		return;
	}
	server->acks++;
	e->until_ns = MAX(e->until_ns, now(server) + lease_s * NS_PER_S);
	answer(server, said, DK_ACK, address, lease_s);
}

static void decline_or_release(struct sim_dhcp_server *server, const struct dk_said *said)
{
	bool declined = said->type == DK_DECLINE;
	struct sim_dhcp_entry *e =
		find_address(server, declined ? said->requested : said->ciaddr);

	server->declines += declined;
	server->releases += !declined;
	if (e == NULL || !is_his(e, said))
		return;
	e->until_ns = e->reserved_ns = 0;
	if (declined)
		e->bad_ns = now(server) + BAD_NS;
}

static void hear(struct sim_dhcp_server *server, const uint8_t *message, size_t len)
{
	struct dk_said said;

	dk_parse(message, len, &said);
	if (server->asleep)
		return;
	if (said.type == DK_DISCOVER)
		discover(server, &said);
	else if (said.type == DK_REQUEST &&
		 (said.server_id == 0 || said.server_id == server->host->ip))
		request(server, &said);
	else if (said.type == DK_DECLINE || said.type == DK_RELEASE)
		decline_or_release(server, &said);
}

/* What its stack has for it as well: those from an address. */
static void throw_away(struct sim_host *host, void *ctx)
{
	struct sim_dhcp_server *server = ctx;
	struct net_endpoint from;
	uint8_t buf[600];

	while (server->fd >= 0 && sock_recvfrom(host->stack, server->fd, buf, sizeof(buf), &from,
						host->sim->now_ns) >= 0)
		continue;
}

void sim_dhcp_serve(struct sim_dhcp_server *server, struct sim_host *host, uint32_t first, unsigned n)
{
	const struct net_endpoint local = net_endpoint_ipv4(0, 67);

	server->host = host;
	server->n_pool = n;
	for (unsigned i = 0; i < n; i++)
		server->pool[i] = (struct sim_dhcp_entry){.address = first + i};
	server->fd = sock_socket(host->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);
	if (server->fd < 0 || sock_bind(host->stack, server->fd, &local) != ERR_OK ||
	    sock_setsockopt(host->stack, server->fd, SOCK_SO_BROADCAST, 1, host->sim->now_ns) != ERR_OK)
		sim_fail(host->sim, "no socket for the DHCP server");
	sim_add_app(host, throw_away, server);
}

void sim_dhcp_close(struct sim_dhcp_server *server)
{
	(void)sock_close(server->host->stack, server->fd, now(server));
	server->fd = -1;
}

/* --- the clients --------------------------------------------------------------------------------- */

static void chat(struct sim_host *host, void *ctx)
{
	struct sim_dhcp_client *c = ctx;
	const struct net_endpoint to = net_endpoint_ipv4(c->server->host->ip, CHAT_PORT);

	if (c->fd < 0)
		return;
	if (host->sim->now_ns >= c->next_ns) {
		c->sent += sock_sendto(host->stack, c->fd, "x", 1, &to, host->sim->now_ns) == 1;
		c->next_ns = host->sim->now_ns + CHAT_NS;
	}
	sim_wake(host, c->next_ns);
}

void sim_dhcp_ask(struct sim_dhcp_client *c, struct sim_host *host, struct sim_dhcp_server *server)
{
	*c = (struct sim_dhcp_client){.host = host, .server = server};
	c->fd = sock_socket(host->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);
	if (c->fd < 0 || net_dhcp_start(host->stack, &host->netif, NULL, host->sim->now_ns) != ERR_OK)
		sim_fail(host->sim, "the DHCP client did not start");
	sim_add_app(host, chat, c);
}

void sim_dhcp_stop(struct sim_dhcp_client *c, bool release)
{
	(void)sock_close(c->host->stack, c->fd, c->host->sim->now_ns);
	c->fd = -1;
	net_dhcp_stop(c->host->stack, &c->host->netif, release, c->host->sim->now_ns);
}

/* --- the watch ----------------------------------------------------------------------------------- */

/* The address that the frame says it is from; 0: none. */
static uint32_t source_of(const uint8_t *frame, size_t len)
{
	uint16_t type = load_be16(frame + 12);

	if (type == ETH_TYPE_ARP && len >= 42)
		return load_be32(frame + 28);
	return type == ETH_TYPE_IPV4 && len >= 34 ? load_be32(frame + 26) : 0;
}

static void expect_his(struct sim_dhcp_client *c, uint32_t address)
{
	struct sim *sim = c->host->sim;
	const struct net_lease *lease = net_dhcp_lease(c->host->stack, &c->host->netif);
	const struct sim_dhcp_entry *e = find_address(c->server, address);

	if (lease == NULL || lease->address != address || c->host->netif.ipv4 != address)
		sim_fail(sim, "a frame from %08x, which is not the address the client has", address);
	if (e == NULL || memcmp(e->mac, c->host->mac, 6) != 0 || e->until_ns < sim->now_ns)
		sim_fail(sim, "a frame from %08x, which the server has not leased to its sender",
			 address);
}

static void watch_frame(void *ctx, struct sim_host *from, const uint8_t *frame, size_t len)
{
	struct sim_dhcp_watch *watch = ctx;
	uint32_t source = source_of(frame, len);

	for (unsigned i = 0; i < watch->n; i++)
		if (watch->clients[i].host == from && source != 0)
			expect_his(&watch->clients[i], source);
}

/* UDP to port 67, without IP options. */
static bool is_for_server(const struct sim_dhcp_watch *watch, const struct sim_host *to,
			  const uint8_t *frame, size_t len)
{
	return to == watch->server->host && load_be16(frame + 12) == ETH_TYPE_IPV4 && len >= 42 &&
	       frame[23] == IP_PROTO_UDP && load_be16(frame + 36) == 67;
}

static void bring_to_server(void *ctx, struct sim_host *to, const uint8_t *frame, size_t len)
{
	struct sim_dhcp_watch *watch = ctx;

	if (is_for_server(watch, to, frame, len))
		hear(watch->server, frame + 42, load_be16(frame + 38) - (size_t)UDP_HEADER_LEN);
}

void sim_dhcp_watch(struct sim *sim, struct sim_dhcp_watch *watch)
{
	sim->on_sent = watch_frame;
	sim->on_received = bring_to_server;
	sim->on_ctx = watch;
}
