/*
 * Configuration: one grammar, tables of keys, every fault named.
 *
 * A source is a text (kernel command line, \dialtone.conf, EFI LoadOptions): words `key=value`
 * separated by blanks or line ends, values quoted with " where they hold blanks, # comments to the
 * end of the line where the source is a file.  Sources are read in order, later ones win.  A key
 * is looked up in the tables registered for this build: the platform's (below) and the
 * application's (app_config_keys in app/app.h).
 *
 * Every unknown key and every bad value is reported as one `config.bad` event, all in one run;
 * the caller ends with STATUS_BAD_CONFIG when config_faults() > 0.  URL syntax is not judged here
 * (status 3 comes after status 2).
 */
#ifndef KERNEL_CONFIG_H
#define KERNEL_CONFIG_H

#include "base/compiler.h"
#include "base/event.h"
#include "kernel/log.h"

#define CONFIG_TEXT_MAX 2048 /* bytes of one value, terminator included */

/* One key.  `set` parses value[0..len) into `dst`: NULL, or a phrase saying what is wrong. */
struct config_key {
	const char *name;
	const char *allowed; /* "seconds, decimals allowed" */
	const char *fallback; /* the default as text for the docs; "" when there is none */
	const char *help;
	const char *(*set)(void *dst, const char *value, size_t len);
	void *dst;
};

/* Linux's ip= (nfsroot): client:server:gw:mask:host:device:autoconf:dns0:dns1:ntp. */
struct config_ip {
	bool present;
	uint32_t client, server, gateway, mask; /* host order; 0: not given */
	uint32_t dns[2], ntp;
	char hostname[64];
	char device[16];
};

struct config_platform {
	struct config_ip ip;
	enum log_mode log;
	uint16_t debug_exit;  /* port, 0: none */
	uint64_t timeout_ns;  /* the whole run */
	uint64_t hold_ns;
};

/* Parsers that key tables use; each returns NULL or what is wrong. */
const char *config_set_seconds(void *dst_u64_ns, const char *value, size_t len);
const char *config_set_text(void *dst_char_array_of_CONFIG_TEXT_MAX, const char *value, size_t len);
const char *config_set_u64(void *dst_u64, const char *value, size_t len);
const char *config_set_ipv4(void *dst_u32, const char *value, size_t len);

/* The platform's keys, over `platform` which is set to its defaults. */
const struct config_key *config_platform_keys(struct config_platform *platform, size_t *count);

struct config_tables {
	const struct config_key *keys[2];
	size_t count[2];
};

enum config_source_kind { CONFIG_SOURCE_FILE, CONFIG_SOURCE_LINE };

/* Reads one source; emits a `config` event per key taken and a `config.bad` per fault.  Returns
 * the number of faults.  `source` is its name in messages: "command line", "dialtone.conf". */
unsigned config_read(const struct config_tables *tables, enum config_source_kind kind,
		     const char *source, const char *text, size_t len, struct event_sink *events);
/* Reads raw EFI LoadOptions: UCS-2 text or not text at all (logged and ignored). */
unsigned config_read_load_options(const struct config_tables *tables, const void *raw, size_t len,
				  struct event_sink *events);
/* What only all sources together can say: ip= is missing or incomplete.  Number of faults. */
unsigned config_check_platform(const struct config_platform *platform, struct event_sink *events);

#endif
