/*
 * SPDX-License-Identifier: MIT
 *
 * ip= in the syntax of Linux's Documentation/admin-guide/nfs/nfsroot.rst:
 *   client:server:gateway:mask:host:device:autoconf:dns0:dns1:ntp, trailing parts optional.
 * Beyond it the mask may be a prefix length, in its own place (/24) or behind the client's address
 * (10.0.2.15/24).
 *
 * As there, a client that is given is taken as it is, nothing at all means autoconfiguration, and
 * its word may stand alone (ip=dhcp, ip=off).  DEVIATION: a client together with the word dhcp is
 * refused, where Linux forgets the word; and so are mask and gateway without a client.
 *
 * NOT DONE: BOOTP without DHCP, RARP, IPv6.
 */
#include "base/chars.h"
#include "base/ipv4_text.h"
#include "base/span.h"
#include "base/string.h"
#include "config/config.h"

enum ip_part { PART_CLIENT, PART_SERVER, PART_GATEWAY, PART_MASK, PART_HOST, PART_DEVICE,
	       PART_AUTOCONF, PART_DNS0, PART_DNS1, PART_NTP, PART_COUNT };

/* Cuts at the colons; the number of parts, PART_COUNT + 1 where there are more. */
static unsigned split(const char *value, size_t len, struct span parts[PART_COUNT])
{
	unsigned n = 0;
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && value[i] != ':')
			continue;
		if (n == PART_COUNT)
			return PART_COUNT + 1;
		parts[n++] = (struct span){.at = value + start, .len = i - start};
		start = i + 1;
	}
	return n;
}

/* --- the mask ----------------------------------------------------------------------------------- */

