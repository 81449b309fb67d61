/*
 * SPDX-License-Identifier: MIT
 *
 * /metrics: the Prometheus text format, version 0.0.4.  All samples of a name stand together behind its
 * HELP and TYPE; a counter's name ends in _total, times are seconds, sizes bytes.
 */
#include "app/metrics_text.h"
#include "app/server/internal.h"

#include "base/string.h"
#include "log/log.h"
#include "net/counters.h"

static void append_u64(struct strbuf *sb, const char *name, const char *type, const char *help,
		       uint64_t value)
{
	metrics_family(sb, name, type, help);
	strbuf_str(sb, name);
	strbuf_char(sb, ' ');
	strbuf_u64(sb, value);
	strbuf_char(sb, '\n');
}

static void append_seconds(struct strbuf *sb, const char *name, const char *type, const char *help,
			   uint64_t ns)
{
	metrics_family(sb, name, type, help);
	strbuf_str(sb, name);
	strbuf_char(sb, ' ');
	strbuf_seconds(sb, ns);
	strbuf_char(sb, '\n');
}

/* name{label="value"} */
static void append_labelled(struct strbuf *sb, const char *name, const char *label, const char *value,
			    uint64_t v)
{
	strbuf_str(sb, name);
	strbuf_char(sb, '{');
	strbuf_str(sb, label);
	strbuf_str(sb, "=\"");
	metrics_label(sb, value);
	strbuf_str(sb, "\"} ");
	strbuf_u64(sb, v);
	strbuf_char(sb, '\n');
}

/* --- the machine -------------------------------------------------------------------------------- */

static void write_machine(struct strbuf *sb, const struct view *v)
{
	const struct machine *m = v->server->m;

	metrics_family(sb, "dialtone_build_info", "gauge", "What this machine runs; always 1.");
	append_labelled(sb, "dialtone_build_info", "version", DIALTONE_VERSION, 1);
	append_seconds(sb, "dialtone_uptime_seconds", "gauge", "Time since the kernel's entry.", v->now_ns);
	if (v->entry_unix_s != 0)
		append_u64(sb, "process_start_time_seconds", "gauge",
			   "The kernel's entry, in seconds since 1970.", v->entry_unix_s);
	if (m->idle_ns != NULL)
		append_seconds(sb, "dialtone_idle_seconds_total", "counter",
			       "Time that the machine slept.", m->idle_ns(m->ctx));
	if (!v->has_memory)
		return;
	append_u64(sb, "dialtone_memory_bytes", "gauge", "Memory given to the page allocator.",
		   v->memory_total);
	append_u64(sb, "dialtone_memory_available_bytes", "gauge", "Of that, what it still has.",
		   v->memory_available);
}

/* --- the server --------------------------------------------------------------------------------- */

static void write_requests(struct strbuf *sb, const struct server *s)
{
	metrics_family(sb, "dialtone_http_requests_total", "counter",
		       "Requests answered, by status code.");
	for (unsigned i = 0; i < SERVER_CODES_COUNT; i++) {
		char text[4];
		struct strbuf code_text = strbuf_on(text, sizeof(text));
		unsigned code;

		answer_reason(i, &code);
		strbuf_u64(&code_text, code);
		append_labelled(sb, "dialtone_http_requests_total", "code", text, s->by_code[i]);
	}
}

static void write_lost(struct strbuf *sb, const struct server *s)
{
	metrics_family(sb, "dialtone_http_places_lost_total", "counter",
		       "Connections ended for the sake of others, by reason.");
	for (enum loss why = 0; why < LOSS_COUNT; why++)
		append_labelled(sb, "dialtone_http_places_lost_total", "reason", crowd_loss_name(why),
				s->lost[why]);
}

static void write_server(struct strbuf *sb, const struct server *s)
{
	append_u64(sb, "dialtone_http_connections", "gauge", "Connections attended to.",
		   s->n_open - s->n_waiting);
	append_u64(sb, "dialtone_http_places", "gauge", "Connections attended to at most.", s->places);
	append_u64(sb, "dialtone_http_waiting", "gauge", "Connections that wait for a place.",
		   s->n_waiting);
	write_lost(sb, s);
	append_u64(sb, "dialtone_http_connections_total", "counter", "Connections accepted.",
		   s->connections);
	write_requests(sb, s);
	append_u64(sb, "dialtone_http_response_bytes_total", "counter",
		   "Bytes of answers, headers included.", s->bytes_out);
	append_u64(sb, "dialtone_log_connections_muted_total", "counter",
		   "Connections that the log does not tell one by one.", log_muted_connections());
}

/* --- the stack ---------------------------------------------------------------------------------- */

static void write_states(struct strbuf *sb, const struct stack *stack)
{
	uint32_t by_state[NET_TCP_STATES];

	net_tcp_states(stack, by_state);
	metrics_family(sb, "dialtone_tcp_connections", "gauge",
		       "TCP connections and listeners, by state.");
	for (unsigned i = 0; i < NET_TCP_STATES; i++)
		append_labelled(sb, "dialtone_tcp_connections", "state", sock_state_name(i), by_state[i]);
}

/* tcp_rst_in becomes dialtone_net_tcp_rst_in_total, "tcp rst in, counted by the protocol stack". */
static void append_counter_name(struct strbuf *sb, const char *prefix, const char *name)
{
	strbuf_str(sb, prefix);
	strbuf_str(sb, name);
	strbuf_str(sb, "_total");
}

static void append_counter_family(struct strbuf *sb, const char *prefix, const char *name,
				  const char *by_whom)
{
	strbuf_str(sb, "# HELP ");
	append_counter_name(sb, prefix, name);
	strbuf_char(sb, ' ');
	for (const char *c = name; *c != '\0'; c++)
		strbuf_char(sb, *c == '_' ? ' ' : *c);
	strbuf_str(sb, by_whom);
	strbuf_str(sb, "\n# TYPE ");
	append_counter_name(sb, prefix, name);
	strbuf_str(sb, " counter\n");
}

static void write_counters(struct strbuf *sb, const struct stack *stack)
{
	struct net_counter_walk walk = {0};
	const char *name;
	uint64_t value;

	while (net_counter_next(stack, &walk, &name, &value)) {
		append_counter_family(sb, "dialtone_net_", name, ", counted by the protocol stack.");
		append_counter_name(sb, "dialtone_net_", name);
		strbuf_char(sb, ' ');
		strbuf_u64(sb, value);
		strbuf_char(sb, '\n');
	}
}

/* A name's samples are one for each interface. */
static void write_interfaces(struct strbuf *sb, const struct stack *stack)
{
	const char *device, *name;
	uint64_t value;

	for (unsigned i = 0; net_interface_counter(stack, 0, i, &device, &name, &value); i++) {
		append_counter_family(sb, "dialtone_netif_", name, ", counted at the interface.");
		for (unsigned n = 0; net_interface_counter(stack, n, i, &device, &name, &value); n++) {
			append_counter_name(sb, "dialtone_netif_", name);
			strbuf_str(sb, "{device=\"");
			metrics_label(sb, device);
			strbuf_str(sb, "\"} ");
			strbuf_u64(sb, value);
			strbuf_char(sb, '\n');
		}
	}
}

void metrics_write(struct strbuf *sb, const struct view *view)
{
	const struct stack *stack = view->server->m->stack;

	if (view->server->monitor != NULL)
		view->server->monitor->write_metrics(view->server->monitor, sb, view->now_ns);
	write_machine(sb, view);
	write_server(sb, view->server);
	write_states(sb, stack);
	write_interfaces(sb, stack);
	write_counters(sb, stack);
}
