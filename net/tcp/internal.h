/*
 * SPDX-License-Identifier: MIT
 *
 * What the files of net/tcp/ offer each other, in the order in which a segment meets them.  "The
 * clause" is RFC 9293 3.10.x unless another RFC is named.
 */
#ifndef NET_TCP_INTERNAL_H
#define NET_TCP_INTERNAL_H

#include "net/tcp/congestion/ecn.h"
#include "net/tcp/tcb.h"
#include "net/tcp/waiting.h"

/* A received segment, parsed.  seq, data and len shrink when parts of it turn out to be old. */
struct tcp_segment {
	struct pktbuf *pkt; /* [data, tail) is the payload; NULL once somebody has taken it */
	struct net_endpoint local, remote;
	uint32_t seq, ack;
	uint32_t data_len; /* payload bytes */
	uint32_t up;       /* SEG.UP as a sequence number; where it has URG */
	uint32_t fin_seq;  /* of its FIN, where it has one: trimming does not move it */
	uint32_t wnd;      /* SEG.WND, scaled */
	uint16_t raw_wnd;  /* as on the wire */
	uint16_t flags;    /* enum tcp_flag */
	uint8_t ip_ecn;    /* enum ip_ecn, of its IP header */
	bool moves_timestamp;        /* RFC 7323 4.3: TS.Recent, once its ACK is believed */
	struct tcp_options opt;
	uint64_t now_ns;
};

/* SEG.LEN: SYN and FIN count one each. */
static inline uint32_t segment_len(const struct tcp_segment *seg)
{
	return seg->data_len + !!(seg->flags & TCP_SYN) + !!(seg->flags & TCP_FIN);
}

/* What a step of 3.10.7 says about the rest of the steps. */
enum tcp_verdict { TCP_CONTINUE, TCP_DONE };

/* --- layer.c --------------------------------------------------------------------------------- */

#define TCP_BOUND_LISTS 64u
#define TCP_PORT_GROUPS 512u

struct tcp_layer {
	struct tcb **buckets; /* connections by four-tuple, keyed hash */
	uint32_t n_buckets;   /* a power of two */
	uint32_t n_connections;
	struct tcb *listeners;
	struct tcb *bound[TCP_BOUND_LISTS]; /* by local port */
	uint32_t port_users[TCP_PORT_GROUPS]; /* connections whose local port is of the group */
	struct tcb *work_first, **work_last;
	struct tcb *time_wait_first, **time_wait_last; /* those in TIME-WAIT, the oldest first */
	uint32_t n_time_wait;
	uint32_t next_conn;
};

/* From IP (net/ip/transport.h): input.c, delivery_error.c, send/pmtu.c. */
void tcp_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts, uint64_t now_ns);
/* A segment we sent could not be delivered. */
void tcp_unreachable(struct stack *stack, const struct ip_error *error, uint64_t now_ns);
/* A router could not send on a segment of ours whole: RFC 1191. */
void tcp_too_big(struct stack *stack, const struct ip_error *error, uint64_t now_ns);
/* The address is ours no longer: connections from it end, with ERR_ADDRNOTAVAIL and no RST. */
void tcp_address_gone(struct stack *stack, const struct net_addr *local);
struct refused *tcp_awaits(struct stack *stack, const struct ip_facts *facts, const uint8_t *l4,
			   size_t len);

/* Puts the connection on the list that tcp_poll() works off. */
void tcp_work_add(struct stack *stack, struct tcb *tcb);
void tcp_work_remove(struct stack *stack, struct tcb *tcb);

/* --- demux.c, ports.c ------------------------------------------------------------------------ */

struct tcb *tcp_find_connection(const struct stack *stack, const struct net_endpoint *local,
				const struct net_endpoint *remote);
