/* SPDX-License-Identifier: MIT */
/* Phrases for enum err, in the words of strerror(3), lower case. */
#include "base/err.h"

const char *err_text(int err)
{
	switch (err) {
	case ERR_OK: return "success";
	case ERR_NOENT: return "no such entry";
	case ERR_INTR: return "interrupted";
	case ERR_IO: return "input/output error";
	case ERR_NXIO: return "no such device or address";
	case ERR_BADF: return "bad descriptor";
	case ERR_AGAIN: return "would block";
	case ERR_NOMEM: return "out of memory";
	case ERR_ACCES: return "permission denied";
	case ERR_BUSY: return "busy";
	case ERR_NODEV: return "no such device";
	case ERR_INVAL: return "invalid argument";
	case ERR_MFILE: return "too many descriptors";
	case ERR_NOSPC: return "no space left";
	case ERR_PIPE: return "broken pipe";
	case ERR_RANGE: return "out of range";
	case ERR_PROTO: return "protocol error";
	case ERR_NOTSOCK: return "not a socket";
	case ERR_DESTADDRREQ: return "destination address required";
	case ERR_MSGSIZE: return "message too long";
	case ERR_NOPROTOOPT: return "option not available";
	case ERR_PROTONOSUPPORT: return "protocol not supported";
	case ERR_OPNOTSUPP: return "operation not supported";
	case ERR_AFNOSUPPORT: return "address family not supported";
	case ERR_ADDRINUSE: return "address already in use";
	case ERR_ADDRNOTAVAIL: return "cannot assign requested address";
	case ERR_NETDOWN: return "network is down";
	case ERR_NETUNREACH: return "network is unreachable";
	case ERR_CONNABORTED: return "connection aborted";
	case ERR_CONNRESET: return "connection reset by peer";
	case ERR_NOBUFS: return "no buffer space";
	case ERR_ISCONN: return "already connected";
	case ERR_NOTCONN: return "not connected";
	case ERR_SHUTDOWN: return "cannot send after shutdown";
	case ERR_TIMEDOUT: return "timed out";
	case ERR_CONNREFUSED: return "connection refused";
	case ERR_HOSTUNREACH: return "no route to host";
	case ERR_ALREADY: return "already in progress";
	case ERR_INPROGRESS: return "in progress";
	default: return "unknown error";
	}
}
