/*
 * SPDX-License-Identifier: MIT
 *
 * The key that an unknown one may have been meant to be: the nearest by the
 * number of letters put in, left out, replaced or swapped with their neighbour (Damerau's distance,
 * each place changed once).  Capitals count as small letters.
 */
#include "base/chars.h"
#include "base/string.h"
#include "config/config.h"

#define NAME_MAX_LEN 32u
#define DISTANCE_MAX 2u

/* Three rows of the table are enough: a swap looks two back. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	uint8_t rows[3][NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= a_len; i++) {
		uint8_t *row = rows[i % 3];
		const uint8_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= b_len; j++) {
			char ca = char_lower(a[i - 1]), cb = char_lower(b[j - 1]);
			uint8_t least = MIN(above[j], row[j - 1]);

			least = (uint8_t)MIN(least + 1, above[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == char_lower(b[j - 2]) && char_lower(a[i - 2]) == cb)
				least = (uint8_t)MIN(least, two_above[j - 2] + 1);
			row[j] = least;
		}
	}
	return rows[a_len % 3][b_len];
}

/* One letter in three may be wrong, and two at most: more is another word. */
const struct config_key *config_nearest_key(const struct config_tables *tables, const char *name,
					    size_t len)
{
	const struct config_key *nearest = NULL;
	unsigned least = MIN(DISTANCE_MAX, (unsigned)MIN(len, NAME_MAX_LEN) / 3) + 1;

	for (size_t t = 0; len <= NAME_MAX_LEN && t < ARRAY_LEN(tables->keys); t++) {
		for (size_t i = 0; i < tables->count[t]; i++) {
			const struct config_key *key = &tables->keys[t][i];
			size_t key_len = strlen(key->name);
			unsigned d = key_len <= NAME_MAX_LEN ? distance(name, len, key->name, key_len)
							     : least;

			if (d < least) {
				least = d;
				nearest = key;
			}
		}
	}
	return nearest;
}
