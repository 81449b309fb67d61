/*
 * SPDX-License-Identifier: MIT
 *
 * The exit status of a run: curl's numbers where curl has one, numbers above its range for what
 * only a machine can say.  16 is never used (isa-debug-exit needs it for success), none is
 * above 127 (so that (n << 1) | 1 fits a process's exit byte).
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum status {
	STATUS_OK = 0,
	STATUS_UNSUPPORTED_PROTOCOL = 1, /* scheme not supported, or the answer is not HTTP */
	STATUS_BAD_CONFIG = 2,
	STATUS_URL_MALFORMED = 3,
	STATUS_NAME_NOT_RESOLVED = 6,
	STATUS_COULD_NOT_CONNECT = 7,    /* refused, unreachable, no ARP answer */
	STATUS_WEIRD_REPLY = 8,          /* HTTP that cannot be understood */
	STATUS_PARTIAL_BODY = 18,
	STATUS_HTTP_STATUS = 22,         /* status outside the expectation */
	STATUS_OUT_OF_MEMORY = 27,
	STATUS_TIMED_OUT = 28,
	STATUS_TLS_HANDSHAKE = 35,
	STATUS_TOO_MANY_REDIRECTS = 47,
	STATUS_EMPTY_REPLY = 52,
	STATUS_SEND_FAILED = 55,
	STATUS_RECEIVE_FAILED = 56,
	STATUS_TLS_CERTIFICATE = 60,
	STATUS_BAD_CONTENT_ENCODING = 61, /* unknown transfer coding */
	STATUS_BODY_TOO_LARGE = 63,
	STATUS_HEADER_TOO_LARGE = 100,
	STATUS_NO_DEVICE = 110,
	STATUS_NO_ADDRESS = 111,
	STATUS_EXPECT_FAILED = 112,
	STATUS_WEAK_ENTROPY = 113, /* entropy=require, and the random generator is not well seeded */
	STATUS_PANIC = 119,
};

/* How a machine ends. */
enum exit_way { EXIT_POWEROFF, EXIT_REBOOT, EXIT_HALT };

#endif
