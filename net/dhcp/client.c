/* The DHCP client's door; see net/dhcp.h. */
#include "net/dhcp.h"

#include "base/strbuf.h"

int net_dhcp_start(struct stack *stack, struct netif *netif, const struct net_dhcp_options *options,
		   uint64_t now_ns)
{
	(void)stack;
	(void)netif;
	(void)options;
	(void)now_ns;
	return ERR_OK;
}

void net_dhcp_stop(struct stack *stack, struct netif *netif, bool release, uint64_t now_ns)
{
	(void)stack;
	(void)netif;
	(void)release;
	(void)now_ns;
}

const struct net_lease *net_dhcp_lease(const struct stack *stack, const struct netif *netif)
{
	(void)stack;
	(void)netif;
	return NULL;
}

enum net_dhcp_reached net_dhcp_reached(const struct stack *stack, const struct netif *netif)
{
	(void)stack;
	(void)netif;
	return NET_DHCP_NOTHING_SENT;
}

size_t net_dhcp_describe(const struct stack *stack, const struct netif *netif, char *buf, size_t cap,
			 uint64_t now_ns)
{
	struct strbuf sb = strbuf_on(buf, cap);

	(void)stack;
	(void)netif;
	(void)now_ns;
	strbuf_str(&sb, "no DISCOVER could be sent");
	return sb.len;
}
