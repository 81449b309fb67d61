/* SPDX-License-Identifier: MIT */
/* config/: the grammar, every fault named in one run, and what values look like. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "log/format.h"
#include "tests/runner/unit.h"

static struct config_platform platform;
static char colour[CONFIG_TEXT_MAX];
static char secret[CONFIG_TEXT_MAX];
static uint64_t number;
static bool number_at_fault;
static struct {
	struct config_list list;
	char first[8];
} letters;

static const char *set_letter(void *dst, const char *value, size_t len)
{
	(void)dst;
	if (len != 1)
		return "not a letter";
	letters.first[letters.list.count++] = value[0];
	return NULL;
}

static const struct config_key app_keys[] = {
	{"colour", "a word", "", "", config_set_text, colour, NULL, 0},
	{"number", "a number", "0", "", config_set_u64, &number, &number_at_fault, 0},
	{"letter", "a letter", "", "", set_letter, &letters, NULL, CONFIG_LIST},
	{"user", "name:password", "", "", config_set_text, secret, NULL, CONFIG_SECRET_USER},
	{"link", "a URL", "", "", config_set_text, secret, NULL, CONFIG_SECRET_URL},
	{"field", "Name: value", "", "", config_set_text, secret, NULL, CONFIG_SECRET_FIELD},
};
static struct config_tables tables;
static char said[1 << 16]; /* the human lines without time and speaker */
static unsigned bad_events, key_events;

