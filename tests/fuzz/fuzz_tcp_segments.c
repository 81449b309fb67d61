/*
 * SPDX-License-Identifier: MIT
 *
 * Sequences of TCP segments with right checksums, ICMP errors and user calls, on up to three
 * connections: the input is a script of steps whose numbers are relative to where the connection is
 * (tests/fuzz/lib/talk.h says what is judged).  It begins in any state and ends with everything
 * closed and given back.
 */
#include "tests/fuzz/lib/fuzz.h"

#include "tests/fuzz/lib/talk.h"

static void step(struct talk *talk, struct fuzz_input *in)
{
	switch (fuzz_u8(in) % 36) {
	case 0:
	case 1:
	case 2: talk_any_segment(talk, in); break;
	case 3:
	case 4: talk_next_data(talk, in); break;
	case 5:
	case 6: talk_ack(talk, in); break;
	case 7: talk_next_fin(talk); break;
	case 8:
	case 9: talk_user_sends(talk, in); break;
	case 10:
	case 11: talk_user_receives(talk, in); break;
	case 12: talk_user_shuts(talk, in); break;
	case 13: talk_user_closes(talk, in); break;
	case 14:
	case 15: talk_time_passes(talk, in); break;
	case 16: talk_peer_changes(talk, in); break;
	case 17: talk_device_changes(talk, in); break;
	case 18: talk_memory_changes(talk, in); break;
	case 19: talk_icmp_error(talk, in); break;
	case 20: talk_user_opens(talk, in); break;
	case 21: talk_user_accepts(talk); break;
	case 22:
	case 23:
	case 24: talk_sack(talk, in); break;
	case 25: talk_changes_line(talk, in); break;
	case 26: talk_user_sets(talk, in); break;
	case 27: talk_mtu_shrinks(talk, in); break;
	case 29: talk_user_sends_urgently(talk, in); break;
	case 30: talk_user_peeks(talk, in); break;
	case 31: talk_user_disconnects(talk, in); break;
	case 32: talk_peer_floods(talk, in); break;
	default: talk_peer_answers(talk); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {.at = data, .len = len};
	struct talk talk;

	talk_open(&talk, &in);
	for (unsigned steps = 0; in.len > 0 && steps < 400; steps++) {
		step(&talk, &in);
		talk_check(&talk);
	}
	talk_close(&talk);
	return 0;
}
