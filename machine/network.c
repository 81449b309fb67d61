/* SPDX-License-Identifier: MIT */
/* From devices to an address; see machine/network.h. */
#include "machine/network.h"

#include "base/strbuf.h"
#include "base/string.h"
#include "machine/blocking.h"
#include "net/dhcp.h"
#include "net/net.h"

static uint64_t now(const struct network *n)
{
	return n->machine->now_ns(n->machine->ctx);
}

static struct strbuf problem(struct network *n, const char *begin)
{
	struct strbuf sb = strbuf_on(n->problem, sizeof(n->problem));

	strbuf_str(&sb, begin);
	return sb;
}

static void append_seconds(struct strbuf *sb, uint64_t ns)
{
	uint64_t tenths = ns / (NS_PER_S / 10);

	strbuf_u64(sb, tenths / 10);
	strbuf_char(sb, '.');
	strbuf_u64(sb, tenths % 10);
	strbuf_str(sb, " s");
}

/* --- which device ------------------------------------------------------------------------------- */

/* The devices that there are, and which of them may be the one. */
struct choice {
	struct netif *const *netifs;
	unsigned n;
	bool may[32];
};

static bool is_named(const char *name, const struct netif *netif)
{
	return name[0] == '\0' || strcmp(name, netif->name) == 0;
}

/* What nic= alone says, and ip='s device alone: NULL is no such device. */
static const struct netif *named_by_nic(const struct network *n, const struct choice *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (config_nic_is(&n->platform->nic, i, c->netifs[i]->mac))
			return c->netifs[i];
	}
	return NULL;
}

static const struct netif *named_by_ip(const struct network *n, const struct choice *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (is_named(n->platform->ip.device, c->netifs[i]))
			return c->netifs[i];
	}
	return NULL;
}

static void list_names(struct strbuf *sb, const struct choice *c, bool with_mac)
{
	for (unsigned i = 0; i < c->n; i++) {
		strbuf_str(sb, i == 0 ? "" : ", ");
		strbuf_str(sb, c->netifs[i]->name);
		if (!with_mac)
			continue;
		strbuf_str(sb, " (");
		strbuf_mac(sb, c->netifs[i]->mac);
		strbuf_char(sb, ')');
	}
}

/* No device is what nic= and ip= say. */
static enum status refuse(struct network *n, const struct choice *c)
{
	const struct netif *by_nic = named_by_nic(n, c), *by_ip = named_by_ip(n, c);
	struct strbuf sb;

	if (by_nic != NULL && by_ip != NULL) {
		sb = problem(n, "nic=");
		strbuf_str(&sb, n->platform->nic.text);
		strbuf_str(&sb, " is ");
		strbuf_str(&sb, by_nic->name);
		strbuf_str(&sb, ", but ip= says ");
		strbuf_str(&sb, by_ip->name);
		return STATUS_NO_DEVICE;
	}
	sb = problem(n, by_ip == NULL ? "ip=: there is no device " : "nic=: there is no device ");
	strbuf_str(&sb, by_ip == NULL ? n->platform->ip.device : n->platform->nic.text);
	strbuf_str(&sb, ", only ");
	list_names(&sb, c, by_ip != NULL);
	return STATUS_NO_DEVICE;
}

/* The first with a link. */
static struct netif *ready(const struct choice *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->may[i] && c->netifs[i]->link_up)
			return c->netifs[i];
	}
	return NULL;
}

/* The first, with a link or without. */
static struct netif *first(const struct choice *c)
{
	unsigned i = 0;

	while (!c->may[i])
		i++;
	return c->netifs[i];
}

static void report_no_link(struct network *n, const struct choice *c, uint64_t waited_ns)
{
	struct strbuf sb = problem(n, "the network link is down: ");
	unsigned said = 0;

	for (unsigned i = 0; i < c->n; i++) {
		if (!c->may[i])
			continue;
		strbuf_str(&sb, said++ == 0 ? "" : ", ");
		strbuf_str(&sb, c->netifs[i]->name);
	}
	strbuf_str(&sb, " (waited ");
	append_seconds(&sb, waited_ns);
	strbuf_char(&sb, ')');
}

