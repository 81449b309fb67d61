/* SPDX-License-Identifier: MIT */
/* Counting what was refused, by reason; see base/refused.h. */
#include "base/refused.h"

#include "base/strbuf.h"
#include "base/string.h"

static bool is_same(const struct refused_reason *a, const struct refused_reason *b)
{
	size_t len = strlen(a->text);

	return a->form == b->form && a->value == b->value &&
	       (a->text == b->text || (strlen(b->text) == len && memcmp(a->text, b->text, len) == 0));
}

/* Where the reason is, or the first free place; REFUSED_REASONS_MAX: neither. */
static unsigned find(const struct refused *r, const struct refused_reason *reason,
		     const struct net_addr *from)
{
	unsigned i = 0;

	while (i < REFUSED_REASONS_MAX && r->kept[i].count > 0 &&
	       !(is_same(&r->kept[i].reason, reason) && net_addr_equal(&r->kept[i].from, from)))
		i++;
	return i;
}

static void add(struct refused *r, const struct refused_reason *reason, const struct net_addr *from,
		uint64_t count)
{
	unsigned i = find(r, reason, from);

	r->count += count;
	if (i == REFUSED_REASONS_MAX)
		return;
	r->kept[i].reason = *reason;
	r->kept[i].from = *from;
	r->kept[i].count += count;
}

static const struct net_addr no_address = {.family = NET_FAMILY_NONE};

void refused_add(struct refused *r, struct refused_reason reason)
{
	add(r, &reason, &no_address, 1);
}

void refused_add_from(struct refused *r, const char *text, const struct net_addr *from)
{
	const struct refused_reason reason = {.text = text, .form = REFUSED_ADDRESS};

	add(r, &reason, from, 1);
}

void refused_remove(struct refused *r, struct refused_reason reason)
{
	unsigned i = find(r, &reason, &no_address);

	if (i == REFUSED_REASONS_MAX || r->kept[i].count == 0)
		return;
	r->count--;
	if (--r->kept[i].count > 0)
		return;
	for (; i + 1 < REFUSED_REASONS_MAX; i++)
		r->kept[i] = r->kept[i + 1];
	r->kept[i].count = 0;
}

void refused_merge(struct refused *r, const struct refused *other)
{
	uint64_t rest;

	if (other == NULL)
		return;
	rest = other->count;
	for (unsigned i = 0; i < REFUSED_REASONS_MAX && other->kept[i].count > 0; i++) {
		add(r, &other->kept[i].reason, &other->kept[i].from, other->kept[i].count);
		rest -= other->kept[i].count;
	}
	r->count += rest;
}

/* --- in words ---------------------------------------------------------------------------------- */

static void append_reason(struct strbuf *sb, const struct refused_reason *reason,
			  const struct net_addr *from)
{
	strbuf_str(sb, reason->form == REFUSED_FAULT ? "because " : "");
	strbuf_str(sb, reason->text);
	if (reason->form != REFUSED_NUMBER && reason->form != REFUSED_ADDRESS)
		return;
	strbuf_char(sb, ' ');
	if (reason->form == REFUSED_NUMBER)
		strbuf_u64(sb, reason->value);
	else
		strbuf_addr(sb, from);
}

static uint64_t not_kept(const struct refused *r)
{
	uint64_t rest = r->count;

	for (unsigned i = 0; i < REFUSED_REASONS_MAX; i++)
		rest -= r->kept[i].count;
	return rest;
}

void refused_write_reasons(struct strbuf *sb, const struct refused *r)
{
	uint64_t rest = not_kept(r);

	for (unsigned i = 0; i < REFUSED_REASONS_MAX && r->kept[i].count > 0; i++) {
		strbuf_str(sb, i > 0 ? ", " : "");
		strbuf_u64(sb, r->kept[i].count);
		strbuf_char(sb, ' ');
		append_reason(sb, &r->kept[i].reason, &r->kept[i].from);
	}
	if (rest == 0)
		return;
	strbuf_str(sb, ", ");
	strbuf_u64(sb, rest);
	strbuf_str(sb, rest == 1 ? " for another reason" : " for other reasons");
}

const char *refused_why(char text[REFUSED_TEXT_MAX], const struct refused *r)
{
	struct strbuf sb = strbuf_on(text, REFUSED_TEXT_MAX);

	text[0] = '\0';
	refused_write_reasons(&sb, r);
	return text;
}

void refused_write(struct strbuf *sb, const struct refused *r)
{
	bool single = r->kept[0].count == r->count;

	strbuf_u64(sb, r->count);
	strbuf_str(sb, r->count == 1 ? " answer refused: " : " answers refused: ");
	if (!single) {
		refused_write_reasons(sb, r);
		return;
	}
	if (r->kept[0].reason.form != REFUSED_FAULT)
		strbuf_str(sb, r->count == 1 ? "it " : "all ");
	append_reason(sb, &r->kept[0].reason, &r->kept[0].from);
}

void refused_append(struct strbuf *sb, const char *before, const struct refused *r, const char *after)
{
	if (r->count == 0)
		return;
	strbuf_str(sb, before);
	refused_write(sb, r);
	strbuf_str(sb, after);
}

static void append_times(struct strbuf *sb, uint64_t n)
{
	if (n == 1) {
		strbuf_str(sb, "once");
		return;
	}
	strbuf_u64(sb, n);
	strbuf_str(sb, " times");
}

void refused_write_said(struct strbuf *sb, const struct refused *r)
{
	uint64_t rest = not_kept(r);

	for (unsigned i = 0; i < REFUSED_REASONS_MAX && r->kept[i].count > 0; i++) {
		strbuf_str(sb, i > 0 ? ", " : "");
		append_times(sb, r->kept[i].count);
		strbuf_str(sb, " '");
		strbuf_str(sb, r->kept[i].reason.text);
		strbuf_str(sb, "' from ");
		strbuf_addr(sb, &r->kept[i].from);
	}
	if (rest == 0)
		return;
	strbuf_str(sb, ", ");
	append_times(sb, rest);
	strbuf_str(sb, " something else");
}
