/* SPDX-License-Identifier: MIT */
/* base/refused: what was refused while something was waited for, counted and in words. */
#include <string.h>

#include "base/refused.h"
#include "base/strbuf.h"
#include "tests/runner/unit.h"

static struct refused r;
static char text[REFUSED_TEXT_MAX];

static const char *written(void)
{
	struct strbuf sb = strbuf_on(text, sizeof(text));

	refused_write(&sb, &r);
	return text;
}

static void add(struct refused_reason reason, unsigned times)
{
	while (times-- > 0)
		refused_add(&r, reason);
}

static void add_from(const char *words, uint32_t from, unsigned times)
{
	const struct net_addr addr = net_addr_ipv4(from);

	while (times-- > 0)
		refused_add_from(&r, words, &addr);
}

static void empty(void)
{
	r = (struct refused){0};
}

FIXTURE(empty, NULL);

static const struct refused_reason vlan_7 = REFUSED_WITH("came in VLAN", REFUSED_NUMBER, 7);
static const struct refused_reason vlan_8 = REFUSED_WITH("came in VLAN", REFUSED_NUMBER, 8);
static const struct refused_reason checksum = REFUSED("had a bad UDP checksum");
static const struct refused_reason fault = REFUSED_WITH("it has no mask", REFUSED_FAULT, 0);

TEST(reasons_are_counted_apart)
{
	add(checksum, 1);
	assert_string_equal(written(), "1 answer refused: it had a bad UDP checksum");
	add(checksum, 2);
	assert_string_equal(written(), "3 answers refused: all had a bad UDP checksum");
	add(vlan_7, 2);
	assert_string_equal(written(), "5 answers refused: 3 had a bad UDP checksum, 2 came in VLAN 7");
	assert_string_equal(refused_why(text, &r), "3 had a bad UDP checksum, 2 came in VLAN 7");
	add_from("came from", 0xc0000201, 1);
	assert_string_equal(refused_why(text, &r),
			    "3 had a bad UDP checksum, 2 came in VLAN 7, 1 came from 192.0.2.1");
}

/* However many there are: three reasons are kept, all are counted. */
TEST(three_reasons_are_kept)
{
	add(vlan_7, 1);
	add(vlan_8, 1);
	add(fault, 2);
	add(checksum, 1);
	assert_string_equal(written(), "5 answers refused: 1 came in VLAN 7, 1 came in VLAN 8, "
				       "2 because it has no mask, 1 for another reason");
	for (uint32_t vid = 9; vid < 4096; vid++)
		refused_add(&r, REFUSED_WITH("came in VLAN", REFUSED_NUMBER, vid));
	assert_int_equal(r.count, 5 + 4096 - 9);
	assert_string_equal(refused_why(text, &r), "1 came in VLAN 7, 1 came in VLAN 8, "
						   "2 because it has no mask, 4088 for other reasons");
}

TEST(a_sentence_as_the_reason)
{
	add(fault, 2);
	assert_string_equal(written(), "2 answers refused: because it has no mask");
}

/* The text of equal reasons need not be the same string. */
TEST(equal_words_are_one_reason)
{
	char other[] = "had a bad UDP checksum";

	add(checksum, 1);
	refused_add(&r, REFUSED(other));
	assert_int_equal(r.kept[0].count, 2);
}

TEST(one_can_be_taken_back)
{
	add(checksum, 1);
	add(vlan_7, 2);
	refused_remove(&r, checksum);
	assert_string_equal(written(), "2 answers refused: all came in VLAN 7");
	refused_remove(&r, checksum); /* it is not there */
	refused_remove(&r, vlan_7);
	refused_remove(&r, vlan_7);
	refused_remove(&r, vlan_7);
	assert_int_equal(r.count, 0);
	assert_string_equal(refused_why(text, &r), "");
}

TEST(two_are_joined)
{
	struct refused other = {0};

	refused_merge(&r, NULL);
	refused_merge(&r, &other);
	assert_int_equal(r.count, 0);
	for (uint32_t vid = 7; vid < 13; vid++)
		refused_add(&other, REFUSED_WITH("came in VLAN", REFUSED_NUMBER, vid));
	add(vlan_8, 2);
	refused_merge(&r, &other);
	assert_int_equal(r.count, 8);
	assert_string_equal(refused_why(text, &r), "3 came in VLAN 8, 1 came in VLAN 7, "
						   "1 came in VLAN 9, 3 for other reasons");
}

TEST(what_is_appended)
{
	struct strbuf sb = strbuf_on(text, sizeof(text));

	strbuf_str(&sb, "no answer");
	refused_append(&sb, " (", &r, ")");
	assert_string_equal(text, "no answer");
	add(vlan_7, 1);
	refused_append(&sb, " (", &r, ")");
	assert_string_equal(text, "no answer (1 answer refused: it came in VLAN 7)");
}

/* The same words from another address, of whatever family, are another reason. */
TEST(strangers_are_distinguished)
{
	const struct net_addr six = {.family = NET_FAMILY_IPV6, .bytes = {0xc0, 0, 2, 1}};

	add_from("came from", 0xc0000201, 2);
	add_from("came from", 0xc0000202, 1);
	refused_add_from(&r, "came from", &six);
	assert_string_equal(refused_why(text, &r), "2 came from 192.0.2.1, 1 came from 192.0.2.2, "
						   "1 came from c000:201:0:0:0:0:0:0");
}

TEST(what_was_said)
{
	struct strbuf sb = strbuf_on(text, sizeof(text));

	add_from("host unreachable", 0xc0000201, 3);
	add_from("time exceeded", 0xc0000202, 1);
	refused_write_said(&sb, &r);
	assert_string_equal(text, "3 times 'host unreachable' from 192.0.2.1, "
				  "once 'time exceeded' from 192.0.2.2");
}

