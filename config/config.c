/*
 * SPDX-License-Identifier: MIT
 *
 * The configuration's grammar: finds the words of a source, looks their keys up and names every
 * fault.  config/config.h has the grammar; the key's set() parses the value.
 */
#include "config/config.h"

#include "base/chars.h"
#include "base/span.h"
#include "base/string.h"
#include "base/strbuf.h"

/* A fault shows this much of a value; the whole one may be any length. */
#define SHOWN_MAX 200u

struct reader {
	const struct config_tables *tables;
	enum config_source_kind kind;
	const char *source;
	struct event_sink *events;
	const char *text;
	size_t len;
	size_t at;
	unsigned line; /* of `at`, from 1 */
	unsigned faults;
};

struct word {
	unsigned line;
	bool has_value;
	const char *problem; /* NULL: the grammar is content */
	struct span key, value;
	struct span whole; /* as it was written, quotes and all */
	struct span shown; /* in faults, where that is not `whole` */
};

/* --- words ------------------------------------------------------------------------------------ */

static bool is_whitespace(char c)
{
	return char_is_whitespace(c) || c == '\r' || c == '\n';
}

static bool at_end(const struct reader *r)
{
	return r->at >= r->len;
}

/* Either byte ends a line, so that a text with CR alone is not one long comment. */
static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static void skip_comment(struct reader *r)
{
	while (!at_end(r) && !is_line_end(r->text[r->at]))
		r->at++;
}

/* Of CR LF the first has begun the line already. */
static bool begins_line(const struct reader *r)
{
	char c = r->text[r->at];

	return c == '\r' || (c == '\n' && (r->at == 0 || r->text[r->at - 1] != '\r'));
}

/* To the next word; false when there is none. */
static bool skip_to_word(struct reader *r)
{
	while (!at_end(r)) {
		char c = r->text[r->at];

		if (c == '#' && r->kind == CONFIG_SOURCE_FILE) {
			skip_comment(r);
		} else if (is_whitespace(c)) {
			if (begins_line(r))
				r->line++;
			r->at++;
		} else {
			return true;
		}
	}
	return false;
}

static struct span span_from(const struct reader *r, size_t start)
{
	return (struct span){.at = r->text + start, .len = r->at - start};
}

static void read_quoted_value(struct reader *r, struct word *word)
{
	size_t start = ++r->at;

	while (!at_end(r) && r->text[r->at] != '"' && !is_line_end(r->text[r->at]))
		r->at++;
	word->value = span_from(r, start);
	if (at_end(r) || r->text[r->at] != '"') {
		word->problem = "the quote does not end";
		return;
	}
	r->at++;
	if (!at_end(r) && !is_whitespace(r->text[r->at]))
		word->problem = "something follows the closing quote";
	while (!at_end(r) && !is_whitespace(r->text[r->at]))
		r->at++;
}

static void read_plain_value(struct reader *r, struct word *word)
{
	size_t start = r->at;

	while (!at_end(r) && !is_whitespace(r->text[r->at]))
		r->at++;
	word->value = span_from(r, start);
}

static void read_key(struct reader *r, struct word *word)
{
	size_t start = r->at;

	while (!at_end(r) && !is_whitespace(r->text[r->at]) && r->text[r->at] != '=')
		r->at++;
	word->key = span_from(r, start);
	word->has_value = !at_end(r) && r->text[r->at] == '=';
}

static struct word read_word(struct reader *r)
{
	struct word word = {.line = r->line};
	size_t start = r->at;

	read_key(r, &word);
	if (word.has_value) {
		r->at++;
		if (!at_end(r) && r->text[r->at] == '"')
			read_quoted_value(r, &word);
		else
			read_plain_value(r, &word);
	}
	word.whole = span_from(r, start);
	return word;
}

/* --- faults ------------------------------------------------------------------------------------ */

static const struct config_key *find_key(const struct config_tables *tables, struct span name);

