/* SPDX-License-Identifier: MIT */
/* The keys that every build has, whatever its application is. */
#include "base/string.h"
#include "config/config.h"

#define IP_ALLOWED                                                                             \
	"client:server:gateway:mask:host:device:autoconf:dns0:dns1:ntp (10.0.2.15/24::10.0.2.2 " \
	"or ::::host:eth0:dhcp); or dhcp, on, any, off, none alone"

const char *config_set_log_mode(void *dst_log_mode, const char *value, size_t len)
{
	static const struct {
		const char *name;
		enum log_mode mode;
	} modes[] = {{"text", LOG_TEXT}, {"json", LOG_JSON}, {"both", LOG_BOTH},
		     {"ktap", LOG_KTAP}};

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

/* The number of the word among `words`; n: it is none of them. */
static unsigned find_word(const char *const *words, unsigned n, const char *value, size_t len)
{
	unsigned i = 0;

	while (i < n && !(strlen(words[i]) == len && memcmp(words[i], value, len) == 0))
		i++;
	return i;
}

const char *config_set_ecn(void *dst_net_ecn, const char *value, size_t len)
{
	static const char *const words[] = {
		[NET_ECN_ACCEPT] = "accept", [NET_ECN_ASK] = "ask", [NET_ECN_OFF] = "off",
		[NET_ECN_ACCURATE] = "accurate"};
	unsigned i = find_word(words, ARRAY_LEN(words), value, len);

	if (i == ARRAY_LEN(words))
		return "neither accept, ask, accurate nor off";
	*(enum net_ecn *)dst_net_ecn = (enum net_ecn)i;
	return NULL;
}

const char *config_set_congestion(void *dst_net_congestion, const char *value, size_t len)
{
	static const char *const words[] = {[NET_CONGESTION_CUBIC] = "cubic", [NET_CONGESTION_NEWRENO] = "newreno"};
	unsigned i = find_word(words, ARRAY_LEN(words), value, len);

	if (i == ARRAY_LEN(words))
		return "no such algorithm";
	*(enum net_congestion *)dst_net_congestion = (enum net_congestion)i;
	return NULL;
}

const char *config_set_entropy(void *dst_config_entropy, const char *value, size_t len)
{
	static const char *const words[] = {[CONFIG_ENTROPY_AUTO] = "auto",
					    [CONFIG_ENTROPY_REQUIRE] = "require",
					    [CONFIG_ENTROPY_ANY] = "any"};
	unsigned i = find_word(words, ARRAY_LEN(words), value, len);

	if (i == ARRAY_LEN(words))
		return "neither auto, require nor any";
	*(enum config_entropy *)dst_config_entropy = (enum config_entropy)i;
	return NULL;
}

/* A server has no time-out but one that was asked for. */
static const char *set_timeout(void *dst_platform, const char *value, size_t len)
{
	struct config_platform *platform = dst_platform;
	const char *problem = config_set_seconds_above_0(&platform->timeout_ns, value, len);

	platform->timeout_given |= problem == NULL;
	return problem;
}

const struct config_key *config_platform_keys(struct config_platform *platform, size_t *count)
{
	static struct config_key keys[12];
	const struct config_key table[ARRAY_LEN(keys)] = {
		{"ip", IP_ALLOWED,
		 CONFIG_HELP("dhcp",
			     "the machine's address as Linux's nfsroot writes it, trailing parts "
			     "optional; without a client DHCP supplies it, with the host's name "
			     "if there is one; off or none: no address; dns0 and dns1 are asked for names, "
			     "before the network's own; the mask also as /24, there or behind the client"),
		 config_set_ip, &platform->ip, NULL, 0},
		{"nic", "a number from 0, eth0 and so on, or a MAC address such as 52:54:00:12:34:56",
		 CONFIG_HELP("the first with a link",
			     "which network device is used, in the order of their PCI addresses; ip= can "
			     "name it, too"),
		 config_set_nic, &platform->nic, NULL, 0},
		{"dhcp-timeout", "seconds above 0, decimals allowed",
		 CONFIG_HELP("15", "how long to wait for a link (else status 7), and from then on for "
				   "an address (else 111); a machine that stays (hold, count, retry, a "
				   "server) continues without"),
		 config_set_seconds_above_0, &platform->dhcp_timeout_ns, NULL, 0},
		{"link-local", "yes, no",
		 CONFIG_HELP("no", "whether to use an address of 169.254/16 (RFC 3927) where no DHCP "
				   "server answers"),
		 config_set_yes_no, &platform->link_local, NULL, 0},
		{"ecn", "accept, ask, accurate, off",
		 CONFIG_HELP("accept",
			     "explicit congestion notification (RFC 3168, RFC 9768): where the other side "
			     "asks for it, asked for by our SYN, with accurate feedback asked for by our "
			     "SYN, or not at all"),
		 config_set_ecn, &platform->ecn, NULL, 0},
		{"congestion", "cubic, newreno",
		 CONFIG_HELP("cubic", "congestion control: how much data TCP may have in flight (RFC 9438, RFC 6582)"),
		 config_set_congestion, &platform->congestion, NULL, 0},
		{"entropy", "auto, require, any",
		 CONFIG_HELP("auto",
			     "whether a run may go on where the random generator is seeded weakly: require "
			     "makes that status 113; auto and any go on, with a warning in the log"),
		 config_set_entropy, &platform->entropy, NULL, 0},
		{"timeout", "seconds above 0, decimals allowed",
		 CONFIG_HELP("30; a server has none", "end of the whole run, all of count= included"),
		 set_timeout, platform, NULL, 0},
		{"log", "text, json, both, ktap", CONFIG_HELP("text", "what the first serial port prints"),
		 config_set_log_mode, &platform->log, NULL, 0},
		{"debug-exit", "an I/O port, such as 0xf4",
		 CONFIG_HELP("none", "port of QEMU's isa-debug-exit device, to which the status goes"),
		 config_set_port, &platform->debug_exit, NULL, 0},
		{"exit", "poweroff, reboot, halt",
		 CONFIG_HELP("poweroff", "what the machine does behind the EXIT line; halt: it stays, "
					 "with the interrupts off"),
		 config_set_exit, &platform->exit, NULL, 0},
		{"hold", "seconds, decimals allowed",
		 CONFIG_HELP("0; a server has no end",
			     "how long to stay up afterwards, answering ping; how long a server serves"),
		 config_set_seconds, &platform->hold_ns, NULL, 0},
	};

	*platform = (struct config_platform){.log = LOG_TEXT, .timeout_ns = 30 * NS_PER_S,
					     .dhcp_timeout_ns = 15 * NS_PER_S};
	memcpy(keys, table, sizeof(keys));
	*count = ARRAY_LEN(keys);
	return keys;
}
