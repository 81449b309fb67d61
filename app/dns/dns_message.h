/*
 * SPDX-License-Identifier: MIT
 *
 * DNS messages (RFC 1035 4): a question for an address, and what an answer to it says.  Pure: bytes
 * in, a verdict out.  Everything in a message is an offer of its sender, so every length and every
 * pointer is checked before it is followed, and all work is bounded (RFC 9267).
 */
#ifndef APP_DNS_DNS_MESSAGE_H
#define APP_DNS_DNS_MESSAGE_H

#include "base/compiler.h"

#define DNS_PORT 53u
#define DNS_UDP_MAX 512u        /* RFC 1035 2.3.4: what a server sends without EDNS */
#define DNS_NAME_MAX 254u       /* "www.example.org": 253 characters and the terminator */
#define DNS_ADDRESSES_MAX 8u    /* of one name; what is beyond is left alone */
#define DNS_QUERY_MAX (12u + 255u + 4u)

/* A name as labels with lengths, as it is on the wire; lower case. */
struct dns_name {
	uint8_t len; /* the root's zero included */
	uint8_t wire[255];
};

/* From text, a final dot allowed.  False: empty, an empty label, a label over 63 bytes, a name over
 * 255 (RFC 1035 2.3.4), or a character that no host name has (letters, digits, - and _). */
bool dns_name_from_text(struct dns_name *name, const char *text, size_t len) MUST_CHECK;
/* At least DNS_NAME_MAX characters; unprintable bytes become '?', the root is ".". */
void dns_name_to_text(const struct dns_name *name, char *text);

/* A query for the name's IPv4 addresses, recursion desired.  Returns its length. */
size_t dns_write_query(uint8_t buf[DNS_QUERY_MAX], uint16_t id, const struct dns_name *name);

enum dns_outcome {
	DNS_NOT_OURS,     /* no response, another id or question: keep waiting for ours */
	DNS_FOUND,        /* addresses, at least one */
	DNS_ALIAS,        /* the name is another one (`alias`), and the answer does not have its address */
	DNS_NO_ADDRESS,   /* the name exists, without an IPv4 address */
	DNS_NO_NAME,      /* NXDOMAIN */
	DNS_SERVER_FAILS, /* SERVFAIL, REFUSED, ... */
	DNS_TRUNCATED,    /* TC: ask again over TCP */
	DNS_MALFORMED,
	DNS_ALIAS_LOOP,
};

struct dns_answer {
	uint8_t rcode;
	unsigned n_addresses;
	uint32_t addresses[DNS_ADDRESSES_MAX]; /* host order, as the server ordered them */
	uint32_t ttl_s;                        /* the least of the records used */
	unsigned n_aliases;                    /* CNAMEs that were followed */
	struct dns_name alias;                 /* where they led */
};

enum dns_outcome dns_read_answer(const uint8_t *msg, size_t len, uint16_t id,
				 const struct dns_name *name, struct dns_answer *answer);

#endif