static bool has_secret(const struct config_key *key)
{
	return key != NULL && (key->traits & ~(unsigned)CONFIG_LIST) != 0;
}

/* The value as the log may show it, in `buf` where that is not the value itself. */
static struct span shown_value(const struct config_key *key, struct span value, char *buf, size_t cap)
{
	struct strbuf sb = strbuf_on(buf, cap);

	if (!has_secret(key))
		return value;
	config_show(&sb, key->traits, value.at, value.len);
	return (struct span){buf, strbuf_stored(&sb)};
}

/* A word with a secret in it, in `buf`: key=value as the log may show it. */
static struct span shown_word(const struct config_key *key, const struct word *word, char *buf,
			      size_t cap)
{
	struct strbuf sb = strbuf_on(buf, cap);

	strbuf_mem(&sb, word->key.at, word->key.len);
	strbuf_char(&sb, '=');
	config_show(&sb, key->traits, word->value.at, word->value.len);
	return (struct span){buf, strbuf_stored(&sb)};
}

static bool names_one(unsigned *named, unsigned *more, unsigned most)
{
	unsigned *counts = *named < most ? named : more;

	(*counts)++;
	return counts == named;
}

bool config_names_fault(const struct config_tables *tables)
{
	struct config_tally *t = tables->tally;

	return t == NULL || names_one(&t->faults, &t->more_faults, CONFIG_FAULTS_NAMED);
}

static bool names_value(const struct config_tables *tables)
{
	struct config_tally *t = tables->tally;

	return t == NULL || names_one(&t->values, &t->more_values, CONFIG_VALUES_NAMED);
}

void config_report_more(const struct config_tables *tables, struct event_sink *events)
{
	const struct config_tally *t = tables->tally;

	if (t != NULL && t->more_faults + t->more_values > 0)
		event_emit(events, EVENT_CONFIG_MORE, 0, 0, EV_U64("faults", t->more_faults),
			   EV_U64("words", t->more_values));
}

static void name_fault(struct reader *r, const struct word *word, const char *problem,
		       const char *allowed)
{
	char value_buf[SHOWN_MAX + 1], word_buf[SHOWN_MAX + 1];
	const struct config_key *key = find_key(r->tables, word->key);
	const struct config_key *meant = key != NULL ? NULL : config_nearest_key(
							r->tables, word->key.at, word->key.len);
	const struct config_key *like = key != NULL ? key : meant; /* whose secrets are in it */
	bool is_file = r->kind == CONFIG_SOURCE_FILE, has_list = allowed != NULL && allowed[0] != '\0';
	struct span value = shown_value(like, word->value, value_buf, sizeof(value_buf));
	struct span shown = word->shown.at != NULL ? word->shown : word->whole;

	if (has_secret(like) && word->has_value)
		shown = shown_word(like, word, word_buf, sizeof(word_buf));

	event_emit(r->events, EVENT_CONFIG_BAD, 0, 0, EV_STR("source", r->source),
		   EV_IF(is_file, EV_U64("line", word->line)),
		   EV_TEXT("text", shown.at, MIN(shown.len, SHOWN_MAX)),
		   EV_TEXT("key", word->key.at, MIN(word->key.len, SHOWN_MAX)),
		   EV_IF(word->has_value,
			 EV_TEXT("value", value.at, MIN(value.len, SHOWN_MAX))),
		   EV_STR("problem", problem),
		   EV_IF(meant != NULL && allowed != NULL,
			 EV_STR("meant", meant != NULL ? meant->name : "")),
		   EV_IF(has_list, EV_STR("allowed", has_list ? allowed : "")));
}

/* `allowed`: NULL where that is not what is wrong; "" where it has been said. */
static void report_fault(struct reader *r, const struct word *word, const char *problem,
			 const char *allowed)
{
	r->faults++;
	if (config_names_fault(r->tables))
		name_fault(r, word, problem, allowed);
}

