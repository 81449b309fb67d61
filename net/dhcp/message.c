/* SPDX-License-Identifier: MIT */
/* DHCP messages; see net/dhcp/message.h.  Whatever a server wrote is bounded before it is read. */
#include "net/dhcp/message.h"

#include "base/bytes.h"
#include "base/string.h"
#include "net/dhcp/options.h"
#include "net/wire/ipv4.h"

/* RFC 2131 2, figure 1 */
#define OFF_OP 0u
#define OFF_HTYPE 1u
#define OFF_HLEN 2u
#define OFF_XID 4u
#define OFF_SECS 8u
#define OFF_FLAGS 10u
#define OFF_CIADDR 12u
#define OFF_YIADDR 16u
#define OFF_CHADDR 28u
#define OFF_COOKIE 236u
#define COOKIE UINT32_C(0x63825363)
#define MESSAGE_MIN 300u
#define TEXT_MAX 63u /* RFC 1035: a label; enough for the others */

#define OP_REQUEST 1u
#define OP_REPLY 2u
#define HTYPE_ETHERNET 1u
#define FLAG_BROADCAST 0x8000u

/* --- what we say ------------------------------------------------------------------------------- */

static uint8_t *put(uint8_t *at, uint8_t code, const void *data, size_t len)
{
	*at++ = code;
	*at++ = (uint8_t)len;
	memcpy(at, data, len);
	return at + len;
}

static uint8_t *append_u32(uint8_t *at, uint8_t code, uint32_t v)
{
	uint8_t bytes[4];

	if (v == 0)
		return at;
	store_be32(bytes, v);
	return put(at, code, bytes, sizeof(bytes));
}

static uint8_t *append_text(uint8_t *at, uint8_t code, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return at;
	return put(at, code, text, MIN(strlen(text), (size_t)TEXT_MAX));
}

static void write_header(uint8_t *buf, const struct dhcp_request *r)
{
	buf[OFF_OP] = OP_REQUEST;
	buf[OFF_HTYPE] = HTYPE_ETHERNET;
	buf[OFF_HLEN] = sizeof(r->mac);
	store_be32(buf + OFF_XID, r->xid);
	store_be16(buf + OFF_SECS, r->secs);
	store_be16(buf + OFF_FLAGS, r->broadcast ? FLAG_BROADCAST : 0);
	store_be32(buf + OFF_CIADDR, r->ciaddr);
	memcpy(buf + OFF_CHADDR, r->mac, sizeof(r->mac));
	store_be32(buf + OFF_COOKIE, COOKIE);
}

/* RFC 3442: "the Classless Static Routes option code MUST appear ... prior to" the router's. */
static uint8_t *append_wishes(uint8_t *at, const struct dhcp_request *r)
{
	static const uint8_t wishes[] = {
		DHCP_OPT_MASK, DHCP_OPT_CLASSLESS_ROUTES, DHCP_OPT_CLASSLESS_ROUTES_OLD,
		DHCP_OPT_ROUTERS, DHCP_OPT_DNS, DHCP_OPT_HOSTNAME, DHCP_OPT_DOMAIN, DHCP_OPT_SEARCH,
		DHCP_OPT_MTU, DHCP_OPT_LEASE, DHCP_OPT_SERVER_ID, DHCP_OPT_T1, DHCP_OPT_T2,
	};
	uint8_t size[2];

	if (r->type != DHCP_DISCOVER && r->type != DHCP_REQUEST)
		return append_text(at, DHCP_OPT_MESSAGE, r->text);
	store_be16(size, r->max_size);
	at = put(at, DHCP_OPT_MAX_SIZE, size, sizeof(size));
	at = put(at, DHCP_OPT_VENDOR_CLASS, "dialtone", 8);
	at = append_text(at, DHCP_OPT_HOSTNAME, r->hostname);
	return put(at, DHCP_OPT_PARAMETERS, wishes, sizeof(wishes));
}

