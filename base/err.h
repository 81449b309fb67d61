/*
 * SPDX-License-Identifier: MIT
 *
 * The one error type.  Values are the negative Linux errno numbers, so that a socket call
 * fails with the number its users know; 0 is success; functions that return a count or a
 * descriptor return `int` with these as their negative values.
 *
 * Three classes of faults (and only the middle one uses this type): bytes from outside are
 * counted and dropped; a missing resource or a refusal is returned; a programming error asserts.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
	ERR_OK = 0,
	ERR_NOENT = -2,
	ERR_INTR = -4,
	ERR_IO = -5,
	ERR_NXIO = -6,
	ERR_BADF = -9,
	ERR_AGAIN = -11,
	ERR_NOMEM = -12,
	ERR_ACCES = -13,
	ERR_BUSY = -16,
	ERR_NODEV = -19,
	ERR_INVAL = -22,
	ERR_MFILE = -24,
	ERR_NOSPC = -28,
	ERR_PIPE = -32,
	ERR_RANGE = -34,
	ERR_PROTO = -71,
	ERR_NOTSOCK = -88,
	ERR_DESTADDRREQ = -89,
	ERR_MSGSIZE = -90,
	ERR_NOPROTOOPT = -92,
	ERR_PROTONOSUPPORT = -93,
	ERR_OPNOTSUPP = -95,
	ERR_AFNOSUPPORT = -97,
	ERR_ADDRINUSE = -98,
	ERR_ADDRNOTAVAIL = -99,
	ERR_NETDOWN = -100,
	ERR_NETUNREACH = -101,
	ERR_CONNABORTED = -103,
	ERR_CONNRESET = -104,
	ERR_NOBUFS = -105,
	ERR_ISCONN = -106,
	ERR_NOTCONN = -107,
	ERR_SHUTDOWN = -108,
	ERR_TIMEDOUT = -110,
	ERR_CONNREFUSED = -111,
	ERR_HOSTUNREACH = -113,
	ERR_ALREADY = -114,
	ERR_INPROGRESS = -115,
};

/* "connection refused" and the like: a short lower-case phrase, never NULL. */
const char *err_text(int err);

#endif
