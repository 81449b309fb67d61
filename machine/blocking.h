/*
 * SPDX-License-Identifier: MIT
 *
 * Blocking socket calls: the textbook's socket(), connect(), send(), recv(), close() over the
 * non-blocking ones of net/socket.h.  Waiting is running the machine's idle loop until the socket
 * is ready or the deadline passes.  One context: these calls are not re-entrant.
 */
#ifndef MACHINE_BLOCKING_H
#define MACHINE_BLOCKING_H

#include "base/compiler.h"
#include "machine/machine.h"
#include "machine/progress.h"
#include "net/socket.h"

/* One turn of a wait, and of what goes on beside it: sleeps until something happened or `deadline_ns`
 * has come, or until it is time for a sign of life, or for what is beside it. */
void blocking_turn(struct machine *m, uint64_t deadline_ns);

/* Each waits until `deadline_ns` (absolute) and then returns ERR_TIMEDOUT. */
int blocking_connect(struct machine *m, int fd, const struct net_endpoint *remote,
		     uint64_t deadline_ns) MUST_CHECK;
int blocking_send_all(struct machine *m, int fd, const void *buf, size_t len,
		      uint64_t deadline_ns) MUST_CHECK;
/* The same from byte *sent on, which counts along. */
int blocking_send_counted(struct machine *m, int fd, const void *buf, size_t len,
			  uint64_t deadline_ns, size_t *sent) MUST_CHECK;
/* Bytes, 0 at the end of the stream, or an error. */
int blocking_recv(struct machine *m, int fd, void *buf, size_t len, uint64_t deadline_ns) MUST_CHECK;
/* Bytes taken, one at least. */
int blocking_send(struct machine *m, int fd, const void *buf, size_t len,
		  uint64_t deadline_ns) MUST_CHECK;
int blocking_sendto(struct machine *m, int fd, const void *buf, size_t len,
		    const struct net_endpoint *to, uint64_t deadline_ns) MUST_CHECK;
int blocking_recvfrom(struct machine *m, int fd, void *buf, size_t len, struct net_endpoint *from,
		      uint64_t deadline_ns) MUST_CHECK;
int blocking_recvmsg(struct machine *m, int fd, struct sock_msg *msg, uint64_t deadline_ns) MUST_CHECK;
/* A descriptor of the next connection. */
int blocking_accept(struct machine *m, int fd, struct net_endpoint *remote,
		    uint64_t deadline_ns) MUST_CHECK;
/* Until one of the rows has something, as poll(): how many have; 0 at the deadline. */
int blocking_poll(struct machine *m, struct sock_pollfd *fds, unsigned n,
		  uint64_t deadline_ns) MUST_CHECK;
/* Sends our FIN and waits until it is acknowledged; then closes.  On an error (ERR_TIMEDOUT, a
 * reset, ...) the socket is closed all the same, with a RST where there is still a connection. */
int blocking_close(struct machine *m, int fd, uint64_t deadline_ns) MUST_CHECK;
/* Ends the connection with a RST at once. */
void blocking_abort(struct machine *m, int fd);
/* Runs the machine until the deadline. */
void blocking_sleep_until(struct machine *m, uint64_t deadline_ns);

#endif
