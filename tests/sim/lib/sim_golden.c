/*
 * SPDX-License-Identifier: MIT
 *
 * Writing a run down and comparing it; see tests/sim/lib/sim_golden.h.  Frames are read by code of
 * its own: what it compares must not judge itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/lib/sim_golden.h"

#include "log/format.h"
#include "net/counters.h"

#define FOLDER "tests/golden/sim"

/* A text that grows. */
struct text {
	FILE *file;
	char *bytes;
	size_t len;
};

static struct recorder {
	struct text wire, lines[SIM_HOSTS_MAX], counters;
	uint64_t seq[SIM_HOSTS_MAX];
	unsigned listed, n_hosts, n_frames, n_lines;
	void (*emit)(struct event_sink *sink, const struct event *ev); /* what the kit does with it */
} rec;

static void text_open(struct text *t)
{
	t->file = open_memstream(&t->bytes, &t->len);
	if (t->file == NULL)
		kit_fail("the host has no memory");
}

static void text_close(struct text *t)
{
	fclose(t->file);
	free(t->bytes);
}

/* --- frames -------------------------------------------------------------------------------------- */

static uint64_t fnv1a(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static void write_flags(FILE *f, unsigned flags)
{
	static const char names[] = "FSRPAUECN"; /* from the lowest bit; N: RFC 9768's AE */

	for (unsigned i = 0; names[i] != '\0'; i++)
		if (flags & 1u << i)
			fputc(names[i], f);
}

static void write_tcp(FILE *f, const uint8_t *p)
{
	fprintf(f, " tcp %u>%u ", be16(p), be16(p + 2));
	write_flags(f, be16(p + 12) & 0x1ff);
	fprintf(f, " %u %u w%u", be32(p + 4), be32(p + 8), be16(p + 14));
	if (p[12] >> 4 > 5)
		fprintf(f, " o%u", (p[12] >> 4) * 4 - 20);
}

static void write_ipv4(FILE *f, const uint8_t *p, size_t len)
{
	size_t header_len = (p[0] & 15) * 4u;
	const uint8_t *l4 = p + header_len;

	fprintf(f, " .%u>.%u", p[15], p[19]);
	if (p[1] != 0)
		fprintf(f, " tos%u", p[1]);
	if (be16(p + 6) & 0x3fff)
		fprintf(f, " frag%u+%u", be16(p + 6) >> 13 & 1, (be16(p + 6) & 0x1fff) * 8);
	if ((be16(p + 6) & 0x1fff) || len < header_len + 8)
		return;
	if (p[9] == 6 && len >= header_len + 20)
		write_tcp(f, l4);
	else if (p[9] == 17)
		fprintf(f, " udp %u>%u", be16(l4), be16(l4 + 2));
	else if (p[9] == 1)
		fprintf(f, " icmp %u/%u %08x", l4[0], l4[1], be32(l4 + 4));
}

/* Time, sender, length, hash of all bytes; then some of what is in it, for people. */
static void frame_sent(struct sim_host *from, const uint8_t *frame, size_t len)
{
	FILE *f = rec.wire.file;
	uint64_t hash = fnv1a(frame, len);

	rec.n_frames++;
	fprintf(f, "%llu.%06llu", (unsigned long long)(from->sim->now_ns / NS_PER_S),
		(unsigned long long)(from->sim->now_ns % NS_PER_S / NS_PER_US));
	fprintf(f, " %u %zu %08x", (unsigned)from->mac[5], len, (uint32_t)(hash ^ hash >> 32));
	if (len >= 42 && be16(frame + 12) == 0x806)
		fprintf(f, " arp %u .%u .%u", be16(frame + 20), frame[31], frame[41]);
	if (len >= 34 && be16(frame + 12) == 0x800)
		write_ipv4(f, frame + 14, len - 14);
	fputc('\n', f);
}

/* --- machine lines and counters ------------------------------------------------------------------ */

/* The beginning that all lines have in common is left out where it is as expected. */
static void put_line(FILE *f, const char *line, uint64_t t_ns, uint64_t seq)
{
	char head[96];
	int len = snprintf(head, sizeof(head), "@dt {\"v\":1,\"seq\":%llu,\"t_us\":%llu,\"ev\":\"",
			   (unsigned long long)seq, (unsigned long long)(t_ns / NS_PER_US));

	if (strncmp(line, head, (size_t)len) != 0)
		fprintf(f, "%s\n", line);
	else
		fprintf(f, "%llu.%06llu \"%s\n", (unsigned long long)(t_ns / NS_PER_S),
			(unsigned long long)(t_ns % NS_PER_S / NS_PER_US), line + len);
}

/* What a socket and its connection occupy is a fact of the compiler's, not of the run. */
static void hide_size(char *line, struct strbuf *sb)
{
	static const char key[] = "\"bytes\":";
	char *from = strstr(line, key), *to;

	if (from == NULL)
		kit_fail("no size in %s", line);
	from += strlen(key);
	to = from + strspn(from, "0123456789");
	*from++ = 'n';
	memmove(from, to, strlen(to) + 1);
	sb->len -= (size_t)(to - from);
}

static void event_emitted(struct event_sink *sink, const struct event *ev)
{
	struct sim_host *host = CONTAINER_OF(sink, struct sim_host, kp.sink);
	unsigned i = host->mac[5] - 1u;
	char line[LOG_LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	log_format_json(&sb, ev, host->sim->now_ns, ++rec.seq[i]);
	if (ev->id == EVENT_SOCK_ALLOC)
		hide_size(line, &sb);
	put_line(rec.lines[i].file, line, host->sim->now_ns, rec.seq[i]);
	rec.n_lines++;
	rec.emit(sink, ev);
}

static void host_opened(struct sim_host *host)
{
	rec.emit = host->kp.sink.emit;
	host->kp.sink.emit = event_emitted;
	rec.n_hosts = MAX(rec.n_hosts, (unsigned)host->mac[5]);
}

static void host_closes(struct sim_host *host)
{
	struct net_counter_walk walk = {0};
	const char *name, *interface;
	uint64_t value;

	while (net_counter_next(host->stack, &walk, &name, &value))
		if (value != 0)
			fprintf(rec.counters.file, "%u %s %llu\n", host->mac[5], name,
				(unsigned long long)value);
	for (unsigned i = 0; net_interface_counter(host->stack, 0, i, &interface, &name, &value); i++)
		if (value != 0)
			fprintf(rec.counters.file, "%u %s.%s %llu\n", host->mac[5], interface, name,
				(unsigned long long)value);
}

/* --- the listing --------------------------------------------------------------------------------- */

void golden_begin(unsigned listed)
{
	static const struct sim_observer observer = {host_opened, frame_sent, host_closes};

	rec = (struct recorder){.listed = listed};
	text_open(&rec.wire);
	text_open(&rec.counters);
	for (unsigned i = 0; i < SIM_HOSTS_MAX; i++)
		text_open(&rec.lines[i]);
	sim_observer = &observer;
}

static void write_part(FILE *f, const char *title, bool listed, struct text *t)
{
	fflush(t->file);
	fprintf(f, "== %s\n", title);
	if (listed)
		fwrite(t->bytes, t->len, 1, f);
	else
		fprintf(f, "%zu bytes, hash %016llx\n", t->len, (unsigned long long)fnv1a(t->bytes, t->len));
	text_close(t);
}

/* The whole listing, for the caller to free; the recording is over. */
static char *golden_end(void)
{
	struct text all;
	char title[32];

	text_open(&all);
	write_part(all.file, "wire", true, &rec.wire);
	for (unsigned i = 0; i < SIM_HOSTS_MAX; i++) {
		snprintf(title, sizeof(title), "log of host %u", i + 1);
		if (i < rec.n_hosts)
			write_part(all.file, title, i < rec.listed, &rec.lines[i]);
		else
			text_close(&rec.lines[i]);
	}
	write_part(all.file, "counters", true, &rec.counters);
	fclose(all.file);
	sim_observer = NULL;
	return all.bytes;
}

/* --- comparing ----------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		kit_fail("%s cannot be written", path);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct text t;
	int c;

	if (f == NULL)
		kit_fail("%s: %s; `make golden-update` writes it", path, strerror(errno));
	text_open(&t);
	while ((c = fgetc(f)) != EOF)
		fputc(c, t.file);
	fclose(f);
	fclose(t.file);
	return t.bytes;
}

/* Prints the first line that differs, with its part of the listing. */
static void print_difference(const char *path, const char *was, const char *is)
{
	const char *part = "";
	unsigned line = 1;

	for (;; line++) {
		size_t was_len = strcspn(was, "\n"), is_len = strcspn(is, "\n");

		if (was_len != is_len || memcmp(was, is, was_len) != 0 || *is == '\0' || *was == '\0') {
			fprintf(stderr, "%s, line %u (%.*s) differs\n  was: %.*s\n  is:  %.*s\n", path, line,
				(int)strcspn(part, "\n"), part, (int)was_len, was, (int)is_len, is);
			return;
		}
		if (strncmp(is, "== ", 3) == 0)
			part = is;
		was += was_len + (was[was_len] != '\0');
		is += is_len + (is[is_len] != '\0');
	}
}

void golden_compare_text(const char *scenario, const char *text)
{
	const char *dir = getenv("TMPDIR");
	char path[256], now[256], *was;

	snprintf(path, sizeof(path), FOLDER "/%s.txt", scenario);
	if (getenv("GOLDEN_UPDATE") != NULL) {
		write_file(path, text);
		return;
	}
	was = read_file(path);
	if (strcmp(was, text) != 0) {
		snprintf(now, sizeof(now), "%s/dialtone-golden-%s.txt", dir != NULL ? dir : "/tmp", scenario);
		write_file(now, text);
		print_difference(path, was, text);
		kit_fail("the run is not what it was: diff %s %s (docs/testing.md, Goldens)", path, now);
	}
	free(was);
}

void golden_compare(const char *scenario)
{
	char *text = golden_end();

	golden_compare_text(scenario, text);
	free(text);
}

const char *golden_digest(const char *scenario)
{
	static char digest[128];
	const char *dir = getenv("GOLDEN_DUMP");
	unsigned frames = rec.n_frames, lines = rec.n_lines;
	char *text = golden_end(), path[256];

	if (dir != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, scenario);
		write_file(path, text);
	}
	snprintf(digest, sizeof(digest), "%s frames=%u lines=%u hash=%016llx\n", scenario, frames, lines,
		 (unsigned long long)fnv1a(text, strlen(text)));
	free(text);
	return digest;
}
