/*
 * The console's buffers: a ring per port, filled a line at a time, emptied in bursts.
 *
 * No byte is dropped while its port lives: when a line does not fit, the ring is emptied first, as
 * slowly as the port wants.  A port that takes nothing for a long while is given up for good, so
 * that a run without a reader still ends.
 */
#include "kernel/console.h"

#include "base/string.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/serial.h"

#define RING_SIZE (32u * 1024) /* a power of two */
#define PORTS 2

/* Looks at a port's status that find it busy before it is given up.  One look costs about a
 * microsecond on hardware and in emulators; a byte at 115200 baud takes 87. */
#define PATIENCE 1000000u

struct ring {
	uint16_t port; /* 0: no port, or given up */
	uint32_t head; /* next byte to send; both count up for ever */
	uint32_t tail; /* where the next byte is put */
	char bytes[RING_SIZE];
};

static struct ring rings[PORTS];
static const uint16_t addresses[PORTS] = {0x3f8, 0x2f8};

static uint32_t pending(const struct ring *r)
{
	return r->tail - r->head;
}

/* Sends one burst when the port is ready.  False: it is not. */
static bool send_burst(struct ring *r)
{
	uint32_t at = r->head % RING_SIZE;
	uint32_t len = MIN(MIN(pending(r), RING_SIZE - at), (uint32_t)SERIAL_FIFO);

	if (!serial_ready(r->port))
		return false;
	serial_write(r->port, r->bytes + at, len);
	r->head += len;
	return true;
}

/* Empties the ring until at most `rest` bytes are left. */
static void send_until(struct ring *r, uint32_t rest)
{
	uint32_t busy = 0;

	while (r->port != 0 && pending(r) > rest) {
		if (send_burst(r)) {
			busy = 0;
		} else if (++busy == PATIENCE) {
			r->port = 0;
			r->head = r->tail;
		} else {
			cpu_pause();
		}
	}
}

static void put(struct ring *r, const char *bytes, size_t len)
{
	while (len > 0) {
		uint32_t at = r->tail % RING_SIZE;
		size_t n = MIN(len, (size_t)(RING_SIZE - at));

		n = MIN(n, (size_t)(RING_SIZE - pending(r)));
		memcpy(r->bytes + at, bytes, n);
		r->tail += (uint32_t)n;
		bytes += n;
		len -= n;
		if (len > 0)
			send_until(r, RING_SIZE - (uint32_t)MIN(len, (size_t)RING_SIZE));
		if (r->port == 0)
			return;
	}
}

void console_init(void)
{
	for (unsigned i = 0; i < PORTS; i++) {
		if (serial_init(addresses[i])) {
			rings[i].port = addresses[i];
			put(&rings[i], "\r\n", 2);
		}
	}
}

bool console_has(enum console_port port)
{
	return rings[port].port != 0;
}

void console_line(enum console_port port, const char *line, size_t len)
{
	struct ring *r = &rings[port];

	if (r->port == 0)
		return;
	put(r, line, len);
	put(r, "\r\n", 2);
}

enum console_progress console_drain_burst(void)
{
	enum console_progress progress = CONSOLE_EMPTY;

	for (unsigned i = 0; i < PORTS; i++) {
		if (rings[i].port == 0 || pending(&rings[i]) == 0)
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
	for (unsigned i = 0; i < PORTS; i++)
		send_until(&rings[i], 0);
}
