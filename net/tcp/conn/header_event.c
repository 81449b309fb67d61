/*
 * SPDX-License-Identifier: MIT
 *
 * Events that show a TCP header: steps 7, 8, 11, 12 and 14.  Windows are shown as they are on the
 * wire, never scaled, so that a capture can be compared field by field.
 */
#include "net/tcp/conn/header_event.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/segment.h"

#include "base/strbuf.h"

#define FRAME_SHOWN_MAX 128 /* bytes of a frame in an event */

void tcp_flags_text(char *buf, size_t cap, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		char name[4];
	} names[] = {
		{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_PSH, "PSH"},
		{TCP_ACK, "ACK"}, {TCP_URG, "URG"}, {TCP_ECE, "ECE"}, {TCP_CWR, "CWR"},
		{TCP_AE, "AE"},
	};
	struct strbuf sb = strbuf_on(buf, cap);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		if (sb.len > 0)
			strbuf_char(&sb, ',');
		strbuf_str(&sb, names[i].name);
	}
}

void tcp_emit_header(struct stack *stack, enum event_id id, uint32_t conn,
		     const struct tcp_header_view *view)
{
	const struct tcp_options *opt = &view->opt;
	bool sent = view->frame != NULL;
	char flags[40];

	tcp_flags_text(flags, sizeof(flags), view->h.flags);
	event_emit(stack->port->events, id, conn, 0, EV_ENDPOINT("src", view->src),
		   EV_ENDPOINT("dst", view->dst), EV_STR("flags", flags),
		   EV_U64("tcp_seq", view->h.seq),
		   EV_IF(view->h.flags & TCP_ACK, EV_U64("tcp_ack", view->h.ack)),
		   EV_U64("win", view->h.window), EV_IF(opt->has_mss, EV_U64("mss", opt->mss)),
		   EV_IF(opt->has_window_scale, EV_U64("ws", opt->window_scale)),
		   EV_IF(opt->sack_permitted, EV_BOOL("sack", true)),
		   EV_IF(opt->has_timestamps, EV_U64("tsval", opt->ts_val)),
		   EV_IF(sent, EV_U64("len", view->frame_len)),
		   EV_IF(sent, EV_HEX("frame", view->frame,
				      MIN(view->frame_seen, (size_t)FRAME_SHOWN_MAX))),
		   EV_IF(view->next_hop.family != NET_FAMILY_NONE, EV_HOP("next_hop", view->next_hop)));
}

bool tcp_view_packet(struct tcp_header_view *view, const struct pktbuf *pkt)
{
	const uint8_t *frame = pktbuf_frame(pkt), *l4 = pkt->head + pkt->l4_off;
	size_t len = (size_t)(pkt->tail - frame); /* padding behind the IP packet is trimmed */

	*view = (struct tcp_header_view){.frame = frame, .frame_len = len, .frame_seen = len};
	if (!tcp_header_read(l4, (size_t)(pkt->tail - l4), &view->h))
		return false;
	tcp_options_parse(&view->opt, l4 + TCP_HEADER_LEN, view->h.header_len - TCP_HEADER_LEN,
			  view->h.flags & TCP_SYN);
	return true;
}

/* The headers are still in front of the payload: they were only stepped over. */
void tcp_view_received(struct tcp_header_view *view, const struct tcp_segment *seg)
{
	if (seg->pkt->l2_len == 0 || !tcp_view_packet(view, seg->pkt))
		*view = (struct tcp_header_view){
			.h = {.seq = seg->seq, .ack = seg->ack, .flags = seg->flags,
			      .window = seg->raw_wnd},
			.opt = seg->opt,
		};
	view->src = seg->remote;
	view->dst = seg->local;
}
