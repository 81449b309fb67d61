/* The catalogue of base/events.def as a table; see kernel/log/format.h. */
#include "base/assert.h"
#include "kernel/log/format.h"

static const struct event_info catalogue[EVENT_COUNT] = {
#define EVENT(id_, name_, speaker_, step_, arrow_, text_)                                      \
	[EVENT_##id_] = {                                                                      \
		.name = name_, .speaker = speaker_, .arrow = arrow_, .text = text_, .step = step_},
#include "base/events.def"
#undef EVENT
};

const struct event_info *event_info(enum event_id id)
{
	ASSERT((unsigned)id < EVENT_COUNT);
	return &catalogue[id];
}
