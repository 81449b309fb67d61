/* SPDX-License-Identifier: MIT */
/* config/value_nic: nic= by place, by name and by MAC address, and what is none of them. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "tests/runner/unit.h"

static const uint8_t MAC[6] = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xef};
static const uint8_t OTHER[6] = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xee};

/* From a copy of the exact length, so that AddressSanitizer sees a read past it. */
static const char *set_nic(struct config_nic *nic, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	const char *problem;

	memcpy(copy, text, len);
	problem = config_set_nic(nic, copy, len);
	free(copy);
	return problem;
}

TEST(by_place)
{
	static const char *const texts[] = {"1", "eth1"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct config_nic nic = {0};

		assert_null(set_nic(&nic, texts[i]));
		assert_true(config_nic_is(&nic, 1, MAC));
		assert_false(config_nic_is(&nic, 0, MAC));
		assert_string_equal(nic.text, texts[i]);
	}
}

TEST(by_mac)
{
	static const char *const texts[] = {"52:54:00:ab:cd:ef", "52-54-00-AB-CD-EF",
					    "52:54:00:Ab:cD:eF"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct config_nic nic = {0};

		assert_null(set_nic(&nic, texts[i]));
		assert_true(config_nic_is(&nic, 7, MAC));
		assert_false(config_nic_is(&nic, 7, OTHER));
	}
}

TEST(without_it_any_will_do)
{
	struct config_nic nic = {0};

	assert_true(config_nic_is(&nic, 0, MAC));
	assert_true(config_nic_is(&nic, 3, OTHER));
}

TEST(refused_with_a_reason)
{
	static const char none[] = "neither a device's number or name nor a MAC address";
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{"0", NULL}, {"255", NULL}, {"eth0", NULL},
		{"", none}, {"256", none}, {"00", none}, {"01", none}, {"-1", none}, {"1 ", none},
		{"eth", none}, {"eth01", none}, {"ETH0", none}, {"eth0.1", none}, {"enp1s0", none},
		{"52:54:00:ab:cd", none}, {"52:54:00:ab:cd:e", none}, {"52:54:00:ab:cd:eff", none},
		{"52:54:00:ab:cd:eg", none}, {"52:54-00:ab:cd:ef", none}, {"525400abcdef", none},
		{"52.54.00.ab.cd.ef", none}, {"52:54:00:ab:cd:ef:01", none},
		{"ff:ff:ff:ff:ff:ff", "the address of a group, which no device has"},
		{"01:00:5e:00:00:01", "the address of a group, which no device has"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct config_nic nic = {.place = 42};
		const char *problem = set_nic(&nic, rows[i].text);

		if (rows[i].reason == NULL) {
			assert_null(problem);
			continue;
		}
		if (problem == NULL || strcmp(problem, rows[i].reason) != 0)
			fail_msg("%s: %s", rows[i].text, problem != NULL ? problem : "accepted");
		assert_int_equal(nic.place, 42); /* what was there stays */
	}
}
