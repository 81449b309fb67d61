/*
 * SPDX-License-Identifier: MIT
 *
 * Where the machine may be a copy (net_port.generation), the stack's secrets are drawn anew before the
 * next connection, whoever opens it; connections that are there stay.  So is what nobody remembers.
 */
#include <string.h>

#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static uint64_t generation;

static uint64_t generation_now(void *ctx)
{
	(void)ctx;
	return generation;
}

static struct tk t;
static uint8_t secret[16], lookup_secret[16];
static uint16_t ipv4_ids[64];

static void open_tk(void)
{
	tk_open(&t);
	t.k.kp.port.generation = generation_now;
	generation = t.k.stack->generation;
	tk_listen(&t, 4);
}

static void remember(void)
{
	memcpy(secret, t.k.stack->secret, sizeof(secret));
	memcpy(lookup_secret, t.k.stack->lookup_secret, sizeof(lookup_secret));
	memcpy(ipv4_ids, t.k.stack->ipv4_ids, sizeof(ipv4_ids));
}

static void expect_new_secrets(bool anew)
{
	assert_int_equal(memcmp(secret, t.k.stack->secret, sizeof(secret)) != 0, anew);
	assert_int_equal(memcmp(ipv4_ids, t.k.stack->ipv4_ids, sizeof(ipv4_ids)) != 0, anew);
	assert_memory_equal(lookup_secret, t.k.stack->lookup_secret, sizeof(lookup_secret));
}

static void call_out(void)
{
	const struct net_endpoint remote = {net_addr_ipv4(KIT_PEER_IP), 8080};
	int fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);

	assert_true(fd >= 0);
	assert_int_equal(sock_connect(t.k.stack, fd, &remote, t.k.now_ns), ERR_INPROGRESS);
}

TEST(a_call_out_draws_them)
{
	open_tk();
	tk_accept(&t);
	kit_sent_clear(&t.k);
	remember();
	call_out();
	expect_new_secrets(false);
	generation++;
	call_out();
	expect_new_secrets(true);
	remember();
	call_out();
	expect_new_secrets(false);
	tk_close(&t);
}

static void expect_new_secret(bool anew)
{
	assert_int_equal(memcmp(secret, t.k.stack->secret, sizeof(secret)) != 0, anew);
	remember();
}

/* A copy of a machine at rest, which nothing tells that it is one: its RDRAND is enough. */
TEST(the_first_call_has_a_secret_of_its_own)
{
	open_tk();
	t.k.stack->secret_used_ns = 0;
	remember();
	call_out();
	expect_new_secret(true);
	call_out();
	expect_new_secret(false);
	t.k.now_ns += 239 * NS_PER_S;
	call_out();
	expect_new_secret(false);
	t.k.now_ns += 239 * NS_PER_S; /* since the last one */
	call_out();
	expect_new_secret(false);
	t.k.now_ns += 240 * NS_PER_S;
	call_out();
	expect_new_secret(true);
	tk_close(&t);
}

TEST(a_call_from_outside_draws_them)
{
	open_tk();
	remember();
	generation++;
	TK_SEND(&t, .flags = TCP_SYN);
	expect_new_secrets(true);
	tk_close(&t);
}

/* Its place in the table does not depend on them. */
TEST(a_connection_goes_on)
{
	char buf[8];

	open_tk();
	tk_accept(&t);
	generation++;
	call_out();
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "hello", .len = 5);
	assert_int_equal(tk_read(&t, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	tk_close(&t);
}
