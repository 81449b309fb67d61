/* SPDX-License-Identifier: MIT */
/* app/dns/resolver: which names are asked for, of whom, how often, and what is said when nobody
 * knows.  The exchanges with servers follow a script. */
#include <stdio.h>
#include <string.h>

#include "app/dns/exchange.h"
#include "app/dns/resolver.h"
#include "tests/runner/unit.h"

#define SERVER_1 0x0a000001u
#define SERVER_2 0x0a000002u

static uint32_t asked_server(const struct dns_exchange *x)
{
	return net_addr_to_ipv4(&x->server);
}

/* --- servers that follow a script ---------------------------------------------------------------- */

enum { ASKS_OTHERS = 1, REFUSES_EDNS = 2 };

struct reply {
	const char *name; /* NULL: whatever is asked */
	uint32_t server;  /* 0: whoever is asked */
	int err;
	enum dns_outcome outcome;
	const char *alias;
	unsigned how; /* a question with EDNS that is not taken is not answered, where err says so */
};

static const struct reply *script;
static size_t n_replies;
static uint64_t now_ns;
static char asked[4096]; /* "name@1/1 " for each exchange: of whom, which try, a + with EDNS */
static bool shows_edns;

static const char *no_answers[3]; /* by server: what it sends in place of an answer; NULL: nothing */

static struct machine machine;

/* As blocking_turn() does, where there is somebody to tell. */
static void wait_until(uint64_t end_ns)
{
	while (now_ns < end_ns)
		now_ns = MIN(end_ns, progress_tick(machine.progress, now_ns));
}

void dns_exchange(struct dns_exchange *x)
{
	char text[300];

	snprintf(text, sizeof(text), "%s@%u/%u%s ", x->text, asked_server(x) & 0xff, x->attempt,
		 shows_edns && x->edns ? "+" : "");
	strncat(asked, text, sizeof(asked) - strlen(asked) - 1);
	x->err = ERR_TIMEDOUT;
	if (no_answers[asked_server(x) & 3] != NULL)
		refused_add(&x->refused, REFUSED(no_answers[asked_server(x) & 3]));
	for (size_t i = 0; i < n_replies; i++) {
		const struct reply *r = &script[i];

		if ((r->name != NULL && strcmp(r->name, x->text) != 0) ||
		    (r->server != 0 && r->server != asked_server(x)))
			continue;
		x->err = r->err;
		if (r->err == ERR_TIMEDOUT && !x->edns)
			x->err = ERR_OK;
		x->edns = x->edns && !(r->how & REFUSES_EDNS);
		x->outcome = r->outcome;
		if (r->err == ERR_CONNREFUSED)
			refused_add_from(&x->said, "port unreachable", &x->server);
		x->answer = (struct dns_answer){.rcode = 2, .recursion = r->how & ASKS_OTHERS, .n_addresses = 2,
						.addresses = {0xc0000201, 0xc0000202}};
		if (r->alias != NULL)
			assert_true(dns_name_from_text(&x->answer.alias, r->alias,
						       strlen(r->alias)));
		break;
	}
	if (x->err == ERR_TIMEDOUT)
		wait_until(MIN(now_ns + x->timeout_ns, x->deadline_ns));
}

const char *dns_rcode_name(uint16_t rcode)
{
	return rcode == 2 ? "SERVFAIL" : "?";
}

static uint64_t fake_now(void *ctx)
{
	(void)ctx;
	return now_ns;
}

static const struct resolver_host hosts[] = {
	{"printer", {NET_FAMILY_IPV4, {10, 0, 0, 0x63}}}, {"www.example.org", {NET_FAMILY_IPV4, {10, 0, 0, 0x64}}},
};
static struct resolver resolver;
static struct resolved result;

static void fresh(void)
{
	machine = (struct machine){.now_ns = fake_now};
	resolver = (struct resolver){.machine = &machine, .servers = {net_addr_ipv4(SERVER_1), net_addr_ipv4(SERVER_2)},
				     .n_servers = 2};
	script = NULL;
	n_replies = 0;
	now_ns = 0;
	asked[0] = '\0';
	shows_edns = false;
	no_answers[1] = no_answers[2] = NULL;
}