struct tcb *tcp_find_listener(const struct stack *stack, const struct net_endpoint *local);
void tcp_hash_insert(struct stack *stack, struct tcb *tcb);
void tcp_hash_remove(struct stack *stack, struct tcb *tcb);
void tcp_listener_insert(struct stack *stack, struct tcb *tcb);
void tcp_listener_remove(struct stack *stack, struct tcb *tcb);
/* The count of connections that the port is counted in (ports.c). */
uint32_t *tcp_port_users(const struct stack *stack, uint16_t port);
/* bind() may not have it: somebody listens there, or uses it and does not share. */
bool tcp_port_is_taken(const struct stack *stack, const struct net_endpoint *local, bool reuse);
/* A port that nobody uses; 0: none was found. */
uint16_t tcp_free_port(struct stack *stack, const struct net_addr *local);
void tcp_bound_insert(struct stack *stack, struct tcb *tcb);
void tcp_bound_remove(struct stack *stack, struct tcb *tcb);
/* RFC 6056: an unpredictable free local port for `remote`; 0: there is none. */
uint16_t tcp_ephemeral_port(struct stack *stack, const struct net_addr *local,
			    const struct net_endpoint *remote, uint64_t now_ns);

/* --- state.c --------------------------------------------------------------------------------- */

/* The one place where a state changes. */
void tcp_set_state(struct stack *stack, struct tcb *tcb, enum tcp_state state);
/* Reports to the user, where there is one who wants it, that the connection is worth a look. */
void tcp_user_active(struct stack *stack, const struct tcb *tcb);
/* The connection is over: to CLOSED, timers off, buffers given back.  What was received stays for
 * the user.  `error` is what the user will read.  Frees the TCB when nobody owns it. */
void tcp_end(struct stack *stack, struct tcb *tcb, int error);
/* As tcp_end, with an event that says why we gave up. */
void tcp_give_up(struct stack *stack, struct tcb *tcb, int error, const char *reason);
void tcp_free(struct stack *stack, struct tcb *tcb);
void tcp_drop_send_buffer(struct tcb *tcb);
void tcp_step(struct tcb *tcb, uint8_t step); /* one of the sixteen was reached */

/* --- isn.c ----------------------------------------------------------------------------------- */

/* RFC 6528 */
uint32_t tcp_initial_sequence(const struct stack *stack, const struct tcb *tcb, uint64_t now_ns);
/* RFC 7323 5.4: where the timestamp clock of this connection starts. */
uint32_t tcp_timestamp_offset(const struct stack *stack, const struct tcb *tcb);
uint32_t tcp_timestamp(const struct tcb *tcb, uint64_t now_ns);

/* --- listen.c: 3.10.7.2 ---------------------------------------------------------------------- */

/* NULL, or the new connection in SYN-RECEIVED that the segment is for, since it brought a cookie. */
struct tcb *tcp_listen_arrives(struct stack *stack, struct tcb *listener, struct tcp_segment *seg);
/* A SYN for the four-tuple of `old`, in TIME-WAIT, which makes room if there is room for it. */
void tcp_listen_reopen(struct stack *stack, struct tcb *listener, struct tcb *old,
		       struct tcp_segment *seg);
/* Do as many wait to be accepted as may? */
bool tcp_accept_is_full(const struct tcb *listener);
/* A passive connection is established: it joins its listener's accept queue. */
void tcp_listen_established(struct tcb *tcb);
/* A passive connection that nobody accepted leaves its listener's books. */
void tcp_listen_forget(struct tcb *tcb);
/* The listener closes: so do those that nobody accepted. */
void tcp_listen_close(struct stack *stack, struct tcb *listener, uint64_t now_ns);

/* --- cookie.c -------------------------------------------------------------------------------- */

/* Answers a SYN without keeping anything. */
void tcp_cookie_send(struct stack *stack, const struct tcb *listener,
		     const struct tcp_segment *syn);
/* Does the ACK bring back a cookie that is still good?  *syn: what the SYN must have been. */
bool tcp_cookie_check(const struct stack *stack, const struct tcp_segment *ack,
		      struct tcp_segment *syn);
/* When the last cookie made now is not good any more. */
uint64_t tcp_cookies_end(uint64_t now_ns);

/* --- handshake.c: 3.10.7.3, and what both opens share ---------------------------------------- */