static uint32_t mask_of_prefix(uint64_t prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

static bool mask_has_holes(uint32_t mask)
{
	return (~mask & (~mask + 1)) != 0;
}

static bool parse_prefix(const char *at, size_t len, uint32_t *mask)
{
	uint64_t prefix;

	if (len > 2 || !decimal_parse(at, len, 32, &prefix) || prefix == 0)
		return false;
	*mask = mask_of_prefix(prefix);
	return true;
}

/* An empty part leaves *mask at 0. */
static const char *parse_mask(const struct span *p, uint32_t *mask)
{
	if (p->len == 0)
		return NULL;
	if (p->at[0] == '/')
		return parse_prefix(p->at + 1, p->len - 1, mask) ? NULL : "the mask is not /1 to /32";
	if (!ipv4_parse(p->at, p->len, mask))
		return "the mask is not an address";
	if (*mask == 0 || mask_has_holes(*mask))
		return "the mask has holes";
	return NULL;
}

/* "10.0.2.15" or "10.0.2.15/24"; *mask is set only by the latter. */
static const char *parse_client(const struct span *p, uint32_t *client, uint32_t *mask)
{
	const char *slash = memchr(p->at, '/', p->len);
	size_t addr_len = slash != NULL ? (size_t)(slash - p->at) : p->len;

	if (!ipv4_parse(p->at, addr_len, client))
		return "the client is not an IPv4 address";
	if (slash != NULL && !parse_prefix(slash + 1, p->len - addr_len - 1, mask))
		return "the mask behind the client is not /1 to /32";
	return NULL;
}

static const char *join_masks(struct config_ip *ip, uint32_t behind_client)
{
	if (ip->mask == 0)
		ip->mask = behind_client;
	if (ip->mask == 0)
		return "the mask is missing";
	if (behind_client != 0 && behind_client != ip->mask)
		return "two masks that differ";
	return NULL;
}

/* --- the other parts ---------------------------------------------------------------------------- */

static const char *parse_addr(const struct span *p, uint32_t *addr, const char *problem)
{
	if (p->len > 0 && !ipv4_parse(p->at, p->len, addr))
		return problem;
	return NULL;
}

/* Letters, digits, - and . fit a host's or a device's name. */
static const char *parse_name(const struct span *p, char *dst, size_t cap, const char *problem)
{
	if (p->len >= cap)
		return problem;
	for (size_t i = 0; i < p->len; i++) {
		char c = p->at[i];

		if (!char_is_letter(c) && !char_is_digit(c) && c != '-' && c != '.' && c != '_')
			return problem;
	}
	memcpy(dst, p->at, p->len);
	dst[p->len] = '\0';
	return NULL;
}

/* --- how the address is come by ----------------------------------------------------------------- */

enum autoconf { AUTOCONF_ANY, AUTOCONF_DHCP, AUTOCONF_OFF, AUTOCONF_OLDER, AUTOCONF_UNKNOWN };

static enum autoconf autoconf_of(const struct span *p)
{
	static const struct {
		const char *word;
		enum autoconf autoconf;
	} words[] = {
		{"", AUTOCONF_ANY},       {"on", AUTOCONF_ANY},   {"any", AUTOCONF_ANY},
		{"dhcp", AUTOCONF_DHCP},  {"off", AUTOCONF_OFF},  {"none", AUTOCONF_OFF},
		{"bootp", AUTOCONF_OLDER}, {"rarp", AUTOCONF_OLDER}, {"both", AUTOCONF_OLDER},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (span_is(*p, words[i].word))
			return words[i].autoconf;
	}
	return AUTOCONF_UNKNOWN;
}

static const char *parse_way(const struct span parts[PART_COUNT], struct config_ip *ip)
{
	enum autoconf autoconf = autoconf_of(&parts[PART_AUTOCONF]);
	bool has_client = parts[PART_CLIENT].len > 0;

	if (autoconf == AUTOCONF_UNKNOWN)
		return "autoconf is not one of dhcp, on, any, off, none";
	if (autoconf == AUTOCONF_OLDER)
		return "this build asks for an address by DHCP only";
	if (autoconf == AUTOCONF_DHCP && has_client)
		return "an address is given, and one is asked for: leave one of them out";
	if (!has_client && (parts[PART_MASK].len > 0 || parts[PART_GATEWAY].len > 0))
		return "mask and gateway need a client";
	if (has_client)
		ip->way = CONFIG_IP_STATIC;
	else
		ip->way = autoconf == AUTOCONF_OFF ? CONFIG_IP_OFF : CONFIG_IP_DHCP;
	return NULL;
}

/* The client's address and its mask. */
static const char *parse_address(const struct span parts[PART_COUNT], struct config_ip *ip)
{
	uint32_t behind_client = 0;
	const char *problem = parse_client(&parts[PART_CLIENT], &ip->client, &behind_client);

	if (problem == NULL)
		problem = parse_mask(&parts[PART_MASK], &ip->mask);
	if (problem == NULL)
		problem = join_masks(ip, behind_client);
	return problem;
}

static const char *parse_parts(const struct span parts[PART_COUNT], struct config_ip *ip)
{
	const char *problem = parse_way(parts, ip);

	if (problem == NULL && ip->way == CONFIG_IP_STATIC)
		problem = parse_address(parts, ip);
	if (problem == NULL)
		problem = parse_addr(&parts[PART_SERVER], &ip->server, "the server is not an address");
	if (problem == NULL)
		problem = parse_addr(&parts[PART_GATEWAY], &ip->gateway, "the gateway is not an address");
	if (problem == NULL)
		problem = parse_name(&parts[PART_HOST], ip->hostname, sizeof(ip->hostname),
				     "the host's name is no name");
	if (problem == NULL)
		problem = parse_name(&parts[PART_DEVICE], ip->device, sizeof(ip->device),
				     "the device's name is no name");
	if (problem == NULL)
		problem = parse_addr(&parts[PART_DNS0], &ip->dns[0], "dns0 is not an address");
	if (problem == NULL)
		problem = parse_addr(&parts[PART_DNS1], &ip->dns[1], "dns1 is not an address");
	if (problem == NULL)
		problem = parse_addr(&parts[PART_NTP], &ip->ntp, "the time server is not an address");
	return problem;
}

/* --- what the numbers say together -------------------------------------------------------------- */

/* RFC 1122 3.2.1.3 knows addresses that no host has. */
static bool is_of_host(uint32_t address)
{
	return address >> 24 != 0 && address >> 24 != 127 && address < 0xe0000000;
}

static const char *check_client(const struct config_ip *ip)
{
	uint32_t host_bits = ip->client & ~ip->mask;

	if (!is_of_host(ip->client))
		return "the client is not an address for a host";
	/* RFC 3021: /31 and /32 have neither a network's nor a broadcast address. */
	if (~ip->mask > 1 && (host_bits == 0 || host_bits == ~ip->mask))
		return "the client is its network's own or its broadcast address";
	return NULL;
}

/* It may lie outside the client's network: several hosters have it so. */
static const char *check_gateway(const struct config_ip *ip)
{
	if (ip->gateway == 0)
		return NULL;
	if (!is_of_host(ip->gateway))
		return "the gateway is not an address for a host";
	return ip->gateway == ip->client ? "the gateway is the client itself" : NULL;
}

const char *config_set_ip(void *dst_config_ip, const char *value, size_t len)
{
	struct span parts[PART_COUNT] = {{0}};
	struct config_ip ip = {.way = CONFIG_IP_DHCP};
	unsigned n;
	const char *problem;

	for (unsigned i = 0; i < PART_COUNT; i++)
		parts[i] = (struct span){.at = value, .len = 0};
	n = split(value, len, parts);
	if (n > PART_COUNT)
		return "more than ten parts";
	/* A word alone is the autoconf part. */
	if (n == 1 && autoconf_of(&parts[0]) != AUTOCONF_UNKNOWN) {
		parts[PART_AUTOCONF] = parts[0];
		parts[0].len = 0;
	}
	problem = parse_parts(parts, &ip);
	if (problem == NULL && ip.way == CONFIG_IP_STATIC)
		problem = check_client(&ip);
	if (problem == NULL && ip.way == CONFIG_IP_STATIC)
		problem = check_gateway(&ip);
	if (problem == NULL)
		*(struct config_ip *)dst_config_ip = ip;
	return problem;
}
