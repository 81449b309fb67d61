/*
 * SPDX-License-Identifier: MIT
 *
 * TCP connections between the stack under test and a peer that the input plays, with all that must
 * hold whatever the peer does:
 *
 *   - no segment of ours, its FIN counted, lies beyond the right edge that the peer ever announced,
 *     nor is one longer than the MSS it asked for;
 *   - each byte we send is the one the user gave for that sequence number;
 *   - each byte the user reads is the one the peer sends for that sequence number, in order;
 *   - what we acknowledge and the right edge of our window never move back;
 *   - a connection that has something to send has a timer, or work to do, that will send it;
 *   - the scoreboard adds up;
 *   - memory is bounded; when the peer turns kind at the end, be it that it has all it has seen or
 *     only what it said, all that the user gave arrives and is acknowledged, and more is taken in;
 *     when all is closed and nobody answers, nothing is left.
 *
 * There are three lines: two from different ports of the peer to one port of ours, and one to
 * another port of ours.  The steps of a script are about the line that was chosen last.
 */
#ifndef TESTS_FUZZ_LIB_TALK_H
#define TESTS_FUZZ_LIB_TALK_H

#include "net/tcp/conn/options.h"
#include "tests/fuzz/lib/fuzz.h"
#include "tests/lib/tcp_kit.h"

#define TALK_BEFORE_MAX 16
#define TALK_LINES 3
#define TALK_BLOCKS_MAX 48

/* What the stack sends on one connection. */
struct talk_sending {
	uint32_t iss;
	uint32_t snd_max; /* highest sequence number it used, exclusive */
	uint32_t edge;    /* highest one that the peer ever allowed, exclusive */
	size_t by_user;   /* bytes the user gave */
};

/* What the stack has said of its receiving, on one connection. */
struct talk_receiving {
	uint32_t irs; /* of the TCB whose words these are */
	uint32_t iss;
	uint32_t ack, edge; /* highest ones */
	bool known;
};

struct talk_line {
	uint16_t port, peer_port;
	int fd; /* -1: none */

	/* The peer's side of it. */
	uint32_t window;     /* the field of its segments */
	uint32_t syn_window; /* of its last SYN */
	uint8_t scale;       /* largest it ever offered */
	uint32_t mss;        /* largest it ever asked for */
	uint32_t peer_nxt;   /* what it sends next when it behaves */
	uint32_t tsval;
	uint8_t tos;         /* of its packets: ECN */

	/* What was seen of the stack: this connection, and those before it on the same ports, whose
	 * last segments may have waited for ARP. */
	struct talk_sending now, before[TALK_BEFORE_MAX];
	struct talk_receiving receiving;
	/* What the peer said it has beyond its acknowledgements: SACK blocks. */
	struct tcp_sack_block blocks[TALK_BLOCKS_MAX];
	unsigned n_blocks;
	bool blocks_forgotten; /* there were more */
	uint32_t rcv_nxt; /* its last acknowledgement */
	uint32_t ts_echo;
	size_t read_by_user;
};

struct talk {
	struct tk t;
	bool patient;    /* at the end everything runs out instead of being destroyed */
	bool kind;       /* at the end the peer does what it can */
	bool forgetful;  /* ...and has, of what was sent before, only what it said it has */
	uint8_t *has;    /* then: of the present line, which bytes from has_from on */
	uint32_t has_from, has_len;
	bool ecn;        /* both sides ask for it */
	bool accurate;   /* ... as RFC 9768 has it */
	uint32_t buffer; /* bytes each way, at most */
	struct talk_line lines[TALK_LINES];
	struct talk_line *line; /* the steps are about this one */
};

/* The line's connection, also one that its user has let go; NULL: none. */
struct tcb *talk_tcb(struct talk *talk, const struct talk_line *line);
/* The TCB behind the user's descriptor; NULL: none. */
struct tcb *talk_user_tcb(struct talk *talk, const struct talk_line *line);
/* The user reads from it: what recv says. */
int talk_read(struct talk *talk, struct talk_line *line, size_t len);
/* The line between those ports, or NULL. */
struct talk_line *talk_find_line(struct talk *talk, uint16_t port, uint16_t peer_port);

/* The first bytes of the input say state, buffer sizes and the peer's options. */
void talk_open(struct talk *talk, struct fuzz_input *in);
void talk_close(struct talk *talk);
/* Takes and judges all the stack has sent; judges what it holds. */
void talk_check(struct talk *talk);
/* The connection that begins with `iss` is the line's present one. */
void talk_note_iss(struct talk_line *line, uint32_t iss);
/* A segment of ours on that line, in the kind end. */
void talk_kind_sees(struct talk *talk, const struct talk_line *line, const struct kit_sent *s);
void talk_check_scoreboard(const struct talk_line *line, const struct tcb *tcb);
/* The peer, the network and the memory turn kind (talk_kind.c). */
void talk_turn_kind(struct talk *talk);

/* The peer. */
void talk_any_segment(struct talk *talk, struct fuzz_input *in);
void talk_next_data(struct talk *talk, struct fuzz_input *in);
void talk_ack(struct talk *talk, struct fuzz_input *in);
void talk_sack(struct talk *talk, struct fuzz_input *in);
void talk_next_fin(struct talk *talk);
void talk_peer_answers(struct talk *talk); /* SYN-ACK or ACK, whatever moves things on */
void talk_peer_floods(struct talk *talk, struct fuzz_input *in);
void talk_peer_changes(struct talk *talk, struct fuzz_input *in);
void talk_mtu_shrinks(struct talk *talk, struct fuzz_input *in);
void talk_icmp_error(struct talk *talk, struct fuzz_input *in);

/* The user. */
void talk_user_sends(struct talk *talk, struct fuzz_input *in);
void talk_user_sends_urgently(struct talk *talk, struct fuzz_input *in);
void talk_user_peeks(struct talk *talk, struct fuzz_input *in);
void talk_user_disconnects(struct talk *talk, struct fuzz_input *in);
void talk_user_receives(struct talk *talk, struct fuzz_input *in);
void talk_user_shuts(struct talk *talk, struct fuzz_input *in);
void talk_user_sets(struct talk *talk, struct fuzz_input *in);
void talk_user_closes(struct talk *talk, struct fuzz_input *in);
void talk_user_opens(struct talk *talk, struct fuzz_input *in);
void talk_user_accepts(struct talk *talk);

/* The world. */
void talk_changes_line(struct talk *talk, struct fuzz_input *in);
void talk_time_passes(struct talk *talk, struct fuzz_input *in);
void talk_device_changes(struct talk *talk, struct fuzz_input *in);
void talk_memory_changes(struct talk *talk, struct fuzz_input *in);

#endif
