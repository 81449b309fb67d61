/* SPDX-License-Identifier: MIT */
/* Lines that wait; see log/hold.h.  Each is stored as kind (1), length (2), bytes. */
#include "log/hold.h"

#include "base/string.h"

#define HEAD_LEN 3u

bool log_hold_add(struct log_hold *hold, uint8_t kind, const char *line, size_t len)
{
	char *to = hold->bytes + hold->used;

	if (len > UINT16_MAX || HEAD_LEN + len > LOG_HOLD_BYTES - hold->used)
		return false;
	to[0] = (char)kind;
	to[1] = (char)(len & 0xff);
	to[2] = (char)(len >> 8);
	memcpy(to + HEAD_LEN, line, len);
	hold->used += HEAD_LEN + len;
	return true;
}

bool log_hold_next(const struct log_hold *hold, size_t *at, struct log_hold_line *line)
{
	const char *from = hold->bytes + *at;

	if (*at >= hold->used)
		return false;
	line->kind = (uint8_t)from[0];
	line->len = (size_t)(uint8_t)from[1] | (size_t)(uint8_t)from[2] << 8;
	line->text = from + HEAD_LEN;
	*at += HEAD_LEN + line->len;
	return true;
}
