/* SPDX-License-Identifier: MIT */
/* The resolver: which name is asked for, of whom, how often; see app/dns/resolver.h. */
#include "app/dns/resolver.h"

#include "app/dns/exchange.h"
#include "base/ipv4_text.h"
#include "base/strbuf.h"
#include "base/string.h"

#define ROUNDS 3u                       /* each server is asked so often at most */
#define FIRST_TIMEOUT_NS NS_PER_S      /* doubled from round to round */
#define ALIAS_QUERIES_MAX 8u            /* names that had to be asked for one after the other */
#define SEARCH_MAX 6u                   /* domains that are tried, as resolv.conf has it */

struct lookup {
	const struct resolver *r;
	uint64_t deadline_ns;
	struct resolved *result;
	struct dns_name name; /* what is being asked for now */
	char text[DNS_NAME_MAX];
	struct net_endpoint server; /* who is being asked */
	unsigned alias_queries;
	unsigned without_edns; /* bit i: server i is asked as in 1987 */
	struct refused said; /* ICMP errors about the questions */
};

_Static_assert(RESOLVER_SERVERS_MAX <= 32, "a bit for each");

/* --- what went wrong --------------------------------------------------------------------------- */

static struct strbuf fail(struct lookup *l)
{
	struct strbuf sb = strbuf_on(l->result->problem, sizeof(l->result->problem));

	strbuf_str(&sb, l->text);
	return sb;
}

static enum status not_resolved(struct lookup *l, const char *sentence)
{
	struct strbuf sb = fail(l);

	strbuf_str(&sb, sentence);
	return STATUS_NAME_NOT_RESOLVED;
}

static const char has_no_address[] = " has no IPv4 address";

static void list_servers(struct strbuf *sb, const struct resolver *r)
{
	for (unsigned i = 0; i < r->n_servers; i++) {
		if (i > 0)
			strbuf_str(sb, i + 1 < r->n_servers ? ", " : " and ");
		strbuf_addr(sb, &r->servers[i]);
	}
}

/* What came in place of an answer. */
static void explain_awaited(const struct lookup *l, struct strbuf *sb)
{
	if (l->said.count > 0) {
		strbuf_str(sb, " (");
		refused_write_said(sb, &l->said);
		strbuf_char(sb, ')');
	}
	refused_append(sb, " (", &l->result->refused, ")");
}

/* No server has settled it: the last outcome says why. */
static enum status explain_failure(struct lookup *l, const struct dns_exchange *last)
{
	struct strbuf sb = fail(l);

	if (last->err != ERR_OK && last->err != ERR_TIMEDOUT) {
		strbuf_str(&sb, ": the name server cannot be reached (");
		strbuf_str(&sb, err_text(last->err));
		strbuf_str(&sb, "): ");
	} else if (last->err == ERR_TIMEDOUT) {
		strbuf_str(&sb, ": no answer from the name server ");
	} else if (last->outcome == DNS_SERVER_FAILS) {
		strbuf_str(&sb, ": the name server failed (");
		strbuf_str(&sb, dns_rcode_name(last->answer.rcode));
		strbuf_str(&sb, "): ");
	} else if (last->outcome == DNS_EMPTY) {
		strbuf_str(&sb, ": the name server does not know it, and asks nobody else (lame): ");
	} else if (last->outcome == DNS_ALIAS_LOOP) {
		strbuf_str(&sb, ": its aliases lead in a circle, says ");
	} else {
		strbuf_str(&sb, ": no sensible answer from the name server ");
	}
	list_servers(&sb, l->r);
	explain_awaited(l, &sb);
	return STATUS_NAME_NOT_RESOLVED;
}

static enum status explain_deadline(struct lookup *l, const struct net_addr *server)
{
	struct strbuf sb = strbuf_on(l->result->problem, sizeof(l->result->problem));

	strbuf_str(&sb, "timed out, waiting for the name server's answer (");
	strbuf_addr(&sb, server);
	strbuf_str(&sb, " about ");
	strbuf_str(&sb, l->text);
	strbuf_char(&sb, ')');
	explain_awaited(l, &sb);
	return STATUS_TIMED_OUT;
}

/* --- one name ---------------------------------------------------------------------------------- */

static bool settles_it(const struct dns_exchange *x)
{
	return x->err == ERR_OK && (x->outcome == DNS_FOUND || x->outcome == DNS_ALIAS ||
				    x->outcome == DNS_NO_ADDRESS || x->outcome == DNS_NO_NAME);
}

static bool deadline_has_come(const struct lookup *l)
{
	return l->r->machine->now_ns(l->r->machine->ctx) >= l->deadline_ns;
}

static void describe_lookup(const void *ctx, struct progress_line *line)
{
	const struct lookup *l = ctx;

	line->what = "waiting for the name server's answer";
	line->dst = &l->server;
	line->name = l->text;
}

