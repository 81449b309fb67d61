/*
 * Configuration text: up to three sources after each other (kernel command line, file, EFI load
 * options as text or as raw bytes), each a byte of kind, a length and its text, read into the tables
 * of the built-in client.  Each fault is one event, each event a clean line, each value within its
 * limits.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/http/settings.h"
#include "kernel/config.h"

enum source { SOURCE_LINE, SOURCE_FILE, SOURCE_LOAD_OPTIONS, SOURCE_LOAD_OPTIONS_RAW, SOURCES };

/* Text as a UEFI shell would hand it over. */
static unsigned read_as_ucs2(const struct config_tables *tables, const uint8_t *text, size_t len,
			     struct event_sink *events)
{
	uint8_t *wide = calloc(len + 1, 2);
	unsigned faults;

	for (size_t i = 0; i < len; i++)
		wide[2 * i] = text[i];
	faults = config_read_load_options(tables, wide, 2 * len + 2, events);
	free(wide);
	return faults;
}

static unsigned read_source(const struct config_tables *tables, enum source source,
			    const uint8_t *text, size_t len, struct event_sink *events)
{
	uint8_t *copy = fuzz_copy(text, len);
	unsigned faults = 0;

	switch (source) {
	case SOURCE_LINE:
		faults = config_read(tables, CONFIG_SOURCE_LINE, "command line", (char *)copy, len,
				     events);
		break;
	case SOURCE_FILE:
		faults = config_read(tables, CONFIG_SOURCE_FILE, "dialtone.conf", (char *)copy, len,
				     events);
		break;
	case SOURCE_LOAD_OPTIONS:
		faults = read_as_ucs2(tables, copy, len, events);
		break;
	default:
		faults = config_read_load_options(tables, copy, len, events);
		break;
	}
	free(copy);
	return faults;
}

static bool has_holes(uint32_t mask)
{
	return (~mask & (~mask + 1)) != 0;
}

static void check_values(const struct config_platform *p)
{
	const struct config_ip *ip = &p->ip;

	FUZZ_CHECK(p->log >= LOG_TEXT && p->log <= LOG_BOTH, "log=%d", p->log);
	FUZZ_CHECK(p->timeout_ns > 0 && p->timeout_ns < UINT64_C(1000000) * NS_PER_S, "timeout");
	FUZZ_CHECK(p->hold_ns < UINT64_C(1000000) * NS_PER_S, "hold");
	FUZZ_CHECK(memchr(ip->hostname, '\0', sizeof(ip->hostname)) != NULL, "hostname");
	FUZZ_CHECK(memchr(ip->device, '\0', sizeof(ip->device)) != NULL, "device");
	FUZZ_CHECK(!ip->present || (ip->mask != 0 && !has_holes(ip->mask)), "mask %08x", ip->mask);
	FUZZ_CHECK(strnlen(http_settings.url_text, CONFIG_TEXT_MAX) < CONFIG_TEXT_MAX, "url");
	FUZZ_CHECK(http_settings.connect_timeout_ns > 0, "connect-timeout");
}

/* What follows the sources in a run: is it complete, and is the URL one? */
static void finish(struct config_platform *platform, struct fuzz_sink *fs)
{
	const struct url *url = &http_settings.url;
	const char *text = http_settings.url_text;

	if (config_check_platform(platform, &fs->sink) > 0 || app_config_check(&fs->sink) > 0)
		return;
	if (app_check(&fs->sink) != STATUS_OK) {
		FUZZ_CHECK(fs->events[EVENT_RESULT] == 1, "a bad URL without a word");
		return;
	}
	FUZZ_CHECK(url->target.len == 0 || (url->target.at >= text &&
		   url->target.at + url->target.len <= text + strlen(text)), "target");
	FUZZ_CHECK(url->authority.at >= text &&
		   url->authority.at + url->authority.len <= text + strlen(text), "authority");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {.at = data, .len = len};
	struct config_platform platform;
	struct config_tables tables;
	struct fuzz_sink fs;
	unsigned faults = 0;

	fuzz_sink_open(&fs);
	tables.keys[0] = config_platform_keys(&platform, &tables.count[0]);
	tables.keys[1] = app_config_keys(&tables.count[1]);
	for (unsigned i = 0; i < 3 && in.len > 0; i++) {
		enum source source = fuzz_u8(&in) % SOURCES;
		/* The last source has the rest; the others say how long they are. */
		size_t want = i < 2 && in.len > 2 ? fuzz_u16(&in) % 4096 : in.len, n;
		const uint8_t *text = fuzz_bytes(&in, want, &n);

		faults += read_source(&tables, source, text, n, &fs.sink);
	}
	FUZZ_CHECK(faults == fs.events[EVENT_CONFIG_BAD], "%u faults, %u events", faults,
		   fs.events[EVENT_CONFIG_BAD]);
	check_values(&platform);
	finish(&platform, &fs);
	return 0;
}
