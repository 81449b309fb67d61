/*
 * SPDX-License-Identifier: MIT
 *
 * Paths of URLs (RFC 3986 3.3 and 5.2.4).
 */
#ifndef APP_HTTP_URL_PATH_H
#define APP_HTTP_URL_PATH_H

#include "base/compiler.h"

/* Where the last segment of path[0..len) begins, its slash included; 0 where there is none. */
size_t url_last_segment(const char *path, size_t len);
/* Takes . and .. out of a path that begins with a slash, in place, %2e being a dot as well; its length
 * then. */
size_t url_remove_dot_segments(char *path, size_t len);

#endif
