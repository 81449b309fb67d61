/*
 * SPDX-License-Identifier: MIT
 *
 * Answers of name servers: any bytes behind the id of a question that was asked.  What is made of them is
 * bounded and of one mind: addresses where they were found and nowhere else, an alias that is a name, and
 * nothing at all of an answer to another question.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/dns/dns_message.h"
#include "base/bytes.h"

#define ID 0x1234

static void check_alias(const struct dns_name *alias)
{
	char text[DNS_NAME_MAX];
	size_t at = 0;

	FUZZ_CHECK(alias->len > 0, "no name");
	while (at < alias->len && alias->wire[at] != 0) {
		FUZZ_CHECK(alias->wire[at] <= 63, "a label of %u", alias->wire[at]);
		at += 1u + alias->wire[at];
	}
	FUZZ_CHECK(at + 1 == alias->len, "a name of %u bytes ends at %zu", alias->len, at);
	dns_name_to_text(alias, text);
	FUZZ_CHECK(strlen(text) < DNS_NAME_MAX, "%zu characters", strlen(text));
}

static void check_answer(enum dns_outcome outcome, const struct dns_answer *a)
{
	FUZZ_CHECK(a->n_addresses <= DNS_ADDRESSES_MAX, "%u addresses", a->n_addresses);
	FUZZ_CHECK((outcome == DNS_FOUND) == (a->n_addresses > 0), "%d with %u addresses", outcome,
		   a->n_addresses);
	FUZZ_CHECK(a->rcode < 4096, "RCODE %u", a->rcode);
	FUZZ_CHECK(outcome != DNS_SERVER_FAILS || (a->rcode != 0 && a->rcode != DNS_RCODE_NXDOMAIN),
		   "fails with %u", a->rcode);
	FUZZ_CHECK(outcome != DNS_FOUND || a->rcode == 0, "found with %u", a->rcode);
	if (outcome == DNS_ALIAS || (outcome == DNS_FOUND && a->n_aliases > 0))
		check_alias(&a->alias);
}

static enum dns_outcome read_answer(const uint8_t *data, size_t len, uint16_t id, struct dns_answer *answer)
{
	struct dns_name name;
	uint8_t *copy = fuzz_copy(data, len);
	enum dns_outcome outcome;

	if (!dns_name_from_text(&name, "www.x.org", 9))
		abort();
	if (len >= 2)
		store_be16(copy, id);
	outcome = dns_read_answer(copy, len, ID, &name, answer);
	free(copy);
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dns_answer answer;

	check_answer(read_answer(data, len, ID, &answer), &answer);
	FUZZ_CHECK(read_answer(data, len, ID ^ 1, &answer) == DNS_NOT_OURS, "another's answer");
	return 0;
}
