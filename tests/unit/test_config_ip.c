/* SPDX-License-Identifier: MIT */
/* config/value_ip: Linux's ip= with its optional parts, and everything that is wrong with one. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "tests/runner/unit.h"

/* From a copy of the exact length, so that AddressSanitizer sees a read past it. */
static const char *set_ip(struct config_ip *ip, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	const char *problem;

	memcpy(copy, text, len);
	problem = config_set_ip(ip, copy, len);
	free(copy);
	return problem;
}

TEST(all_ten_parts)
{
	struct config_ip ip = {0};

	assert_null(set_ip(&ip, "192.168.77.2:192.168.77.9:192.168.77.1:255.255.255.0:box-1.lan:eth0:off:"
				"9.9.9.9:1.1.1.1:10.1.2.3"));
	assert_int_equal(ip.way, CONFIG_IP_STATIC);
	assert_int_equal(ip.client, 0xc0a84d02);
	assert_int_equal(ip.server, 0xc0a84d09);
	assert_int_equal(ip.gateway, 0xc0a84d01);
	assert_int_equal(ip.mask, 0xffffff00);
	assert_string_equal(ip.hostname, "box-1.lan");
	assert_string_equal(ip.device, "eth0");
	assert_int_equal(ip.dns[0], 0x09090909);
	assert_int_equal(ip.dns[1], 0x01010101);
	assert_int_equal(ip.ntp, 0x0a010203);
}

TEST(forms_of_the_mask)
{
	static const struct {
		const char *text;
		uint32_t mask;
	} rows[] = {
		{"10.0.2.15:::255.255.255.0", 0xffffff00}, {"10.0.2.15:::/24", 0xffffff00},
		{"10.0.2.15/24", 0xffffff00},              {"10.0.2.15/24::10.0.2.2", 0xffffff00},
		{"10.0.2.15/8:::255.0.0.0", 0xff000000},   {"10.0.2.15/8:::/8", 0xff000000},
		{"10.0.2.15/1", 0x80000000},               {"10.0.2.15/30", 0xfffffffc},
		{"10.0.2.14/31", 0xfffffffe},              {"10.0.2.15/32", 0xffffffff},
		{"10.0.2.15:::255.255.255.255", 0xffffffff},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct config_ip ip = {0};
		const char *problem = set_ip(&ip, rows[i].text);

		/* 10.0.2.15/30 is the broadcast address of its network. */
		if (strcmp(rows[i].text, "10.0.2.15/30") == 0) {
			assert_non_null(problem);
			continue;
		}
		if (problem != NULL)
			fail_msg("%s: %s", rows[i].text, problem);
		assert_int_equal(ip.mask, rows[i].mask);
	}
}

TEST(trailing_parts_are_optional)
{
	static const char full[] = "10.0.2.15/24::10.0.2.2::host:eth0:none:10.0.2.3:10.0.2.4:10.0.2.5";

	for (size_t len = strlen("10.0.2.15/24"); len <= strlen(full); len++) {
		struct config_ip ip = {0};
		char text[sizeof(full)];

		if (full[len] != ':' && full[len] != '\0')
			continue;
		memcpy(text, full, len);
		text[len] = '\0';
		assert_null(set_ip(&ip, text));
		assert_int_equal(ip.client, 0x0a00020f);
		assert_int_equal(ip.gateway, len > 21 ? 0x0a000202 : 0);
		assert_string_equal(ip.hostname, len > 24 ? "host" : "");
	}
}

TEST(without_a_client_it_is_asked_for_or_left)
{
	static const struct {
		const char *text;
		enum config_ip_way way;
	} rows[] = {
		{"", CONFIG_IP_DHCP},           {"dhcp", CONFIG_IP_DHCP}, {"on", CONFIG_IP_DHCP},
		{"any", CONFIG_IP_DHCP},        {"off", CONFIG_IP_OFF},   {"none", CONFIG_IP_OFF},
		{"::::::", CONFIG_IP_DHCP},     {"::::::dhcp", CONFIG_IP_DHCP},
		{"::::::on", CONFIG_IP_DHCP},   {"::::::any", CONFIG_IP_DHCP},
		{"::::::off", CONFIG_IP_OFF},   {"::::::none", CONFIG_IP_OFF},
		{":::::::::", CONFIG_IP_DHCP},  {"10.0.2.15/24::::::on", CONFIG_IP_STATIC},
		{"10.0.2.15/24::::::any", CONFIG_IP_STATIC},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct config_ip ip = {.way = CONFIG_IP_STATIC + CONFIG_IP_OFF};
		const char *problem = set_ip(&ip, rows[i].text);

		if (problem != NULL || ip.way != rows[i].way)
			fail_msg("%s: %d, %s", rows[i].text, ip.way, problem != NULL ? problem : "accepted");
	}
}

TEST(host_device_and_servers_go_with_dhcp)
{
	struct config_ip ip = {0};

	assert_null(set_ip(&ip, "::::box-1:eth1:dhcp:9.9.9.9:1.1.1.1"));
	assert_int_equal(ip.way, CONFIG_IP_DHCP);
	assert_int_equal(ip.client | ip.mask | ip.gateway, 0);
	assert_string_equal(ip.hostname, "box-1");
	assert_string_equal(ip.device, "eth1");
	assert_int_equal(ip.dns[0], 0x09090909);
	assert_int_equal(ip.dns[1], 0x01010101);
}

