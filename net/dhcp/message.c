/* SPDX-License-Identifier: MIT */
/* DHCP messages; see net/dhcp/message.h.  Whatever a server wrote is bounded before it is read. */
#include "net/dhcp/message.h"

#include "base/bytes.h"
#include "base/string.h"

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
#define OFF_SNAME 44u
#define SNAME_LEN 64u
#define OFF_FILE 108u
#define FILE_LEN 128u
#define OFF_COOKIE 236u
#define OFF_OPTIONS 240u
#define COOKIE UINT32_C(0x63825363)
#define MESSAGE_MIN 300u
#define TEXT_MAX 63u /* RFC 1035: a label; enough for the others */

#define OP_REQUEST 1u
#define OP_REPLY 2u
#define HTYPE_ETHERNET 1u
#define FLAG_BROADCAST 0x8000u

enum { /* RFC 2132; RFC 3442 */
	OPT_PAD = 0,
	OPT_MASK = 1,
	OPT_ROUTERS = 3,
	OPT_DNS = 6,
	OPT_HOSTNAME = 12,
	OPT_DOMAIN = 15,
	OPT_MTU = 26,
	OPT_REQUESTED_IP = 50,
	OPT_LEASE = 51,
	OPT_OVERLOAD = 52,
	OPT_TYPE = 53,
	OPT_SERVER_ID = 54,
	OPT_PARAMETERS = 55,
	OPT_MESSAGE = 56,
	OPT_MAX_SIZE = 57,
	OPT_T1 = 58,
	OPT_T2 = 59,
	OPT_VENDOR_CLASS = 60,
	OPT_CLIENT_ID = 61,
	OPT_CLASSLESS_ROUTES = 121,
	OPT_END = 255,
};

/* --- what we say ------------------------------------------------------------------------------- */

static uint8_t *put(uint8_t *at, uint8_t code, const void *data, size_t len)
{
	*at++ = code;
	*at++ = (uint8_t)len;
	memcpy(at, data, len);
	return at + len;
}

static uint8_t *put_u32(uint8_t *at, uint8_t code, uint32_t v)
{
	uint8_t bytes[4];

	if (v == 0)
		return at;
	store_be32(bytes, v);
	return put(at, code, bytes, sizeof(bytes));
}

static uint8_t *put_text(uint8_t *at, uint8_t code, const char *text)
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
static uint8_t *put_wishes(uint8_t *at, const struct dhcp_request *r)
{
	static const uint8_t wishes[] = {OPT_MASK, OPT_CLASSLESS_ROUTES, OPT_ROUTERS, OPT_DNS,
					 OPT_HOSTNAME, OPT_DOMAIN, OPT_MTU, OPT_LEASE,
					 OPT_SERVER_ID, OPT_T1, OPT_T2};
	uint8_t size[2];

	if (r->type != DHCP_DISCOVER && r->type != DHCP_REQUEST)
		return put_text(at, OPT_MESSAGE, r->text);
	store_be16(size, r->max_size);
	at = put(at, OPT_MAX_SIZE, size, sizeof(size));
	at = put(at, OPT_VENDOR_CLASS, "dialtone", 8);
	at = put_text(at, OPT_HOSTNAME, r->hostname);
	return put(at, OPT_PARAMETERS, wishes, sizeof(wishes));
}

size_t dhcp_write(uint8_t buf[DHCP_MESSAGE_MAX], const struct dhcp_request *r)
{
	uint8_t type = (uint8_t)r->type, client[7] = {HTYPE_ETHERNET};
	uint8_t *at = buf + OFF_OPTIONS;

	memset(buf, 0, DHCP_MESSAGE_MAX);
	write_header(buf, r);
	at = put(at, OPT_TYPE, &type, 1);
	/* RFC 2132 9.14; the same in every message, so that a server knows us again */
	memcpy(client + 1, r->mac, sizeof(r->mac));
	at = put(at, OPT_CLIENT_ID, client, sizeof(client));
	at = put_u32(at, OPT_REQUESTED_IP, r->requested_ip);
	at = put_u32(at, OPT_SERVER_ID, r->server_id);
	at = put_wishes(at, r);
	*at++ = OPT_END;
	return MAX((size_t)(at - buf), (size_t)MESSAGE_MIN);
}

