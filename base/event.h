/*
 * Events: how every part of dialtone says what it just did.
 *
 * The code that does a thing emits an event there, with the real values, as a list of typed
 * fields.  What an event is called, who speaks, which of the sixteen steps it is and how a person
 * reads it stands once, in base/events.def; kernel/log turns it into a human line and a machine
 * line (docs/log.md).  Emitting formats nothing and copies nothing: fields borrow their memory for
 * the length of the call.
 *
 *   event_emit(sink, EVENT_ARP_REPLY, conn, 0,
 *              EV_IPV4("ip", addr), EV_MAC("mac", mac));
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/compiler.h"
#include "base/net_addr.h"

enum event_id {
#define EVENT(id, name, speaker, step, arrow, text) EVENT_##id,
#include "base/events.def"
#undef EVENT
	EVENT_COUNT
};

enum event_field_type {
	EVENT_FIELD_ABSENT, /* the field does not apply: it is left out of both lines */
	EVENT_FIELD_U64,
	EVENT_FIELD_I64,
	EVENT_FIELD_BOOL,
	EVENT_FIELD_TEXT,     /* bytes, possibly from outside: always printed escaped */
	EVENT_FIELD_HEX,      /* bytes, printed as lower-case hex */
	EVENT_FIELD_MAC,      /* six bytes */
	EVENT_FIELD_IPV4,     /* host order */
	EVENT_FIELD_ADDR,
	EVENT_FIELD_ENDPOINT,
	EVENT_FIELD_SECONDS,  /* nanoseconds, printed as seconds with six decimals */
};

/* Small, because every event in the code builds an array of them: what does not fit in eight bytes
 * is borrowed. */
struct event_field {
	const char *key;
	enum event_field_type type;
	uint32_t len; /* bytes at ptr: TEXT, HEX */
	union {
		uint64_t u; /* U64, IPV4 (host order), SECONDS */
		int64_t i;
		bool b;
		const void *ptr; /* TEXT, HEX, MAC */
		const struct net_addr *addr;
		const struct net_endpoint *endpoint;
	};
};

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

#define EV_NONE ((struct event_field){.type = EVENT_FIELD_ABSENT})
#define EV_U64(k, v) ((struct event_field){.key = (k), .type = EVENT_FIELD_U64, .u = (v)})
#define EV_I64(k, v) ((struct event_field){.key = (k), .type = EVENT_FIELD_I64, .i = (v)})
#define EV_BOOL(k, v) ((struct event_field){.key = (k), .type = EVENT_FIELD_BOOL, .b = (v)})
#define EV_SECONDS(k, ns) ((struct event_field){.key = (k), .type = EVENT_FIELD_SECONDS, .u = (ns)})
#define EV_TEXT(k, p, n)                                                                       \
	((struct event_field){                                                                 \
		.key = (k), .type = EVENT_FIELD_TEXT, .len = (uint32_t)(n), .ptr = (p)})
#define EV_STR(k, s) EV_TEXT(k, s, __builtin_strlen(s))
#define EV_HEX(k, p, n)                                                                        \
	((struct event_field){                                                                 \
		.key = (k), .type = EVENT_FIELD_HEX, .len = (uint32_t)(n), .ptr = (p)})
#define EV_MAC(k, p) ((struct event_field){.key = (k), .type = EVENT_FIELD_MAC, .ptr = (p)})
#define EV_IPV4(k, v) ((struct event_field){.key = (k), .type = EVENT_FIELD_IPV4, .u = (v)})
/* These borrow: `a` and `e` are objects that outlive the emission. */
#define EV_ADDR(k, a) ((struct event_field){.key = (k), .type = EVENT_FIELD_ADDR, .addr = &(a)})
#define EV_ENDPOINT(k, e)                                                                      \
	((struct event_field){.key = (k), .type = EVENT_FIELD_ENDPOINT, .endpoint = &(e)})
/* The field only where it applies: EV_IF(opts->has_mss, EV_U64("mss", opts->mss)). */
#define EV_IF(cond, field) ((cond) ? (field) : EV_NONE)

#endif
