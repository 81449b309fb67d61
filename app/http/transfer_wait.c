/* SPDX-License-Identifier: MIT */
/* What a wait that failed says; see app/http/transfer.h. */
#include "app/http/transfer.h"

#define ARP_TIMEOUT_NS (3 * NS_PER_S) /* the stack's own: three requests */

void transfer_set_timeouts(const struct transfer *t, int fd, uint64_t deadline_ns)
{
	uint64_t now_ns = transfer_now(t);
	uint64_t ms = deadline_ns > now_ns ? (deadline_ns - now_ns) / NS_PER_MS : 0;
	int err;

	if (!t->client->options.patient)
		return;
	err = sock_setsockopt(t->m->stack, fd, SOCK_RESOLVE_TIMEOUT, (int64_t)MIN(ms, (uint64_t)INT32_MAX),
			      now_ns);
	(void)err; /* the usual timeout, then */
}

/* " (3 times 'host unreachable' from 192.0.2.1; 2 answers refused: ...)" */
void transfer_explain(struct transfer *t, struct strbuf *sb, const struct sock_awaited *awaited)
{
	t->report.refused = awaited->refused;
	if (awaited->said.count == 0) {
		refused_append(sb, " (", &awaited->refused, ")");
		return;
	}
	strbuf_str(sb, " (");
	refused_write_said(sb, &awaited->said);
	refused_append(sb, "; ", &awaited->refused, "");
	strbuf_char(sb, ')');
}

void transfer_explain_awaited(struct transfer *t, struct strbuf *sb, int fd)
{
	struct sock_awaited awaited;

	sock_awaited(t->m->stack, fd, transfer_now(t), &awaited);
	transfer_explain(t, sb, &awaited);
}

bool transfer_gave_up_on_arp(const struct transfer *t, int fd, int err)
{
	struct sock_awaited awaited;

	if (err != ERR_TIMEDOUT)
		return err == ERR_HOSTUNREACH;
	sock_awaited(t->m->stack, fd, transfer_now(t), &awaited);
	return awaited.unresolved_ns >= ARP_TIMEOUT_NS;
}

void transfer_fail_no_arp(struct transfer *t, int fd, uint64_t began_ns)
{
	struct strbuf sb = transfer_fail(t, STATUS_COULD_NOT_CONNECT, "no ARP answer from the next hop");
	uint64_t tenths = (transfer_now(t) - began_ns) / (NS_PER_S / 10);
	struct sock_awaited awaited;

	t->unresolved = true;
	sock_awaited(t->m->stack, fd, transfer_now(t), &awaited);
	if (tenths > ARP_TIMEOUT_NS / (NS_PER_S / 10)) {
		strbuf_str(&sb, " in ");
		strbuf_u64(&sb, tenths / 10);
		strbuf_char(&sb, '.');
		strbuf_u64(&sb, tenths % 10);
		strbuf_str(&sb, " s");
	}
	strbuf_str(&sb, awaited.link_down ? ", the link is down" : "");
	transfer_explain_awaited(t, &sb, fd);
}
