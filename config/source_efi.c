/*
 * SPDX-License-Identifier: MIT
 *
 * EFI LoadOptions as a source of configuration: UCS-2 text that a person or a shell gave, or
 * whatever else a firmware keeps there (UEFI 2.10, 3.1.3: "binary data ... passed to the loaded
 * image"); the latter is said and left alone.
 */
#include "base/bytes.h"
#include "base/strbuf.h"
#include "config/config.h"

#define SOURCE "EFI load options"
#define OPTIONS_MAX 4096u /* characters */

static bool is_text_unit(uint16_t unit)
{
	return (unit >= 0x20 && unit <= 0x7e) || unit == '\t' || unit == '\r' || unit == '\n';
}

/* Units before the terminator. */
static size_t text_units(const uint8_t *raw, size_t units)
{
	size_t n = 0;

	while (n < units && load_le16(raw + 2 * n) != 0)
		n++;
	return n;
}

/* Text may hold a foreign letter, which is then a fault with a name; something of which a quarter
 * is no ASCII is no text. */
static bool looks_like_text(const uint8_t *raw, size_t units)
{
	size_t strange = 0;

	for (size_t i = 0; i < units; i++)
		strange += !is_text_unit(load_le16(raw + 2 * i));
	return strange <= units / 4;
}

static unsigned note(struct event_sink *events, const char *text)
{
	event_emit(events, EVENT_CONFIG_NOTE, 0, 0, EV_STR("source", SOURCE), EV_STR("note", text));
	return 0;
}

/* Are the units only zeros, the terminator and what fills the rest? */
static bool is_padding(const uint8_t *raw, size_t units)
{
	for (size_t i = 0; i < units; i++)
		if (load_le16(raw + 2 * i) != 0)
			return false;
	return true;
}

/* One byte a unit; what is no ASCII becomes a byte that config_read() will name. */
static void narrow(char *dst, const uint8_t *raw, size_t units)
{
	for (size_t i = 0; i < units; i++) {
		uint16_t unit = load_le16(raw + 2 * i);

		dst[i] = (char)(unit < 0x100 ? unit : 0xff);
	}
}

/* Where the text begins behind the loader's own name, if a shell put that first. */
static size_t skip_own_name(const char *text, size_t len)
{
	size_t end = 0;

	while (end < len && text[end] != ' ' && text[end] != '\t') {
		if (text[end] == '=')
			return 0;
		end++;
	}
	return end;
}

unsigned config_read_load_options(const struct config_tables *tables, const void *raw, size_t len,
				  struct event_sink *events)
{
	static char text[OPTIONS_MAX];
	size_t units = text_units(raw, len / 2);
	size_t skip;

	if (units == 0 && len < 4)
		return 0;
	if (units == 0 || len % 2 != 0 || !looks_like_text(raw, units))
		return note(events, "not text, ignored");
	if (units > OPTIONS_MAX) {
		event_emit(events, EVENT_CONFIG_BAD, 0, 0, EV_STR("source", SOURCE),
			   EV_STR("problem", "longer than 4096 characters"));
		return 1;
	}
	if (!is_padding(raw + 2 * units, len / 2 - units))
		note(events, "what stands behind the text's end is ignored");
	narrow(text, raw, units);
	skip = skip_own_name(text, units);
	return config_read(tables, CONFIG_SOURCE_LINE, SOURCE, text + skip, units - skip, events);
}