static void record(struct event_sink *sink, const struct event *ev)
{
	char line[LOG_LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	(void)sink;
	log_format_text(&sb, ev, 0);
	strncat(said, line + strlen("[   0.000000] config   "), sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
	bad_events += ev->id == EVENT_CONFIG_BAD;
	key_events += ev->id == EVENT_CONFIG;
}

static struct event_sink sink = {.emit = record};

static void fresh(void)
{
	tables.keys[0] = config_platform_keys(&platform, &tables.count[0]);
	tables.keys[1] = app_keys;
	tables.count[1] = ARRAY_LEN(app_keys);
	colour[0] = said[0] = '\0';
	number = 0;
	memset(&letters, 0, sizeof(letters));
	bad_events = key_events = 0;
	number_at_fault = false;
}

FIXTURE(fresh, NULL);

/* From a copy of the exact length, so that AddressSanitizer sees a read past it. */
static unsigned read_bytes(enum config_source_kind kind, const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	unsigned before = bad_events, faults;

	memcpy(copy, text, len);
	faults = config_read(&tables, kind, kind == CONFIG_SOURCE_FILE ? "dialtone.conf" : "command line",
			     copy, len, &sink);
	free(copy);
	assert_int_equal(faults, bad_events - before);
	return faults;
}

static unsigned read_line(const char *text)
{
	return read_bytes(CONFIG_SOURCE_LINE, text, strlen(text));
}

static unsigned read_file(const char *text)
{
	return read_bytes(CONFIG_SOURCE_FILE, text, strlen(text));
}

#define ALL_KEYS "ip, nic, dhcp-timeout, link-local, ecn, congestion, entropy, timeout, log, debug-exit, exit, hold, colour, number, letter, user, link, field"

/* --- the grammar ------------------------------------------------------------------------------- */

TEST(defaults)
{
	assert_int_equal(platform.log, LOG_TEXT);
	assert_true(platform.timeout_ns == 30 * NS_PER_S);
	assert_int_equal(platform.hold_ns, 0);
	assert_int_equal(platform.debug_exit, 0);
	assert_int_equal(platform.exit, EXIT_POWEROFF);
	assert_int_equal(platform.ip.way, CONFIG_IP_DHCP);
	assert_int_equal(platform.nic.by, CONFIG_NIC_ANY);
	assert_true(platform.dhcp_timeout_ns == 15 * NS_PER_S);
	assert_false(platform.link_local);
	assert_int_equal(platform.entropy, CONFIG_ENTROPY_AUTO);
}

TEST(a_command_line)
{
	assert_int_equal(read_line("  ip=10.0.2.15::10.0.2.2:255.255.255.0 log=both\ttimeout=2.5 "
				   "debug-exit=0xf4 hold=.25 colour=\"deep blue\" number=7 "), 0);
	assert_int_equal(platform.ip.way, CONFIG_IP_STATIC);
	assert_int_equal(platform.ip.client, 0x0a00020f);
	assert_int_equal(platform.ip.gateway, 0x0a000202);
	assert_int_equal(platform.ip.mask, 0xffffff00);
	assert_int_equal(platform.log, LOG_BOTH);
	assert_int_equal(platform.timeout_ns, 2500 * NS_PER_MS);
	assert_int_equal(platform.hold_ns, 250 * NS_PER_MS);
	assert_int_equal(platform.debug_exit, 0xf4);
	assert_string_equal(colour, "deep blue");
	assert_int_equal(number, 7);
	assert_int_equal(key_events, 7);
	assert_non_null(strstr(said, "colour=deep blue (from command line)\n"));
}

TEST(an_address_that_is_asked_for)
{
	assert_int_equal(read_line("ip=10.0.0.1/8 ip= dhcp-timeout=2.5 link-local=yes nic=eth1"), 0);
	assert_int_equal(platform.ip.way, CONFIG_IP_DHCP);
	assert_true(platform.dhcp_timeout_ns == 2500 * NS_PER_MS);
	assert_true(platform.link_local);
	assert_string_equal(platform.nic.text, "eth1");
	assert_int_equal(read_line("link-local=no"), 0);
	assert_false(platform.link_local);
	assert_int_equal(read_line("dhcp-timeout=0 link-local=maybe nic=wlan0"), 3);
	assert_non_null(strstr(said, "link-local=maybe: neither yes nor no; allowed: yes, no\n"));
}

TEST(what_the_machine_does_at_the_end)
{
	assert_int_equal(read_line("exit=halt"), 0);
	assert_int_equal(platform.exit, EXIT_HALT);
	assert_int_equal(read_line("exit=reboot"), 0);
	assert_int_equal(platform.exit, EXIT_REBOOT);
	assert_int_equal(read_line("exit=poweroff"), 0);
	assert_int_equal(platform.exit, EXIT_POWEROFF);
	assert_int_equal(read_line("exit=power"), 1);
	assert_non_null(strstr(said, "exit=power: no such end; allowed: poweroff, reboot, halt\n"));
}

TEST(what_a_weak_seed_ends)
{
	assert_int_equal(read_line("entropy=require"), 0);
	assert_int_equal(platform.entropy, CONFIG_ENTROPY_REQUIRE);
	assert_int_equal(read_line("entropy=any"), 0);
	assert_int_equal(platform.entropy, CONFIG_ENTROPY_ANY);
	assert_int_equal(read_line("entropy=auto"), 0);
	assert_int_equal(platform.entropy, CONFIG_ENTROPY_AUTO);
	assert_int_equal(read_line("entropy=yes entropy="), 2);
	assert_non_null(strstr(said, "entropy=yes: neither auto, require nor any; allowed: auto, require, any\n"));
}

TEST(what_tcp_does_about_congestion)
{
	assert_int_equal(platform.ecn, NET_ECN_ACCEPT);
	assert_int_equal(platform.congestion, NET_CONGESTION_CUBIC);
	assert_int_equal(read_line("ecn=ask congestion=newreno"), 0);
	assert_int_equal(platform.ecn, NET_ECN_ASK);
	assert_int_equal(platform.congestion, NET_CONGESTION_NEWRENO);
	assert_int_equal(read_line("ecn=off congestion=cubic"), 0);
	assert_int_equal(platform.ecn, NET_ECN_OFF);
	assert_int_equal(platform.congestion, NET_CONGESTION_CUBIC);
	assert_int_equal(read_line("ecn=accurate"), 0);
	assert_int_equal(platform.ecn, NET_ECN_ACCURATE);
	assert_int_equal(read_line("ecn=accept"), 0);
	assert_int_equal(platform.ecn, NET_ECN_ACCEPT);
	assert_int_equal(read_line("ecn=on congestion=reno ecn= congestion="), 4);
	assert_non_null(strstr(said, "ecn=on: neither accept, ask, accurate nor off; "
			       "allowed: accept, ask, accurate, off\n"));
	assert_non_null(strstr(said, "congestion=reno: no such algorithm; allowed: cubic, newreno\n"));
}

/* The value is taken whole, and shown without its secret, in faults too. */
TEST(passwords_are_not_shown)
{
	static const struct {
		const char *word, *shown;
	} rows[] = {
		{"user=ann:s3cret", "user=ann:*** (from"},
		{"user=s3cret", "user=s3cret (from"}, /* a name, as far as anybody can tell */
		{"link=http://ann:s3cret@1.2.3.4/x@y", "link=http://***@1.2.3.4/x@y (from"},
		{"link=http://1.2.3.4/x@y?a@b", "link=http://1.2.3.4/x@y?a@b (from"},
		{"link=http://a@s3cret@b?c@d", "link=http://***@b?c@d (from"},
		{"link=ann:s3cret@b", "link=***@b (from"},
		{"link=http:/ann:s3cret@b/x@y", "link=http:/***@b/x@y (from"},
		{"link=http:///ann:s3cret@b", "link=http:///***@b (from"},
		{"link=http:////ann:s3cret@b/@", "link=http:////***@b/@ (from"},
		{"link=http:ann:s3cret@b/", "link=***@b/ (from"},
		{"link=x", "link=x (from"},
		{"link=", "link= (from"},
		{"field=\"aUthorization: s3cret\"", "field=aUthorization: *** (from"},
		{"field=\"Cookie:s3cret\"", "field=Cookie: *** (from"},
		{"field=\"X-Cookie: a\"", "field=X-Cookie: a (from"},
		{"user=\"ann:s3cret", "user=ann:***: the quote does not end"},
		{"usr=ann:s3cret", "usr=ann:***: unknown key, did you mean user=?"},
		{"lnik=http://ann:s3cret@b/", "lnik=http://***@b/: unknown key, did you mean link=?"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		said[0] = '\0';
		read_line(rows[i].word);
		if (strstr(said, rows[i].shown) == NULL)
			fail_msg("%s", said);
		if (strstr(rows[i].shown, "s3cret") == NULL && strstr(said, "s3cret") != NULL)
			fail_msg("%s", said);
	}
	assert_string_equal(secret, "X-Cookie: a");
}

TEST(a_file_with_bom_crlf_and_comments)
{
	assert_int_equal(read_file("\xef\xbb\xbf# J\xc3\xbcrgen's machine\r\n\r\nlog=json\r\n"
				   "  colour=red # why not\r\n#number=5\r\nnumber=6"), 0);
	assert_int_equal(platform.log, LOG_JSON);
	assert_string_equal(colour, "red");
	assert_int_equal(number, 6);
}

/* As editors of three systems write it; and a fault is still on the right line. */
TEST(lines_end_with_lf_crlf_or_cr)
{
	static const char *const ends[] = {"\n", "\r\n", "\r"};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char text[100];

		fresh();
		snprintf(text, sizeof(text), "# one%scolour=red # two%s%sx=1%scolour=\"a%snumber=3",
			 ends[i], ends[i], ends[i], ends[i], ends[i]);
		assert_int_equal(read_file(text), 2);
		assert_string_equal(colour, "red");
		assert_int_equal(number, 3);
		assert_non_null(strstr(said, "dialtone.conf line 4: x=1: unknown key;"));
		assert_non_null(strstr(said, "dialtone.conf line 5: colour=\"a: the quote does not end"));
	}
}

TEST(the_nearest_key_is_named)
{
	static const struct {
		const char *name, *meant;
	} rows[] = {
		{"timout", "timeout"}, {"time-out", "timeout"}, {"TIMEOUT", "timeout"},
		{"tiemout", "timeout"}, {"debug_exit", "debug-exit"}, {"colours", "colour"},
		{"numbre", "number"}, {"usr", "user"}, {"lgo", "log"}, {"exist", "exit"},
		{"time", NULL}, {"xyz", NULL}, {"i", NULL}, {"", NULL}, {"pi", NULL}, {"oclour", "colour"},
		{"timeouttimeouttimeouttimeouttimeouttimeout", NULL}, {"ltetre", "letter"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].name);
		char *exact = malloc(len > 0 ? len : 1); /* a read past it is seen */
		const struct config_key *key;

		memcpy(exact, rows[i].name, len);
		key = config_nearest_key(&tables, exact, len);
		if (rows[i].meant == NULL ? key != NULL
					  : key == NULL || strcmp(key->name, rows[i].meant) != 0)
			fail_msg("%s: %s", rows[i].name, key != NULL ? key->name : "none");
		free(exact);
	}
	assert_int_equal(read_line("tiemout=5"), 1);
	assert_string_equal(said, "command line: tiemout=5: unknown key, did you mean timeout=?; "
				  "allowed: " ALL_KEYS "\n");
}

TEST(a_hash_inside_a_word_is_no_comment)
{
	assert_int_equal(read_file("colour=red#1\n"), 0);
	assert_string_equal(colour, "red#1");
	assert_int_equal(read_line("# colour=green"), 1);
	assert_non_null(strstr(said, "command line: #: is not key=value"));
}

TEST(the_later_word_and_source_win)
{
	assert_int_equal(read_file("colour=red\ncolour=green\nnumber=1\n"), 0);
	assert_string_equal(colour, "green");
	assert_int_equal(read_line("colour=blue"), 0);
	assert_string_equal(colour, "blue");
	assert_int_equal(number, 1);
}

/* They add up within a source, and a later source replaces them all. */
TEST(lists)
{
	assert_int_equal(read_file("letter=a\ncolour=red\nletter=b\n"), 0);
	assert_int_equal(letters.list.count, 2);
	assert_int_equal(read_line("letter=xx letter=c"), 1); /* a faulty one begins anew as well */
	assert_int_equal(letters.list.count, 1);
	assert_int_equal(letters.first[0], 'c');
	assert_int_equal(config_read_pair(&tables, "SMBIOS", "letter=d", 8, &sink), 0);
	assert_int_equal(config_read_pair(&tables, "SMBIOS", "letter=e", 8, &sink), 0);
	assert_int_equal(letters.list.count, 2);
	assert_memory_equal(letters.first, "de", 2);
	assert_int_equal(read_line("colour=green"), 0); /* and one without any leaves them */
	assert_int_equal(letters.list.count, 2);
}

/* A value that stands alone needs no quotes, and may hold anything that is printable. */
TEST(words_that_stand_alone)
{
	static const char quoted[] = "colour=deep  \"blue\" # x=1";

	assert_int_equal(config_read_pair(&tables, "SMBIOS", quoted, strlen(quoted), &sink), 0);
	assert_string_equal(colour, strchr(quoted, '=') + 1);
	assert_int_equal(config_read_value(&tables, "fw_cfg", "colour", 6, "", 0, &sink), 0);
	assert_string_equal(colour, "");
	assert_int_equal(config_read_pair(&tables, "SMBIOS", "", 0, &sink), 1);
	assert_int_equal(config_read_pair(&tables, "SMBIOS", "colour", 6, &sink), 1);
	assert_int_equal(config_read_pair(&tables, "SMBIOS", "=x", 2, &sink), 1);
	assert_int_equal(config_read_value(&tables, "fw_cfg", "c\xffl", 3, "x", 1, &sink), 1);
	assert_non_null(strstr(said, "fw_cfg: c\\xffl=x: unknown key"));
}

TEST(empty_sources)
{
	assert_int_equal(read_line(""), 0);
	assert_int_equal(read_file("\xef\xbb\xbf"), 0);
	assert_int_equal(read_file("\xef\xbb"), 1); /* half a mark is two strange bytes */
	assert_int_equal(read_file("#"), 0);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "x", NULL, 0, &sink), 0);
}