void config_report_missing(const char *key, const char *problem, const char *allowed,
			   struct event_sink *events)
{
	event_emit(events, EVENT_CONFIG_BAD, 0, 0, EV_STR("source", "configuration"),
		   EV_STR("text", key), EV_STR("key", key), EV_STR("problem", problem), EV_STR("allowed", allowed));
}

/* The names of all keys, for a message. */
static void list_keys(struct strbuf *sb, const struct config_tables *tables)
{
	for (size_t t = 0; t < ARRAY_LEN(tables->keys); t++) {
		for (size_t i = 0; i < tables->count[t]; i++) {
			if (sb->len > 0)
				strbuf_str(sb, ", ");
			strbuf_str(sb, tables->keys[t][i].name);
		}
	}
}

static void report_unknown(struct reader *r, const struct word *word, const char *problem)
{
	static char names[1024];
	struct strbuf sb = strbuf_on(names, sizeof(names));
	struct config_tally *t = r->tables->tally;

	if (t == NULL || !t->keys_listed)
		list_keys(&sb, r->tables);
	else
		names[0] = '\0';
	if (t != NULL)
		t->keys_listed = true;
	report_fault(r, word, problem, names);
}

/* Says which byte is not printable ASCII; false when all are. */
static bool report_strange_byte(struct reader *r, const struct word *word)
{
	for (size_t i = 0; i < word->whole.len; i++) {
		char c = word->whole.at[i], problem[48];
		struct strbuf sb = strbuf_on(problem, sizeof(problem));

		if (c >= 0x20 && c <= 0x7e)
			continue;
		strbuf_str(&sb, "byte 0x");
		strbuf_hex(&sb, (uint8_t)c, 2);
		strbuf_str(&sb, " is not printable ASCII");
		report_fault(r, word, problem, NULL);
		return true;
	}
	return false;
}

/* --- keys --------------------------------------------------------------------------------------- */

static const struct config_key *find_key(const struct config_tables *tables, struct span name)
{
	for (size_t t = 0; t < ARRAY_LEN(tables->keys); t++) {
		for (size_t i = 0; i < tables->count[t]; i++) {
			if (span_is(name, tables->keys[t][i].name))
				return &tables->keys[t][i];
		}
	}
	return NULL;
}

/* What hypervisors and boot loaders add to a command line by themselves. */
static bool is_platform_word(const struct reader *r, struct span name)
{
	static const char *const names[] = {"virtio_mmio.device", "BOOT_IMAGE"};

	for (size_t i = 0; i < ARRAY_LEN(names) && r->kind != CONFIG_SOURCE_FILE; i++) {
		if (span_is(name, names[i]))
			return true;
	}
	return false;
}

static void begin_list(struct config_list *list, const char *source)
{
	if (list->source == NULL || strcmp(list->source, source) != 0)
		*list = (struct config_list){.count = 0, .source = source};
}

static void set_key(struct reader *r, const struct config_key *key, const struct word *word)
{
	static char shown_buf[CONFIG_TEXT_MAX];
	const char *problem = "longer than 2047 bytes";
	struct span shown;

	_Static_assert(CONFIG_TEXT_MAX == 2048, "the message above says so");
	if ((key->traits & CONFIG_LIST) != 0)
		begin_list(key->dst, r->source);
	if (word->value.len < CONFIG_TEXT_MAX)
		problem = key->set(key->dst, word->value.at, word->value.len);
	if (problem != NULL) {
		report_fault(r, word, problem, key->allowed);
		return;
	}
	if (!names_value(r->tables))
		return;
	shown = shown_value(key, word->value, shown_buf, sizeof(shown_buf));
	event_emit(r->events, EVENT_CONFIG, 0, 0, EV_STR("key", key->name),
		   EV_TEXT("value", shown.at, shown.len), EV_STR("source", r->source));
}