FIXTURE(fresh, NULL);

static enum status look_up(const char *name)
{
	return resolver_lookup(&resolver, name, strlen(name), 60 * NS_PER_S, &result);
}

#define SCRIPT(...)                                                                            \
	do {                                                                                   \
		static const struct reply replies[] = {__VA_ARGS__};                           \
		script = replies;                                                              \
		n_replies = ARRAY_LEN(replies);                                                \
	} while (0)

static void must_report(const char *text)
{
	if (strstr(result.problem, text) == NULL)
		fail_msg("no \"%s\" in \"%s\"", text, result.problem);
}

/* --- names that need no server --------------------------------------------------------------------- */

TEST(addresses_are_not_asked_for)
{
	assert_int_equal(look_up("192.0.2.9"), STATUS_OK);
	assert_int_equal(result.n, 1);
	assert_int_equal(net_addr_to_ipv4(&result.addr[0]), 0xc0000209);
	assert_string_equal(asked, "");
}

TEST(hosts_come_first)
{
	resolver.hosts = hosts;
	resolver.n_hosts = ARRAY_LEN(hosts);
	assert_int_equal(look_up("Printer"), STATUS_OK);
	assert_int_equal(net_addr_to_ipv4(&result.addr[0]), 0x0a000063);
	resolver.search = "example.org";
	assert_int_equal(look_up("www"), STATUS_OK);
	assert_int_equal(net_addr_to_ipv4(&result.addr[0]), 0x0a000064);
	assert_string_equal(asked, "");
}

TEST(what_is_no_name)
{
	static const char *const names[] = {"", ".", "a..b", "a b"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(look_up(names[i]), STATUS_NAME_NOT_RESOLVED);
		must_report("is no name that a host can have");
	}
	assert_string_equal(asked, "");
}

TEST(no_server_to_ask)
{
	resolver.n_servers = 0;
	assert_int_equal(look_up("www.example.org"), STATUS_NAME_NOT_RESOLVED);
	must_report("www.example.org: there is no name server to ask");
}

/* RFC 7686: such a name gets into no query, with no domain behind it either. */
TEST(names_of_tor)
{
	static const char *const names[] = {"x.onion", "X.ONION", "a.b.onion.", "onion", "OnIoN."};

	resolver.search = "corp.example";
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(look_up(names[i]), STATUS_NAME_NOT_RESOLVED);
		must_report(names[i]);
		must_report("is a name of the Tor network, and no name server is asked for it (RFC 7686)");
	}
	assert_string_equal(asked, "");
	SCRIPT({"a.x", 0, ERR_OK, DNS_ALIAS, "y.onion", 0}, {NULL, 0, ERR_OK, DNS_NO_NAME, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED); /* an alias leads there */
	must_report("y.onion is a name of the Tor network");
	assert_null(strstr(asked, "onion"));
	asked[0] = '\0';
	resolver.search = "onion"; /* and so does a domain */
	assert_int_equal(look_up("www"), STATUS_NAME_NOT_RESOLVED);
	(void)!look_up("onion.example");
	assert_string_equal(asked, "www@1/1 onion.example@1/1 ");
}

/* The URL standard's "ends in a number": what looks like an address is no name, wherever it comes from. */
TEST(numbers_are_no_names)
{
	static const char *const names[] = {"foo.09", "0x7f.1", "1.2.3", "a.0X", "a.0x1F.", "256.1.1.1"};

	resolver.search = "corp.example";
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(look_up(names[i]), STATUS_NAME_NOT_RESOLVED);
		must_report("ends in a number: that is no name, and no name server is asked for it");
	}
	assert_string_equal(asked, "");
	SCRIPT({"a.x", 0, ERR_OK, DNS_ALIAS, "10.0.0.5", 0}, {NULL, 0, ERR_OK, DNS_NO_NAME, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED); /* a CNAME that should have been an A */
	must_report("10.0.0.5 ends in a number");
	assert_string_equal(asked, "a.x@1/1 ");
	asked[0] = '\0';
	resolver.search = "corp.1"; /* a domain like that: only without it */
	assert_int_equal(look_up("www"), STATUS_NAME_NOT_RESOLVED);
	(void)!look_up("a.1b");
	assert_string_equal(asked, "www@1/1 a.1b@1/1 ");
}