/* --- areas of options -------------------------------------------------------------------------- */

struct area {
	const uint8_t *p;
	size_t len;
};

struct areas {
	struct area area[3];
	unsigned n;
};

/* Steps over one option; false at the end.  *sound turns false where it reaches past the area. */
static bool next_option(const struct area *a, size_t *at, uint8_t *code, struct area *value,
			bool *sound)
{
	while (*at < a->len && a->p[*at] == OPT_PAD)
		++*at;
	/* A missing END is forgiven: the area ends all the same. */
	if (*at >= a->len || a->p[*at] == OPT_END)
		return false;
	if (a->len - *at < 2 || a->len - *at - 2 < a->p[*at + 1]) {
		*sound = false;
		return false;
	}
	*code = a->p[*at];
	*value = (struct area){a->p + *at + 2, a->p[*at + 1]};
	*at += 2u + a->p[*at + 1];
	return true;
}

/* RFC 3396: what is said more than once is one value in several pieces.  Its length; what does not
 * fit is left out. */
static size_t collect(const struct areas *all, uint8_t wanted, uint8_t *buf, size_t cap)
{
	size_t len = 0;
	bool sound = true;

	for (unsigned i = 0; i < all->n; i++) {
		struct area value;
		uint8_t code;
		size_t at = 0;

		while (next_option(&all->area[i], &at, &code, &value, &sound)) {
			size_t n = code == wanted ? MIN(value.len, cap - len) : 0;

			memcpy(buf + len, value.p, n);
			len += n;
		}
	}
	return len;
}

static bool is_sound(const struct area *a)
{
	struct area value;
	uint8_t code;
	size_t at = 0;
	bool sound = true;

	while (next_option(a, &at, &code, &value, &sound))
		continue;
	return sound;
}

/* RFC 2132 9.3: the fields `file` and `sname` may hold options as well, in this order. */
static bool find_areas(const uint8_t *p, size_t len, struct areas *all)
{
	uint8_t overload = 0;

	all->area[0] = (struct area){p + OFF_OPTIONS, len - OFF_OPTIONS};
	all->n = 1;
	if (!is_sound(&all->area[0]))
		return false;
	if (collect(all, OPT_OVERLOAD, &overload, 1) == 0)
		return true;
	if (overload & 1)
		all->area[all->n++] = (struct area){p + OFF_FILE, FILE_LEN};
	if (overload & 2)
		all->area[all->n++] = (struct area){p + OFF_SNAME, SNAME_LEN};
	for (unsigned i = 1; i < all->n; i++) {
		if (!is_sound(&all->area[i]))
			return false;
	}
	return true;
}

/* --- values ------------------------------------------------------------------------------------ */

static bool get_u32(const struct areas *all, uint8_t code, uint32_t *v)
{
	uint8_t buf[5];

	if (collect(all, code, buf, sizeof(buf)) != 4)
		return false;
	*v = load_be32(buf);
	return true;
}

/* A list of addresses; what is not a multiple of four is no list. */
static unsigned get_addresses(const struct areas *all, uint8_t code, uint32_t *to, unsigned max)
{
	uint8_t buf[255];
	size_t len = collect(all, code, buf, sizeof(buf));
	unsigned n = 0;

	if (len % 4 != 0)
		return 0;
	for (size_t at = 0; at < len && n < max; at += 4) {
		uint32_t address = load_be32(buf + at);

		if (address != 0 && address != UINT32_MAX)
			to[n++] = address;
	}
	return n;
}