TEST(refused_with_a_reason)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{"dhcp6", "the client is not an IPv4 address"},
		{"DHCP", "the client is not an IPv4 address"},
		{"bootp", "this build asks for an address by DHCP only"},
		{"rarp", "this build asks for an address by DHCP only"},
		{"both", "this build asks for an address by DHCP only"},
		{"::::::bootp", "this build asks for an address by DHCP only"},
		{"10.0.2.15::10.0.2.2:/24::eth0:dhcp",
		 "an address is given, and one is asked for: leave one of them out"},
		{"10.0.2.15::10.0.2.2:/24::eth0:perhaps",
		 "autoconf is not one of dhcp, on, any, off, none"},
		{"dhcp:", "the client is not an IPv4 address"},
		{"::10.0.2.2", "mask and gateway need a client"},
		{":::/24:::dhcp", "mask and gateway need a client"},
		{":::255.255.255.0:::off", "mask and gateway need a client"},
		{"/24", "the client is not an IPv4 address"},
		{"::::bad host::dhcp", "the host's name is no name"},
		{"::::::off:dns", "dns0 is not an address"},
		{"10.0.2.15", "the mask is missing"},
		{"10.0.2.15::10.0.2.2:", "the mask is missing"},
		{"10.0.2.15::10.0.2.2::::off", "the mask is missing"},
		{"10.0.2:::/24", "the client is not an IPv4 address"},
		{"[fe80::1]:::/64", "the client is not an IPv4 address"},
		{"10.0.2.15:x::/24", "the server is not an address"},
		{"10.0.2.15::gw:/24", "the gateway is not an address"},
		{"10.0.2.15:::24", "the mask is not an address"},
		{"10.0.2.15:::/", "the mask is not /1 to /32"},
		{"10.0.2.15:::/0", "the mask is not /1 to /32"},
		{"10.0.2.15:::/33", "the mask is not /1 to /32"},
		{"10.0.2.15:::/024", "the mask is not /1 to /32"},
		{"10.0.2.15:::/-1", "the mask is not /1 to /32"},
		{"10.0.2.15/", "the mask behind the client is not /1 to /32"},
		{"10.0.2.15/24/24", "the mask behind the client is not /1 to /32"},
		{"10.0.2.15:::255.0.255.0", "the mask has holes"},
		{"10.0.2.15:::0.0.0.255", "the mask has holes"},
		{"10.0.2.15:::0.0.0.0", "the mask has holes"},
		{"10.0.2.15/24:::255.255.0.0", "two masks that differ"},
		{"10.0.2.15/24::::bad host", "the host's name is no name"},
		{"10.0.2.15/24:::::a-device-with-a-long-name", "the device's name is no name"},
		{"10.0.2.15/24:::::sixteen-letters-", "the device's name is no name"},
		{"10.0.2.15/24:::::fifteen-letters", NULL},
		{"10.0.2.15/24::::a123456789012345678901234567890123456789012345678901234567890123",
		 "the host's name is no name"},
		{"10.0.2.15/24::::a12345678901234567890123456789012345678901234567890123456789012", NULL},
		{"10.0.2.15/24::::::off:dns", "dns0 is not an address"},
		{"10.0.2.15/24::::::off::dns", "dns1 is not an address"},
		{"10.0.2.15/24::::::off:::ntp", "the time server is not an address"},
		{"10.0.2.15/24:::::::::", NULL},
		{"10.0.2.15/24::::::::::", "more than ten parts"},
		{"10.0.2.15/24:::::::::::::::::::", "more than ten parts"},
		{"0.1.2.3/24", "the client is not an address for a host"},
		{"127.0.0.1/8", "the client is not an address for a host"},
		{"224.0.0.1/8", "the client is not an address for a host"},
		{"255.255.255.255/32", "the client is not an address for a host"},
		{"10.0.2.0/24", "the client is its network's own or its broadcast address"},
		{"10.0.2.255/24", "the client is its network's own or its broadcast address"},
		{"10.0.2.15/24::10.0.2.15", "the gateway is the client itself"},
		{"10.0.2.15/24::10.0.3.1", NULL},
		{"203.0.113.9/32::169.254.0.1", NULL},
		{"10.0.2.15/24::224.0.0.1", "the gateway is not an address for a host"},
		{"10.0.2.15/24::255.255.255.255", "the gateway is not an address for a host"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct config_ip ip = {.way = CONFIG_IP_OFF, .client = 42};
		const char *problem = set_ip(&ip, rows[i].text);

		if (rows[i].reason == NULL) {
			assert_null(problem);
			continue;
		}
		if (problem == NULL || strcmp(problem, rows[i].reason) != 0)
			fail_msg("%s: %s", rows[i].text, problem != NULL ? problem : "accepted");
		assert_int_equal(ip.client, 42); /* what was there stays */
		assert_int_equal(ip.way, CONFIG_IP_OFF);
	}
}
