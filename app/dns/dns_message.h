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
#define DNS_UDP_MAX 1232u       /* what EDNS offers to take: never a fragment (DNS flag day 2020) */
#define DNS_NAME_MAX 254u       /* "www.example.org": 253 characters and the terminator */
#define DNS_ADDRESSES_MAX 8u    /* of one name; what is beyond is left alone */
#define DNS_QUERY_MAX (12u + 255u + 4u + 11u)

/* RFC 1035 4.1.1, RFC 6891 9 */
enum dns_rcode {
	DNS_RCODE_FORMERR = 1,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_NOTIMP = 4,
	DNS_RCODE_BADVERS = 16,
};

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

/* The last label, lower case: "onion". */
bool dns_name_is_under(const struct dns_name *name, const char *top);
/* The URL standard's "ends in a number": decimal digits, or 0x and perhaps hexadecimal ones.  A user that writes
 * a name whose last label is one means an address (RFC 1123 2.1). */
bool dns_label_is_number(const char *label, size_t len);
bool dns_name_ends_in_number(const struct dns_name *name);

/* A query for the name's IPv4 addresses, recursion desired; with `edns` it offers to take answers of
 * DNS_UDP_MAX bytes (RFC 6891 6.1), else they have 512 at most.  Returns its length. */
size_t dns_write_query(uint8_t buf[DNS_QUERY_MAX], uint16_t id, const struct dns_name *name, bool edns);

enum dns_outcome {
	DNS_NOT_OURS,     /* no response, another id or question: keep waiting for ours */
	DNS_FOUND,        /* addresses, at least one */
	DNS_ALIAS,        /* the name is another one (`alias`), and the answer does not have its address */
	DNS_NO_ADDRESS,   /* the name exists, without an IPv4 address */
	DNS_EMPTY,        /* no address, and nothing that shows which server knows: another server may */
	DNS_NO_NAME,      /* NXDOMAIN */
	DNS_SERVER_FAILS, /* SERVFAIL, REFUSED, ... */
	DNS_TRUNCATED,    /* TC: ask again over TCP */
	DNS_MALFORMED,
	DNS_ALIAS_LOOP,
};

struct dns_answer {
	uint16_t rcode;                        /* RFC 6891 6.1.3: twelve bits */
	bool recursion;                        /* RA: it asks others, and so it is not lame */
	unsigned n_addresses;
	uint32_t addresses[DNS_ADDRESSES_MAX]; /* host order, as the server ordered them */
	uint32_t ttl_s;                        /* the least of the records used */
	unsigned n_aliases;                    /* CNAMEs that were followed */
	struct dns_name alias;                 /* where they led */
};

enum dns_outcome dns_read_answer(const uint8_t *msg, size_t len, uint16_t id,
				 const struct dns_name *name, struct dns_answer *answer);

#endif
