/*
 * SPDX-License-Identifier: MIT
 *
 * Path MTU discovery (RFC 1191): DF is set, and a router that cannot send a segment on whole says
 * how long it may be.  What is remembered of paths is IP's (net/ip/path_mtu.h).
 *
 * A report can be forged (RFC 5927 7), so it must quote what is on its way now, and where longer
 * segments are known to arrive it waits for a timeout: an ACK of what it quotes refutes it.  And a
 * report can be lost for ever (RFC 2923 2.1): then segments become shorter by themselves, timeout
 * by timeout, and at last DF is cleared.  That is a guess, which a report that comes late corrects,
 * upwards too.
 *
 * NOT DONE: packetization layer path MTU discovery (RFC 4821): nothing longer is tried before the
 * ten minutes of RFC 1191 6.3 are over.
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/pmtu.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "net/ip/path_mtu.h"

/* What black holes are tried with (RFC 2923 2.1 names the second: it fits every path in use). */
#define BLACK_HOLE_MSS 1024u
/* Time-outs in a row that make a black hole likely; of a path that carried as much before, that is
 * rather one that is down. */
#define BLACK_HOLE_TIMEOUTS 2
#define BLACK_HOLE_TIMEOUTS_PROVEN 4
/* ... and not before so long: the first time-outs are quick, and a link that was down for a moment,
 * or a report that a busy router holds back, is no black hole. */
#define BLACK_HOLE_SILENCE_NS (1500 * NS_PER_MS)

/* RFC 1191 6.3, in whole seconds. */
static uint32_t later(uint64_t now_ns)
{
	return (uint32_t)((now_ns + IP_PMTU_NS) / NS_PER_S);
}

/* The trial of the old size is over, either way. */
static void set_mss(struct tcb *tcb, uint32_t mss)
{
	tcb->snd.mss = (uint16_t)mss;
	tcb->snd.pmtu.on_trial = false;
	tcb->snd.pmtu.candidate = 0;
	tcb->snd.pmtu.timeouts = 0;
}

static void adopt_path(struct tcb *tcb, const struct ip_path *path, uint64_t now_ns)
{
	uint32_t mss = MIN((uint32_t)path->mtu - tcb_header_len(tcb),
			   (uint32_t)tcb->snd.pmtu.mss_max);

	tcb->snd.pmtu.may_fragment = path->narrow;
	tcb->snd.pmtu.guessed = false;
	if (mss < tcb->snd.pmtu.mss_max || path->narrow)
		tcb->snd.pmtu.until_s = later(now_ns);
	set_mss(tcb, mss);
}

/* What is known of the path, and what the peer takes. */
static void look_up(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct ip_path path = ip_path_find(stack, &tcb->id.remote.addr, IP_PROTO_TCP,
					   (uint16_t)(tcb->agreed.mss_offered +
						      tcb_header_len(tcb)), now_ns);

	tcb->snd.pmtu.until_s = UINT32_MAX;
	adopt_path(tcb, &path, now_ns);
}

void tcp_pmtu_begin(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcb->snd.pmtu.mss_max = tcb->snd.mss_agreed = tcb->agreed.mss_offered;
	look_up(stack, tcb, now_ns);
}

void tcp_pmtu_offered(struct tcb *tcb, uint32_t mss)
{
	tcb->snd.mss_agreed = (uint16_t)MIN(mss, tcb->agreed.mss_offered);
	tcb->snd.pmtu.mss_max = tcb_within_choice(tcb, tcb->snd.mss_agreed);
	tcb->snd.mss = MIN(tcb->snd.mss, tcb->snd.pmtu.mss_max);
}

void tcp_pmtu_chosen(struct tcb *tcb)
{
	if (tcb->life.state < TCP_SYN_SENT)
		return;
	tcb->snd.pmtu.mss_max = tcb_within_choice(tcb, tcb->snd.mss_agreed);
	if (tcb->snd.mss > tcb->snd.pmtu.mss_max)
		set_mss(tcb, tcb->snd.pmtu.mss_max);
	else if (!tcb->snd.pmtu.guessed)
		tcb->snd.pmtu.until_s = 0; /* the next ACK looks what the path takes */
}

/* --- what arrives, and what does not ----------------------------------------------------------- */

void tcp_pmtu_sent(struct tcb *tcb, const struct tcp_send *send)
{
	if (tcb->snd.pmtu.on_trial || tcb->snd.mss <= tcb->snd.pmtu.mss_proven ||
	    send->data_len < tcb_eff_mss(tcb))
		return;
	tcb->snd.pmtu.on_trial = true;
	tcb->snd.pmtu.trial_end = send->seq + send->data_len;
}

