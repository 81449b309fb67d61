/* SPDX-License-Identifier: MIT */
/* DNS messages; see app/dns/dns_message.h. */
#include "app/dns/dns_message.h"

#include "base/chars.h"
#include "base/bytes.h"
#include "base/string.h"

#define HEADER_LEN 12u
#define FLAG_QR 0x8000u
#define FLAG_AA 0x0400u
#define FLAG_TC 0x0200u
#define FLAG_RD 0x0100u
#define FLAG_RA 0x0080u
#define RCODE_MASK 0x000fu
#define OPCODE_MASK 0x7800u

#define TYPE_A 1u
#define TYPE_CNAME 5u
#define TYPE_SOA 6u
#define TYPE_OPT 41u
#define CLASS_IN 1u

#define OPT_LEN 11u
#define LABEL_MAX 63u
#define POINTER 0xc0u
#define LABELS_MAX 127u /* in 255 bytes; so many pointers are enough, too */
#define ALIASES_MAX 16u /* more in one answer is a loop, or as good as one */

/* --- names from text --------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return char_is_letter(c) || char_is_digit(c) || c == '-' || c == '_';
}

/* Appends text[0..len) as one label. */
static bool add_label(struct dns_name *name, const char *text, size_t len)
{
	if (len == 0 || len > LABEL_MAX || name->len + 1 + len + 1 > sizeof(name->wire))
		return false;
	name->wire[name->len++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++) {
		if (!is_name_char(text[i]))
			return false;
		name->wire[name->len++] = (uint8_t)char_lower(text[i]);
	}
	return true;
}

bool dns_name_from_text(struct dns_name *name, const char *text, size_t len)
{
	size_t start = 0;

	name->len = 0;
	if (len > 0 && text[len - 1] == '.')
		len--;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.')
			continue;
		if (!add_label(name, text + start, i - start))
			return false;
		start = i + 1;
	}
	name->wire[name->len++] = 0;
	return true;
}

void dns_name_to_text(const struct dns_name *name, char *text)
{
	size_t n = 0;

	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at]) {
		if (n > 0)
			text[n++] = '.';
		for (size_t i = 1; i <= name->wire[at]; i++) {
			uint8_t c = name->wire[at + i];

			text[n++] = c > 0x20 && c < 0x7f ? (char)c : '?';
		}
	}
	if (n == 0)
		text[n++] = '.';
	text[n] = '\0';
}

/* Where the last label is; 0 for the root, which has none. */
static size_t last_label(const struct dns_name *name)
{
	size_t last = 0;

	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
		last = at;
	return last;
}

bool dns_name_is_under(const struct dns_name *name, const char *top)
{
	size_t last = last_label(name), len = strlen(top);

	return name->wire[last] == len && memcmp(name->wire + last + 1, top, len) == 0;
}

bool dns_label_is_number(const char *label, size_t len)
{
	bool hex = len >= 2 && label[0] == '0' && char_lower(label[1]) == 'x';
	size_t i = hex ? 2 : 0;

	for (; i < len; i++) {
		if (!char_is_digit(label[i]) && !(hex && char_hex_value(label[i]) >= 0))
			return false;
	}
	return len > 0;
}

bool dns_name_ends_in_number(const struct dns_name *name)
{
	size_t last = last_label(name);

	return dns_label_is_number((const char *)name->wire + last + 1, name->wire[last]);
}

