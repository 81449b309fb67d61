/*
 * One GET by HTTP/1.1, and how that went; see app/http/http_client.h.
 *
 * It reads like the textbook: look the name up, create a socket, connect, send, receive, close; each of those is a
 * function here, in that order.  Whatever goes wrong becomes a status of base/status.h and a
 * sentence; a sentence about time says what was waited for.
 *
 * NOT DONE: redirects, kept connections, uploads.
 */
#include "app/http/http_client.h"

#include "app/dns/resolver.h"
#include "app/http/http_parse.h"
#include "app/http/settings.h"
#include "base/strbuf.h"
#include "base/string.h"

#define RECV_BUFFER (64u * 1024)
#define REQUEST_MAX (CONFIG_TEXT_MAX * 2 + 256)
#define BAD_TEXT_SHOWN 80u

struct transfer {
	struct machine *m;
	const struct app_names *names;
	struct event_sink *events;
	uint64_t deadline_ns;
	uint64_t start_ns;
	uint64_t start_idle_ns;
	uint32_t conn;
	int fd;
	unsigned step;       /* the last of the application's own steps */
	bool connected;
	bool peer_closed;
	uint64_t received;   /* bytes of the stream */
	bool announced;      /* http.response was sent */
	struct report report;
	struct http_parser parser;
	struct resolved resolved;
	char errormsg[HTTP_ERRORMSG_MAX];
};

static uint64_t now(const struct transfer *t)
{
	return t->m->now_ns(t->m->ctx);
}

static uint64_t idle(const struct transfer *t)
{
	return t->m->idle_ns != NULL ? t->m->idle_ns(t->m->ctx) : 0;
}

static uint64_t elapsed(const struct transfer *t)
{
	return now(t) - t->start_ns;
}

/* --- what went wrong ------------------------------------------------------------------------------ */

/* Begins the sentence; the caller may go on writing it. */
static struct strbuf fail(struct transfer *t, enum status status, const char *sentence)
{
	struct strbuf sb = strbuf_on(t->errormsg, sizeof(t->errormsg));

	t->report.exitcode = status;
	t->report.errormsg = t->errormsg;
	strbuf_str(&sb, sentence);
	return sb;
}

/* "timed out after 10.000 s, waiting for " */
static struct strbuf fail_timed_out(struct transfer *t)
{
	struct strbuf sb = fail(t, STATUS_TIMED_OUT, "timed out after ");
	uint64_t ms = (elapsed(t) + NS_PER_MS / 2) / NS_PER_MS;

	strbuf_u64(&sb, ms / 1000);
	strbuf_char(&sb, '.');
	strbuf_u64_width(&sb, ms % 1000, 3, '0');
	strbuf_str(&sb, " s, waiting for ");
	return sb;
}

static void forget_failure(struct transfer *t)
{
	t->fd = -1;
	t->step = 0;
	t->report.exitcode = STATUS_OK;
	t->report.errormsg = NULL;
	t->report.failed_step = 0;
}

static bool is_out_of_memory(int err)
{
	return err == ERR_NOMEM || err == ERR_NOBUFS || err == ERR_MFILE;
}

/* --- from the host's name to an address ----------------------------------------------------------- */

static bool resolve(struct transfer *t)
{
	const struct url_span *host = &http_settings.url.host;
	const struct resolver resolver = {
		.machine = t->m,
		.events = t->events,
		.servers = {t->names->servers[0], t->names->servers[1], t->names->servers[2]},
		.n_servers = t->names->n_servers,
		.search = t->names->search,
		.hosts = http_settings.hosts.entry,
		.n_hosts = http_settings.hosts.list.count,
	};
	enum status status = resolver_lookup(&resolver, host->at, host->len, t->deadline_ns,
					     &t->resolved);

	if (status != STATUS_OK) {
		fail(t, status, t->resolved.problem);
		t->report.failed_step = 1;
		return false;
	}
	if (http_settings.url.is_name)
		t->report.time_namelookup_ns = elapsed(t);
	return true;
}

/* --- create a socket ------------------------------------------------------------------------------ */