TEST(every_fault_is_named_in_one_run)
{
	assert_int_equal(read_file("colour=\"red\nlog=xml\ntimeout=soon\nquiet\ncoulor=red\n"
				   "hold=5\ntimeout=\nlog\n=x\ncolour=\"a\"b\n"), 9);
	assert_string_equal(
		said,
		"dialtone.conf line 1: colour=\"red: the quote does not end; allowed: a word\n"
		"dialtone.conf line 2: log=xml: no such form; allowed: text, json, both, ktap\n"
		"dialtone.conf line 3: timeout=soon: not a number of seconds; allowed: seconds above 0, "
		"decimals allowed\n"
		"dialtone.conf line 4: quiet: is not key=value; allowed: " ALL_KEYS "\n"
		"dialtone.conf line 5: coulor=red: unknown key, did you mean colour=?; allowed: " ALL_KEYS "\n"
		"hold=5 (from dialtone.conf)\n"
		"dialtone.conf line 7: timeout=: not a number of seconds; allowed: seconds above 0, "
		"decimals allowed\n"
		"dialtone.conf line 8: log: has no value: write key=value; allowed: " ALL_KEYS "\n"
		"dialtone.conf line 9: =x: unknown key; allowed: " ALL_KEYS "\n"
		"dialtone.conf line 10: colour=\"a\"b: something follows the closing quote; allowed: a word\n");
	assert_string_equal(colour, "");
}

