/*
 * SPDX-License-Identifier: MIT
 *
 * Configuration: one grammar, tables of keys, every fault named.
 *
 * A source is a text (kernel command line, \dialtone.conf, EFI LoadOptions): words `key=value`
 * separated by whitespace; a value that holds spaces or tabs is quoted, key="a b" (no escapes, and
 * a quoted value ends on its own line); in a file a word that begins with # is a comment to the end
 * of the line (LF, CR LF or CR), and a UTF-8 byte order mark is skipped.  Words are printable ASCII; comments may be
 * anything.  Sources are read in order, the later word wins.  A key is looked up in the tables
 * registered for this build: the platform's (below) and the application's (app/app.h).  Outside
 * files, keys of the platform (virtio_mmio.device=, BOOT_IMAGE=) are skipped: not ours to judge.
 *
 * Every unknown key and every bad value is reported as one `config.bad` event, all in one run, as far as
 * struct config_tally has it; the caller ends with STATUS_BAD_CONFIG when there are faults.  URL syntax is not judged here
 * (status 3 comes after status 2).
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/compiler.h"
#include "log/event.h"
#include "base/strbuf.h"
#include "base/status.h"
#include "log/log.h"
#include "net/congestion.h"

#define CONFIG_TEXT_MAX 2048 /* bytes of one value, terminator included */

/* Values of a key that may be given more than once: they add up within a source, and a later source
 * begins anew.  First member of what such a key's `dst` points to; `set` counts. */
struct config_list {
	size_t count;
	const char *source; /* of the values that are in it; NULL: none yet */
};

/* The default as text (empty: there is none) and what the key is for: README's table and `make
 * help-config` say it (tools/help_config.c), and the image does not carry what it never prints. */
#if __STDC_HOSTED__
#define CONFIG_HELP(fallback, help) fallback, help
#else
#define CONFIG_HELP(fallback, help) "", ""
#endif

/* One key.  `set` parses value[0..len) into `dst`: NULL, or a phrase saying what is wrong (`dst` is
 * untouched then).  len < CONFIG_TEXT_MAX, the bytes are printable ASCII. */
struct config_key {
	const char *name;
	const char *allowed;  /* "seconds, decimals allowed" */
	const char *fallback; /* these two by CONFIG_HELP() */
	const char *help;
	const char *(*set)(void *dst, const char *value, size_t len);
	void *dst;
	bool *at_fault; /* set when a word with this key is a fault: it is not missing; may be NULL */
	unsigned traits; /* enum config_trait; 0: none */
};

enum config_trait {
	CONFIG_LIST = 1,          /* `dst` begins with a struct config_list */
	CONFIG_SECRET_USER = 2,   /* name:password; the log shows name:*** */
	CONFIG_SECRET_URL = 4,    /* the log shows a URL's name:password@ as ***@ */
	CONFIG_SECRET_FIELD = 8,  /* a header field; Authorization and the like are shown as *** */
};
/* Writes a value as the log may show it (config/secret.c). */
void config_show(struct strbuf *sb, unsigned traits, const char *value, size_t len);

/* How the machine comes to its address. */
enum config_ip_way {
	CONFIG_IP_DHCP, /* by asking for one: what is done where nothing is said */
	CONFIG_IP_STATIC,
	CONFIG_IP_OFF,  /* not at all */
};

/* Linux's ip= (nfsroot): client:server:gw:mask:host:device:autoconf:dns0:dns1:ntp. */
struct config_ip {
	enum config_ip_way way;
	uint32_t client, server, gateway, mask; /* host order; 0: not given */
	uint32_t dns[2], ntp;
	char hostname[64];
	char device[16];     /* the interface's name, "": any */
};

/* nic=: which network device. */
enum config_nic_by { CONFIG_NIC_ANY, CONFIG_NIC_PLACE, CONFIG_NIC_MAC };

struct config_nic {
	enum config_nic_by by;
	unsigned place;  /* in the order of the devices, from 0 */
	uint8_t mac[6];
	char text[18];   /* as it was written, "": not at all */
};
/* True where that device may be the one. */
bool config_nic_is(const struct config_nic *nic, unsigned place, const uint8_t mac[6]);

/* What a weakly seeded random generator ends: what needs secrets of its own (https), every run, or
 * nothing. */
enum config_entropy { CONFIG_ENTROPY_AUTO, CONFIG_ENTROPY_REQUIRE, CONFIG_ENTROPY_ANY };