TEST(localhost_is_this_machine)
{
	static const char *const names[] = {"localhost", "LocalHost.", "www.localhost", "a.b.LOCALHOST."};
	static const struct resolver_host mine[] = {{"localhost", {NET_FAMILY_IPV4, {10, 0, 0, 99}}}};

	resolver.search = "corp.example";
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		resolver.n_servers = i % 3; /* also where nobody could be asked */
		assert_int_equal(look_up(names[i]), STATUS_COULD_NOT_CONNECT);
		assert_int_equal(result.n, 0);
		must_report("is this machine, and it does not call itself (RFC 6761)");
	}
	assert_string_equal(asked, "");
	resolver.hosts = mine;
	resolver.n_hosts = 1;
	assert_int_equal(look_up("localhost"), STATUS_OK); /* host= says otherwise */
	resolver.n_servers = 1;
	SCRIPT({NULL, 0, ERR_OK, DNS_NO_NAME, NULL, 0});
	assert_int_equal(look_up("localhost.example"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "localhost.example@1/1 localhost.example.corp.example@1/1 ");
}

/* --- which name ------------------------------------------------------------------------------------ */

TEST(the_search_domain)
{
	SCRIPT({NULL, 0, ERR_OK, DNS_NO_NAME, NULL, 0});
	resolver.search = "corp.example";
	assert_int_equal(look_up("www"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "www.corp.example@1/1 www@1/1 ");
	must_report("www does not exist (NXDOMAIN)");
	asked[0] = '\0';
	(void)!look_up("www.x");
	assert_string_equal(asked, "www.x@1/1 www.x.corp.example@1/1 ");
	asked[0] = '\0';
	(void)!look_up("www.");
	assert_string_equal(asked, "www@1/1 ");
	asked[0] = '\0';
	resolver.search = "";
	(void)!look_up("www");
	assert_string_equal(asked, "www@1/1 ");
}

/* RFC 3397: in their order; the first that knows the name settles it. */
TEST(several_search_domains)
{
	SCRIPT({"www.b", 0, ERR_OK, DNS_FOUND, NULL, 0}, {NULL, 0, ERR_OK, DNS_NO_NAME, NULL, 0});
	resolver.search = "a.x b c d";
	assert_int_equal(look_up("www"), STATUS_OK);
	assert_string_equal(asked, "www.a.x@1/1 www.b@1/1 ");
	asked[0] = '\0';
	assert_int_equal(look_up("w.y"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "w.y@1/1 w.y.a.x@1/1 w.y.b@1/1 w.y.c@1/1 w.y.d@1/1 ");
	asked[0] = '\0';
	resolver.search = " d1  b/b d2 d3 d4 d5 d6 d7 d8 ";
	assert_int_equal(look_up("w"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "w.d1@1/1 w.d2@1/1 w.d3@1/1 w.d4@1/1 w.d5@1/1 w.d6@1/1 w@1/1 ");
}

TEST(a_search_domain_that_does_not_fit)
{
	char domain[250];

	SCRIPT({NULL, 0, ERR_OK, DNS_NO_NAME, NULL, 0});
	memset(domain, 'x', sizeof(domain));
	for (size_t i = 49; i < sizeof(domain); i += 50)
		domain[i] = '.';
	domain[249] = '\0';
	resolver.search = domain;
	(void)!look_up("www12");
	assert_string_equal(asked, "www12@1/1 ");
}

/* The domain is for names that do not exist, not for servers that do not answer. */
TEST(only_a_name_that_does_not_exist_is_searched)
{
	SCRIPT({"www.x", 0, ERR_OK, DNS_NO_ADDRESS, NULL, 0});
	resolver.search = "corp.example";
	assert_int_equal(look_up("www.x"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "www.x@1/1 ");
	must_report("www.x has no IPv4 address");
}

TEST(aliases_are_asked_for)
{
	SCRIPT({"www.x", 0, ERR_OK, DNS_ALIAS, "far.away", 0},
	       {"far.away", 0, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("www.x"), STATUS_OK);
	assert_string_equal(asked, "www.x@1/1 far.away@1/1 ");
	assert_int_equal(result.n, 2);
	assert_int_equal(net_addr_to_ipv4(&result.addr[1]), 0xc0000202);
}

TEST(aliases_without_end)
{
	SCRIPT({"a.x", 0, ERR_OK, DNS_ALIAS, "b.x", 0}, {"b.x", 0, ERR_OK, DNS_ALIAS, "a.x", 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("too many aliases");
	assert_true(strlen(asked) < 9 * strlen("a.x@1/1 ") + 1);
}

/* --- which server ---------------------------------------------------------------------------------- */

TEST(the_second_server_knows)
{
	SCRIPT({NULL, SERVER_2, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_string_equal(asked, "a.x@1/1 a.x@2/1 ");
	assert_true(now_ns == NS_PER_S);

	fresh(); /* a server that fails is no answer either, and costs no time */
	SCRIPT({NULL, SERVER_1, ERR_OK, DNS_SERVER_FAILS, NULL, 0},
	       {NULL, SERVER_2, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_true(now_ns == 0);
}

TEST(no_host_answers)
{
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "a.x@1/1 a.x@2/1 a.x@1/2 a.x@2/2 a.x@1/3 a.x@2/3 ");
	assert_true(now_ns == 14 * NS_PER_S); /* 1, 2 and 4 seconds for each */
	must_report("a.x: no answer from the name server 10.0.0.1 and 10.0.0.2");
}

TEST(what_the_servers_did)
{
	resolver.n_servers = 1;
	SCRIPT({NULL, 0, ERR_OK, DNS_SERVER_FAILS, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("the name server failed (SERVFAIL): 10.0.0.1");
	SCRIPT({NULL, 0, ERR_CONNREFUSED, 0, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("the name server cannot be reached (connection refused): 10.0.0.1");
	SCRIPT({NULL, 0, ERR_OK, DNS_MALFORMED, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("no sensible answer");
	SCRIPT({NULL, 0, ERR_OK, DNS_ALIAS_LOOP, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("circle");
}

/* A server that knows nothing and asks nobody is not the last word, nor is an empty answer without a
 * word about who said it. */
TEST(a_lame_server_is_passed_over)
{
	SCRIPT({NULL, SERVER_1, ERR_OK, DNS_EMPTY, NULL, 0}, {NULL, SERVER_2, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_string_equal(asked, "a.x@1/1 a.x@2/1 ");
	assert_true(now_ns == 0);

	fresh();
	SCRIPT({NULL, SERVER_1, ERR_OK, DNS_EMPTY, NULL, ASKS_OTHERS},
	       {NULL, SERVER_2, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_string_equal(asked, "a.x@1/1 a.x@2/1 ");

	fresh(); /* said with authority, it is final */
	SCRIPT({NULL, SERVER_1, ERR_OK, DNS_NO_ADDRESS, NULL, 0},
	       {NULL, SERVER_2, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "a.x@1/1 ");
}

TEST(nothing_but_empty_answers)
{
	SCRIPT({NULL, SERVER_1, ERR_OK, DNS_EMPTY, NULL, ASKS_OTHERS},
	       {NULL, SERVER_2, ERR_OK, DNS_SERVER_FAILS, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	assert_string_equal(asked, "a.x@1/1 a.x@2/1 "); /* a cache is believed when all were asked */
	must_report("a.x has no IPv4 address");

	fresh();
	SCRIPT({NULL, 0, ERR_OK, DNS_EMPTY, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("a.x: the name server does not know it, and asks nobody else (lame): 10.0.0.1 and 10.0.0.2");
}

/* A server that EDNS silences is asked without from its second question on, and for every name. */
TEST(who_takes_no_edns)
{
	shows_edns = true;
	resolver.n_servers = 1;
	SCRIPT({"a.x", SERVER_1, ERR_TIMEDOUT, DNS_ALIAS, "b.x", 0}, {"b.x", 0, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_string_equal(asked, "a.x@1/1+ a.x@1/2 b.x@1/1 ");
	assert_true(now_ns == NS_PER_S);

	fresh();
	shows_edns = true;
	SCRIPT({"a.x", 0, ERR_OK, DNS_ALIAS, "b.x", REFUSES_EDNS}, {"b.x", 0, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_string_equal(asked, "a.x@1/1+ b.x@1/1 ");

	fresh(); /* the next look-up knows, and does not wait for it again */
	shows_edns = true;
	resolver.memory = &(struct resolver_memory){0};
	SCRIPT({NULL, SERVER_1, ERR_TIMEDOUT, DNS_FOUND, NULL, 0});
	resolver.n_servers = 1;
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_int_equal(look_up("b.x"), STATUS_OK);
	assert_int_equal(look_up("c.x"), STATUS_OK);
	assert_string_equal(asked, "a.x@1/1+ a.x@1/2 b.x@1/1 c.x@1/1 ");
	assert_int_equal(resolver.memory->n, 1);
	fresh(); /* who says nothing at all is not known for it */
	shows_edns = true;
	resolver.memory = &(struct resolver_memory){0};
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	assert_int_equal(resolver.memory->n, 0);

	fresh(); /* one server's trouble is not the other's */
	shows_edns = true;
	SCRIPT({NULL, SERVER_2, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_string_equal(asked, "a.x@1/1+ a.x@2/1+ ");
}

/* What all of them sent, over all tries, is in the sentence. */
TEST(what_came_in_place_of_an_answer)
{
	no_answers[1] = "had a bad UDP checksum";
	no_answers[2] = "had another id";
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("no answer from the name server 10.0.0.1 and 10.0.0.2 (6 answers refused: "
		 "3 had a bad UDP checksum, 3 had another id)");
	assert_int_equal(result.refused.count, 6);
	assert_int_equal(resolver_lookup(&resolver, "a.x", 3, now_ns + 2500 * NS_PER_MS, &result),
			 STATUS_TIMED_OUT);
	must_report("timed out, waiting for the name server's answer (10.0.0.1 about a.x) "
		 "(3 answers refused: 2 had a bad UDP checksum, 1 had another id)");
	fresh();
	resolver.n_servers = 1;
	SCRIPT({NULL, 0, ERR_CONNREFUSED, 0, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_NAME_NOT_RESOLVED);
	must_report("(connection refused): 10.0.0.1 (3 times 'port unreachable' from 10.0.0.1)");
	SCRIPT({NULL, 0, ERR_OK, DNS_FOUND, NULL, 0});
	assert_int_equal(look_up("a.x"), STATUS_OK);
	assert_int_equal(result.refused.count, 0);
}

TEST(the_deadline_comes_first)
{
	assert_int_equal(resolver_lookup(&resolver, "a.x", 3, 2500 * NS_PER_MS, &result),
			 STATUS_TIMED_OUT);
	must_report("timed out, waiting for the name server's answer (10.0.0.1 about a.x)");
	assert_true(now_ns == 2500 * NS_PER_MS);
}

/* --- signs of life --------------------------------------------------------------------------------- */

static char said[1024]; /* "seconds server left " for each line */

static void record(struct event_sink *sink, const struct event *ev)
{
	char text[64];

	(void)sink;
	if (ev->id != EVENT_PROGRESS)
		return;
	assert_string_equal(ev->fields[0].str, "waiting for the name server's answer");
	assert_string_equal(ev->fields[3].str, "a.x");
	snprintf(text, sizeof(text), "%.1f@%u %.1f ", (double)now_ns / 1e9,
		 net_addr_to_ipv4(ev->fields[2].addr) & 0xff,
		 (double)ev->fields[ev->n_fields - 1].u / 1e9);
	strncat(said, text, sizeof(said) - strlen(said) - 1);
}

/* Whom it asks at that moment, and how long all the rounds can still take. */
TEST(a_long_search_reports_it)
{
	static struct event_sink sink = {.emit = record};
	static struct progress progress;

	progress_init(&progress, &sink);
	machine.progress = &progress;
	assert_int_equal(resolver_lookup(&resolver, "a.x", 3, 7500 * NS_PER_MS, &result),
			 STATUS_TIMED_OUT);
	assert_string_equal(said, "2.0@1 5.5 3.0@1 4.5 4.0@2 3.5 5.0@2 2.5 6.0@1 1.5 7.0@1 0.5 ");
	assert_int_equal(progress_tick(&progress, 100 * NS_PER_S), TIME_NEVER);
}
