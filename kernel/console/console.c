/*
 * SPDX-License-Identifier: MIT
 *
 * The console's buffers: a ring per port, filled a line at a time, emptied in bursts.
 *
 * No byte is dropped while its port lives: when a line does not fit, the ring is emptied first, as
 * slowly as the port wants.  A port that takes nothing for a long while is waited for no longer, so
 * that a run without a reader still ends: whenever its ring is full then, all in it is dropped.  Once
 * it takes bytes again it is a port like any other.
 */
#include "kernel/console/console.h"

#include "base/string.h"
#include "kernel/arch/console_port.h"
#include "kernel/arch/cpu.h"
#include "kernel/time/clock.h"

#define RING_SIZE (32u * 1024) /* a power of two */

/* How long a port may take nothing.  At the end more, for the verdict. */
#define TIMEOUT_NS (10 * NS_PER_S)
#define TIMEOUT_AT_END_NS (30 * NS_PER_S)
/* The same while the clock stands, in checks of the port's status, of a microsecond or so each. */
#define TIMEOUT_CHECKS 1000000u

struct ring {
	bool is_open;  /* the machine has this port */
	bool stalled;  /* it timed out: it has accepted nothing for long, and is not waited for */
	uint32_t lost; /* lines dropped since console_read_lost() */
	uint32_t head; /* next byte to send; both count up for ever */
	uint32_t tail; /* where the next byte is put */
	char bytes[RING_SIZE];
};

static struct ring rings[CONSOLE_PORTS];
static const uint64_t *deadline; /* console_set_deadline() */

static uint32_t pending(const struct ring *r)
{
	return r->tail - r->head;
}

/* Sends what the port accepts at once.  False: nothing. */
static bool send_burst(struct ring *r)
{
	uint32_t at = r->head % RING_SIZE;
	size_t sent = console_port_write((unsigned)(r - rings), r->bytes + at,
					 MIN(pending(r), RING_SIZE - at));

	if (sent == 0)
		return false;
	r->head += (uint32_t)sent;
	r->stalled = false;
	return true;
}

/* Puts one line into the ring, which has room.  It counts only when it is there with its end: an NMI
 * in between, whose report never returns, finds whole lines only. */
static void append(struct ring *r, const char *line, size_t len)
{
	size_t at = r->tail % RING_SIZE, first = MIN(len, RING_SIZE - at);
	uint32_t end = r->tail + (uint32_t)len;

	memcpy(r->bytes + at, line, first);
	memcpy(r->bytes, line + first, len - first);
	r->bytes[end % RING_SIZE] = '\r';
	r->bytes[(end + 1) % RING_SIZE] = '\n';
	__atomic_store_n(&r->tail, end + 2, __ATOMIC_RELEASE);
}

/* Drops what waits, and ends the line that may be truncated. */
static void drop_all(struct ring *r)
{
	for (uint32_t at = r->head; at != r->tail; at++)
		r->lost += r->bytes[at % RING_SIZE] == '\n';
	r->head = r->tail;
	append(r, "", 0);
}

static void abandon(struct ring *r)
{
	r->stalled = true;
	drop_all(r);
}

static bool is_too_late(uint64_t now_ns)
{
	return deadline != NULL && now_ns >= *deadline;
}

/* Empties the ring until at most `rest` bytes are left, or until its timeout. */
static void send_until(struct ring *r, uint32_t rest, uint64_t timeout_ns)
{
	uint64_t busy_since_ns = clock_now_ns(), now_ns;
	uint32_t checks = 0;

	while (pending(r) > rest) {
		bool sent = send_burst(r);

		now_ns = clock_now_ns();
		if (is_too_late(now_ns)) {
			drop_all(r);
			return;
		}
		if (sent) {
			busy_since_ns = now_ns;
			checks = 0;
		} else if (now_ns - busy_since_ns >= timeout_ns ||
			   (++checks >= TIMEOUT_CHECKS && now_ns == busy_since_ns)) {
			abandon(r);
			return;
		} else {
			cpu_pause();
		}
	}
}

void console_init(void)
{
	for (unsigned i = 0; i < CONSOLE_PORTS; i++) {
		if (console_port_open(i)) {
			rings[i].is_open = true;
			append(&rings[i], "", 0);
		}
	}
}

bool console_has(enum console_port port)
{
	return rings[port].is_open;
}

uint32_t console_read_lost(enum console_port port)
{
	struct ring *r = &rings[port];
	uint32_t lost = r->lost;

	if (r->stalled || is_too_late(clock_now_ns())) /* the line about them would be dropped, too */
		return 0;
	r->lost = 0;
	return lost;
}

void console_line(enum console_port port, const char *line, size_t len)
{
	struct ring *r = &rings[port];

	if (!r->is_open)
		return;
	len = MIN(len, (size_t)CONSOLE_LINE_MAX);
	send_until(r, RING_SIZE - (uint32_t)len - 2, r->stalled ? 0 : TIMEOUT_NS);
	append(r, line, len);
}

enum console_progress console_drain_burst(void)
{
	enum console_progress progress = CONSOLE_EMPTY;

	for (unsigned i = 0; i < CONSOLE_PORTS; i++) {
		if (!rings[i].is_open || pending(&rings[i]) == 0)
			continue;
		if (send_burst(&rings[i]))
			progress = CONSOLE_SENT;
		else if (progress == CONSOLE_EMPTY)
			progress = CONSOLE_BLOCKED;
	}
	return progress;
}

bool console_drain(void)
{
	enum console_progress progress;

	do
		progress = console_drain_burst();
	while (progress == CONSOLE_SENT);
	return progress == CONSOLE_EMPTY;
}

void console_flush(void)
{
	for (unsigned i = 0; i < CONSOLE_PORTS; i++)
		send_until(&rings[i], 0, TIMEOUT_AT_END_NS);
}

void console_set_deadline(const uint64_t *deadline_ns)
{
	deadline = deadline_ns;
}

void console_flush_in_time(void)
{
	for (unsigned i = 0; i < CONSOLE_PORTS; i++)
		send_until(&rings[i], 0, TIMEOUT_NS);
}
