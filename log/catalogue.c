/*
 * SPDX-License-Identifier: MIT
 *
 * The catalogue of log/events.def as a table; see log/format.h.
 *
 * All texts stand in one block and rows hold 16-bit offsets into it: four pointers a row would
 * be 2 KiB of the image, and as much for the loader to relocate.
 */
#include "base/assert.h"
#include "log/format.h"

static const struct catalogue_texts {
#define EVENT(id_, name_, speaker_, step_, arrow_, text_)                                      \
	char id_##_name[sizeof(name_)];                                                        \
	char id_##_speaker[sizeof(speaker_)];                                                  \
	char id_##_arrow[sizeof(arrow_)];                                                      \
	char id_##_text[sizeof(text_)];
#include "log/events.def"
#undef EVENT
} texts = {
#define EVENT(id_, name_, speaker_, step_, arrow_, text_) name_, speaker_, arrow_, text_,
#include "log/events.def"
#undef EVENT
};

/* The name's offset; the other texts follow it, each behind the terminator of the one before. */
static const uint16_t offsets[EVENT_COUNT] = {
#define EVENT(id_, name_, speaker_, step_, arrow_, text_)                                      \
	[EVENT_##id_] = offsetof(struct catalogue_texts, id_##_name),
#include "log/events.def"
#undef EVENT
};

static const uint8_t steps[EVENT_COUNT] = {
#define EVENT(id_, name_, speaker_, step_, arrow_, text_) [EVENT_##id_] = step_,
#include "log/events.def"
#undef EVENT
};

_Static_assert(sizeof(texts) <= UINT16_MAX, "an offset has 16 bits");

struct event_info event_info(enum event_id id)
{
	struct event_info info;

	ASSERT((unsigned)id < EVENT_COUNT);
	info.step = steps[id];
	info.name = (const char *)&texts + offsets[id];
	info.speaker = info.name + __builtin_strlen(info.name) + 1;
	info.arrow = info.speaker + __builtin_strlen(info.speaker) + 1;
	info.text = info.arrow + __builtin_strlen(info.arrow) + 1;
	return info;
}
