/*
 * SPDX-License-Identifier: MIT
 *
 * Goldens: scenarios that cross the whole house, each from one seed.  What they put on the wire, what
 * their machine lines say and what they count is what stands in tests/golden/sim (docs/testing.md says
 * how to read a difference, and how to change one on purpose).
 */
#include <stdio.h>
#include <string.h>

#include "net/counters.h"
#include "net/dhcp.h"
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_call.h"
#include "tests/sim/lib/sim_dhcp.h"
#include "tests/sim/lib/sim_golden.h"
#include "tests/sim/lib/sim_server.h"

#define URL "url=http://10.0.0.2/ "
#define OK_LINE "HTTP/1.1 200 OK\r\n"
#define SHORT_PAGE OK_LINE "Content-Length: 9\r\n\r\n123456789"

/* --- the client calls ------------------------------------------------------------------------------ */

/* A row for each run of the client; those of one listing follow each other. */
struct call_row {
	const char *config, *head;
	enum sim_web_deed deed;
	size_t body_len, piece;
	uint32_t loss_ppm, reorder_ppm, duplicate_ppm, corrupt_ppm;
	bool at_once, has_gateway;
};

static void spoil_links(struct sim_call *call, const struct call_row *row)
{
	struct sim_link *links[] = {&call->client->in, &call->client->out};

	for (unsigned i = 0; i < ARRAY_LEN(links); i++) {
		links[i]->loss_ppm = row->loss_ppm;
		links[i]->reorder_ppm = row->reorder_ppm;
		links[i]->reorder_ns = 3 * NS_PER_MS;
		links[i]->duplicate_ppm = row->duplicate_ppm;
		links[i]->corrupt_ppm = row->corrupt_ppm;
		links[i]->rate_bps = 20 * 1000 * 1000;
	}
}

static void fill(struct sim *sim, uint8_t *body, size_t len)
{
	for (size_t i = 0; i < len; i++)
		body[i] = (uint8_t)(sim_random(sim) >> 11);
}

static void run_row(const struct call_row *row, uint64_t seed)
{
	struct sim_call *call = sim_call_open("golden", seed, NULL);
	uint8_t *body = test_malloc(row->body_len + 1);

	fill(&call->sim, body, row->body_len);
	call->server.body = body;
	call->server.body_len = row->body_len;
	call->server.deed = row->deed;
	call->server.at_once = row->at_once;
	call->server.piece = row->piece;
	call->platform.hold_ns = row->deed == DEED_WAIT ? NS_PER_S : 0;
	spoil_links(call, row);
	if (row->has_gateway)
		assert_int_equal(net_set_gateway(call->client->stack, &call->client->netif,
						 call->server.host->ip), ERR_OK);
	sim_web_start(call, row->head != NULL ? row->head : SHORT_PAGE);
	(void)sim_call_run(call, row->config); /* the status is in the listing */
	sim_call_close(call);
	test_free(body);
}

static void run_rows(const char *name, const struct call_row *rows, size_t n)
{
	golden_begin(1);
	for (size_t i = 0; i < n; i++)
		run_row(&rows[i], i + 1);
	golden_compare(name);
}