/* A name is given up when every round has been waited out. */
static void begin_wait(struct lookup *l)
{
	struct machine *m = l->r->machine;
	uint64_t now_ns = m->now_ns(m->ctx);
	uint64_t timeout_ns = FIRST_TIMEOUT_NS * ((1u << ROUNDS) - 1) * l->r->n_servers;
	const struct progress_work work = {
		.describe = describe_lookup,
		.ctx = l,
		.deadline_ns = MIN(l->deadline_ns, now_ns + timeout_ns),
	};

	progress_begin(m->progress, &work, now_ns);
}

static bool is_remembered(const struct resolver_memory *memory, const struct net_addr *server)
{
	for (unsigned i = 0; memory != NULL && i < memory->n; i++) {
		if (net_addr_equal(&memory->without_edns[i], server))
			return true;
	}
	return false;
}

/* It has answered without EDNS, and with it did not. */
static void remember(struct resolver_memory *memory, const struct net_addr *server)
{
	if (memory != NULL && memory->n < RESOLVER_SERVERS_MAX && !is_remembered(memory, server))
		memory->without_edns[memory->n++] = *server;
}

/* A server that did not answer, or made no sense, may be one that EDNS confuses, or stand behind
 * something that drops it: from then on it is asked without (RFC 6891 6.2.2). */
static void ask_server(struct lookup *l, struct dns_exchange *x, unsigned i, unsigned round)
{
	*x = (struct dns_exchange){
		.machine = l->r->machine,
		.events = l->r->events,
		.server = l->r->servers[i],
		.name = &l->name,
		.text = l->text,
		.attempt = round + 1,
		.timeout_ns = FIRST_TIMEOUT_NS << round,
		.deadline_ns = l->deadline_ns,
		.answer_buf = l->r->answer_buf,
		.edns = (l->without_edns >> i & 1) == 0 &&
			!is_remembered(l->r->memory, &l->r->servers[i]),
	};
	l->server = (struct net_endpoint){x->server, 0};
	dns_exchange(x);
	refused_merge(&l->result->refused, &x->refused);
	refused_merge(&l->said, &x->said);
	if (!x->edns || !settles_it(x))
		l->without_edns |= 1u << i;
	if (!x->edns && settles_it(x))
		remember(l->r->memory, &x->server);
}

/* Asks the servers in turn, with growing timeouts, until one settles it.  False: none did, and
 * *status says how to end.  An empty answer of a server that asks others is believed when all have
 * been asked: caches forget who said it. */
static bool ask_servers(struct lookup *l, struct dns_exchange *x, enum status *status)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		bool empty = false;

		for (unsigned i = 0; i < l->r->n_servers; i++) {
			ask_server(l, x, i, round);
			if (settles_it(x))
				return true;
			if (x->err == ERR_TIMEDOUT && deadline_has_come(l)) {
				*status = explain_deadline(l, &x->server);
				return false;
			}
			empty |= x->err == ERR_OK && x->outcome == DNS_EMPTY && x->answer.recursion;
		}
		if (empty) {
			*status = not_resolved(l, has_no_address);
			return false;
		}
	}
	*status = explain_failure(l, x);
	return false;
}

static bool lookup_ask(struct lookup *l, struct dns_exchange *x, enum status *status)
{
	bool settled;

	l->server = (struct net_endpoint){l->r->servers[0], 0};
	begin_wait(l);
	settled = ask_servers(l, x, status);
	progress_end(l->r->machine->progress);
	return settled;
}

static enum status parse_addresses(struct lookup *l, const struct dns_answer *answer)
{
	l->result->n = answer->n_addresses;
	for (unsigned i = 0; i < answer->n_addresses; i++)
		l->result->addr[i] = net_addr_ipv4(answer->addresses[i]);
	return STATUS_OK;
}

static void set_name(struct lookup *l, const struct dns_name *name)
{
	l->name = *name;
	dns_name_to_text(&l->name, l->text);
}

/* Names that no server is asked about, and their status: those of the Tor network must not get into
 * the DNS (RFC 7686 2), what ends in a number is an address (RFC 1123 2.1), and localhost is the host that
 * says it (RFC 6761 6.3). */
static bool is_special(struct lookup *l, enum status *status)
{
	if (dns_name_is_under(&l->name, "onion")) {
		*status = not_resolved(l, " is a name of the Tor network, and no name server is asked "
					  "for it (RFC 7686)");
		return true;
	}
	if (dns_name_ends_in_number(&l->name)) {
		*status = not_resolved(l, " ends in a number: that is no name, and no name server is asked "
					  "for it");
		return true;
	}
	if (dns_name_is_under(&l->name, "localhost")) {
		(void)not_resolved(l, " is this machine, and it does not call itself (RFC 6761)");
		*status = STATUS_COULD_NOT_CONNECT;
		return true;
	}
	return false;
}

