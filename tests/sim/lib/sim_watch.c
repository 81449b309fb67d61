/*
 * The watcher on the wire: sees every frame when it is sent and when it is delivered, and knows of
 * each direction of each connection how far its sender has been allowed to send.  It knows nothing
 * of the stacks, so it cannot share their mistakes.
 */
#include "tests/sim/lib/sim.h"

/* --- flows ----------------------------------------------------------------------------------- */

/* One direction; `reverse` asks for the other one of the frame's connection. */
static struct sim_flow *find_flow(struct sim *sim, const struct sim_frame *f, bool reverse)
{
	struct sim_flow want = {
		.src = reverse ? f->ip.dst : f->ip.src,
		.dst = reverse ? f->ip.src : f->ip.dst,
		.src_port = reverse ? f->tcp.dst_port : f->tcp.src_port,
		.dst_port = reverse ? f->tcp.src_port : f->tcp.dst_port,
	};

	for (unsigned i = 0; i < sim->n_flows; i++) {
		struct sim_flow *flow = &sim->flows[i];

		if (flow->src == want.src && flow->dst == want.dst &&
		    flow->src_port == want.src_port && flow->dst_port == want.dst_port)
			return flow;
	}
	if (sim->n_flows == SIM_FLOWS_MAX)
		sim_fail(sim, "more flows than the watcher keeps");
	sim->flows[sim->n_flows] = want;
	return &sim->flows[sim->n_flows++];
}

/* The shift that a SYN offers; false: none. */
static bool find_scale(const struct sim_frame *f, uint8_t *scale)
{
	const uint8_t *p = f->bytes + ETH_HEADER_LEN + f->ip.header_len;
	unsigned at = TCP_HEADER_LEN;

	while (at < f->tcp.header_len && p[at] != TCP_OPT_END) {
		if (p[at] == TCP_OPT_NOP) {
			at++;
			continue;
		}
		if (p[at] == TCP_OPT_WINDOW_SCALE) {
			*scale = p[at + 2];
			return true;
		}
		at += p[at + 1];
	}
	return false;
}

static void note_syn(struct sim *sim, const struct sim_frame *f)
{
	struct sim_flow *flow = find_flow(sim, f, false);

	flow->scale_offered = find_scale(f, &flow->scale);
	if (f->tcp.flags & TCP_ACK)
		return;
	/* A new connection, maybe on old ports: what was allowed before counts no more. */
	flow->edge_known = false;
	find_flow(sim, f, true)->edge_known = false;
}

static uint32_t window_of(struct sim *sim, const struct sim_frame *f)
{
	const struct sim_flow *own = find_flow(sim, f, false);
	const struct sim_flow *other = find_flow(sim, f, true);
	bool scaled = !(f->tcp.flags & TCP_SYN) && own->scale_offered && other->scale_offered;

	return (uint32_t)f->tcp.window << (scaled ? own->scale : 0);
}

void sim_watch_sent(struct sim *sim, const struct sim_frame *f)
{
	struct sim_flow *flow;
	uint32_t end;

	sim_pcap_record(sim, f);
	if (!f->is_tcp)
		return;
	if (f->tcp.flags & TCP_SYN)
		note_syn(sim, f);
	flow = find_flow(sim, f, false);
	flow->segments++;
	flow->data_bytes += f->payload_len;
	if (!sim->check_windows || (f->tcp.flags & (TCP_SYN | TCP_RST)))
		return;
	end = f->tcp.seq + f->payload_len + !!(f->tcp.flags & TCP_FIN);
	if (end != f->tcp.seq && flow->edge_known && (int32_t)(end - flow->edge) > 0)
		sim_fail(sim, "sent up to %u, %d bytes beyond the peer's window", end,
			 (int32_t)(end - flow->edge));
}

void sim_watch_delivered(struct sim *sim, const struct sim_frame *f)
{
	struct sim_flow *allowed;
	uint32_t edge;

	if (!f->is_tcp || !(f->tcp.flags & TCP_ACK) || (f->tcp.flags & TCP_RST))
		return;
	allowed = find_flow(sim, f, true);
	edge = f->tcp.ack + window_of(sim, f);
	if (!allowed->edge_known || (int32_t)(edge - allowed->edge) > 0)
		allowed->edge = edge;
	allowed->edge_known = true;
}