static bool create_socket(struct transfer *t)
{
	t->conn = sock_next_conn(t->m->stack);
	event_emit(t->events, EVENT_APP_SOCKET, t->conn, 0, EV_STR("family", "AF_INET"),
		   EV_STR("type", "SOCK_STREAM"), EV_STR("protocol", "IPPROTO_TCP"));
	t->step = 1;
	t->fd = sock_socket(t->m->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	if (t->fd < 0) {
		struct strbuf sb = fail(t, STATUS_OUT_OF_MEMORY, "no socket: ");
		strbuf_str(&sb, err_text(t->fd));
		return false;
	}
	event_emit(t->events, EVENT_APP_FD, t->conn, 0, EV_U64("fd", (uint64_t)t->fd));
	t->step = 4;
	return true;
}

/* --- connect -------------------------------------------------------------------------------------- */

static void explain_connect_timeout(struct transfer *t, unsigned last_step)
{
	struct strbuf sb = fail_timed_out(t);

	if (last_step < 8)
		strbuf_str(&sb, "the next hop's ARP answer");
	else if (last_step < 12)
		strbuf_str(&sb, "the server's SYN-ACK");
	else
		strbuf_str(&sb, "the connection");
}

/* RFC 1122 3.2.1.3: loopback, multicast and the like are found behind no gateway. */
static bool is_a_hosts(uint32_t ipv4)
{
	uint32_t first = ipv4 >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* Before step 8 the error is our own stack's, which found no way there; after it the network's. */
static const char *no_route_sentence(const struct transfer *t, int err)
{
	if (err == ERR_NETUNREACH && is_a_hosts(net_addr_to_ipv4(&t->report.remote.addr)))
		return "no route: ip= names no gateway";
	return "the URL's address is not another host's";
}

static const char *connect_sentence(const struct transfer *t, int err, unsigned last_step)
{
	switch (err) {
	case ERR_ACCES: /* a network's own address, or a broadcast address */
	case ERR_ADDRNOTAVAIL: /* ours */
		return no_route_sentence(t, err);
	case ERR_CONNREFUSED: return "connection refused";
	case ERR_HOSTUNREACH: return last_step < 8 ? "no ARP answer from the next hop"
						   : "host unreachable, says the network";
	case ERR_NETUNREACH: return last_step < 8 ? no_route_sentence(t, err)
						  : "network unreachable, says the network";
	default: return err_text(err);
	}
}

static void explain_connect_error(struct transfer *t, int err)
{
	unsigned last_step = MAX(t->step, sock_last_step(t->m->stack, t->fd));

	t->report.failed_step = report_step_after(last_step);
	if (err == ERR_TIMEDOUT)
		explain_connect_timeout(t, last_step);
	else if (is_out_of_memory(err))
		fail(t, STATUS_OUT_OF_MEMORY, "no memory for the connection");
	else
		fail(t, STATUS_COULD_NOT_CONNECT, connect_sentence(t, err, last_step));
}

static void remember_endpoints(struct transfer *t)
{
	struct net_endpoint *local = &t->report.local;

	t->report.has_local = sock_getsockname(t->m->stack, t->fd, local) == ERR_OK &&
			      local->addr.family != NET_FAMILY_NONE && local->port != 0;
}

static bool connect_to_server(struct transfer *t)
{
	uint64_t before = now(t);
	uint64_t deadline = MIN(t->deadline_ns, before + http_settings.connect_timeout_ns);
	int err;

	event_emit(t->events, EVENT_APP_CONNECT, t->conn, 0, EV_U64("fd", (uint64_t)t->fd),
		   EV_ENDPOINT("dst", t->report.remote));
	t->step = 5;
	err = blocking_connect(t->m, t->fd, &t->report.remote, deadline);
	remember_endpoints(t);
	if (err != ERR_OK) {
		explain_connect_error(t, err);
		return false;
	}
	t->report.time_connect_ns = elapsed(t);
	event_emit(t->events, EVENT_APP_CONNECTED, t->conn, 0, EV_U64("fd", (uint64_t)t->fd),
		   EV_U64("connect_us", (now(t) - before) / NS_PER_US));
	t->step = 16;
	t->connected = true;
	return true;
}

/* A name may have several addresses: the next is tried where one cannot be connected to, as long as
 * there is time (RFC 1123 2.3). */
static bool reach_server(struct transfer *t)
{
	for (unsigned i = 0; i < t->resolved.n; i++) {
		t->report.has_remote = true;
		t->report.remote = net_endpoint_ipv4(t->resolved.ipv4[i], http_settings.url.port);
		if (create_socket(t) && connect_to_server(t))
			return true;
		if (t->report.exitcode != STATUS_COULD_NOT_CONNECT &&
		    t->report.exitcode != STATUS_TIMED_OUT)
			return false;
		if (i + 1 == t->resolved.n || now(t) >= t->deadline_ns)
			return false;
		event_emit(t->events, EVENT_HTTP_NEXT_ADDRESS, t->conn, 0,
			   EV_ENDPOINT("dst", t->report.remote), EV_STR("problem", t->errormsg));
		blocking_abort(t->m, t->fd);
		forget_failure(t);
	}
	return false;
}

/* --- send ----------------------------------------------------------------------------------------- */

static void put_target(struct strbuf *sb, const struct url *url)
{
	if (url->slash_missing)
		strbuf_char(sb, '/');
	strbuf_mem(sb, url->target.at, url->target.len);
}

/* RFC 9112 3.2: Host is the authority without a user; RFC 9112 9.6: we close after one answer. */
static void put_request(struct strbuf *sb, const struct url *url)
{
	strbuf_str(sb, "GET ");
	put_target(sb, url);
	strbuf_str(sb, " HTTP/1.1\r\nHost: ");
	strbuf_mem(sb, url->authority.at, url->authority.len);
	strbuf_str(sb, "\r\nUser-Agent: dialtone/" DIALTONE_VERSION
		       "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

static void announce_request(struct transfer *t)
{
	char target[CONFIG_TEXT_MAX + 1];
	struct strbuf sb = strbuf_on(target, sizeof(target));

	put_target(&sb, &http_settings.url);
	event_emit(t->events, EVENT_HTTP_REQUEST, t->conn, 0, EV_STR("method", "GET"),
		   EV_TEXT("target", target, strbuf_stored(&sb)),
		   EV_U64("size_request", t->report.size_request));
}

static bool is_reset(int err)
{
	return err == ERR_CONNRESET || err == ERR_PIPE || err == ERR_CONNABORTED;
}

static void explain_send_error(struct transfer *t, int err)
{
	struct strbuf sb;

	if (err == ERR_TIMEDOUT) {
		sb = fail_timed_out(t);
		strbuf_str(&sb, "the server to take the request");
	} else if (is_reset(err)) {
		fail(t, STATUS_EMPTY_REPLY, "the server reset the connection without an answer");
	} else {
		sb = fail(t, STATUS_SEND_FAILED, "could not send the request: ");
		strbuf_str(&sb, err_text(err));
	}
}

static bool send_request(struct transfer *t)
{
	static char request[REQUEST_MAX];
	struct strbuf sb = strbuf_on(request, sizeof(request));
	int err;

	put_request(&sb, &http_settings.url);
	t->report.time_pretransfer_ns = elapsed(t);
	err = blocking_send_all(t->m, t->fd, request, strbuf_stored(&sb), t->deadline_ns);
	if (err != ERR_OK) {
		explain_send_error(t, err);
		return false;
	}
	t->report.size_request = strbuf_stored(&sb);
	announce_request(t);
	return true;
}

/* --- receive -------------------------------------------------------------------------------------- */

static void announce_response(struct transfer *t)
{
	const struct http_parser *p = &t->parser;
	bool has_length = p->framing == HTTP_FRAMING_LENGTH;

	event_emit(t->events, EVENT_HTTP_RESPONSE, t->conn, 0, EV_U64("http_code", p->code),
		   EV_IF(p->reason.len > 0, EV_TEXT("reason", p->reason.at, p->reason.len)),
		   EV_U64("size_header", p->size_header),
		   EV_STR("framing", http_framing_name(p->framing)),
		   EV_IF(has_length, EV_U64("content_length", p->length)),
		   EV_IF(p->type.len > 0, EV_TEXT("content_type", p->type.at, p->type.len)));
	t->announced = true;
}

static void announce_body(struct transfer *t)
{
	char digits[9];
	struct strbuf sb = strbuf_on(digits, sizeof(digits));

	strbuf_hex(&sb, crc32_value(&t->parser.crc), 8);
	event_emit(t->events, EVENT_HTTP_BODY, t->conn, 0,
		   EV_U64("size_download", t->parser.size_download), EV_STR("crc32", digits));
}

/* " (5 of 9 bytes)", or " (5 bytes)" where nobody said how many there are to be. */
static void put_progress(struct strbuf *sb, const struct http_parser *p)
{
	strbuf_str(sb, " (");
	strbuf_u64(sb, p->size_download);
	if (p->framing == HTTP_FRAMING_LENGTH) {
		strbuf_str(sb, " of ");
		strbuf_u64(sb, p->length);
	}
	strbuf_str(sb, " bytes)");
}

static void explain_receive_timeout(struct transfer *t)
{
	struct strbuf sb = fail_timed_out(t);

	if (t->received == 0) {
		strbuf_str(&sb, "the first byte of the answer");
	} else if (!t->parser.header_complete) {
		strbuf_str(&sb, "the rest of the header");
	} else {
		strbuf_str(&sb, "the rest of the body");
		put_progress(&sb, &t->parser);
	}
}

static void explain_receive_error(struct transfer *t, int err)
{
	struct strbuf sb;

	if (err == ERR_TIMEDOUT) {
		explain_receive_timeout(t);
	} else if (is_reset(err) && t->received == 0) {
		/* What a server does that closes at once: its FIN and the RST that answers our
		 * request come in one go, and which of them is seen first means nothing. */
		fail(t, STATUS_EMPTY_REPLY, "the server reset the connection without an answer");
	} else if (is_reset(err)) {
		sb = fail(t, STATUS_RECEIVE_FAILED, "the server reset the connection");
		put_progress(&sb, &t->parser);
	} else {
		sb = fail(t, STATUS_RECEIVE_FAILED, "could not receive: ");
		strbuf_str(&sb, err_text(err));
	}
}

static void explain_bad_answer(struct transfer *t)
{
	const struct http_parser *p = &t->parser;
	size_t shown = MIN(p->line.len, BAD_TEXT_SHOWN);
	struct strbuf sb = fail(t, p->status, p->problem);

	if (p->status == STATUS_PARTIAL_BODY)
		put_progress(&sb, p);
	event_emit(t->events, EVENT_HTTP_BAD, t->conn, 0, EV_STR("problem", p->problem),
		   EV_IF(shown > 0, EV_TEXT("text", p->line.text, shown)));
}

/* One piece of the stream into the parser; false when there is an error instead. */
static bool receive_piece(struct transfer *t)
{
	static uint8_t buf[RECV_BUFFER];
	int n = blocking_recv(t->m, t->fd, buf, sizeof(buf), t->deadline_ns);

	if (n < 0) {
		explain_receive_error(t, n);
		return false;
	}
	if (n == 0) {
		t->peer_closed = true;
		http_parser_close(&t->parser);
		return true;
	}
	if (t->received == 0)
		t->report.time_starttransfer_ns = elapsed(t);
	t->received += (uint64_t)n;
	http_parser_feed(&t->parser, buf, (size_t)n);
	if (t->parser.header_complete && !t->announced)
		announce_response(t);
	return true;
}

static bool receive_response(struct transfer *t)
{
	bool alive = true;

	http_parser_init(&t->parser);
	t->parser.body_max = http_settings.max_body;
	while (alive && t->parser.phase < HTTP_PHASE_DONE)
		alive = receive_piece(t);
	t->report.http_code = t->parser.code;
	t->report.size_header = t->parser.size_header;
	t->report.size_download = t->parser.size_download;
	if (!alive)
		return false;
	if (t->parser.phase == HTTP_PHASE_BAD) {
		explain_bad_answer(t);
		return false;
	}
	announce_body(t);
	return true;
}

/* --- judge and close ------------------------------------------------------------------------------ */

static void judge_http_status(struct transfer *t)
{
	if (t->report.http_code >= 200 && t->report.http_code <= 399)
		return;
	struct strbuf sb = fail(t, STATUS_HTTP_STATUS, "the server answered ");
	strbuf_u64(&sb, t->report.http_code);
	strbuf_str(&sb, ", not 200 to 399");
}

/* In order where both sides have said what they had to; at once where one has not. */
static void close_socket(struct transfer *t)
{
	if (t->fd < 0)
		return;
	if (t->connected && (t->peer_closed || t->parser.phase == HTTP_PHASE_DONE)) {
		/* The verdict on the transfer stands: a close that fails is in the log. */
		int err = blocking_close(t->m, t->fd, t->deadline_ns);
		(void)err;
	} else {
		blocking_abort(t->m, t->fd);
	}
}

static void transfer_begin(struct transfer *t, struct app_env *env, unsigned probe)
{
	memset(t, 0, sizeof(*t));
	t->m = &env->machine;
	t->names = &env->names;
	t->events = env->events;
	t->fd = -1;
	t->deadline_ns = env->deadline_ns;
	t->start_ns = now(t);
	t->start_idle_ns = idle(t);
	t->report.probe = probe;
	t->report.method = "GET";
	t->report.url = http_settings.url_text;
}

static void hand_over(const struct transfer *t, struct http_outcome *outcome)
{
	outcome->report = t->report;
	memcpy(outcome->errormsg, t->errormsg, sizeof(outcome->errormsg));
	if (t->report.errormsg != NULL)
		outcome->report.errormsg = outcome->errormsg;
}

void http_get(struct app_env *env, unsigned probe, struct http_outcome *outcome)
{
	static struct transfer transfer;
	struct transfer *t = &transfer;

	transfer_begin(t, env, probe);
	if (resolve(t) && reach_server(t) && send_request(t) && receive_response(t))
		judge_http_status(t);
	t->report.time_total_ns = elapsed(t);
	t->report.has_idle = t->m->idle_ns != NULL;
	t->report.time_idle_ns = idle(t) - t->start_idle_ns;
	report_transfer(t->events, t->conn, &t->report);
	close_socket(t);
	hand_over(t, outcome);
}