/* STATUS_NAME_NOT_RESOLVED with *no_name: a server reported that it does not exist. */
static enum status look_up_name(struct lookup *l, bool *no_name)
{
	struct dns_exchange x;
	enum status status;

	*no_name = dns_name_is_under(&l->name, "onion") || dns_name_ends_in_number(&l->name);
	while (!is_special(l, &status) && lookup_ask(l, &x, &status)) {
		if (x.outcome == DNS_FOUND)
			return parse_addresses(l, &x.answer);
		if (x.outcome == DNS_NO_ADDRESS)
			return not_resolved(l, has_no_address);
		if (x.outcome == DNS_NO_NAME) {
			*no_name = true;
			return not_resolved(l, " does not exist (NXDOMAIN)");
		}
		if (++l->alias_queries > ALIAS_QUERIES_MAX)
			return not_resolved(l, ": too many aliases, one after the other");
		set_name(l, &x.answer.alias); /* RFC 1034 3.6.2: begin again with that name */
	}
	return status;
}

/* --- which names ------------------------------------------------------------------------------- */

static bool find_in_hosts(const struct resolver *r, const struct dns_name *name,
			  struct resolved *result)
{
	char text[DNS_NAME_MAX];

	dns_name_to_text(name, text);
	for (size_t i = 0; i < r->n_hosts; i++) {
		if (strcmp(r->hosts[i].name, text) != 0)
			continue;
		result->addr[0] = r->hosts[i].addr;
		result->n = 1;
		return true;
	}
	return false;
}

/* "www" and "example.org" as "www.example.org"; false: it does not fit. */
static bool append_domain(const char *text, size_t len, const char *domain, size_t domain_len,
			  struct dns_name *name)
{
	char whole[2 * DNS_NAME_MAX];
	struct strbuf sb = strbuf_on(whole, sizeof(whole));

	strbuf_mem(&sb, text, len);
	strbuf_char(&sb, '.');
	strbuf_mem(&sb, domain, domain_len);
	return !strbuf_truncated(&sb) && dns_name_from_text(name, whole, strbuf_stored(&sb));
}

/* The name with each of the domains behind it. */
static unsigned append_domains(const struct resolver *r, const char *text, size_t len,
			       struct dns_name *names)
{
	const char *at = r->search != NULL ? r->search : "";
	unsigned n = 0;

	while (*at != '\0' && n < SEARCH_MAX) {
		size_t word = 0;

		while (at[word] != '\0' && at[word] != ' ')
			word++;
		if (word > 0 && append_domain(text, len, at, word, &names[n]))
			n++;
		at += word + (at[word] == ' ');
	}
	return n;
}

/* The resolv.conf rule with ndots:1: a name with a dot in it is tried as it is first, one without
 * with the domains first; a final dot says that it is whole. */
static unsigned candidates(const struct resolver *r, const char *text, size_t len,
			   struct dns_name names[SEARCH_MAX + 1])
{
	bool has_dot = memchr(text, '.', len) != NULL;
	bool is_whole = text[len - 1] == '.';
	unsigned n = 0;

	if (has_dot)
		n += dns_name_from_text(&names[0], text, len);
	if (!is_whole)
		n += append_domains(r, text, len, &names[n]);
	if (!has_dot)
		n += dns_name_from_text(&names[n], text, len);
	return n;
}

static enum status look_up_candidates(struct lookup *l, const struct dns_name *names, unsigned n)
{
	enum status status = STATUS_NAME_NOT_RESOLVED;
	bool no_name = true;

	for (unsigned i = 0; i < n && no_name; i++) {
		set_name(l, &names[i]);
		status = look_up_name(l, &no_name);
	}
	return status;
}

enum status resolver_lookup(const struct resolver *r, const char *name, size_t len,
			    uint64_t deadline_ns, struct resolved *result)
{
	struct lookup l = {.r = r, .deadline_ns = deadline_ns, .result = result};
	struct strbuf sb = strbuf_on(l.text, sizeof(l.text));
	struct dns_name names[SEARCH_MAX + 1];
	enum status status;
	uint32_t ipv4;
	unsigned n;

	result->n = 0;
	result->refused = (struct refused){0};
	result->problem[0] = '\0';
	if (ipv4_parse(name, len, &ipv4)) {
		result->addr[0] = net_addr_ipv4(ipv4);
		result->n = 1;
		return STATUS_OK;
	}
	strbuf_mem(&sb, name, len);
	n = len > 0 ? candidates(r, name, len, names) : 0;
	if (n == 0)
		return not_resolved(&l, " is no name that a host can have");
	for (unsigned i = 0; i < n; i++) {
		if (find_in_hosts(r, &names[i], result))
			return STATUS_OK;
	}
	/* As it was written: no domain is put behind such a name. */
	if (dns_name_from_text(&l.name, name, len) && is_special(&l, &status))
		return status;
	if (r->n_servers == 0)
		return not_resolved(&l, ": there is no name server to ask");
	return look_up_candidates(&l, names, n);
}