TEST(pages)
{
	static const struct call_row rows[] = {
		{.config = URL},
		{.config = URL "show=headers,body", .deed = DEED_WAIT},
		{.config = URL "user=ann:secret method=POST body=a=b header=\"X-A: b\"", .piece = 1},
		{.config = "url=http://10.0.0.2:80/a/../b?c url=http://10.0.0.2/d",
		 .head = SHORT_PAGE SHORT_PAGE, .deed = DEED_HANG},
		{.config = URL "count=2 interval=1", .head = OK_LINE "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
		{.config = "tcp=10.0.0.2:80 ping=10.0.0.2 " URL},
		{.config = URL "follow=2", .head = "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.3/x\r\n"
		 "Content-Length: 0\r\n\r\n"},
	};

	run_rows("call-pages", rows, ARRAY_LEN(rows));
}

TEST(failures)
{
	static const struct call_row rows[] = {
		{.config = "url=http://10.0.0.2:81/"},
		{.config = "url=http://10.0.0.77/"},
		{.config = "url=http://192.0.2.1/"},
		{.config = "url=http://192.0.2.1/ connect-timeout=4", .has_gateway = true},
		{.config = "ping=10.0.0.77 connect-timeout=2"},
		{.config = "url=http://10.0.0.2:81/ retry=2 retry-connrefused=yes"},
		{.config = URL, .head = "", .at_once = true},
		{.config = URL, .head = ""},
		{.config = URL, .head = OK_LINE "Content-", .deed = DEED_HANG},
		{.config = URL, .head = OK_LINE "Content-Length: 9\r\n\r\nhello", .deed = DEED_RESET},
		{.config = URL, .head = OK_LINE "Content-Length: 9\r\n\r\nhello"},
		{.config = URL, .head = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"},
		{.config = URL "max-body=8"},
		{.config = URL "expect.body=x"},
	};

	run_rows("call-failures", rows, ARRAY_LEN(rows));
}

/* SACK, RACK, TLP, DSACK, undo: what loss, reordering and doubles make of a transfer. */
TEST(bad_links)
{
	static const struct call_row rows[] = {
		{.config = URL, .head = OK_LINE "\r\n", .body_len = 60000, .loss_ppm = 30000},
		{.config = URL, .head = OK_LINE "\r\n", .body_len = 40000, .reorder_ppm = 50000,
		 .duplicate_ppm = 50000},
		{.config = URL, .head = OK_LINE "\r\n", .body_len = 40000, .loss_ppm = 10000, .corrupt_ppm = 30000},
		{.config = URL, .loss_ppm = 400000},
	};

	run_rows("call-bad-links", rows, ARRAY_LEN(rows));
}

/* --- an address and a name first ------------------------------------------------------------------- */

struct net_up {
	struct sim_call *call;
	struct sim_dhcp_server dhcp;
	struct sim_dhcp_client asker;
	struct sim_dhcp_watch watch;
	int dns;
};

/* Knows one address, 10.0.0.2, and gives it for every name that begins with "k"; no others exist. */
static void answer_names(struct sim_host *host, void *ctx)
{
	struct net_up *up = ctx;
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 2};
	uint8_t m[600];
	struct net_endpoint from;
	int n;

	while ((n = sock_recvfrom(host->stack, up->dns, m, 512, &from, host->sim->now_ns)) > 12) {
		size_t at = 12;
		bool known = m[13] == 'k';

		while (at < (size_t)n && m[at] != 0)
			at += m[at] + 1u;
		at += 5;
		store_be16(m + 2, known ? 0x8180 : 0x8183);
		store_be16(m + 6, known);
		store_be16(m + 10, 0);
		memcpy(m + at, record, sizeof(record));
		at += known ? sizeof(record) : 0;
		(void)!sock_sendto(host->stack, up->dns, m, at, &from, host->sim->now_ns);
	}
}

static struct app_names its_names(void *ctx)
{
	(void)ctx;
	return (struct app_names){.servers = {net_addr_ipv4(0x0a000002)}, .n_servers = 1};
}

static bool is_bound(void *ctx)
{
	struct net_up *up = ctx;

	return net_dhcp_lease(up->call->client->stack, &up->call->client->netif) != NULL;
}

/* Host 2 leases addresses, knows names and has the page. */
static void net_up_open(struct net_up *up, uint64_t seed)
{
	static const struct sim_host_options bare = {.no_address = true};
	const struct net_endpoint dns = net_endpoint_ipv4(0, 53);
	struct sim_host *server;

	*up = (struct net_up){.call = sim_call_open("golden-net-up", seed, &bare)};
	server = up->call->server.host;
	up->dhcp.lease_min_s = up->dhcp.lease_max_s = 40;
	sim_dhcp_serve(&up->dhcp, server, UINT32_C(0x0a000065), 3);
	up->watch = (struct sim_dhcp_watch){&up->dhcp, &up->asker, 1};
	sim_dhcp_watch(&up->call->sim, &up->watch);
	up->dns = sock_socket(server->stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);
	assert_int_equal(sock_bind(server->stack, up->dns, &dns), ERR_OK);
	sim_add_app(server, answer_names, up);
	sim_web_start(up->call, SHORT_PAGE);
	up->call->names = its_names;
	sim_set_loss(up->call->client, 150000);
	sim_dhcp_ask(&up->asker, up->call->client, &up->dhcp);
	assert_true(sim_run(&up->call->sim, 120 * NS_PER_S, is_bound, up));
}

static void net_up_close(struct net_up *up)
{
	struct sim *sim = &up->call->sim;

	(void)sim_run(sim, sim->now_ns + 100 * NS_PER_S, NULL, NULL); /* it renews */
	sim_dhcp_stop(&up->asker, true);
	sim_dhcp_close(&up->dhcp);
	(void)sim_run(sim, sim->now_ns + 10 * NS_PER_S, NULL, NULL);
	sim_call_close(up->call);
}

TEST(dhcp_dns_get)
{
	static const char *const configs[] = {
		"url=http://known.example/", "url=http://nobody.example/", "ping=known.example",
	};
	struct net_up up;

	golden_begin(1);
	for (unsigned i = 0; i < ARRAY_LEN(configs); i++) {
		net_up_open(&up, i + 1);
		(void)sim_call_run(up.call, configs[i]);
		net_up_close(&up);
	}
	golden_compare("dhcp-dns-get");
}

/* --- others call ----------------------------------------------------------------------------------- */

static void add_visitors(const struct visitor *visitors, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*scene_visitor() = visitors[i];
}

/* Without the CRs, which no text file should have. */
static void append_lines(char *to, const char *text)
{
	to += strlen(to);
	for (; *text != '\0'; text++)
		if (*text != '\r')
			*to++ = *text;
	*to = '\0';
}

TEST(serve_pages)
{
	static const struct visitor visitors[] = {
		{.deeds = {{0, SAY, GET("/")}, {S(1), SAY, GET("/healthz") GET("/nope")}}},
		{.comes_ns = S(2), .deeds = {{0, SAY, GET("/metrics")}, {S(3), FIN, NULL}}},
		{.comes_ns = S(3), .deeds = {{0, SAY, "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"}}},
		{.comes_ns = S(4), .deeds = {{0, SAY, "GET /\r\n"}}},
		{.comes_ns = S(4), .deeds = {{0, SAY, GET("/")}, {NS_PER_MS, RESET, NULL}}},
		{.comes_ns = S(5), .deeds = {{0, SAY, "GET / HT"}}},
		{.comes_ns = S(6), .is_deaf = true, .rcvbuf = 2048,
		 .deeds = {{0, SAY, GET("/") GET("/") GET("/metrics")}, {S(20), LISTEN, NULL}}},
		{.comes_ns = S(7), .deeds = {{0, SAY, "HEAD /healthz HTTP/1.0\r\n\r\n"}}},
		{.comes_ns = S(8)},
	};
	static char answers[2 * sizeof(visitors[0].got)];

	golden_begin(1);
	scene_open("golden-serve");
	scene.clock_runs = true;
	add_visitors(visitors, ARRAY_LEN(visitors));
	(void)scene_serve("mode=server requests=12", 60);
	append_lines(answers, scene.visitors[0].got);
	append_lines(answers, scene.visitors[1].got);
	scene_close();
	golden_compare("serve-pages");
	golden_compare_text("serve-answers", answers);
}

/* All there are: names are part of what others rely on, also of those that no scenario moves. */
TEST(names_of_counters)
{
	struct sim_call *call = sim_call_open("golden-names", 1, NULL);
	struct net_counter_walk walk = {0};
	char names[8192], *at = names;
	const char *name, *interface;
	uint64_t value;

	while (net_counter_next(call->client->stack, &walk, &name, &value))
		at += snprintf(at, 64, "%s\n", name);
	for (unsigned i = 0; net_interface_counter(call->client->stack, 0, i, &interface, &name, &value); i++)
		at += snprintf(at, 64, "interface %s\n", name);
	sim_call_close(call);
	golden_compare_text("counter-names", names);
}

/* A dozen at once, over a link that loses, beside a check that fails. */
TEST(serve_a_crowd)
{
	golden_begin(0);
	scene_open("golden-crowd");
	sim_set_loss(scene.guests, 20000);
	for (unsigned i = 0; i < 12; i++)
		*scene_visitor() = (struct visitor){.comes_ns = i / 4 * NS_PER_MS,
			.deeds = {{0, SAY, i % 2 == 0 ? GET("/healthz") : GET("/metrics")}, {S(2), FIN, NULL}}};
	(void)scene_serve("mode=server log.connections=3 tcp=10.0.0.2:9 count=2", 20);
	scene_close();
	golden_compare("serve-crowd");
}