TEST(strange_bytes_are_named)
{
	assert_int_equal(read_line("colour=r\xc3\xb6t"), 1);
	assert_int_equal(read_line("col\x01our=red"), 1);
	assert_int_equal(read_bytes(CONFIG_SOURCE_FILE, "colour=a\0b", 10), 1);
	assert_string_equal(said,
			    "command line: colour=r\\xc3\\xb6t: byte 0xc3 is not printable ASCII\n"
			    "command line: col\\x01our=red: byte 0x01 is not printable ASCII\n"
			    "dialtone.conf line 1: colour=a\\x00b: byte 0x00 is not printable ASCII\n");
	assert_string_equal(colour, "");
}

TEST(a_command_line_ends_at_its_nul)
{
	assert_int_equal(read_bytes(CONFIG_SOURCE_LINE, "number=3\0\0quiet", 15), 0);
	assert_int_equal(number, 3);
}

TEST(utf16_is_one_fault)
{
	assert_int_equal(read_bytes(CONFIG_SOURCE_FILE, "\xff\xfel\0o\0g\0=\0", 10), 1);
	assert_string_equal(said, "dialtone.conf: the text is UTF-16; allowed: ASCII or UTF-8\n");
}

TEST(keys_of_the_platform_are_not_ours)
{
	assert_int_equal(read_line("number=1 virtio_mmio.device=512@0xfeb00e00:12 BOOT_IMAGE=/vmlinuz"), 0);
	assert_int_equal(key_events, 1);
	assert_int_equal(read_line("virtio_mmio.devices=1"), 1);
	assert_int_equal(read_file("virtio_mmio.device=1"), 1);
}