void tcp_syn_sent_arrives(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* Sequence numbers, MSS, options to offer; the route gives the MTU.  Errors of ip_route(). */
int tcp_prepare(struct stack *stack, struct tcb *tcb, uint64_t now_ns) MUST_CHECK;
/* Sequence numbers that begin beyond `last`, a number of the four-tuple's previous life. */
void tcp_begin_beyond(struct tcb *tcb, uint32_t last);
/* All of them, from this one on. */
void tcp_begin_at(struct tcb *tcb, uint32_t iss);
/* What the peer's SYN says about options, and its sequence number. */
void tcp_take_syn(struct tcb *tcb, const struct tcp_segment *seg);
/* Step 13, and 15: the user hears of it. */
void tcp_tell_established(struct stack *stack, struct tcb *tcb, const char *checked);
void tcp_tell_user(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* Our SYN is acknowledged: windows, congestion state, ESTABLISHED. */
void tcp_become_established(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);

/* --- check.c: 3.10.7.4, first, and the checks around it -------------------------------------- */

enum tcp_verdict tcp_check_sequence(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* Takes `n` bytes of text, or all there are, off its front. */
void tcp_cut_front(struct tcp_segment *seg, uint32_t n);
/* The segment's ACK is believed: RFC 7323 4.3, (2). */
void tcp_note_timestamp(struct tcb *tcb, const struct tcp_segment *seg);
/* 3.10.7.4 first, the table: is any of it inside the window? */
bool tcp_segment_acceptable(const struct tcb *tcb, const struct tcp_segment *seg);

/* --- reset.c: second and fourth; RST out ----------------------------------------------------- */

enum tcp_verdict tcp_check_rst(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
enum tcp_verdict tcp_check_syn(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
void tcp_rst_received(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		      const char *meaning);
/* RFC 5961: an ACK that makes an honest peer repeat itself; rate-limited. */
void tcp_challenge_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* Why a RST is sent; the phrases stand in reset.c. */
enum tcp_reset_reason {
	TCP_RESET_NO_CONNECTION,
	TCP_RESET_BAD_ACK,
	TCP_RESET_ABORTED,
	TCP_RESET_UNREAD_DATA,
	TCP_RESET_DATA_AFTER_CLOSE,
	TCP_RESET_LISTENER_CLOSED,
	TCP_RESET_ECN,
	TCP_RESET_REASONS,
};
const char *tcp_reset_reason_text(unsigned reason);
/* 3.10.7.1 and wherever a segment is answered with <SEQ=SEG.ACK><CTL=RST>.  tcb may be NULL. */
void tcp_reset_segment(struct stack *stack, const struct tcb *tcb, const struct tcp_segment *seg,
		       enum tcp_reset_reason reason);
/* 3.10.5: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK> on a connection of ours. */
void tcp_reset_connection(struct stack *stack, struct tcb *tcb, enum tcp_reset_reason reason,
			  uint64_t now_ns);
/* tcp_reset_connection() where the state asks for one (3.10.5), then tcp_end(). */
void tcp_abort_with(struct stack *stack, struct tcb *tcb, enum tcp_reset_reason reason,
		    uint64_t now_ns);

/* --- delivery_error.c: what came and was not what is awaited ------------------------------------------ */

/* The segment is of no connection: is it the answer to a SYN of ours, from somebody else? */
void tcp_refuse_stranger(struct stack *stack, const struct tcp_segment *seg);

/* --- ack.c: fifth ---------------------------------------------------------------------------- */

enum tcp_verdict tcp_check_ack(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* SND.UNA moves to `ack`: buffer, timers.  `rtt_ns`: what the records say of the round trip. */
void tcp_advance_una(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		     uint64_t rtt_ns);

/* --- urgent.c: sixth ------------------------------------------------------------------------- */

void tcp_check_urgent(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* Bytes that the user has to read up to the end of the urgent data; 0: none is announced. */
uint32_t tcp_urgent_left(const struct tcb *tcb);
/* Of `len` bytes, how many one read may take. */
size_t tcp_readable_before_mark(const struct tcb *tcb, size_t len);
/* The user has read. */
void tcp_urgent_read(struct tcb *tcb);
/* A segment at `seq` leaves while urgent data is under way. */
void tcp_point_to_urgent(struct tcb *tcb, uint32_t seq, struct tcp_header *h);
/* Says that there is some, where the window lets none of it go. */
void tcp_tell_urgent(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* --- deliver.c: seventh and eighth; reassembly.c --------------------------------------------- */

enum tcp_verdict tcp_process_text(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
void tcp_check_fin(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* What came with a SYN that crossed ours waits for ESTABLISHED (3.10.7.3): the text among what is out
 * of order, though it is not; it takes the packet.  Then it is delivered. */
void tcp_queue_text(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
void tcp_deliver_queued(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* Throws away what nobody has read. */
void tcp_discard_received(struct tcb *tcb);
/* Bytes a packet really occupies. */
uint32_t tcp_packet_memory(const struct pktbuf *pkt);

/* Keeps [seg->seq, + data_len) for later; takes the packet or lets it drop. */
void tcp_reassembly_insert(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* Text in order, before it is appended, while something is held: what of it was held already stays
 * as it came, and is reported (RFC 2883). */
void tcp_reassembly_meets(struct tcb *tcb, const struct tcp_segment *seg);
/* The packets of the first run, as a chain, when the run begins at or before RCV.NXT; else NULL.
 * *run tells its range. */
struct pktbuf *tcp_reassembly_take(struct stack *stack, struct tcb *tcb, struct tcp_run *run);
void tcp_reassembly_free(struct stack *stack, struct tcb *tcb);
/* RFC 2018 4: the blocks to report, the most recent first; RFC 2883: before them what came twice,
 * which is reported once. */
uint8_t tcp_reassembly_sack(struct tcb *tcb, struct tcp_sack_block *blocks, uint8_t max);
/* [start, end) came twice. */
void tcp_duplicate_text(struct tcb *tcb, uint32_t start, uint32_t end);
/* Appends `pkt`'s payload to the last packet of a queue when it is small for the memory it occupies
 * and fits; true: pkt is gone. */
bool tcp_coalesce(struct tcb *tcb, struct pktbuf *last, struct pktbuf *pkt);

/* --- time_wait.c ----------------------------------------------------------------------------- */

/* TIME-WAIT begins, or begins again; where there are too many, that of the oldest ends. */
void tcp_enter_time_wait(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* One that is in it leaves the layer's list of them. */
void tcp_time_wait_forget(struct stack *stack, struct tcb *tcb);
/* TCP_DONE: it was a SYN that opens a new connection in the place of this one, which is gone. */
enum tcp_verdict tcp_time_wait_syn(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* May a new active open take the four-tuple of this one? */
bool tcp_may_replace(const struct tcb *old, uint64_t now_ns);
/* The old one ends; the new one's sequence numbers, not used yet, lie beyond its. */
void tcp_replace(struct stack *stack, struct tcb *old, struct tcb *tcb);

/* --- window.c -------------------------------------------------------------------------------- */

/* RCV.WND: what the peer may send from RCV.NXT on. */
uint32_t tcp_receive_window(const struct tcb *tcb);
/* The value for the next segment's window field; moves rcv.adv. */
uint16_t tcp_announce_window(struct tcb *tcb, bool syn);
/* The user has read: is the news worth a segment of its own? */
bool tcp_window_update_due(const struct tcb *tcb);

/* --- tune.c ---------------------------------------------------------------------------------- */

/* A round trip begins whose text will be counted. */
void tcp_tune_start(struct tcb *tcb, uint64_t now_ns);
/* Text has come, and the receive buffer may still grow. */
void tcp_tune(struct tcb *tcb, const struct tcp_segment *seg);

/* --- output.c, segment.c, sent.c ------------------------------------------------------------- */

/* Sends what may be sent now: retransmissions, data, FIN, an ACK that is due. */
void tcp_output(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_send_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* 3.8.6.2.1, (4): what the window allows, be it little; false: nothing was sent. */
bool tcp_send_override(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* 3.8.6.1: asks the peer for its window. */
void tcp_send_window_probe(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

enum tcp_retransmit_reason {
	TCP_RETRANSMIT_NONE, /* it goes for the first time */
	TCP_RETRANSMIT_TIMEOUT,
	TCP_RETRANSMIT_DUPLICATE_ACKS,
	TCP_RETRANSMIT_SYN_AGAIN, /* the peer's SYN came again */
	TCP_RETRANSMIT_RACK,      /* RFC 8985: what was sent later has arrived */
	TCP_RETRANSMIT_PROBE,     /* RFC 8985 7: the tail may be lost */
	TCP_RETRANSMIT_PATH_MTU,  /* it was too large for the path */
};

/* The SYN, or the SYN-ACK where the peer's SYN is here; built (steps 7, 11) and sent. */
void tcp_send_syn(struct stack *stack, struct tcb *tcb, enum tcp_retransmit_reason reason,
		  uint64_t now_ns);
/* Sends the first segment again, whatever the congestion window says. */
void tcp_retransmit_first(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* RFC 8985 7.3: a new segment beyond the congestion window, or the last one again.  False: nothing
 * could be sent. */
bool tcp_send_tail_probe(struct stack *stack, struct tcb *tcb, bool *is_again, uint64_t now_ns);

/* One segment to send. */
struct tcp_send {
	uint32_t seq;
	uint32_t data_len; /* bytes from the send buffer */
	uint16_t flags;
	uint8_t note;      /* enum tcp_note */
	uint32_t note_arg;
};

/* What a segment is whose way into the device is an event. */
enum tcp_note {
	TCP_NOTE_STEP = 1u << 0,       /* SYN, SYN-ACK, the handshake's last ACK */
	TCP_NOTE_RETRANSMIT = 1u << 1, /* note_arg: see tcp_retransmit_arg() */
	TCP_NOTE_FIN = 1u << 2,
	TCP_NOTE_RST = 1u << 3,        /* note_arg: see tcp_reset_arg() */
};

static inline uint32_t tcp_retransmit_arg(uint8_t attempt, enum tcp_retransmit_reason reason,
					  uint64_t rto_ns)
{
	return (uint32_t)attempt << 24 | (uint32_t)reason << 16 |
	       (uint32_t)MIN(rto_ns / NS_PER_MS, UINT64_C(0xffff));
}

static inline uint32_t tcp_reset_arg(enum tcp_reset_reason reason, uint32_t conn)
{
	return (uint32_t)reason << 24 | (conn & 0xffffff);
}

/* Builds and sends it; says what ip_output() says, or ERR_NOBUFS. */
int tcp_transmit(struct stack *stack, struct tcb *tcb, const struct tcp_send *send,
		 uint64_t now_ns);
/* Registers the completion of a segment with a note (sent.c); [data, tail) begins with its header.  `tcb`:
 * the connection, NULL for a RST. */
void tcp_watch_sent(struct pktbuf *pkt, struct tcb *tcb, uint8_t note, uint32_t note_arg);
/* A RST: of a connection, whose options it has, or of none (NULL). */
int tcp_transmit_rst(struct stack *stack, const struct tcb *tcb, const struct net_endpoint *local,
		     const struct net_endpoint *remote, const struct tcp_send *send, uint32_t ack,
		     uint64_t now_ns);

/* --- events that show a header (header_event.c) ---------------------------------------------- */

struct tcp_header_view {
	struct net_endpoint src, dst;
	struct tcp_header h;
	struct tcp_options opt;
	const uint8_t *frame; /* NULL: there is none yet */
	size_t frame_len;     /* on the wire */
	size_t frame_seen;    /* of it readable at `frame` */
	struct net_addr next_hop; /* of no family: does not apply */
};
/* Emits a step's event with the fields of docs/steps.md. */
void tcp_emit_header(struct stack *stack, enum event_id id, uint32_t conn,
		     const struct tcp_header_view *view);
/* The header of a packet at its layers' offsets, and its frame; false where that is not TCP. */
bool tcp_view_packet(struct tcp_header_view *view, const struct pktbuf *pkt);
/* The frame that a received packet came in; for a segment whose header was parsed. */
void tcp_view_received(struct tcp_header_view *view, const struct tcp_segment *seg);
/* "SYN,ACK" */
void tcp_flags_text(char *buf, size_t cap, uint16_t flags);

/* --- rto.c: RFC 6298 ------------------------------------------------------------------------- */

void tcp_rto_init(struct tcb *tcb);
void tcp_rto_sample(struct tcb *tcb, uint64_t rtt_ns);
void tcp_rto_back_off(struct tcb *tcb);
/* Times our SYN. */
void tcp_rtt_start(struct tcb *tcb, uint64_t now_ns);
/* Karn: what is sent again cannot be timed. */
void tcp_rtt_cancel(struct tcb *tcb);
/* SND.UNA is about to move to seg->ack.  `rtt_ns`: since the first segment that it acknowledges
 * was sent, once; 0: it cannot be told. */
void tcp_rtt_acked(struct tcb *tcb, const struct tcp_segment *seg, uint64_t rtt_ns);

/* --- congestion.c: RFC 5681; cubic.c, newreno.c, hystart.c ----------------------------------- */

/* What an algorithm decides; bytes.  Tables without state: that is in the tcb. */
struct tcp_congestion_ops {
	/* Forgets what it knew. */
	void (*begin)(struct tcb *tcb);
	/* What a loss with `flight` bytes out leaves: the new ssthresh.  cwnd is still the old. */
	uint32_t (*reduced)(struct tcb *tcb, uint32_t flight);
	void (*timed_out)(struct tcb *tcb); /* after `reduced` */
	/* Congestion avoidance: `acked` bytes were acknowledged, and the window was full. */
	void (*avoid)(struct tcb *tcb, uint32_t acked, uint64_t now_ns);
	/* For so long the window was not what limited us. */
	void (*pause)(struct tcb *tcb, uint64_t ns);
};
const struct tcp_congestion_ops *tcp_cubic(void);
const struct tcp_congestion_ops *tcp_newreno(void);

/* At any time; the window stays. */
void tcp_congestion_choose(struct tcb *tcb, enum net_congestion which);
void tcp_congestion_init(struct tcb *tcb, bool syn_was_lost);
/* `acked` new bytes were acknowledged outside of fast recovery: cwnd may grow. */
void tcp_congestion_acked(struct tcb *tcb, uint32_t acked, uint64_t now_ns);
/* A loss was noticed with `flight` bytes out: sets ssthresh, (4) of RFC 5681, and remembers what was
 * before it.  cwnd is left to the caller: fast recovery brings it down to ssthresh in its own way,
 * tcp_congestion_timeout() at once.  Called once for each episode of loss; when one is noticed
 * while another is being repaired, the later call is the one that can be undone. */
void tcp_congestion_loss(struct tcb *tcb, uint32_t flight, uint64_t now_ns);
/* A time-out, after tcp_congestion_loss() unless it is another one in a row: one segment. */
void tcp_congestion_timeout(struct tcb *tcb, uint64_t now_ns);
/* The last tcp_congestion_loss() was about nothing: cwnd, ssthresh and what the algorithm knew are
 * as before it.  Nothing happens when there is nothing to undo. */
void tcp_congestion_undo(struct tcb *tcb);
/* Nothing was sent for longer than the RTO: RFC 5681 4.1. */
void tcp_congestion_idle(struct tcb *tcb, uint64_t now_ns);

/* RFC 3168: a mark instead of a loss: cwnd comes down at once. */
void tcp_congestion_marked(struct tcb *tcb, uint32_t flight, uint64_t now_ns);

/* RFC 9406, for the first slow start. */
void tcp_hystart_begin(struct tcb *tcb);
/* A round trip was measured: as many as there are, up to one for each ACK. */
void tcp_hystart_rtt(struct tcb *tcb, uint64_t rtt_ns);
/* SND.UNA has moved: perhaps a round is over. */
void tcp_hystart_round(struct tcb *tcb);
/* What of `acked` bytes the window grows by. */
uint32_t tcp_hystart_growth(const struct tcb *tcb, uint32_t acked);

/* --- sack.c: RFC 6675, RFC 2883 --------------------------------------------------------------- */

/* What one ACK says about the scoreboard. */
struct tcp_news {
	uint32_t acked;        /* SND.UNA moves by so much */
	uint32_t delivered;    /* RFC 9937 DeliveredData: acknowledged or SACKed for the first time */
	uint32_t sacked;       /* of it, by SACK */
	uint32_t segments;     /* of it, ended so */
	uint64_t rtt_ns;       /* of the first segment acknowledged, sent once; 0: cannot be told */
	bool lost;             /* RACK found something lost */
	bool has_sack;         /* blocks of its own, a D-SACK not counted */
	bool has_dsack;
	struct tcp_sack_block dsack; /* what arrived twice */
};

/* Enters the ACK and its blocks into the scoreboard; SEG.ACK =< SND.NXT.  One before SND.UNA (within
 * RFC 5961 5) brings its blocks alone. */
void tcp_sack_take(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		   struct tcp_news *news);

/* --- recovery.c: what a loss leads to -------------------------------------------------------- */

/* SND.UNA has moved, or it is a duplicate, or SACK blocks came. */
void tcp_recovery_acked(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
			struct tcp_news *news, bool duplicate);
void tcp_recovery_timeout(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* The reordering timer: what was late is lost. */
void tcp_recovery_reorder_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* snd.mss has become smaller: what is too large for it goes again in smaller pieces, and nobody
 * takes that for congestion (RFC 1191 6.4, RFC 8899 3). */
void tcp_recovery_mtu_reduced(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* Bytes went out, new or again. */
void tcp_recovery_sent(struct tcb *tcb, uint32_t len, bool again, uint64_t now_ns);
/* How many bytes the congestion window allows now. */
uint32_t tcp_congestion_room(const struct tcb *tcb);
/* Bytes in flight: RFC 6675 4, "pipe". */
static inline uint32_t tcp_pipe(const struct tcb *tcb)
{
	return tcb->loss.sent != NULL ? tcb->loss.sent->pipe : 0;
}
/* Something is to be sent again. */
static inline bool tcp_has_lost(const struct tcb *tcb)
{
	return tcb->loss.sent != NULL && tcb->loss.sent->lost.first != SCOREBOARD_NONE;
}
/* Fast recovery begins: `flight` bytes for the congestion control. */
void tcp_recovery_enter(struct stack *stack, struct tcb *tcb, uint32_t flight, uint64_t now_ns);

/* --- duplicates.c: RFC 6582 and RFC 3042, where the peer has no SACK ----------------------------- */

void tcp_duplicates_one(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* An ACK of new data in fast recovery, but not of all of it. */
void tcp_duplicates_partial(struct stack *stack, struct tcb *tcb, uint32_t acked, uint64_t now_ns);
/* Fast recovery is over. */
void tcp_duplicates_complete(struct tcb *tcb);

/* --- rack.c: RFC 8985 6 ----------------------------------------------------------------------- */

/* One segment was delivered that was not before; called in sequence order. */
void tcp_rack_delivered(struct tcb *tcb, const struct sent_segment *s,
			const struct tcp_segment *seg);
/* Step 4: D-SACKs widen the reordering window. */
void tcp_rack_dsack(struct tcb *tcb);
/* A recovery is over: a widened window does not last for ever. */
void tcp_rack_recovered(struct tcb *tcb);
/* RACK.reo_wnd as it is now. */
uint64_t tcp_rack_window(const struct tcb *tcb);
/* Step 5; true when something was found lost.  Sets the timer for what may be later. */
bool tcp_rack_detect(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* --- tlp.c: RFC 8985 7 ------------------------------------------------------------------------ */

/* 7.2: new data was sent, or some was acknowledged. */
void tcp_tlp_schedule(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_tlp_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* 7.4.2; true when the probe has repaired a loss that the congestion control must hear of. */
bool tcp_tlp_acked(struct tcb *tcb, const struct tcp_segment *seg, const struct tcp_news *news,
		   bool duplicate);

/* --- prr.c: RFC 9937 -------------------------------------------------------------------------- */

/* Recovery begins; ssthresh is set.  `news`: of the ACK that caused it. */
void tcp_prr_begin(struct tcb *tcb, const struct tcp_news *news);
/* Sets cwnd. */
void tcp_prr_acked(struct tcb *tcb, const struct tcp_news *news);

/* --- undo.c: RFC 3522 and RFC 4015 (Eifel), RFC 5682 (F-RTO), D-SACK -------------------------- */

void tcp_undo_begin(struct tcb *tcb, bool timeout);
void tcp_undo_sent_again(struct tcb *tcb, uint64_t now_ns);
/* True when the recovery was for nothing; it has been undone. */
bool tcp_undo_acked(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		    const struct tcp_news *news, bool duplicate);
/* RFC 5682: nothing is sent again until the second ACK has told. */
static inline bool tcp_undo_holds_back(const struct tcb *tcb)
{
	return tcb->loss.spurious.frto == 2;
}

/* --- timers.c -------------------------------------------------------------------------------- */

void tcp_timers_init(struct tcb *tcb);
void tcp_timer_set(struct stack *stack, struct tcb *tcb, enum tcp_timer which,
		   uint64_t deadline_ns);
void tcp_timer_clear(struct stack *stack, struct tcb *tcb, enum tcp_timer which);
void tcp_timers_clear(struct stack *stack, struct tcb *tcb);
/* RFC 9293 3.8.3, R2: how long the peer may stay silent in this state. */
uint64_t tcp_patience(const struct tcb *tcb);
/* A deadline that does not lie behind the end of the user's own time-out, where there is one. */
uint64_t tcp_within_patience(const struct tcb *tcb, uint64_t deadline_ns);
/* R2 has been reached: ERR_TIMEDOUT, or what was heard meanwhile.  The reason begins with `what`,
 * how many, and of what: `tries`. */
void tcp_time_out(struct stack *stack, struct tcb *tcb, const char *what, const char *tries,
		  uint64_t now_ns);
static inline bool tcp_timer_is_set(const struct tcb *tcb, enum tcp_timer which)
{
	return tcb->timers.deadline_ns[which] != TIME_NEVER;
}

/* --- user_options.c, keep_alive.c ------------------------------------------------------------ */

void tcp_user_options_init(struct tcb *tcb);
/* The connection is established, or the user has changed his mind. */
void tcp_keep_alive_start(struct stack *stack, struct tcb *tcb);
/* False: it has given up, the TCB may be gone. */
bool tcp_keep_alive_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* The peer has been heard. */
static inline void tcp_heard(struct tcb *tcb, uint64_t now_ns)
{
	tcb->life.heard_ns = now_ns;
	tcb->life.keep_probes = 0;
	tcb->life.soft_error = ERR_OK; /* it was about a silence that is over */
}

/* --- reachability.c --------------------------------------------------------------------------------- */

/* A segment of what has been acknowledged came again; of nothing else it takes notice. */
void tcp_doubt_old_segment(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* Something has to be sent again, and the peer may have been silent for long. */
void tcp_doubt_silence(struct stack *stack, const struct tcb *tcb, uint64_t now_ns);
/* The user has read all there was. */
void tcp_doubt_reader_waits(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_doubt_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* --- pmtu.c ---------------------------------------------------------------------------------- */

/* The route is known: what of the path is; and what the peer takes. */
void tcp_pmtu_begin(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_pmtu_offered(struct tcb *tcb, uint32_t mss);
/* The user has chosen a largest segment. */
void tcp_pmtu_chosen(struct tcb *tcb);
/* Text went out; SND.UNA has moved; a time-out, before anything goes again. */
void tcp_pmtu_sent(struct tcb *tcb, const struct tcp_send *send);
void tcp_pmtu_acked(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_pmtu_timeout(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* --- persist.c ------------------------------------------------------------------------------- */

/* Data waits, nothing is out, and the window does not let us send: ask from time to time. */
void tcp_persist_start(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_persist_stop(struct stack *stack, struct tcb *tcb);
/* False: it has given up, the TCB may be gone. */
bool tcp_persist_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

#endif
