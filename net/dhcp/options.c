/*
 * SPDX-License-Identifier: MIT
 *
 * The options of a DHCP message; see net/dhcp/options.h.
 *
 * DEVIATION: RFC 2131 4.1 (and RFC 3396) join the values of an option that comes more than once, whatever
 * the option.  Here only those are joined that can be longer than one option; of an option of fixed
 * length the first copy of that length counts.  A server whose administrator has added an option that
 * the server sends anyway says it twice, and joined the two make no value at all.
 */
#include "net/dhcp/options.h"

#include "base/string.h"

/* Steps over one option; false at the end.  *sound turns false where it reaches past the area. */
static bool next_option(const struct span *a, size_t *at, uint8_t *code, struct span *value,
			bool *sound)
{
	const uint8_t *p = span_bytes(*a);

	while (*at < a->len && p[*at] == DHCP_OPT_PAD)
		++*at;
	/* A missing END is forgiven: the area ends all the same. */
	if (*at >= a->len || p[*at] == DHCP_OPT_END)
		return false;
	if (a->len - *at < 2 || a->len - *at - 2 < p[*at + 1]) {
		*sound = false;
		return false;
	}
	*code = p[*at];
	*value = (struct span){a->at + *at + 2, p[*at + 1]};
	*at += 2u + p[*at + 1];
	return true;
}

/* Goes through the copies of one option, in all areas. */
struct cursor {
	const struct dhcp_areas *all;
	unsigned area;
	size_t at;
};

static bool next_copy(struct cursor *c, uint8_t wanted, struct span *value)
{
	bool sound = true;
	uint8_t code;

	for (; c->area < c->all->n; c->area++, c->at = 0)
		while (next_option(&c->all->area[c->area], &c->at, &code, value, &sound))
			if (code == wanted)
				return true;
	return false;
}

unsigned dhcp_option_fixed(const struct dhcp_areas *all, uint8_t code, size_t len,
			   const uint8_t **value)
{
	struct cursor c = {.all = all};
	struct span copy;
	unsigned copies = 0;

	*value = NULL;
	for (; next_copy(&c, code, &copy); copies++)
		if (*value == NULL && copy.len == len)
			*value = span_bytes(copy);
	return copies;
}

size_t dhcp_option_joined(const struct dhcp_areas *all, uint8_t code, uint8_t *buf, size_t cap)
{
	struct cursor c = {.all = all};
	struct span fragment;
	size_t len = 0;

	while (next_copy(&c, code, &fragment)) {
		size_t n = MIN(fragment.len, cap - len);

		if (n == 0 || (n == len && memcmp(buf, fragment.at, n) == 0))
			continue;
		memcpy(buf + len, fragment.at, n);
		len += n;
	}
	return len;
}

static bool is_sound(const struct span *a)
{
	struct span value;
	uint8_t code;
	size_t at = 0;
	bool sound = true;

	while (next_option(a, &at, &code, &value, &sound))
		continue;
	return sound;
}

/* RFC 2132 9.3: the fields `file` and `sname` may hold options as well, in this order. */
bool dhcp_find_areas(const uint8_t *p, size_t len, struct dhcp_areas *all)
{
	const uint8_t *overload;
	bool sound = true;

	all->area[0] = (struct span){(const char *)p + DHCP_OFF_OPTIONS, len - DHCP_OFF_OPTIONS};
	all->n = 1;
	(void)dhcp_option_fixed(all, DHCP_OPT_OVERLOAD, 1, &overload);
	if (overload != NULL && (*overload & 1) != 0)
		all->area[all->n++] = (struct span){(const char *)p + DHCP_OFF_FILE, DHCP_FILE_LEN};
	if (overload != NULL && (*overload & 2) != 0)
		all->area[all->n++] = (struct span){(const char *)p + DHCP_OFF_SNAME, DHCP_SNAME_LEN};
	for (unsigned i = 0; i < all->n; i++)
		sound &= is_sound(&all->area[i]);
	return sound;
}