/* A text, with or without terminators. */
static void get_text(const struct areas *all, uint8_t code, char text[DHCP_NAME_MAX])
{
	uint8_t buf[DHCP_NAME_MAX - 1];
	size_t len = collect(all, code, buf, sizeof(buf)), n = 0;

	while (n < len && buf[n] != '\0') {
		text[n] = buf[n] >= 0x20 && buf[n] <= 0x7e ? (char)buf[n] : '?';
		n++;
	}
	text[n] = '\0';
}

/* RFC 3442: width of the mask, the significant bytes of the destination, the router.  Nothing is
 * believed of an option that does not come out even. */
static void get_routes(const struct areas *all, struct dhcp_reply *reply)
{
	uint8_t buf[DHCP_ROUTES_MAX * 9];
	size_t len = collect(all, OPT_CLASSLESS_ROUTES, buf, sizeof(buf)), at = 0;
	unsigned n = 0;

	while (at < len && n < DHCP_ROUTES_MAX) {
		uint8_t width = buf[at], dst[4] = {0};
		size_t bytes = (width + 7u) / 8;
		uint32_t mask = width == 0 ? 0 : UINT32_MAX << (32 - MIN(width, (uint8_t)32));

		if (width > 32 || len - at < 1 + bytes + 4)
			return;
		memcpy(dst, buf + at + 1, bytes);
		reply->routes[n++] = (struct dhcp_route){
			.dst = load_be32(dst) & mask, .mask = mask,
			.router = load_be32(buf + at + 1 + bytes),
		};
		at += 1 + bytes + 4;
	}
	if (n == 0)
		return;
	reply->n_routes = n;
	reply->has_routes = true;
}

static void get_numbers(const struct areas *all, struct dhcp_reply *reply)
{
	uint8_t mtu[3];

	(void)!get_u32(all, OPT_SERVER_ID, &reply->server_id);
	(void)!get_u32(all, OPT_MASK, &reply->mask);
	reply->has_lease = get_u32(all, OPT_LEASE, &reply->lease_s);
	reply->has_t1 = get_u32(all, OPT_T1, &reply->t1_s);
	reply->has_t2 = get_u32(all, OPT_T2, &reply->t2_s);
	if (collect(all, OPT_MTU, mtu, sizeof(mtu)) == 2)
		reply->mtu = load_be16(mtu);
}

static bool get_type(const struct areas *all, struct dhcp_reply *reply)
{
	uint8_t type[2];

	if (collect(all, OPT_TYPE, type, sizeof(type)) != 1)
		return false;
	reply->type = type[0];
	return type[0] == DHCP_OFFER || type[0] == DHCP_ACK || type[0] == DHCP_NAK;
}

static bool is_ours(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6])
{
	return len >= OFF_OPTIONS && p[OFF_OP] == OP_REPLY && p[OFF_HTYPE] == HTYPE_ETHERNET &&
	       p[OFF_HLEN] == 6 && load_be32(p + OFF_XID) == xid &&
	       memcmp(p + OFF_CHADDR, mac, 6) == 0 && load_be32(p + OFF_COOKIE) == COOKIE;
}

enum dhcp_verdict dhcp_read(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6],
			    struct dhcp_reply *reply)
{
	struct areas all;

	memset(reply, 0, sizeof(*reply));
	if (!is_ours(p, len, xid, mac))
		return DHCP_NOT_OURS;
	if (!find_areas(p, len, &all) || !get_type(&all, reply))
		return DHCP_MALFORMED;
	reply->yiaddr = load_be32(p + OFF_YIADDR);
	get_numbers(&all, reply);
	reply->n_routers = get_addresses(&all, OPT_ROUTERS, reply->routers, DHCP_ROUTERS_MAX);
	reply->n_dns = get_addresses(&all, OPT_DNS, reply->dns, DHCP_SERVERS_MAX);
	get_routes(&all, reply);
	get_text(&all, OPT_DOMAIN, reply->domain);
	get_text(&all, OPT_HOSTNAME, reply->hostname);
	get_text(&all, OPT_MESSAGE, reply->text);
	return DHCP_GOOD;
}