TEST(values_of_any_length)
{
	static char text[3 * CONFIG_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	memcpy(text, "colour=", 7);
	assert_int_equal(read_bytes(CONFIG_SOURCE_LINE, text, 7 + CONFIG_TEXT_MAX - 1), 0);
	assert_int_equal(strlen(colour), CONFIG_TEXT_MAX - 1);
	colour[0] = '\0';
	assert_int_equal(read_bytes(CONFIG_SOURCE_LINE, text, 7 + CONFIG_TEXT_MAX), 1);
	assert_int_equal(read_bytes(CONFIG_SOURCE_LINE, text, sizeof(text)), 1);
	assert_non_null(strstr(said, "xxx: longer than 2047 bytes; allowed: a word\n"));
	assert_string_equal(colour, "");
	memset(text, '=', sizeof(text));
	assert_int_equal(read_bytes(CONFIG_SOURCE_LINE, text, sizeof(text)), 1);
}

/* Bytes without sense: no crash, and always the same count of faults as of events. */
TEST(random_bytes)
{
	static const char alphabet[] = "= \"#\n\r\tiplogcu:/.0123456789\xc3\x01=\"\n";
	uint32_t seed = 12345;
	char text[128];

	for (int round = 0; round < 20000; round++) {
		size_t len = (seed >> 8) % sizeof(text);

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		seed = seed * 1664525 + 1013904223;
		said[0] = '\0';
		read_bytes(round % 2 ? CONFIG_SOURCE_FILE : CONFIG_SOURCE_LINE, text, len);
	}
}

/* --- values ------------------------------------------------------------------------------------- */

TEST(seconds)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"0", 0}, {"10", 10 * NS_PER_S}, {"0.5", NS_PER_S / 2}, {".000000001", 1},
		    {"1.", NS_PER_S}, {"3.0000000019", 3 * NS_PER_S + 1},
		    {"999999.999999999", 1000000 * NS_PER_S - 1}};
	static const char *const bad[] = {"", ".", "-1", "+1", "1e3", "1,5", "1.5s", "1.2.3", "0x10", "inf",
					  "1000000", "99999999999999999999", " 1"};
	uint64_t ns = 42;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_non_null(config_set_seconds(&ns, bad[i], strlen(bad[i])));
	assert_int_equal(ns, 42);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_null(config_set_seconds(&ns, good[i].text, strlen(good[i].text)));
		assert_true(ns == good[i].ns);
	}
	ns = 42;
	assert_non_null(config_set_seconds_above_0(&ns, "0.0", 3));
	assert_int_equal(ns, 42);
	assert_null(config_set_seconds_above_0(&ns, "0.001", 5));
	assert_int_equal(ns, NS_PER_MS);
}

TEST(ports)
{
	static const char *const bad[] = {"", "0", "0x", "0x0", "65536", "0x10000", "-1", "f4", "0xg", "1 "};
	uint16_t port = 9;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_non_null(config_set_port(&port, bad[i], strlen(bad[i])));
	assert_int_equal(port, 9);
	assert_null(config_set_port(&port, "0xF4", 4));
	assert_int_equal(port, 0xf4);
	assert_null(config_set_port(&port, "65535", 5));
	assert_int_equal(port, 65535);
}

