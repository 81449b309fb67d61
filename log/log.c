/*
 * SPDX-License-Identifier: MIT
 *
 * The log's sink: one event in, its lines out to the ports.  Formatting is the files log/format_,
 * waiting for log= is log/hold.c; here is only which line goes to which port.
 *
 * The first port gets what log= selects.  A second port, where the machine has one, gets the
 * machine lines whatever log= says.
 *
 * Human lines are made, and wait, with the mark of a KTAP diagnostic line in front; log=ktap alone
 * prints it.
 */
#include "log/log.h"

#include "log/format.h"
#include "log/hold.h"
#include "log/ktap.h"
#include "log/mute.h"

static struct {
	const struct log_output *output; /* NULL: not open yet */
	bool decided; /* log= is known, or nothing may wait for it any longer */
	enum log_mode mode;
	uint64_t seq; /* machine lines so far */
} the_log = {.mode = LOG_TEXT};

static const char *const port_names[LOG_PORTS] = {"first", "second"};

/* Apart from the_log, so that they take no bytes of the image. */
static struct log_hold held;
static struct ktap ktap;
static char line_buf[LOG_LINE_MAX];

static const char mark[] = "# ";
#define MARK_LEN (sizeof(mark) - 1)

static void print_line(enum log_mode form, const char *line, size_t len)
{
	if (form == LOG_TEXT && the_log.mode == LOG_KTAP)
		the_log.output->write_line(LOG_FIRST, line, len);
	else if (form == LOG_TEXT && (the_log.mode & LOG_TEXT) != 0)
		the_log.output->write_line(LOG_FIRST, line + MARK_LEN, len - MARK_LEN);
	else if ((the_log.mode & form) != 0)
		the_log.output->write_line(LOG_FIRST, line, len);
	if (form == LOG_JSON && the_log.output->has_port(LOG_SECOND))
		the_log.output->write_line(LOG_SECOND, line, len);
}

static void release_held_lines(void)
{
	struct log_hold_line line;
	size_t at = 0;

	the_log.decided = true;
	while (log_hold_next(&held, &at, &line))
		print_line((enum log_mode)line.kind, line.text, line.len);
	held.used = 0;
}

/* So many faults in a configuration that no more can wait: whichever form log= is going to ask for,
 * all of them are to be found in it. */
static void wait_no_longer(void)
{
	the_log.mode = LOG_BOTH;
	release_held_lines();
}

static void print_or_hold(enum log_mode form, const struct strbuf *sb)
{
	size_t len = strbuf_stored(sb);

	if (!the_log.decided && log_hold_add(&held, (uint8_t)form, sb->buf, len))
		return;
	if (!the_log.decided)
		wait_no_longer();
	print_line(form, sb->buf, len);
}

static bool wanted(enum log_mode form)
{
	return !the_log.decided || (the_log.mode & form) != 0 ||
	       (form == LOG_TEXT && the_log.mode == LOG_KTAP) ||
	       (form == LOG_JSON && the_log.output->has_port(LOG_SECOND));
}

static void write_event(const struct event *ev)
{
	uint64_t t_ns = the_log.output->now_ns();

	if (!log_mute_wants(ev, t_ns))
		return;
	if (wanted(LOG_TEXT)) {
		struct strbuf sb = strbuf_on(line_buf, sizeof(line_buf));
		strbuf_mem(&sb, mark, MARK_LEN);
		log_format_text(&sb, ev, t_ns);
		print_or_hold(LOG_TEXT, &sb);
	}
	if (wanted(LOG_JSON)) {
		struct strbuf sb = strbuf_on(line_buf, sizeof(line_buf));
		log_format_json(&sb, ev, t_ns, ++the_log.seq);
		print_or_hold(LOG_JSON, &sb);
	}
}

/* A verdict is not held: a run that ends so early never gets to log_set_mode(). */
static bool is_verdict(const struct event *ev)
{
	return ev->id == EVENT_PANIC || ev->id == EVENT_RESULT;
}

static void print_first(const char *line, size_t len)
{
	the_log.output->write_line(LOG_FIRST, line, len);
}

/* A gap in seq shows that machine lines are missing; this reports how many, and at which port. */
static void report_lost(enum log_port port)
{
	uint32_t lines = the_log.output->consume_lost(port);
	const struct event_field fields[] = {EV_U64("lines", lines), EV_STR("port", port_names[port])};
	const struct event ev = {
		.id = EVENT_LOG_LOST, .n_fields = ARRAY_LEN(fields), .fields = fields};

	if (lines > 0)
		write_event(&ev);
}

static void log_emit(struct event_sink *sink, const struct event *ev)
{
	(void)sink;
	if (the_log.output == NULL)
		return;
	if (!the_log.decided && is_verdict(ev))
		release_held_lines();
	report_lost(LOG_FIRST);
	report_lost(LOG_SECOND);
	write_event(ev);
	if (the_log.mode != LOG_KTAP)
		return;
	if (ev->id == EVENT_RESULT)
		ktap_report(&ktap, ev, print_first);
	else
		ktap_note(&ktap, ev);
}

void log_open(const struct log_output *output)
{
	the_log.output = output;
}

void log_set_mode(enum log_mode mode)
{
	the_log.mode = mode;
	if (mode == LOG_KTAP)
		print_first(KTAP_VERSION_LINE, sizeof(KTAP_VERSION_LINE) - 1);
	if (!the_log.decided)
		release_held_lines();
}

struct event_sink *log_sink(void)
{
	static struct event_sink sink = {.emit = log_emit};

	return &sink;
}
