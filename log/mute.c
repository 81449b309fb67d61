/* SPDX-License-Identifier: MIT */
/* Which of a server's connections are logged; see log/mute.h and log/log.h. */
#include "log/mute.h"

#include "base/rate.h"
#include "log/log.h"

#define CONNS 65536u /* numbers that are remembered: more than there can be connections */

static struct {
	bool limited;
	uint32_t burst;
	struct rate_limit rate;
	uint64_t muted;
	uint32_t newest; /* highest number of a connection so far */
} mute;

/* Apart, so that it takes no bytes of the image. */
static uint32_t bits[CONNS / 32];

static void set_muted(uint32_t conn, bool on)
{
	uint32_t i = conn % CONNS, bit = UINT32_C(1) << i % 32;

	bits[i / 32] = on ? bits[i / 32] | bit : bits[i / 32] & ~bit;
}

bool log_is_muted(uint32_t conn)
{
	uint32_t i = conn % CONNS;

	return (bits[i / 32] >> i % 32 & 1) != 0;
}

uint64_t log_muted_connections(void)
{
	return mute.muted;
}

void log_limit_connections(uint32_t burst)
{
	mute.limited = true;
	mute.burst = burst;
	mute.rate = (struct rate_limit){0};
}

static bool may_be_logged(uint64_t t_ns)
{
	if (!mute.limited)
		return true;
	return mute.burst > 0 && rate_take(&mute.rate, NS_PER_S, mute.burst, t_ns);
}

/* Every event of a connection comes after the one that begins it: SRV_FOUND where we are called. */
static void begin(const struct event *ev, uint64_t t_ns)
{
	bool logged = ev->id != EVENT_SRV_FOUND || may_be_logged(t_ns);

	mute.newest = MAX(mute.newest, ev->conn);
	mute.muted += !logged;
	set_muted(ev->conn, !logged);
}

bool log_mute_wants(const struct event *ev, uint64_t t_ns)
{
	if (ev->conn == 0)
		return true;
	if (ev->conn > mute.newest || ev->id == EVENT_SRV_FOUND)
		begin(ev, t_ns);
	return !log_is_muted(ev->conn);
}
