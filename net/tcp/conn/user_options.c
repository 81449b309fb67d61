/*
 * SPDX-License-Identifier: MIT
 *
 * What the user may choose for a connection: keep-alives (RFC 9293 3.8.4), the user timeout
 * (R2: 3.8.3, 3.9.1), the Diffserv field and the TTL of its packets (3.9.2).  The ranges are those
 * that sockets have elsewhere.
 */
#include "net/tcp/conn/liveness.h"
#include "net/tcp/limits.h"
#include "net/tcp/send/pmtu.h"
#include "net/tcp/tcb.h"

#define SECONDS_MAX 32767
#define KEEP_COUNT_MAX 127
#define MSS_LEAST 88
#define MSS_MOST 32767
#define ECN_BITS 0x03 /* RFC 3168 5: of the same octet, and not the user's */

void tcp_user_options_init(struct tcb *tcb)
{
	tcb->chosen = (struct tcp_user_options){
		.keep_idle_s = TCP_KEEP_IDLE_S,
		.keep_interval_s = TCP_KEEP_INTERVAL_S,
		.keep_count = TCP_KEEP_COUNT,
	};
}

static bool in_range(enum tcp_user_option option, int64_t value)
{
	switch (option) {
	case TCP_OPTION_KEEP_IDLE_S:
	case TCP_OPTION_KEEP_INTERVAL_S:
		return value >= 1 && value <= SECONDS_MAX;
	case TCP_OPTION_KEEP_COUNT:
		return value >= 1 && value <= KEEP_COUNT_MAX;
	case TCP_OPTION_USER_TIMEOUT_MS:
	case TCP_OPTION_RESOLVE_MS:
		return value >= 0 && value <= INT32_MAX;
	case TCP_OPTION_TOS:
	case TCP_OPTION_TTL:
		return value >= (option == TCP_OPTION_TTL) && value <= UINT8_MAX;
	case TCP_OPTION_MSS:
		return value == 0 || (value >= MSS_LEAST && value <= MSS_MOST);
	default:
		return true;
	}
}

int tcp_choose(struct stack *stack, struct tcb *tcb, enum tcp_user_option option, int64_t value)
{
	struct tcp_user_options *chosen = &tcb->chosen;

	if (!in_range(option, value))
		return ERR_INVAL;
	switch (option) {
	case TCP_OPTION_KEEP_ALIVE: chosen->keep_alive = value != 0; break;
	case TCP_OPTION_KEEP_IDLE_S: chosen->keep_idle_s = (uint16_t)value; break;
	case TCP_OPTION_KEEP_INTERVAL_S: chosen->keep_interval_s = (uint16_t)value; break;
	case TCP_OPTION_KEEP_COUNT: chosen->keep_count = (uint8_t)value; break;
	case TCP_OPTION_USER_TIMEOUT_MS: chosen->user_timeout_ms = (uint32_t)value; break;
	case TCP_OPTION_TOS: chosen->tos = (uint8_t)(value & ~ECN_BITS); break;
	case TCP_OPTION_TTL: chosen->ttl = (uint8_t)value; break;
	case TCP_OPTION_RESOLVE_MS: chosen->resolve_ms = (uint32_t)value; break;
	case TCP_OPTION_MSS: chosen->mss = (uint16_t)value; break;
	}
	if (option == TCP_OPTION_MSS)
		tcp_pmtu_chosen(tcb);
	if (option == TCP_OPTION_KEEP_ALIVE || option == TCP_OPTION_KEEP_IDLE_S)
		tcp_keep_alive_start(stack, tcb);
	return ERR_OK;
}

static int64_t mss_of(const struct tcb *tcb)
{
	if (tcb->life.state >= TCP_SYN_SENT)
		return tcb_eff_mss(tcb);
	return tcb->chosen.mss != 0 ? tcb->chosen.mss : TCP_MSS_DEFAULT;
}

int64_t tcp_chosen(const struct tcb *tcb, enum tcp_user_option option)
{
	const struct tcp_user_options *chosen = &tcb->chosen;

	switch (option) {
	case TCP_OPTION_KEEP_ALIVE: return chosen->keep_alive;
	case TCP_OPTION_KEEP_IDLE_S: return chosen->keep_idle_s;
	case TCP_OPTION_KEEP_INTERVAL_S: return chosen->keep_interval_s;
	case TCP_OPTION_KEEP_COUNT: return chosen->keep_count;
	case TCP_OPTION_USER_TIMEOUT_MS: return chosen->user_timeout_ms;
	case TCP_OPTION_TOS: return chosen->tos;
	case TCP_OPTION_RESOLVE_MS: return chosen->resolve_ms;
	case TCP_OPTION_TTL: return chosen->ttl != 0 ? chosen->ttl : IP_TTL;
	case TCP_OPTION_MSS: return mss_of(tcb);
	}
	return 0;
}