static void judge_word(struct reader *r, const struct word *word, const struct config_key *key)
{
	if (is_platform_word(r, word->key) || report_strange_byte(r, word))
		return;
	if (!word->has_value)
		report_unknown(r, word, key != NULL ? "has no value: write key=value"
						    : "is not key=value");
	else if (key == NULL)
		report_unknown(r, word, "unknown key");
	else if (word->problem != NULL)
		report_fault(r, word, word->problem, key->allowed);
	else
		set_key(r, key, word);
}

static void read_word_value(struct reader *r, const struct word *word)
{
	const struct config_key *key = find_key(r->tables, word->key);
	unsigned before = r->faults;

	judge_word(r, word, key);
	if (key != NULL && key->at_fault != NULL && r->faults > before)
		*key->at_fault = true;
}

/* --- sources ------------------------------------------------------------------------------------ */

static size_t byte_order_mark_len(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* A file in UTF-16 would give a fault per letter: one for all of it says more. */
static bool is_utf16(const char *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static unsigned report_utf16(const struct config_tables *tables, const char *source,
			     struct event_sink *events)
{
	if (!config_names_fault(tables))
		return 1;
	event_emit(events, EVENT_CONFIG_BAD, 0, 0, EV_STR("source", source),
		   EV_STR("problem", "the text is UTF-16"), EV_STR("allowed", "ASCII or UTF-8"));
	return 1;
}

/* A command line may come with its terminator; a NUL in a file is a fault. */
static size_t text_len(enum config_source_kind kind, const char *text, size_t len)
{
	const char *nul = kind == CONFIG_SOURCE_LINE && len > 0 ? memchr(text, '\0', len) : NULL;

	return nul != NULL ? (size_t)(nul - text) : len;
}

unsigned config_read(const struct config_tables *tables, enum config_source_kind kind,
		     const char *source, const char *text, size_t len, struct event_sink *events)
{
	struct reader r = {.tables = tables, .kind = kind, .source = source, .events = events,
			   .text = text, .len = text_len(kind, text, len), .line = 1};

	if (is_utf16(text, len))
		return report_utf16(tables, source, events);
	if (kind == CONFIG_SOURCE_FILE)
		r.at = byte_order_mark_len(text, len);
	while (skip_to_word(&r)) {
		struct word word = read_word(&r);
		read_word_value(&r, &word);
	}
	return r.faults;
}

/* --- a word alone ------------------------------------------------------------------------------- */

static unsigned read_single(const struct config_tables *tables, const char *source,
			   const struct word *word, struct event_sink *events)
{
	struct reader r = {.tables = tables, .kind = CONFIG_SOURCE_LINE, .source = source,
			   .events = events};

	read_word_value(&r, word);
	return r.faults;
}

unsigned config_read_pair(const struct config_tables *tables, const char *source, const char *text,
			  size_t len, struct event_sink *events)
{
	const char *equals = len > 0 ? memchr(text, '=', len) : NULL;
	size_t key_len = equals != NULL ? (size_t)(equals - text) : len;
	struct word word = {
		.has_value = equals != NULL,
		.key = {text, key_len},
		.whole = {text, len},
	};

	if (equals != NULL)
		word.value = (struct span){equals + 1, len - key_len - 1};
	return read_single(tables, source, &word, events);
}

unsigned config_read_value(const struct config_tables *tables, const char *source, const char *key,
			   size_t key_len, const char *value, size_t len, struct event_sink *events)
{
	char text[SHOWN_MAX + 1];
	struct strbuf sb = strbuf_on(text, sizeof(text));
	struct word word = {
		.has_value = true,
		.key = {key, key_len},
		.value = {value, len},
		.whole = {value, len},
	};

	strbuf_mem(&sb, key, key_len);
	strbuf_char(&sb, '=');
	strbuf_mem(&sb, value, len);
	word.shown = (struct span){text, strbuf_stored(&sb)};
	return read_single(tables, source, &word, events);
}