TEST(addresses)
{
	uint32_t ipv4 = 1;

	assert_non_null(config_set_ipv4(&ipv4, "1.2.3", 5));
	assert_int_equal(ipv4, 1);
	assert_null(config_set_ipv4(&ipv4, "1.2.3.4", 7));
	assert_int_equal(ipv4, 0x01020304);
}

/* Whoever writes a key wrongly is told what is wrong with it, and not that there is none. */
TEST(a_faulty_key_is_not_missing)
{
	static const char *const faulty[] = {"number=x", "number=", "number", "number=\"1", "number=\xe4"};

	for (size_t i = 0; i < ARRAY_LEN(faulty); i++) {
		fresh();
		assert_int_equal(read_line(faulty[i]), 1);
		assert_true(number_at_fault);
	}
	fresh();
	assert_int_equal(read_line("timeout=soon numbers=1 number=1"), 2);
	assert_false(number_at_fault); /* the faults are other keys' */
}

/* --- EFI LoadOptions ----------------------------------------------------------------------------- */

static unsigned read_ucs2(const uint16_t *units, size_t len)
{
	uint8_t *raw = malloc(len > 0 ? len : 1);
	unsigned faults;

	memcpy(raw, units, len);
	faults = config_read_load_options(&tables, raw, len, &sink);
	free(raw);
	return faults;
}

TEST(load_options_of_a_shell)
{
	static const uint16_t text[] = u"\\EFI\\BOOT\\BOOTX64.EFI number=5 colour=\"a b\"";
	static const uint16_t no_name[] = u"number=6";
	static const uint16_t only_name[] = u"BOOTX64.EFI";

	assert_int_equal(read_ucs2(text, sizeof(text)), 0);
	assert_int_equal(number, 5);
	assert_string_equal(colour, "a b");
	assert_int_equal(read_ucs2(no_name, sizeof(no_name) - 2), 0); /* no terminator */
	assert_int_equal(number, 6);
	assert_int_equal(read_ucs2(only_name, sizeof(only_name)), 0);
	assert_non_null(strstr(said, "number=6 (from EFI load options)\n"));
}

TEST(load_options_that_are_no_text)
{
	static const uint8_t guid[16] = {0x4e, 0xac, 0x08, 0x81, 0x11, 0x9f, 0x59, 0x4d,
					 0x85, 0x0e, 0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2};
	static const uint8_t zeros[16];
	uint16_t units[8];

	memcpy(units, guid, sizeof(guid));
	assert_int_equal(read_ucs2(units, sizeof(guid)), 0);
	assert_string_equal(said, "EFI load options: not text, ignored\n");
	memcpy(units, zeros, sizeof(zeros));
	assert_int_equal(read_ucs2(units, sizeof(zeros)), 0);
	assert_int_equal(config_read_load_options(&tables, NULL, 0, &sink), 0);
	assert_int_equal(config_read_load_options(&tables, "\0", 1, &sink), 0);
	assert_int_equal(config_read_load_options(&tables, "\0\0", 2, &sink), 0);
	assert_int_equal(config_read_load_options(&tables, "a\0b", 3, &sink), 0); /* an odd length */
	assert_int_equal(bad_events, 0);
	assert_int_equal(key_events, 0);
}

/* Something that follows the text is not left out without a word; zeros are nothing. */
TEST(load_options_with_more_behind_their_end)
{
	static const uint16_t more[] = u"number=7\0colour=red", zeros[] = u"number=8\0\0\0";

	assert_int_equal(read_ucs2(more, sizeof(more)), 0);
	assert_string_equal(said, "EFI load options: what stands behind the text's end is ignored\n"
				  "number=7 (from EFI load options)\n");
	said[0] = '\0';
	assert_int_equal(read_ucs2(zeros, sizeof(zeros)), 0);
	assert_string_equal(said, "number=8 (from EFI load options)\n");
}

TEST(load_options_with_a_foreign_letter)
{
	static const uint16_t text[] = u"colour=gr\u00fcn number=\u4e94";

	assert_int_equal(read_ucs2(text, sizeof(text)), 2);
	assert_non_null(strstr(said, "colour=gr\\xfcn: byte 0xfc is not printable ASCII"));
}

TEST(load_options_that_are_too_long)
{
	static uint16_t text[5000];

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i] = 'a';
	assert_int_equal(read_ucs2(text, sizeof(text)), 1);
	assert_string_equal(said, "EFI load options: longer than 4096 characters\n");
}