/* As long as for an address, also where that is given: a switch port may take half a minute to forward.
 * That timeout= ends it says less than that there is no link. */
static enum status wait_for_link(struct network *n, const struct choice *c)
{
	uint64_t began_ns = now(n);
	uint64_t deadline_ns = MIN(began_ns + n->platform->dhcp_timeout_ns, n->platform->timeout_ns);

	progress_begin_wait(n->machine->progress, "waiting for the link", deadline_ns, began_ns);
	while (ready(c) == NULL && now(n) < deadline_ns)
		blocking_turn(n->machine, deadline_ns);
	progress_end(n->machine->progress);
	n->netif = ready(c);
	if (n->netif != NULL)
		return STATUS_OK;
	report_no_link(n, c, now(n) - began_ns);
	if (!n->stays)
		return STATUS_COULD_NOT_CONNECT;
	n->no_link = true;
	n->netif = first(c);
	return STATUS_OK;
}

enum status network_choose(struct network *n, struct netif *const *netifs, unsigned n_netifs)
{
	const struct config_platform *p = n->platform;
	struct choice c = {.netifs = netifs, .n = MIN(n_netifs, ARRAY_LEN(c.may))};
	unsigned left = 0;

	n->netif = NULL;
	n->no_link = false;
	if (p->ip.way == CONFIG_IP_OFF)
		return STATUS_OK;
	if (c.n == 0) {
		(void)problem(n, "no network device that this image can drive");
		return STATUS_NO_DEVICE;
	}
	for (unsigned i = 0; i < c.n; i++) {
		c.may[i] = config_nic_is(&p->nic, i, netifs[i]->mac) && is_named(p->ip.device, netifs[i]);
		left += c.may[i];
	}
	return left == 0 ? refuse(n, &c) : wait_for_link(n, &c);
}

/* --- an address that is given -------------------------------------------------------------------- */

/* net_set_ipv4() has checked that the mask has no holes. */
static unsigned prefix_len(uint32_t mask)
{
	unsigned len = 0;

	while (len < 32 && mask << len != 0)
		len++;
	return len;
}

static enum status use_given_address(struct network *n)
{
	const struct config_ip *ip = &n->platform->ip;
	struct stack *stack = n->machine->stack;

	if (net_set_ipv4(stack, n->netif, ip->client, ip->mask) != ERR_OK) {
		(void)problem(n, "ip=: not the address of a host on that network");
		return STATUS_BAD_CONFIG;
	}
	if (ip->gateway != 0 && net_set_gateway(stack, n->netif, ip->gateway) != ERR_OK) {
		(void)problem(n, "ip=: the gateway is not the address of a host");
		return STATUS_BAD_CONFIG;
	}
	event_emit(n->events, EVENT_ADDR_SET, 0, 0, EV_STR("name", n->netif->name),
		   EV_IPV4("ip", ip->client), EV_U64("prefix", prefix_len(ip->mask)),
		   EV_IF(ip->gateway != 0, EV_IPV4("gateway", ip->gateway)), EV_STR("source", "ip="));
	return STATUS_OK;
}

/* --- an address that is asked for ---------------------------------------------------------------- */

static void explain_no_lease(struct network *n)
{
	struct strbuf sb = problem(n, "no address from DHCP: ");
	size_t at = strbuf_stored(&sb);

	(void)net_dhcp_describe(n->machine->stack, n->netif, n->problem + at, sizeof(n->problem) - at,
				now(n));
}

static const struct net_lease *lease_of(const struct network *n)
{
	return net_dhcp_lease(n->machine->stack, n->netif);
}

static bool wait_for_lease(struct network *n, uint64_t deadline_ns)
{
	progress_begin_wait(n->machine->progress, "waiting for an address", deadline_ns, now(n));
	while (lease_of(n) == NULL && now(n) < deadline_ns)
		blocking_turn(n->machine, deadline_ns);
	progress_end(n->machine->progress);
	return lease_of(n) != NULL;
}

/* No address was given, and the run goes on: what it is for comes later, or again. */
static enum status go_on_without(struct network *n)
{
	const struct refused *refused = network_refused(n);
	bool any = refused != NULL && refused->count > 0;
	char why[REFUSED_TEXT_MAX];

