/* The keys that every build has, whatever its application is. */
#include "base/string.h"
#include "kernel/config.h"

#define IP_ALLOWED                                                                             \
	"client:server:gateway:mask:host:device:off:dns0:dns1:ntp, such as "                   \
	"10.0.2.15::10.0.2.2:255.255.255.0 or 10.0.2.15/24::10.0.2.2"

const char *config_set_log_mode(void *dst_log_mode, const char *value, size_t len)
{
	static const struct {
		const char *name;
		enum log_mode mode;
	} modes[] = {{"text", LOG_TEXT}, {"json", LOG_JSON}, {"both", LOG_BOTH}};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (strlen(modes[i].name) == len && memcmp(modes[i].name, value, len) == 0) {
			*(enum log_mode *)dst_log_mode = modes[i].mode;
			return NULL;
		}
	}
	return "no such form";
}

const char *config_set_exit(void *dst_exit_way, const char *value, size_t len)
{
	static const struct {
		const char *name;
		enum exit_way exit;
	} ways[] = {{"poweroff", EXIT_POWEROFF}, {"reboot", EXIT_REBOOT},
		    {"halt", EXIT_HALT}};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		if (strlen(ways[i].name) == len && memcmp(ways[i].name, value, len) == 0) {
			*(enum exit_way *)dst_exit_way = ways[i].exit;
			return NULL;
		}
	}
	return "no such end";
}

const struct config_key *config_platform_keys(struct config_platform *platform, size_t *count)
{
	static struct config_key keys[6];
	const struct config_key table[ARRAY_LEN(keys)] = {
		{"ip", IP_ALLOWED,
		 CONFIG_HELP("must be given",
			     "the machine's address as Linux's nfsroot writes it, trailing parts "
			     "optional; dns0 and dns1 are asked for names; the mask also as /24, there "
			     "or behind the client; the device is eth0 (the default), eth1 and so on, "
			     "in the order of their PCI addresses"),
		 config_set_ip, &platform->ip, &platform->ip_at_fault, 0},
		{"timeout", "seconds above 0, decimals allowed",
		 CONFIG_HELP("30", "end of the whole run, all of count= included"),
		 config_set_seconds_above_0, &platform->timeout_ns, NULL, 0},
		{"log", "text, json, both", CONFIG_HELP("text", "what the first serial port prints"),
		 config_set_log_mode, &platform->log, NULL, 0},
		{"debug-exit", "an I/O port, such as 0xf4",
		 CONFIG_HELP("none", "port of QEMU's isa-debug-exit device, to which the status goes"),
		 config_set_port, &platform->debug_exit, NULL, 0},
		{"exit", "poweroff, reboot, halt",
		 CONFIG_HELP("poweroff", "what the machine does behind the EXIT line; halt: it stays, "
					 "with the interrupts off"),
		 config_set_exit, &platform->exit, NULL, 0},
		{"hold", "seconds, decimals allowed",
		 CONFIG_HELP("0", "how long to stay up afterwards, answering ping"),
		 config_set_seconds, &platform->hold_ns, NULL, 0},
	};

	*platform = (struct config_platform){.log = LOG_TEXT, .timeout_ns = 30 * NS_PER_S};
	memcpy(keys, table, sizeof(keys));
	*count = ARRAY_LEN(keys);
	return keys;
}

unsigned config_check_platform(const struct config_platform *platform, struct event_sink *events)
{
	if (platform->ip.present || platform->ip_at_fault)
		return 0;
	config_report_missing("ip", "missing; this build cannot ask DHCP for an address", IP_ALLOWED,
			      events);
	return 1;
}