size_t dhcp_write(uint8_t buf[DHCP_MESSAGE_MAX], const struct dhcp_request *r)
{
	uint8_t type = (uint8_t)r->type, client[7] = {HTYPE_ETHERNET};
	uint8_t *at = buf + DHCP_OFF_OPTIONS;

	memset(buf, 0, DHCP_MESSAGE_MAX);
	write_header(buf, r);
	at = put(at, DHCP_OPT_TYPE, &type, 1);
	/* RFC 2132 9.14; the same in every message, so that a server knows us again */
	memcpy(client + 1, r->mac, sizeof(r->mac));
	at = put(at, DHCP_OPT_CLIENT_ID, client, sizeof(client));
	at = append_u32(at, DHCP_OPT_REQUESTED_IP, r->requested_ip);
	at = append_u32(at, DHCP_OPT_SERVER_ID, r->server_id);
	at = append_wishes(at, r);
	*at++ = DHCP_OPT_END;
	return MAX((size_t)(at - buf), (size_t)MESSAGE_MIN);
}

/* --- values ------------------------------------------------------------------------------------ */

void dhcp_note(struct dhcp_reply *reply, uint8_t option, const char *problem)
{
	if (reply->n_oddities < DHCP_ODDITIES_MAX)
		reply->oddities[reply->n_oddities++] = (struct dhcp_oddity){option, problem};
}

bool dhcp_is_noted(const struct dhcp_reply *reply, uint8_t option)
{
	for (unsigned i = 0; i < reply->n_oddities; i++)
		if (reply->oddities[i].option == option)
			return true;
	return false;
}

/* The value that counts, or NULL. */
static const uint8_t *get_fixed(const struct dhcp_areas *all, uint8_t code, size_t len,
				struct dhcp_reply *reply)
{
	const uint8_t *value;
	unsigned copies = dhcp_option_fixed(all, code, len, &value);

	if (copies > 0 && value == NULL)
		dhcp_note(reply, code, "its length is wrong, so it is not understood");
	else if (copies > 1)
		dhcp_note(reply, code, "it came more than once, and the first good copy counts");
	return value;
}

static bool get_u32(const struct dhcp_areas *all, uint8_t code, struct dhcp_reply *reply, uint32_t *v)
{
	const uint8_t *value = get_fixed(all, code, 4, reply);

	if (value != NULL)
		*v = load_be32(value);
	return value != NULL;
}

/* A list of addresses, as far as they are whole and a host's: other clients see it so. */
static unsigned get_addresses(const struct dhcp_areas *all, uint8_t code, struct dhcp_reply *reply,
			      uint32_t *to, unsigned max)
{
	uint8_t buf[255];
	size_t len = dhcp_option_joined(all, code, buf, sizeof(buf));
	bool all_hosts = true;
	unsigned n = 0;

	if (len % 4 != 0)
		dhcp_note(reply, code, len < 4 ? "its length is wrong, so it is not understood"
					       : "its length is wrong, and the whole addresses in it count");
	for (size_t at = 0; len - at >= 4 && n < max; at += 4) {
		uint32_t address = load_be32(buf + at);

		if (ipv4_addr_is_host(address))
			to[n++] = address;
		else
			all_hosts = false;
	}
	if (!all_hosts)
		dhcp_note(reply, code, "what cannot be a host's address is left out");
	return n;
}

/* A text, with or without terminators. */
static void get_text(const struct dhcp_areas *all, uint8_t code, char text[DHCP_NAME_MAX])
{
	uint8_t buf[DHCP_NAME_MAX - 1];
	size_t len = dhcp_option_joined(all, code, buf, sizeof(buf)), n = 0;

	while (n < len && buf[n] != '\0') {
		text[n] = buf[n] >= 0x20 && buf[n] <= 0x7e ? (char)buf[n] : '?';
		n++;
	}
	text[n] = '\0';
}

/* RFC 3442: width of the mask, the significant bytes of the destination, the router.  Nothing is
 * believed of an option that does not come out even. */
