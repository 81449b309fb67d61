/* SPDX-License-Identifier: MIT */
/* How far the DHCP client has got, as a phrase for people who have no address; see net/dhcp.h. */
#include "net/dhcp/client.h"

#include "base/strbuf.h"

static void append_count(struct strbuf *sb, uint64_t n, const char *what)
{
	strbuf_u64(sb, n);
	strbuf_str(sb, what);
	strbuf_str(sb, n == 1 ? "" : "s");
}

static void append_time(struct strbuf *sb, uint64_t ns)
{
	uint64_t tenths = ns / (NS_PER_S / 10);

	strbuf_u64(sb, tenths / 10);
	strbuf_char(sb, '.');
	strbuf_u64(sb, tenths % 10);
	strbuf_str(sb, " s");
}

static void append_nothing_sent(struct strbuf *sb, const struct dhcp_client *c)
{
	strbuf_str(sb, "no DISCOVER could be sent");
	if (c->netif->link_up && c->send_error == ERR_OK)
		return;
	strbuf_str(sb, ": ");
	strbuf_str(sb, c->netif->link_up ? err_text(c->send_error) : "the link is down");
}

static void append_no_offer(struct strbuf *sb, const struct dhcp_client *c, uint64_t now_ns)
{
	strbuf_str(sb, "no offer after ");
	append_count(sb, c->discovers, " DISCOVER");
	strbuf_str(sb, " in ");
	append_time(sb, now_ns - c->asking_since_ns);
	refused_append(sb, " (", &c->refused, ")");
}

static void append_no_ack(struct strbuf *sb, const struct dhcp_client *c)
{
	strbuf_ipv4(sb, c->about_server);
	strbuf_str(sb, " offered ");
	strbuf_ipv4(sb, c->about);
	strbuf_str(sb, ", but no acknowledgment after ");
	append_count(sb, c->requests, " REQUEST");
	refused_append(sb, " (", &c->refused, ")");
}

static void append_refused(struct strbuf *sb, const struct dhcp_client *c)
{
	strbuf_ipv4(sb, c->about_server);
	strbuf_str(sb, " refused ");
	strbuf_ipv4(sb, c->about);
	if (c->text[0] == '\0')
		return;
	strbuf_str(sb, ": ");
	strbuf_str(sb, c->text);
}

static void append_in_use(struct strbuf *sb, const struct dhcp_client *c)
{
	strbuf_ipv4(sb, c->about);
	strbuf_str(sb, " from ");
	strbuf_ipv4(sb, c->about_server);
	strbuf_str(sb, " is in use by ");
	strbuf_mac(sb, c->other_mac);
	strbuf_str(sb, ", and was declined");
}

static void append_bound(struct strbuf *sb, const struct dhcp_client *c)
{
	strbuf_ipv4(sb, c->about);
	strbuf_str(sb, " from ");
	strbuf_ipv4(sb, c->about_server);
}

size_t net_dhcp_describe(const struct stack *stack, const struct netif *netif, char *buf, size_t cap,
			 uint64_t now_ns)
{
	struct strbuf sb = strbuf_on(buf, cap);
	const struct dhcp_client *c = stack->dhcp;

	while (c != NULL && c->netif != netif)
		c = c->next;
	if (c == NULL) {
		strbuf_str(&sb, "DHCP was not asked");
		return sb.len;
	}
	switch ((enum net_dhcp_reached)c->reached) {
	case NET_DHCP_NOTHING_SENT: append_nothing_sent(&sb, c); break;
	case NET_DHCP_NO_OFFER: append_no_offer(&sb, c, now_ns); break;
	case NET_DHCP_NO_ACK: append_no_ack(&sb, c); break;
	case NET_DHCP_REFUSED: append_refused(&sb, c); break;
	case NET_DHCP_IN_USE: append_in_use(&sb, c); break;
	case NET_DHCP_BOUND: append_bound(&sb, c); break;
	}
	return sb.len;
}
