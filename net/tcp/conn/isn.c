/*
 * SPDX-License-Identifier: MIT
 *
 * Initial sequence numbers (RFC 6528, RFC 9293 3.4.1): a clock of 4 microseconds plus a keyed hash
 * of the four-tuple, so that an outsider cannot guess them, while one tuple's numbers still move
 * forward.  The timestamp clock (RFC 7323 5.4) starts at a hash of the tuple too: its value does
 * not tell how long the machine is up, and a tuple that is used again stays ahead of its old self.
 */
#include "net/tcp/conn/handshake.h"
#include "net/tcp/tcb.h"

#include "base/string.h"
#include "net/siphash.h"

enum hash_purpose { HASH_ISN = 1, HASH_TIMESTAMP = 2 };

struct hash_input {
	struct net_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t purpose;
};

static uint32_t tuple_hash(const struct stack *stack, const struct tcb *tcb,
			   enum hash_purpose purpose)
{
	struct hash_input in;

	memset(&in, 0, sizeof(in)); /* padding is hashed too */
	in.local = tcb->id.local.addr;
	in.remote = tcb->id.remote.addr;
	in.local_port = tcb->id.local.port;
	in.remote_port = tcb->id.remote.port;
	in.purpose = (uint8_t)purpose;
	return (uint32_t)siphash(stack->secret, &in, sizeof(in));
}

/* RFC 6528 3: ISN = M + F(localip, localport, remoteip, remoteport, secretkey) */
uint32_t tcp_initial_sequence(const struct stack *stack, const struct tcb *tcb, uint64_t now_ns)
{
	uint32_t m = (uint32_t)(now_ns / (4 * NS_PER_US));

	return m + tuple_hash(stack, tcb, HASH_ISN);
}

uint32_t tcp_timestamp_offset(const struct stack *stack, const struct tcb *tcb)
{
	return tuple_hash(stack, tcb, HASH_TIMESTAMP);
}

/* RFC 7323 5.4: between 1 ms and 1 s a tick; ours is 1 ms. */
uint32_t tcp_timestamp(const struct tcb *tcb, uint64_t now_ns)
{
	return (uint32_t)(now_ns / NS_PER_MS) + tcb->agreed.ts_offset;
}
