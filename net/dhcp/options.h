/*
 * SPDX-License-Identifier: MIT
 *
 * The options of a DHCP message (RFC 2131 4.1, RFC 2132 2): where they stand, one after the other, and
 * how what is sent more than once becomes one value.  Pure.
 */
#ifndef NET_DHCP_OPTIONS_H
#define NET_DHCP_OPTIONS_H

#include "base/compiler.h"
#include "base/span.h"

/* RFC 2131 2, figure 1: where options may stand */
#define DHCP_OFF_SNAME 44u
#define DHCP_SNAME_LEN 64u
#define DHCP_OFF_FILE 108u
#define DHCP_FILE_LEN 128u
#define DHCP_OFF_OPTIONS 240u

enum { /* RFC 2132; RFC 3397, RFC 3442; 249 is what Microsoft's servers call 121 */
	DHCP_OPT_PAD = 0,
	DHCP_OPT_MASK = 1,
	DHCP_OPT_ROUTERS = 3,
	DHCP_OPT_DNS = 6,
	DHCP_OPT_HOSTNAME = 12,
	DHCP_OPT_DOMAIN = 15,
	DHCP_OPT_MTU = 26,
	DHCP_OPT_REQUESTED_IP = 50,
	DHCP_OPT_LEASE = 51,
	DHCP_OPT_OVERLOAD = 52,
	DHCP_OPT_TYPE = 53,
	DHCP_OPT_SERVER_ID = 54,
	DHCP_OPT_PARAMETERS = 55,
	DHCP_OPT_MESSAGE = 56,
	DHCP_OPT_MAX_SIZE = 57,
	DHCP_OPT_T1 = 58,
	DHCP_OPT_T2 = 59,
	DHCP_OPT_VENDOR_CLASS = 60,
	DHCP_OPT_CLIENT_ID = 61,
	DHCP_OPT_SEARCH = 119,
	DHCP_OPT_CLASSLESS_ROUTES = 121,
	DHCP_OPT_CLASSLESS_ROUTES_OLD = 249,
	DHCP_OPT_END = 255,
};

struct dhcp_areas {
	struct span area[3];
	unsigned n;
};

/* `p` is a message of `len` bytes, at least DHCP_OFF_OPTIONS.  False: an option reaches past the end of
 * its area, which ends before it then.  A missing END is forgiven. */
bool dhcp_find_areas(const uint8_t *p, size_t len, struct dhcp_areas *all);

/* An option whose value has `len` bytes: *value is its first copy of that length, NULL where there is
 * none.  Returns how many copies there are, of any length. */
unsigned dhcp_option_fixed(const struct dhcp_areas *all, uint8_t code, size_t len,
			   const uint8_t **value);

/* An option that can be long: its copies are one value that was split (RFC 3396), except that a copy of all
 * that came before it says nothing new.  Returns its length; what does not fit is left out. */
size_t dhcp_option_joined(const struct dhcp_areas *all, uint8_t code, uint8_t *buf, size_t cap);

#endif