static bool get_routes(const struct dhcp_areas *all, uint8_t code, struct dhcp_reply *reply)
{
	uint8_t buf[DHCP_ROUTES_MAX * 9 + 1];
	size_t len = dhcp_option_joined(all, code, buf, sizeof(buf)), at = 0;
	unsigned n = 0;

	while (at < len && n < DHCP_ROUTES_MAX) {
		uint8_t width = buf[at], dst[4] = {0};
		size_t bytes = (width + 7u) / 8;
		uint32_t mask = width == 0 ? 0 : UINT32_MAX << (32 - MIN(width, (uint8_t)32));

		if (width > 32 || len - at < 1 + bytes + 4) {
			dhcp_note(reply, code, "its routes are not whole, so none is understood");
			return false;
		}
		memcpy(dst, buf + at + 1, bytes);
		reply->routes[n++] = (struct dhcp_route){
			.dst = load_be32(dst) & mask, .mask = mask,
			.router = load_be32(buf + at + 1 + bytes),
		};
		at += 1 + bytes + 4;
	}
	if (at < len)
		dhcp_note(reply, code, "there are more routes than there is room for");
	reply->n_routes = n;
	return n > 0;
}

/* RFC 3442's option, or the one of the same form that came before it. */
static void get_classless(const struct dhcp_areas *all, struct dhcp_reply *reply)
{
	reply->has_routes = get_routes(all, DHCP_OPT_CLASSLESS_ROUTES, reply) ||
			    get_routes(all, DHCP_OPT_CLASSLESS_ROUTES_OLD, reply);
}

/* RFC 3397 2: the list goes before the one name. */
static void get_search(const struct dhcp_areas *all, struct dhcp_reply *reply)
{
	uint8_t buf[1024];
	size_t len = dhcp_option_joined(all, DHCP_OPT_SEARCH, buf, sizeof(buf));

	if (!dhcp_search_add_list(&reply->search, buf, len))
		dhcp_note(reply, DHCP_OPT_SEARCH, "its list is broken, and what is before that counts");
	if (reply->search.rest[0] != '\0')
		dhcp_note(reply, DHCP_OPT_SEARCH, "not all of it is used");
	reply->rest_option = DHCP_OPT_SEARCH;
	len = dhcp_option_joined(all, DHCP_OPT_DOMAIN, buf, sizeof(buf));
	if (reply->search.n > 0 || len == 0)
		return;
	reply->search.rest[0] = '\0';
	reply->rest_option = DHCP_OPT_DOMAIN;
	dhcp_search_add_text(&reply->search, buf, len);
	if (reply->search.rest[0] != '\0')
		dhcp_note(reply, DHCP_OPT_DOMAIN, "not all of it is used");
	else if (reply->search.n > 1)
		dhcp_note(reply, DHCP_OPT_DOMAIN, "it is several names, and each is used");
}

static void get_numbers(const struct dhcp_areas *all, struct dhcp_reply *reply)
{
	const uint8_t *mtu = get_fixed(all, DHCP_OPT_MTU, 2, reply);

	(void)!get_u32(all, DHCP_OPT_SERVER_ID, reply, &reply->server_id);
	if (get_u32(all, DHCP_OPT_MASK, reply, &reply->mask) && reply->mask == 0)
		dhcp_note(reply, DHCP_OPT_MASK, "it is 0.0.0.0, so it is not understood");
	if ((~reply->mask & (~reply->mask + 1)) != 0) {
		dhcp_note(reply, DHCP_OPT_MASK, "it has holes, so it is not understood");
		reply->mask = 0;
	}
	reply->has_lease = get_u32(all, DHCP_OPT_LEASE, reply, &reply->lease_s);
	reply->has_t1 = get_u32(all, DHCP_OPT_T1, reply, &reply->t1_s);
	reply->has_t2 = get_u32(all, DHCP_OPT_T2, reply, &reply->t2_s);
	reply->mtu = mtu != NULL ? load_be16(mtu) : 0;
}

/* --- the message ------------------------------------------------------------------------------- */

