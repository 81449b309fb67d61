/*
 * SPDX-License-Identifier: MIT
 *
 * What came while something was waited for, and why it was not what was waited for.  Each waiting
 * party (an exchange of DHCP, a neighbour that is being asked for, a port, a connection) owns one;
 * zeroed, it is empty.  Bounded: all are counted, the first three different reasons are kept.
 *
 * A reason's text is a static string: a phrase in the past tense that follows "it", "all" or a number
 * ("had a bad UDP checksum"), or a whole sentence behind "because".
 */
#ifndef BASE_REFUSED_H
#define BASE_REFUSED_H

#include "base/compiler.h"
#include "base/net_addr.h"

struct strbuf;

#define REFUSED_REASONS_MAX 3u
#define REFUSED_TEXT_MAX 400u /* room for what refused_write() writes, with usual reasons */

enum refused_form {
	REFUSED_PHRASE,  /* "had a bad UDP checksum" */
	REFUSED_NUMBER,  /* "came in VLAN" and the value */
	REFUSED_ADDRESS, /* "came from" and the address: refused_add_from() */
	REFUSED_FAULT,   /* "because" and the text: a sentence */
};

struct refused_reason {
	const char *text;
	uint32_t value; /* of REFUSED_NUMBER */
	uint8_t form; /* enum refused_form */
};

struct refused {
	uint64_t count; /* all of them */
	struct {
		struct refused_reason reason;
		struct net_addr from; /* of REFUSED_ADDRESS */
		uint64_t count; /* 0: free, and so are those behind it */
	} kept[REFUSED_REASONS_MAX];
};

#define REFUSED(text_) ((struct refused_reason){.text = (text_)})
#define REFUSED_WITH(text_, form_, value_) \
	((struct refused_reason){.text = (text_), .form = (form_), .value = (value_)})

void refused_add(struct refused *r, struct refused_reason reason);
/* A REFUSED_ADDRESS: the words, which end in "from", and the address (a reason alone fits in registers). */
void refused_add_from(struct refused *r, const char *text, const struct net_addr *from);
/* One that was added turns out to be in order after all. */
void refused_remove(struct refused *r, struct refused_reason reason);
/* Adds what the other has; NULL: nothing. */
void refused_merge(struct refused *r, const struct refused *other);

/* "3 had a bad UDP checksum, 2 came in VLAN 7"; with more reasons than are kept "..., 4 for other
 * reasons".  Nothing where it is empty. */
void refused_write_reasons(struct strbuf *sb, const struct refused *r);
/* "5 answers refused: " and that; "1 answer refused: it had a bad UDP checksum". */
void refused_write(struct strbuf *sb, const struct refused *r);
/* The same behind `before` and in front of `after` (" (" and ")"); nothing at all where it is empty. */
void refused_append(struct strbuf *sb, const char *before, const struct refused *r, const char *after);

/* refused_write_reasons() as a string, for an event's field refused_why. */
const char *refused_why(char text[REFUSED_TEXT_MAX], const struct refused *r);

/* The same bounded count for what others said: each is a refused_add_from(), the words and who
 * said them.  "3 times 'host unreachable' from 192.0.2.1, once 'time exceeded' from 192.0.2.9". */
void refused_write_said(struct strbuf *sb, const struct refused *r);

#endif