static bool same_name(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

/* --- the question ------------------------------------------------------------------------------ */

/* RFC 6891 6.1.2: the root's name, our size in the place of a class, version 0, no options. */
static size_t write_opt(uint8_t *buf)
{
	memset(buf, 0, OPT_LEN);
	store_be16(buf + 1, TYPE_OPT);
	store_be16(buf + 3, DNS_UDP_MAX);
	return OPT_LEN;
}

size_t dns_write_query(uint8_t buf[DNS_QUERY_MAX], uint16_t id, const struct dns_name *name, bool edns)
{
	size_t len = HEADER_LEN + (size_t)name->len + 4;

	memset(buf, 0, HEADER_LEN);
	store_be16(buf, id);
	store_be16(buf + 2, FLAG_RD);
	store_be16(buf + 4, 1); /* QDCOUNT */
	memcpy(buf + HEADER_LEN, name->wire, name->len);
	store_be16(buf + HEADER_LEN + name->len, TYPE_A);
	store_be16(buf + HEADER_LEN + name->len + 2, CLASS_IN);
	if (!edns)
		return len;
	store_be16(buf + 10, 1); /* ARCOUNT */
	return len + write_opt(buf + len);
}

/* --- reading ----------------------------------------------------------------------------------- */

struct reader {
	const uint8_t *msg;
	size_t len;
	size_t at;
};

/* RFC 1035 4.1.4: a pointer must lead to an earlier place; each jump goes further back than the one
 * before, so there is an end.  0x40 and 0x80 are no labels (RFC 6891 5). */
static bool read_name(struct reader *r, struct dns_name *name)
{
	size_t at = r->at, floor = r->at;
	unsigned jumps = 0;

	name->len = 0;
	while (at < r->len) {
		uint8_t n = r->msg[at];

		if (n >= POINTER) {
			size_t to;

			if (r->len - at < 2)
				return false;
			to = load_be16(r->msg + at) & 0x3fffu;
			if (jumps == 0)
				r->at = at + 2;
			if (to >= floor || ++jumps > LABELS_MAX)
				return false;
			at = floor = to;
			continue;
		}
		if (n > LABEL_MAX || r->len - at < 1u + n || name->len + 1u + n > sizeof(name->wire))
			return false;
		name->wire[name->len++] = n;
		for (size_t i = 1; i <= n; i++)
			name->wire[name->len++] = (uint8_t)char_lower((char)r->msg[at + i]);
		at += 1u + n;
		if (n == 0) {
			if (jumps == 0)
				r->at = at;
			return true;
		}
	}
	return false;
}

static bool read_question(struct reader *r, struct dns_name *name, uint16_t *type, uint16_t *class)
{
	if (!read_name(r, name) || r->len - r->at < 4)
		return false;
	*type = load_be16(r->msg + r->at);
	*class = load_be16(r->msg + r->at + 2);
	r->at += 4;
	return true;
}

struct record {
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl_s;
	size_t data_at, data_len;
};

static bool read_record(struct reader *r, struct record *rr)
{
	const uint8_t *p;

	if (!read_name(r, &rr->owner) || r->len - r->at < 10)
		return false;
	p = r->msg + r->at;
	rr->type = load_be16(p);
	rr->class = load_be16(p + 2);
	rr->ttl_s = load_be32(p + 4);
	rr->data_len = load_be16(p + 8);
	rr->data_at = r->at + 10;
	if (r->len - rr->data_at < rr->data_len)
		return false;
	r->at = rr->data_at + rr->data_len;
	return true;
}

/* --- the answer section ------------------------------------------------------------------------ */

struct answers {
	struct reader begin; /* at the first record */
	unsigned count;
};

/* The records are walked once for each name of the chain: `found` CNAME first, then addresses. */
static enum dns_outcome look_up(const struct answers *a, const struct dns_name *name,
				struct dns_answer *answer, bool *is_alias)
{
	struct reader r = a->begin;
	struct record rr;

	*is_alias = false;
	for (unsigned i = 0; i < a->count; i++) {
		if (!read_record(&r, &rr))
			return DNS_MALFORMED;
		if (rr.class != CLASS_IN || !same_name(&rr.owner, name))
			continue;
		if (rr.type == TYPE_A) {
			if (rr.data_len != 4)
				return DNS_MALFORMED;
			if (answer->n_addresses < DNS_ADDRESSES_MAX)
				answer->addresses[answer->n_addresses++] =
					load_be32(r.msg + rr.data_at);
			answer->ttl_s = MIN(answer->ttl_s, rr.ttl_s);
		} else if (rr.type == TYPE_CNAME && !*is_alias) {
			struct reader data = {r.msg, rr.data_at + rr.data_len, rr.data_at};

			if (!read_name(&data, &answer->alias) || data.at != data.len)
				return DNS_MALFORMED;
			*is_alias = true;
			answer->ttl_s = MIN(answer->ttl_s, rr.ttl_s);
		}
	}
	return answer->n_addresses > 0 ? DNS_FOUND : DNS_NO_ADDRESS;
}

static enum dns_outcome follow(const struct answers *a, const struct dns_name *name,
			       struct dns_answer *answer)
{
	struct dns_name current = *name;

	while (answer->n_aliases <= ALIASES_MAX) {
		bool is_alias;
		enum dns_outcome outcome = look_up(a, &current, answer, &is_alias);

		if (outcome != DNS_NO_ADDRESS || !is_alias)
			return outcome == DNS_NO_ADDRESS && answer->n_aliases > 0 ? DNS_ALIAS
										  : outcome;
		current = answer->alias;
		answer->n_aliases++;
	}
	return DNS_ALIAS_LOOP;
}

/* --- the other sections ------------------------------------------------------------------------- */

/* The authority section's SOA: the answer is a negative one and not a referral (RFC 2308 2.2).  What
 * cannot be read is not there. */
static bool has_soa(struct reader *r, unsigned count)
{
	struct record rr;
	bool found = false;

	while (count-- > 0 && read_record(r, &rr))
		found |= rr.class == CLASS_IN && rr.type == TYPE_SOA;
	return found;
}

/* RFC 6891 6.1.3: the upper eight bits of the RCODE stand in the OPT record.  Of several the first
 * counts; one in another section is none. */
static uint16_t upper_rcode(struct reader *r, unsigned count)
{
	struct record rr;

	while (count-- > 0 && read_record(r, &rr)) {
		if (rr.type == TYPE_OPT && rr.owner.len == 1)
			return (uint16_t)(rr.ttl_s >> 24 << 4);
	}
	return 0;
}

static bool skip_records(struct reader *r, unsigned count)
{
	struct record rr;

	while (count-- > 0) {
		if (!read_record(r, &rr))
			return false;
	}
	return true;
}

static void read_other_sections(const struct answers *answers, struct dns_answer *answer, bool *soa)
{
	struct reader r = answers->begin;
	unsigned authorities = load_be16(r.msg + 8), more = load_be16(r.msg + 10);

	*soa = false;
	if (!skip_records(&r, answers->count))
		return;
	*soa = has_soa(&r, authorities);
	answer->rcode |= upper_rcode(&r, more);
}

/* --- the whole ---------------------------------------------------------------------------------- */

/* Servers from before EDNS answer it with a header and nothing else. */
static bool is_bare_refusal(const struct reader *r, uint16_t flags)
{
	unsigned rcode = flags & RCODE_MASK;

	return load_be16(r->msg + 4) == 0 && (rcode == DNS_RCODE_FORMERR || rcode == DNS_RCODE_NOTIMP);
}

/* RFC 5452 9.1: only a response to this very question counts. */
static bool is_ours(struct reader *r, uint16_t id, const struct dns_name *name)
{
	struct dns_name asked;
	uint16_t type, class, flags;

	if (r->len < HEADER_LEN)
		return false;
	flags = load_be16(r->msg + 2);
	r->at = HEADER_LEN;
	if (load_be16(r->msg) != id || !(flags & FLAG_QR) || (flags & OPCODE_MASK) != 0)
		return false;
	if (is_bare_refusal(r, flags))
		return true;
	return load_be16(r->msg + 4) == 1 && read_question(r, &asked, &type, &class) &&
	       type == TYPE_A && class == CLASS_IN && same_name(&asked, name);
}

/* A server that neither has authority nor asks others cannot tell what there is not, and an empty
 * answer without a SOA may be a referral: such a server is lame for that name (RFC 1912 2.8). */
static bool knows_that_there_is_none(uint16_t flags, bool soa)
{
	return (flags & FLAG_AA) != 0 || ((flags & FLAG_RA) != 0 && soa);
}

/* A name that does not exist is more than an empty answer: caches say it without a SOA. */
static enum dns_outcome judge_nxdomain(uint16_t flags)
{
	return (flags & (FLAG_AA | FLAG_RA)) != 0 ? DNS_NO_NAME : DNS_EMPTY;
}

enum dns_outcome dns_read_answer(const uint8_t *msg, size_t len, uint16_t id,
				 const struct dns_name *name, struct dns_answer *answer)
{
	struct answers answers = {.begin = {.msg = msg, .len = len}};
	enum dns_outcome outcome;
	uint16_t flags;
	bool soa;

	memset(answer, 0, sizeof(*answer));
	answer->ttl_s = UINT32_MAX;
	if (!is_ours(&answers.begin, id, name))
		return DNS_NOT_OURS;
	flags = load_be16(msg + 2);
	answer->rcode = flags & RCODE_MASK;
	answer->recursion = (flags & FLAG_RA) != 0;
	answers.count = load_be16(msg + 6);
	if (flags & FLAG_TC)
		return DNS_TRUNCATED;
	read_other_sections(&answers, answer, &soa);
	if (answer->rcode == DNS_RCODE_NXDOMAIN)
		return judge_nxdomain(flags);
	if (answer->rcode != 0)
		return DNS_SERVER_FAILS;
	outcome = follow(&answers, name, answer);
	if (outcome != DNS_FOUND)
		answer->n_addresses = 0;
	return outcome == DNS_NO_ADDRESS && !knows_that_there_is_none(flags, soa) ? DNS_EMPTY : outcome;
}