static const char *find_type(const struct dhcp_areas *all, struct dhcp_reply *reply)
{
	const uint8_t *type = get_fixed(all, DHCP_OPT_TYPE, 1, reply);

	(void)get_fixed(all, DHCP_OPT_OVERLOAD, 1, reply);
	if (type == NULL)
		return reply->n_oddities > 0 ? "its type (option 53) is not understood"
					     : "it has no type (option 53)";
	reply->type = *type;
	if (*type != DHCP_OFFER && *type != DHCP_ACK && *type != DHCP_NAK)
		return "its type (option 53) is none of an answer";
	return NULL;
}

/* False, with a fault where it seems to be meant for us. */
static bool is_ours(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6], const char **fault)
{
	bool our_xid, our_mac;

	*fault = NULL;
	if (len < OFF_CHADDR + 6)
		return false;
	our_xid = load_be32(p + OFF_XID) == xid;
	our_mac = memcmp(p + OFF_CHADDR, mac, 6) == 0 && p[OFF_HLEN] == 6;
	if (our_xid && our_mac && len < DHCP_OFF_OPTIONS)
		*fault = "it is too short to be a DHCP message";
	else if (our_xid && our_mac)
		*fault = load_be32(p + OFF_COOKIE) == COOKIE ? NULL : "it is no DHCP message";
	else if (p[OFF_OP] != OP_REPLY)
		return false;
	else if (our_mac)
		*fault = "its transaction (xid) is not the one that is under way";
	else if (our_xid)
		*fault = "its hardware address (chaddr) is another's";
	return our_xid && our_mac && *fault == NULL;
}

bool dhcp_is_ours(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6])
{
	const char *fault;

	return is_ours(p, len, xid, mac, &fault);
}

/* Harmless: type and address say that it is an answer to us. */
static void note_header(const uint8_t *p, struct dhcp_reply *reply)
{
	if (p[OFF_OP] != OP_REPLY)
		dhcp_note(reply, 0, "it does not say that it is a reply");
	if (p[OFF_HTYPE] != HTYPE_ETHERNET)
		dhcp_note(reply, 0, "its hardware type is not Ethernet");
}

bool dhcp_may_be_ours(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6])
{
	bool our_xid, our_mac;

	if (len < OFF_CHADDR + 6)
		return len <= OFF_OP || p[OFF_OP] == OP_REPLY;
	our_xid = load_be32(p + OFF_XID) == xid;
	our_mac = memcmp(p + OFF_CHADDR, mac, 6) == 0;
	return (our_xid && our_mac) || ((our_xid || our_mac) && p[OFF_OP] == OP_REPLY);
}

static void read_options(const struct dhcp_areas *all, struct dhcp_reply *reply)
{
	get_numbers(all, reply);
	reply->n_routers = get_addresses(all, DHCP_OPT_ROUTERS, reply, reply->routers, DHCP_ROUTERS_MAX);
	reply->n_dns = get_addresses(all, DHCP_OPT_DNS, reply, reply->dns, DHCP_SERVERS_MAX);
	get_classless(all, reply);
	get_search(all, reply);
	get_text(all, DHCP_OPT_HOSTNAME, reply->hostname);
	get_text(all, DHCP_OPT_MESSAGE, reply->text);
}

/* What comes back to us of what we have sent ourselves is no request of another's, and nothing to speak
 * of. */
enum dhcp_verdict dhcp_read(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6],
			    struct dhcp_reply *reply)
{
	struct dhcp_areas all;
	bool sound;

	memset(reply, 0, sizeof(*reply));
	if (!is_ours(p, len, xid, mac, &reply->fault))
		return DHCP_NOT_OURS;
	reply->ciaddr = load_be32(p + OFF_CIADDR);
	reply->yiaddr = load_be32(p + OFF_YIADDR);
	sound = dhcp_find_areas(p, len, &all);
	reply->fault = find_type(&all, reply);
	if (reply->fault != NULL && p[OFF_OP] == OP_REQUEST) {
		reply->fault = NULL;
		return DHCP_NOT_OURS;
	}
	if (reply->fault != NULL)
		return DHCP_MALFORMED;
	note_header(p, reply);
	if (!sound)
		dhcp_note(reply, 0, "an option reaches past the end, and what is before it counts");
	read_options(&all, reply);
	return DHCP_GOOD;
}