	event_emit(n->events, EVENT_ADDR_LATE, 0, 0, EV_STR("name", n->netif->name),
		   EV_STR("problem", n->problem), EV_IF(any, EV_U64("refused", refused->count)),
		   EV_IF(any, EV_STR("refused_why", refused_why(why, refused))));
	return STATUS_OK;
}

/* Until there is an address, or the timeout; that timeout= ends it says less than
 * that there is no address. */
static enum status ask(struct network *n)
{
	const struct config_platform *p = n->platform;
	uint64_t deadline_ns = MIN(now(n) + p->dhcp_timeout_ns, p->timeout_ns);
	const struct net_dhcp_options options = {
		.hostname = p->ip.hostname, .link_local = p->link_local, .deadline_ns = deadline_ns};

	if (net_dhcp_start(n->machine->stack, n->netif, &options, now(n)) != ERR_OK) {
		(void)problem(n, "no memory to ask for an address");
		return STATUS_OUT_OF_MEMORY;
	}
	if (n->no_link) /* which took the time already; the problem says so */
		return go_on_without(n);
	if (wait_for_lease(n, deadline_ns))
		return STATUS_OK;
	explain_no_lease(n);
	return n->stays ? go_on_without(n) : STATUS_NO_ADDRESS;
}

bool network_another_address(struct network *n, uint64_t deadline_ns)
{
	uint32_t declines = n->netif != NULL ? net_dhcp_declines(n->machine->stack, n->netif) : 0;

	if (declines == n->declines)
		return false;
	n->declines = declines;
	return wait_for_lease(n, MIN(now(n) + n->platform->dhcp_timeout_ns, deadline_ns));
}

/* --- both --------------------------------------------------------------------------------------- */

static void read_leased_names(struct network *n, const struct net_lease *lease)
{
	struct strbuf sb = strbuf_on(n->domain, sizeof(n->domain));

	n->n_dns = MIN(lease->n_dns, NETWORK_DNS_MAX);
	for (unsigned i = 0; i < n->n_dns; i++)
		n->dns[i] = net_addr_ipv4(lease->dns[i]);
	strbuf_str(&sb, lease->search);
}

/* The name servers that ip= gives are asked in the place of the network's. */
static void prefer_given_servers(struct network *n)
{
	const struct config_ip *ip = &n->platform->ip;

	if (ip->dns[0] == 0 && ip->dns[1] == 0)
		return;
	n->n_dns = 0;
	for (unsigned i = 0; i < ARRAY_LEN(ip->dns); i++) {
		if (ip->dns[i] != 0)
			n->dns[n->n_dns++] = net_addr_ipv4(ip->dns[i]);
	}
}

void network_update_names(struct network *n)
{
	if (n->platform->ip.way == CONFIG_IP_DHCP && lease_of(n) != NULL)
		read_leased_names(n, lease_of(n));
	prefer_given_servers(n);
}

enum status network_up(struct network *n)
{
	enum status status = STATUS_OK;

	n->n_dns = 0;
	n->domain[0] = '\0';
	if (n->platform->ip.way == CONFIG_IP_STATIC)
		status = use_given_address(n);
	else if (n->platform->ip.way == CONFIG_IP_DHCP)
		status = ask(n);
	network_update_names(n);
	return status;
}

const struct refused *network_refused(const struct network *n)
{
	return n->netif != NULL && lease_of(n) == NULL ? net_dhcp_refused(n->machine->stack, n->netif)
						       : NULL;
}

const char *network_no_address(struct network *n)
{
	if (n->platform->ip.way == CONFIG_IP_STATIC)
		return NULL;
	if (n->platform->ip.way == CONFIG_IP_OFF)
		(void)problem(n, "this machine has no address: ip=off");
	else if (lease_of(n) != NULL)
		return NULL;
	else
		explain_no_lease(n);
	return n->problem;
}

void network_drain(struct network *n, uint64_t deadline_ns)
{
	struct machine *m = n->machine;

	while (n->netif != NULL && !netif_sent_all(n->netif) && m->now_ns(m->ctx) < deadline_ns)
		m->turn(m->ctx, MIN(deadline_ns, m->now_ns(m->ctx) + NS_PER_MS));
}