struct config_platform {
	struct config_ip ip;
	struct config_nic nic;
	enum net_ecn ecn;
	enum net_congestion congestion;
	enum config_entropy entropy;
	bool link_local;      /* where no DHCP server answers: one of 169.254/16 */
	uint64_t dhcp_timeout_ns;
	enum log_mode log;
	uint16_t debug_exit;  /* port, 0: none */
	enum exit_way exit;
	uint64_t timeout_ns;  /* the whole run */
	bool timeout_given;   /* it is not the default */
	uint64_t hold_ns;
};

/* Parsers that key tables use; each returns NULL or what is wrong. */
const char *config_set_seconds(void *dst_u64_ns, const char *value, size_t len);
const char *config_set_seconds_above_0(void *dst_u64_ns, const char *value, size_t len);
const char *config_set_text(void *dst_char_array_of_CONFIG_TEXT_MAX, const char *value, size_t len);
const char *config_set_u64(void *dst_u64, const char *value, size_t len);
const char *config_set_ipv4(void *dst_u32, const char *value, size_t len);
/* 1-65535, decimal or 0x hexadecimal. */
const char *config_set_port(void *dst_u16, const char *value, size_t len);
/* text, json, both, ktap. */
const char *config_set_log_mode(void *dst_log_mode, const char *value, size_t len);
/* poweroff, reboot, halt. */
const char *config_set_exit(void *dst_exit_way, const char *value, size_t len);
/* accept, ask, accurate, off. */
const char *config_set_ecn(void *dst_net_ecn, const char *value, size_t len);
/* cubic, newreno. */
const char *config_set_congestion(void *dst_net_congestion, const char *value, size_t len);
/* auto, require, any. */
const char *config_set_entropy(void *dst_config_entropy, const char *value, size_t len);
/* ip= as above.  Without a client's address it is asked for (DHCP) unless the autoconf part, which
 * may stand alone, is off or none.  The mask is a.b.c.d or /n, in its own place or behind the
 * client's address (10.0.2.15/24); with a client one of them is needed, and two must agree. */
const char *config_set_ip(void *dst_config_ip, const char *value, size_t len);
/* A number from 0, eth0 and so on, or a MAC address. */
const char *config_set_nic(void *dst_config_nic, const char *value, size_t len);
/* yes, no. */
const char *config_set_yes_no(void *dst_bool, const char *value, size_t len);

/* The platform's keys, over `platform` which is set to its defaults.  The table is one per
 * program: a second call points it to another `platform`. */
const struct config_key *config_platform_keys(struct config_platform *platform, size_t *count);

/* What has been reported of all sources together.  A text of noise is a fault for each word, and a
 * port takes seconds for a thousand lines: the first ones are named, the others counted, and the list of
 * all keys stands in the first line that has use for it. */
#define CONFIG_FAULTS_NAMED 100u
#define CONFIG_VALUES_NAMED 200u

struct config_tally {
	unsigned faults, values;           /* named */
	unsigned more_faults, more_values; /* counted only */
	bool keys_listed;
};

struct config_tables {
	const struct config_key *keys[2];
	size_t count[2];
	struct config_tally *tally; /* NULL: everything is named */
};

enum config_source_kind { CONFIG_SOURCE_FILE, CONFIG_SOURCE_LINE };

/* Reads one source; emits a `config` event per key taken and a `config.bad` per fault.  Returns
 * the number of faults.  `source` is its name in messages: "command line", "dialtone.conf". */
unsigned config_read(const struct config_tables *tables, enum config_source_kind kind,
		     const char *source, const char *text, size_t len, struct event_sink *events);
/* One word `key=value` that stands alone: the value is all that follows, whitespace included, and no
 * quotes are needed. */
unsigned config_read_pair(const struct config_tables *tables, const char *source, const char *text,
			  size_t len, struct event_sink *events);
/* The same, key and value apart. */
unsigned config_read_value(const struct config_tables *tables, const char *source, const char *key,
			   size_t key_len, const char *value, size_t len,
			   struct event_sink *events);
/* Reads raw EFI LoadOptions: UCS-2 text, or something else that a firmware keeps there (said in a
 * `config.note` and ignored).  A shell puts the loader's own name first: a first word without =
 * is skipped. */
unsigned config_read_load_options(const struct config_tables *tables, const void *raw, size_t len,
				  struct event_sink *events);
/* The key whose name is so near to that one that it may have been meant; NULL: none is. */
const struct config_key *config_nearest_key(const struct config_tables *tables, const char *name,
					    size_t len);
/* True: the next fault is to be named; else it has been counted. */
bool config_names_fault(const struct config_tables *tables) MUST_CHECK;
/* One `config.more`, where something was counted only. */
void config_report_more(const struct config_tables *tables, struct event_sink *events);
/* One `config.bad` about a key that is missing altogether; for callers with keys of their own. */
void config_report_missing(const char *key, const char *problem, const char *allowed,
			   struct event_sink *events);

#endif
