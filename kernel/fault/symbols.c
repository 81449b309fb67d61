/*
 * SPDX-License-Identifier: MIT
 *
 * Names for code addresses, for backtraces.  tools/gen_symbols.py writes the table between two
 * passes of the linker: for each function in address order the distance from the one before
 * (variable-length, seven bits a byte, low first), the number of leading characters its name shares
 * with the name before, the rest of the name, a NUL.  The rest is compressed: a byte from 0x80 on
 * stands for a pair of bytes in symbol_pairs, which may be such bytes again, of earlier pairs
 * (byte pair encoding).  The table is read from the front at each look-up: that happens a few times,
 * at the end of a run that went wrong.
 */
#include "base/compiler.h"
#include "base/strbuf.h"
#include "base/string.h"
#include "kernel/arch/image.h"
#include "kernel/panic.h"

#define NAME_MAX 64 /* the generator cuts longer ones */

#define FIRST_PAIR 0x80

extern const uint8_t symbol_pairs[][2], symbol_table[], symbol_table_end[];

struct symbol {
	uint64_t start; /* offset in the text */
	char name[NAME_MAX];
};

/* Appends the characters that `code` stands for at `name[at]`, as far as they fit; where the next goes. */
static size_t append_code(char *name, size_t at, uint8_t code)
{
	if (code >= FIRST_PAIR) {
		const uint8_t *pair = symbol_pairs[code - FIRST_PAIR];

		return append_code(name, append_code(name, at, pair[0]), pair[1]);
	}
	if (at < NAME_MAX - 1)
		name[at++] = (char)code;
	return at;
}

/* Reads the next entry over the one before. */
static const uint8_t *symbol_next(const uint8_t *p, struct symbol *symbol)
{
	uint64_t distance = 0;
	unsigned shift = 0;
	size_t at;

	do {
		distance |= (uint64_t)(*p & 0x7f) << shift;
		shift += 7;
	} while (*p++ & 0x80);
	symbol->start += distance;
	at = *p++;
	while (*p != '\0')
		at = append_code(symbol->name, at, *p++);
	symbol->name[at] = '\0';
	return p + 1;
}

/* Writes where `address` lies, by the function that `inside` lies in. */
static void write_name(struct strbuf *sb, uint64_t address, uint64_t inside)
{
	uint64_t offset = inside - (uint64_t)image_text_start;
	struct symbol next = {0}, found = {0};

	if (offset < (uint64_t)(image_text_end - image_text_start)) {
		for (const uint8_t *p = symbol_table; p < symbol_table_end;) {
			p = symbol_next(p, &next);
			if (next.start > offset)
				break;
			found = next;
		}
	}
	if (found.name[0] == '\0') {
		strbuf_char(sb, '?');
		return;
	}
	strbuf_str(sb, found.name);
	strbuf_str(sb, "+0x");
	strbuf_hex(sb, address - (uint64_t)image_text_start - found.start, 1);
}

void symbol_name(struct strbuf *sb, uint64_t address)
{
	write_name(sb, address, address);
}

/* A call that does not return may be its function's last instruction: then the return address is
 * the next function's first. */
void symbol_name_of_return(struct strbuf *sb, uint64_t address)
{
	write_name(sb, address, address - 1);
}
