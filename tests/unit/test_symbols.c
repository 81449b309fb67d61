/* SPDX-License-Identifier: MIT */
/* kernel/fault/symbols: look-ups in a table written by hand, in the form that tools/gen_symbols.py makes. */
#include <stdlib.h>
#include <string.h>

#include "kernel/fault/symbols.c"
#include "tests/runner/unit.h"

/* A text of 0x500 bytes. */
char image_text_start[0x500];
__asm__(".globl image_text_end\n.set image_text_end, image_text_start + 0x500");

/* "tcp_ack" at 0x10, "tcp_output" at 0x20, "main" at 0x220 (a distance of two bytes), one with the
 * longest name, at 0x230, and "put_output_put" at 0x400: the first pair is "pu", the second the first
 * and "t", the third "_" and "o". */
__asm__(".section .rodata\n"
	".globl symbol_pairs, symbol_table, symbol_table_end\n"
	"symbol_pairs:\n"
	".ascii \"pu\"\n.byte 0x80, 't'\n.ascii \"_o\"\n"
	"symbol_table:\n"
	".byte 0x10, 0\n.asciz \"tcp_ack\"\n"
	".byte 0x10, 4\n.ascii \"out\"\n.byte 0x81, 0\n"
	".byte 0x80, 0x04, 0\n.asciz \"main\"\n"
	".byte 0x10, 0\n.fill 63, 1, 'x'\n.byte 0\n"
	".byte 0xd0, 0x03, 0, 0x81, 0x82, 'u', 't', 0x81, '_', 0x81, 0\n"
	"symbol_table_end:\n"
	".text");

static void check(uint64_t offset, const char *want)
{
	char text[80];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	symbol_name(&sb, (uint64_t)image_text_start + offset);
	assert_string_equal(text, want);
}

TEST(names_and_offsets)
{
	check(0x10, "tcp_ack+0x0");
	check(0x1f, "tcp_ack+0xf");
	check(0x20, "tcp_output+0x0");
	check(0x21f, "tcp_output+0x1ff");
	check(0x220, "main+0x0");
	check(0x3ff, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx+0x1cf");
	check(0x4ff, "put_output_put+0xff");
}

TEST(outside_there_is_none)
{
	check(0xf, "?"); /* before the first */
	check(0x500, "?");
	check(0 - UINT64_C(1), "?");
	check(0 - (uint64_t)image_text_start, "?"); /* address 0 */
}

TEST(a_return_address_belongs_to_its_call)
{
	char text[80];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	symbol_name_of_return(&sb, (uint64_t)image_text_start + 0x20);
	assert_string_equal(text, "tcp_ack+0x10");
	sb = strbuf_on(text, sizeof(text));
	symbol_name_of_return(&sb, (uint64_t)image_text_start + 0x21);
	assert_string_equal(text, "tcp_output+0x1");
}
