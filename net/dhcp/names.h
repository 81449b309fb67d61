/*
 * SPDX-License-Identifier: MIT
 *
 * The domains that names without a dot are looked up in, as DHCP servers say them: option 15, one
 * name as text (RFC 2132 3.17), in practice often several; and option 119, a list in DNS's own form
 * (RFC 3397).  Names that no host can have are left out, and named.  Pure.
 */
#ifndef NET_DHCP_NAMES_H
#define NET_DHCP_NAMES_H

#include "base/compiler.h"

#define DHCP_SEARCH_MAX 256u /* characters of all names together, as resolv.conf has it */
#define DHCP_SEARCH_NAMES_MAX 6u

/* Names as text, separated by spaces; unprintable bytes are '?'. */
struct dhcp_search {
	char good[DHCP_SEARCH_MAX];
	char rest[DHCP_SEARCH_MAX]; /* what is not used: no names, or too many */
	unsigned n;                 /* of the good ones */
};

/* Both add to what is there already. */
void dhcp_search_add_text(struct dhcp_search *s, const uint8_t *p, size_t len);
/* RFC 3397 2: names as on DNS's wire, compression (RFC 1035 4.1.4) included.  False: the list is broken
 * somewhere; the names before that place are taken. */
bool dhcp_search_add_list(struct dhcp_search *s, const uint8_t *p, size_t len);

#endif
