/*
 * SPDX-License-Identifier: MIT
 *
 * nic=: which of the machine's network devices the run uses.  By its place in the order of their PCI
 * addresses, as a number from 0 or as the name that the log gives it (eth1), or by its MAC address
 * (52:54:00:12:34:56, or with - between the bytes).
 */
#include "base/chars.h"
#include "base/ipv4_text.h"
#include "base/string.h"
#include "config/config.h"

#define NAME_PREFIX "eth"
#define MAC_TEXT_LEN 17u

static bool parse_place(const char *value, size_t len, struct config_nic *nic)
{
	size_t prefix_len = strlen(NAME_PREFIX);
	uint64_t place;

	if (len > prefix_len && memcmp(value, NAME_PREFIX, prefix_len) == 0) {
		value += prefix_len;
		len -= prefix_len;
	}
	/* No second spelling of one place: decimal_parse() takes leading zeros. */
	if ((len > 1 && value[0] == '0') || !decimal_parse(value, len, UINT8_MAX, &place))
		return false;
	nic->by = CONFIG_NIC_PLACE;
	nic->place = (unsigned)place;
	return true;
}

static bool parse_mac(const char *value, size_t len, struct config_nic *nic)
{
	if (len != MAC_TEXT_LEN || (value[2] != ':' && value[2] != '-'))
		return false;
	for (size_t i = 0; i < sizeof(nic->mac); i++) {
		int high = char_hex_value(value[3 * i]), low = char_hex_value(value[3 * i + 1]);

		if (high < 0 || low < 0 || (i > 0 && value[3 * i - 1] != value[2]))
			return false;
		nic->mac[i] = (uint8_t)(high << 4 | low);
	}
	nic->by = CONFIG_NIC_MAC;
	return true;
}

const char *config_set_nic(void *dst_config_nic, const char *value, size_t len)
{
	struct config_nic nic = {.by = CONFIG_NIC_ANY};

	if (!parse_place(value, len, &nic) && !parse_mac(value, len, &nic))
		return "neither a device's number or name nor a MAC address";
	if (nic.by == CONFIG_NIC_MAC && (nic.mac[0] & 1) != 0)
		return "the address of a group, which no device has";
	memcpy(nic.text, value, len);
	*(struct config_nic *)dst_config_nic = nic;
	return NULL;
}

bool config_nic_is(const struct config_nic *nic, unsigned place, const uint8_t mac[6])
{
	switch (nic->by) {
	case CONFIG_NIC_PLACE: return place == nic->place;
	case CONFIG_NIC_MAC: return memcmp(mac, nic->mac, sizeof(nic->mac)) == 0;
	default: return true;
	}
}
