/*
 * SPDX-License-Identifier: MIT
 *
 * Which connections have a place, and which get one when all are taken.
 *
 * Strangers cost nothing to each other as long as there are places.  After that waiting is no way to
 * hold one: an address that has many gives up one for each newcomer that has fewer, at once, and of its
 * places the one that has moved the least; so an address that opens six hundred connections and lets
 * them stand can only keep itself out.  Newcomers whose own address has the most wait a while first: in
 * that time places become free, because answers are the last of their connection, and because a connection
 * that moves less than a modem would loses its place.
 *
 * Nothing here walks over all sessions for a packet: only for a newcomer that finds all places taken, and
 * when a deadline has come.
 */
#include "app/server/internal.h"

#include "base/string.h"

/* What a place may cost at most, in bytes: the session, TCP's control block and queues, a send buffer,
 * an answer of usual size (a scrape), and what is received and not read yet. */
#define PLACE_COST (50u * 1024)
#define ROOM_LEAST 64u

static const char *const loss_names[LOSS_COUNT] = {
	[LOSS_NEWCOMER] = "newcomer",
	[LOSS_SLOW_IN] = "slow_request",
	[LOSS_SLOW_OUT] = "slow_reader",
	[LOSS_IDLE] = "idle",
	[LOSS_MEMORY] = "memory",
};

const char *crowd_loss_name(enum loss why)
{
	return loss_names[why];
}

/* --- how many ----------------------------------------------------------------------------------- */

unsigned crowd_places(const struct machine *m)
{
	uint64_t total = 0, available = 0, fit;

	if (m->memory != NULL)
		m->memory(m->ctx, &total, &available);
	fit = (available - available / 8) / PLACE_COST; /* an eighth is for all the rest */
	return (unsigned)MIN(MAX(fit, (uint64_t)SERVER_PLACES_FEWEST), (uint64_t)SERVER_PLACES_MOST);
}

/* Sessions, and behind them the rows of their addresses. */
static size_t table_size(const struct server *s)
{
	return (s->places + s->room) * (sizeof(s->sessions[0]) + sizeof(s->guests[0]));
}

bool crowd_open(struct server *s)
{
	unsigned n;

	s->places = crowd_places(s->m);
	s->room = MAX(s->places / 4, ROOM_LEAST);
	n = s->places + s->room;
	s->sessions = s->m->alloc(s->m->ctx, table_size(s));
	if (s->sessions == NULL)
		return false;
	s->guests = (struct guest *)&s->sessions[n];
	memset(s->guests, 0, n * sizeof(s->guests[0]));
	s->waiting_last = &s->waiting;
	s->again_last = &s->again;
	for (unsigned i = n; i-- > 0; s->free = &s->sessions[i])
		s->sessions[i] = (struct session){.fd = -1, .next = s->free};
	return true;
}

void crowd_close(struct server *s)
{
	s->m->free(s->m->ctx, s->sessions, table_size(s));
	s->sessions = NULL;
}

/* --- addresses ------------------------------------------------------------------------------------ */

/* The address's row; a free one where it has none yet.  There are as many as sessions. */
static unsigned guest_of(struct server *s, const struct net_addr *addr)
{
	unsigned unused = s->n_guests;

	for (unsigned i = 0; i < s->n_guests; i++) {
		if (s->guests[i].connections == 0)
			unused = MIN(unused, i);
		else if (memcmp(&s->guests[i].addr, addr, sizeof(*addr)) == 0)
			return i;
	}
	s->n_guests = MAX(s->n_guests, unused + 1);
	s->guests[unused] = (struct guest){.addr = *addr};
	return unused;
}

unsigned crowd_most_places(const struct server *s)
{
	unsigned most = 0;

	for (unsigned i = 0; i < s->n_guests; i++)
		most = MAX(most, s->guests[i].places);
	return most;
}

/* Less has moved, or as little in longer time. */
static bool is_worse(const struct session *c, const struct session *than)
{
	uint64_t moved = c->in + c->taken, other = than->in + than->taken;

	return moved != other ? moved < other : c->came_ns < than->came_ns;
}

struct session *crowd_whose_place(const struct server *s)
{
	unsigned most = crowd_most_places(s);
	struct session *worst = NULL;

	for (unsigned i = 0; i < s->places + s->room; i++) {
		struct session *c = &s->sessions[i];

		if (!session_has_place(c) || s->guests[c->guest].places != most)
			continue;
		if (worst == NULL || is_worse(c, worst))
			worst = c;
	}
	return worst;
}

/* --- waiting ---------------------------------------------------------------------------------------- */

static unsigned n_places_taken(const struct server *s)
{
	return s->n_open - s->n_waiting;
}

static void join(struct server *s, struct session *c)
{
	c->next = NULL;
	*s->waiting_last = c;
	s->waiting_last = &c->next;
	s->n_waiting++;
	s->takeover_is_due = true;
}

static void unjoin(struct server *s, struct session *c)
{
	struct session **at = &s->waiting;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->next == NULL)
		s->waiting_last = at;
	s->n_waiting--;
}

static void seat(struct server *s, struct session *c, uint64_t now_ns)
{
	unjoin(s, c);
	s->guests[c->guest].places++;
	session_seat(s, c, now_ns);
	crowd_run_again(s, c);
}

void crowd_run_again(struct server *s, struct session *c)
{
	if (c->again)
		return;
	c->again = true;
	c->next_again = NULL;
	*s->again_last = c;
	s->again_last = &c->next_again;
}