void tcp_pmtu_acked(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcb->snd.pmtu.timeouts = 0;
	if (tcb->snd.pmtu.on_trial && seq_geq(tcb->snd.una, tcb->snd.pmtu.trial_end)) {
		tcb->snd.pmtu.on_trial = false;
		tcb->snd.pmtu.mss_proven = tcb->snd.mss;
	}
	/* RFC 5927 7.2: what is said to have been dropped has arrived */
	if (tcb->snd.pmtu.candidate != 0 && seq_gt(tcb->snd.una, tcb->snd.pmtu.candidate_seq)) {
		tcb->snd.pmtu.candidate = 0;
		stack->counters.ip_pmtu_ignored++;
	}
	if (now_ns / NS_PER_S >= tcb->snd.pmtu.until_s) /* RFC 1191 6.3: a larger one is tried */
		look_up(stack, tcb, now_ns);
}

static void emit_reduced(struct stack *stack, const struct tcb *tcb, const char *reason)
{
	event_emit(stack->port->events, EVENT_TCP_PMTU, tcb->id.number, 0,
		   EV_ENDPOINT("dst", tcb->id.remote), EV_U64("mss", tcb->snd.mss),
		   EV_BOOL("fragments", tcb->snd.pmtu.may_fragment), EV_STR("reason", reason));
}

static void accept_candidate(struct stack *stack, struct tcb *tcb, uint16_t candidate, uint64_t now_ns)
{
	struct ip_path path = ip_path_lower(stack, &tcb->id.remote.addr, IP_PROTO_TCP, candidate,
					    now_ns);

	adopt_path(tcb, &path, now_ns);
	tcb->snd.pmtu.mss_proven = 0;
	emit_reduced(stack, tcb, "a router says that it is too long");
}

/* RFC 5927 4.1: about something that is on its way, and with DF.  What was guessed bounds nothing: of
 * the longer segments from before it a router knows better.  0: it is not believed. */
static uint16_t candidate_of(const struct tcb *tcb, const struct ip_error *error)
{
	bool guessed = tcb->snd.pmtu.guessed;
	uint32_t mss = guessed ? tcb->snd.pmtu.mss_max : tcb->snd.mss;

	if ((tcb->snd.pmtu.may_fragment && !guessed) || seq_gt(tcb->snd.una, error->seq) ||
	    seq_geq(error->seq, tcb->snd.nxt))
		return 0;
	return ip_path_candidate(&tcb->id.remote.addr, error->mtu, error->quoted_len,
			     (uint16_t)(mss + tcb_header_len(tcb)));
}

void tcp_too_big(struct stack *stack, const struct ip_error *error, uint64_t now_ns)
{
	struct tcb *tcb = tcp_find_connection(stack, &error->local, &error->remote);
	uint16_t candidate = tcb != NULL ? candidate_of(tcb, error) : 0;

	if (candidate == 0) {
		stack->counters.ip_pmtu_ignored++;
		return;
	}
	if ((uint32_t)candidate < tcb->snd.pmtu.mss_proven + tcb_header_len(tcb)) {
		tcb->snd.pmtu.candidate = candidate; /* until a timeout, or an ACK */
		tcb->snd.pmtu.candidate_seq = error->seq;
		return;
	}
	accept_candidate(stack, tcb, candidate, now_ns);
	tcp_recovery_mtu_reduced(stack, tcb, now_ns);
}

/* --- black holes -------------------------------------------------------------------------------- */

/* Counts the time-outs of a full segment with DF that the peer has room for. */
static bool looks_like_a_black_hole(struct tcb *tcb, uint64_t now_ns)
{
	uint32_t timeout = tcb->snd.mss <= tcb->snd.pmtu.mss_proven ? BLACK_HOLE_TIMEOUTS_PROVEN
								  : BLACK_HOLE_TIMEOUTS;

	if (tcb->snd.pmtu.may_fragment || tcb->snd.wnd < tcb_eff_mss(tcb) ||
	    seq_min(tcb->snd.nxt, tcb->snd.end) - tcb->snd.una < tcb_eff_mss(tcb))
		return false;
	return ++tcb->snd.pmtu.timeouts >= timeout &&
	       now_ns - tcb->snd.progress_ns >= BLACK_HOLE_SILENCE_NS;
}

/* Only this connection is affected: another's timeouts may have other causes. */
static void fall_back(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->snd.mss > BLACK_HOLE_MSS)
		set_mss(tcb, BLACK_HOLE_MSS);
	else if (tcb->snd.mss > TCP_MSS_DEFAULT)
		set_mss(tcb, TCP_MSS_DEFAULT);
	else
		tcb->snd.pmtu.may_fragment = true;
	tcb->snd.pmtu.guessed = true;
	tcb->snd.pmtu.mss_proven = 0;
	tcb->snd.pmtu.until_s = later(now_ns);
	stack->counters.tcp_black_holes++;
	emit_reduced(stack, tcb, "full segments seem to vanish");
}

void tcp_pmtu_timeout(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->snd.pmtu.candidate != 0)
		accept_candidate(stack, tcb, tcb->snd.pmtu.candidate, now_ns);
	else if (looks_like_a_black_hole(tcb, now_ns))
		fall_back(stack, tcb, now_ns);
}
