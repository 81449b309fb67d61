/*
 * SPDX-License-Identifier: MIT
 *
 * Events: how every part of dialtone says what it just did.
 *
 * The code that does a thing emits an event there, with the real values, as a list of typed
 * fields.  Its name, its speaker, which of the sixteen steps it is and how a person
 * reads it stands once, in log/events.def; log/ turns it into a human line and a machine
 * line (docs/log.md).  Emitting formats nothing and copies nothing: fields borrow their memory for
 * the length of the call.
 *
 *   event_emit(sink, EVENT_ARP_REPLY, conn, 0,
 *              EV_IPV4("ip", addr), EV_MAC("mac", mac));
 */
#ifndef LOG_EVENT_H
#define LOG_EVENT_H

#include "base/compiler.h"
#include "base/net_addr.h"

enum event_id {
#define EVENT(id, name, speaker, step, arrow, text) EVENT_##id,
#include "log/events.def"
#undef EVENT
	EVENT_COUNT
};

/* The type of a field is the first character of its tagged key, so that naming a field costs the
 * code that emits it one pointer. */
enum event_field_type {
	EVENT_FIELD_ABSENT = 0, /* the field does not apply: it is left out of both lines */
	EVENT_FIELD_U64 = 'u',
	EVENT_FIELD_I64 = 'i',
	EVENT_FIELD_BOOL = 'b',
	EVENT_FIELD_TEXT = 't',     /* bytes, possibly from outside: always printed escaped */
	EVENT_FIELD_STR = 's',      /* the same, NUL-terminated */
	EVENT_FIELD_HEX = 'h',      /* bytes, printed as lower-case hex */
	EVENT_FIELD_POINTER = 'p',  /* a 64-bit number, printed as text: 0x1f */
	EVENT_FIELD_MAC = 'm',      /* six bytes */
	EVENT_FIELD_IPV4 = '4',     /* host order */
	EVENT_FIELD_ADDR = 'a',
	EVENT_FIELD_ENDPOINT = 'e',
	EVENT_FIELD_SECONDS = 'n',  /* nanoseconds, printed as seconds with six decimals */
	EVENT_FIELD_HUNDREDTHS = 'c', /* printed as a number with two decimals */
};

struct event_bytes {
	const void *ptr;
	size_t len;
};

/* Small, because every event in the code builds an array of them: what does not fit in eight bytes
 * is borrowed. */
struct event_field {
	const char *tagged_key; /* "utcp_seq": a U64 named tcp_seq; NULL: absent */
	union {
		uint64_t u; /* U64, POINTER, IPV4, SECONDS, HUNDREDTHS */
		int64_t i;
		uint64_t b; /* 0 or 1 */
		const char *str;
		const uint8_t *mac;
		const struct event_bytes *bytes; /* TEXT, HEX */
		const struct net_addr *addr;
		const struct net_endpoint *endpoint;
	};
};

static inline enum event_field_type event_field_type(const struct event_field *f)
{
	return f->tagged_key != NULL ? (enum event_field_type)f->tagged_key[0] : EVENT_FIELD_ABSENT;
}

/* The field is there. */
static inline const char *event_field_key(const struct event_field *f)
{
	return f->tagged_key + 1;
}

struct event {
	enum event_id id;
	uint32_t conn;   /* number of the connection, from 1; 0: not about a connection */
	uint8_t at_step; /* the step this happened at, for events that are no step; 0: none */
	uint8_t n_fields;
	const struct event_field *fields;
};

/* Where events go.  The owner of the sink decides; a NULL sink discards. */
struct event_sink {
	void (*emit)(struct event_sink *sink, const struct event *ev);
};

static inline void event_send(struct event_sink *sink, const struct event *ev)
{
	if (sink != NULL)
		sink->emit(sink, ev);
}

#define event_emit(sink, id_, conn_, at_step_, ...)                                            \
	do {                                                                                   \
		const struct event_field fields_[] = {__VA_ARGS__};                            \
		const struct event event_ = {                                                  \
			.id = (id_),                                                           \
			.conn = (conn_),                                                       \
			.at_step = (at_step_),                                                 \
			.n_fields = sizeof(fields_) / sizeof(fields_[0]),                      \
			.fields = fields_,                                                     \
		};                                                                             \
		event_send((sink), &event_);                                                   \
	} while (0)

/* Keys are string literals.  What is borrowed (s, p, mac, a, e) outlives the emission; a TEXT, HEX
 * or compound value lives as long as the block its macro stands in. */
#define EV_NONE ((struct event_field){.tagged_key = NULL})
#define EV_U64(k, v) ((struct event_field){.tagged_key = "u" k, .u = (v)})
#define EV_I64(k, v) ((struct event_field){.tagged_key = "i" k, .i = (v)})
#define EV_BOOL(k, v) ((struct event_field){.tagged_key = "b" k, .b = (v)})
#define EV_SECONDS(k, ns) ((struct event_field){.tagged_key = "n" k, .u = (ns)})
#define EV_HUNDREDTHS(k, v) ((struct event_field){.tagged_key = "c" k, .u = (v)})
#define EV_POINTER(k, v) ((struct event_field){.tagged_key = "p" k, .u = (v)})
#define EV_IPV4(k, v) ((struct event_field){.tagged_key = "4" k, .u = (v)})
#define EV_STR(k, s) ((struct event_field){.tagged_key = "s" k, .str = (s)})
#define EV_TEXT(k, p, n)                                                                       \
	((struct event_field){.tagged_key = "t" k, .bytes = &(const struct event_bytes){(p), (n)}})
#define EV_HEX(k, p, n)                                                                        \
	((struct event_field){.tagged_key = "h" k, .bytes = &(const struct event_bytes){(p), (n)}})
#define EV_MAC(k, p) ((struct event_field){.tagged_key = "m" k, .mac = (p)})
#define EV_ADDR(k, a) ((struct event_field){.tagged_key = "a" k, .addr = &(a)})
/* The address of a next hop: of any family, of which the log's schema promises IPv4. */
#define EV_HOP(k, a) EV_ADDR(k, a)
#define EV_ENDPOINT(k, e) ((struct event_field){.tagged_key = "e" k, .endpoint = &(e)})
/* The field only where it applies: EV_IF(opts->has_mss, EV_U64("mss", opts->mss)). */
#define EV_IF(cond, field) ((cond) ? (field) : EV_NONE)

#endif