struct session *crowd_next_again(struct server *s)
{
	struct session *c = s->again;

	if (c == NULL)
		return NULL;
	s->again = c->next_again;
	if (s->again == NULL)
		s->again_last = &s->again;
	c->again = false;
	return c;
}

void crowd_left(struct server *s, struct session *c)
{
	struct guest *g = &s->guests[c->guest];

	if (c->phase == SESSION_WAITING)
		unjoin(s, c);
	else
		g->places--;
	g->connections--;
	while (s->n_guests > 0 && s->guests[s->n_guests - 1].connections == 0)
		s->n_guests--;
	c->fd = -1;
	c->next = s->free;
	s->free = c;
	s->n_open--;
	s->takeover_is_due = true;
}

void crowd_note_loss(struct server *s, const struct session *c, enum loss why)
{
	s->lost[why]++;
	if (s->guests[c->guest].places > s->busiest.places)
		s->busiest = s->guests[c->guest];
}

void crowd_lose(struct server *s, struct session *c, enum loss why, uint64_t now_ns)
{
	crowd_note_loss(s, c, why);
	session_abort(s, c, now_ns);
}

/* More wait than may, and this is the one that has waited the longest. */
static bool room_is_over_full(const struct server *s, const struct session *c)
{
	return s->free == NULL && c == s->waiting;
}

bool crowd_may_replace(const struct server *s, const struct session *c, unsigned most, uint64_t now_ns)
{
	if (room_is_over_full(s, c) || now_ns >= c->came_ns + SERVER_WAIT_NS)
		return true;
	return s->guests[c->guest].places + 1 < most;
}

static void adopt(struct server *s, struct session *c, uint64_t now_ns)
{
	struct session *other = crowd_whose_place(s);

	if (other == NULL)
		return;
	crowd_lose(s, other, LOSS_NEWCOMER, now_ns);
	seat(s, c, now_ns);
}

bool crowd_make_room(struct server *s, const struct session *for_it, uint64_t now_ns)
{
	struct session *other = crowd_whose_place(s);

	if (other == NULL || other == for_it)
		return false;
	crowd_lose(s, other, LOSS_MEMORY, now_ns);
	return true;
}

/* Those who wait and need not. */
static void settle_takeovers(struct server *s, uint64_t now_ns)
{
	unsigned most = crowd_most_places(s);
	struct session *next;

	s->next_takeover_ns = TIME_NEVER;
	for (struct session *c = s->waiting; c != NULL; c = next) {
		next = c->next;
		if (n_places_taken(s) < s->places)
			seat(s, c, now_ns);
		else if (crowd_may_replace(s, c, most, now_ns))
			adopt(s, c, now_ns);
		if (c->phase == SESSION_WAITING)
			s->next_takeover_ns = MIN(s->next_takeover_ns, c->came_ns + SERVER_WAIT_NS);
		else
			most = crowd_most_places(s);
	}
	s->takeover_is_due = false;
}

static bool admit(struct server *s, uint64_t now_ns)
{
	struct net_endpoint peer;
	struct session *c = s->free;
	int fd = c != NULL ? sock_accept(s->m->stack, s->listener, &peer) : ERR_AGAIN;

	if (fd < 0)
		return false; /* none is there, or descriptors or memory are short: later */
	s->free = c->next;
	s->n_open++;
	session_begin(s, c, fd, &peer, now_ns);
	c->guest = guest_of(s, &peer.addr);
	s->guests[c->guest].connections++;
	join(s, c);
	return true;
}

void crowd_let_in(struct server *s, uint64_t now_ns)
{
	bool was_crowded = s->crowded, newcomer_found = true;

	while (newcomer_found) {
		newcomer_found = false;
		while (admit(s, now_ns))
			newcomer_found = true;
		if (s->takeover_is_due || now_ns >= s->next_takeover_ns)
			settle_takeovers(s, now_ns);
	}
	s->crowded = s->n_waiting > 0;
	if (s->crowded != was_crowded)
		s->scan_ns = 0; /* all deadlines are others now */
}

/* --- rates -------------------------------------------------------------------------------------------- */

void crowd_window_begin(struct session *c, uint64_t now_ns)
{
	c->window = (struct rate_window){.from_ns = now_ns, .in = c->in, .taken = c->taken};
}

static bool is_below(uint64_t bytes, uint64_t rate, uint64_t ns)
{
	return bytes * NS_PER_S < rate * ns;
}

/* Only what is asked of it: bytes of a request that has begun, the taking of an answer. */
static bool was_slow(const struct session *c, uint64_t ns)
{
	if (c->phase == SESSION_READING)
		return !session_is_idle(c) && is_below(c->in - c->window.in, SERVER_RATE_IN, ns);
	return !c->fin_acked && is_below(c->taken - c->window.taken, SERVER_RATE_TAKEN, ns);
}

void crowd_measure(struct server *s, struct session *c, uint64_t now_ns)
{
	uint64_t ns = now_ns - c->window.from_ns;
	struct sock_tcp_info info;
	uint64_t out;

	if (sock_tcp_info(s->m->stack, c->fd, &info, now_ns) == ERR_OK) {
		out = (uint64_t)info.unacked + info.notsent; /* our FIN may be one of them */
		c->in = info.bytes_received;
		c->taken = c->sent - MIN(out, c->sent);
	}
	if (ns < SERVER_RATE_NS)
		return;
	bool slow = was_slow(c, ns);

	crowd_window_begin(c, now_ns);
	c->window.slow = slow;
}
