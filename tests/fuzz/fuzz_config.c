/*
 * SPDX-License-Identifier: MIT
 *
 * Configuration text: up to three sources after each other (kernel command line, file, EFI load
 * options as text or as raw bytes), each a byte of kind, a length and its text, read into the tables
 * of the built-in client.  Each fault is one event, or counted where there are too many; each event is a
 * clean line, each value within its limits.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/main/application.h"
#include "config/config.h"

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

/* What goes into a request holds no line end, whatever was configured. */
static void check_request_parts(void)
{
	const struct http_fields *fields = &application.checks.request.fields;

	FUZZ_CHECK(application.checks.urls.list.count <= HTTP_URLS_MAX, "urls");
	FUZZ_CHECK(application.checks.tcps.list.count <= HTTP_TCP_MAX, "tcps");
	FUZZ_CHECK(fields->list.count <= HTTP_FIELDS_MAX, "fields");
	for (size_t i = 0; i < fields->list.count; i++) {
		const struct http_field *f = &fields->entry[i];

		FUZZ_CHECK(f->name_len > 0 && f->value_at == f->at + f->name_len, "a field");
		FUZZ_CHECK(f->value_at + f->value_len <= sizeof(fields->text), "a field's end");
		for (size_t at = f->at; at < f->value_at + f->value_len; at++)
			FUZZ_CHECK(fields->text[at] >= 0x20 && fields->text[at] < 0x7f, "a field's byte");
	}
	FUZZ_CHECK(application.checks.expect.n_status <= EXPECT_RANGES_MAX, "expect.status");
	FUZZ_CHECK(application.checks.follow <= HTTP_FOLLOW_MAX, "follow");
	FUZZ_CHECK(application.checks.retry <= HTTP_RETRY_MAX, "retry");
}

static void check_values(const struct config_platform *p)
{
	const struct config_ip *ip = &p->ip;

	FUZZ_CHECK(p->log >= LOG_TEXT && p->log <= LOG_KTAP, "log=%d", p->log);
	FUZZ_CHECK(p->timeout_ns > 0 && p->timeout_ns < UINT64_C(1000000) * NS_PER_S, "timeout");
	FUZZ_CHECK(p->dhcp_timeout_ns > 0, "dhcp-timeout");
	FUZZ_CHECK(p->hold_ns < UINT64_C(1000000) * NS_PER_S, "hold");
	FUZZ_CHECK(memchr(ip->hostname, '\0', sizeof(ip->hostname)) != NULL, "hostname");
	FUZZ_CHECK(memchr(ip->device, '\0', sizeof(ip->device)) != NULL, "device");
	FUZZ_CHECK(memchr(p->nic.text, '\0', sizeof(p->nic.text)) != NULL, "nic");
	FUZZ_CHECK(ip->way != CONFIG_IP_STATIC || (ip->mask != 0 && !has_holes(ip->mask)), "mask %08x", ip->mask);
	for (size_t i = 0; i < application.checks.urls.list.count; i++)
		FUZZ_CHECK(strnlen(application.checks.urls.text[i], CONFIG_TEXT_MAX) < CONFIG_TEXT_MAX, "url");
	check_request_parts();
	FUZZ_CHECK(application.checks.connect_timeout_ns > 0, "connect-timeout");
}

static bool is_within(struct span span, const char *text)
{
	return span.len == 0 || (span.at >= text && span.at + span.len <= text + strlen(text));
}

static void check_url(const struct url *url, const char *text)
{
	FUZZ_CHECK(is_within(url->target, text), "target");
	FUZZ_CHECK(url->authority.len > 0 && is_within(url->authority, text), "authority");
	FUZZ_CHECK(!url->has_user || is_within(url->user, text), "user");
}

/* What follows the sources in a run: is it complete, and is the URL one? */
static void finish(struct fuzz_sink *fs)
{
	const struct http_urls *urls = &application.checks.urls;

	if (app_config_check(&fs->sink) > 0)
		return;
	if (app_check(&fs->sink) != STATUS_OK) {
		FUZZ_CHECK(fs->events[EVENT_RESULT] == 1, "a bad URL without a word");
		return;
	}
	for (size_t i = 0; i < urls->list.count; i++) {
		FUZZ_CHECK(strnlen(urls->normal[i], HTTP_URL_MAX) == urls->normal_len[i], "normal form");
		check_url(&urls->url[i], urls->normal[i]);
	}
}

static void check_tally(const struct config_tally *t, const struct fuzz_sink *fs, unsigned faults)
{
	FUZZ_CHECK(faults - t->more_faults == fs->events[EVENT_CONFIG_BAD], "%u faults, %u events", faults,
		   fs->events[EVENT_CONFIG_BAD]);
	FUZZ_CHECK(fs->events[EVENT_CONFIG_BAD] <= CONFIG_FAULTS_NAMED + SOURCES, "too many faults named");
	FUZZ_CHECK(t->more_faults == 0 || t->faults == CONFIG_FAULTS_NAMED, "counted too early");
	FUZZ_CHECK(fs->events[EVENT_CONFIG] == t->values && t->values <= CONFIG_VALUES_NAMED, "values");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {.at = data, .len = len};
	struct config_platform platform;
	struct config_tally tally = {0};
	struct config_tables tables = {.tally = &tally};
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
	check_tally(&tally, &fs, faults);
	check_values(&platform);
	finish(&fs);
	return 0;
}
