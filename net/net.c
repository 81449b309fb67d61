/*
 * SPDX-License-Identifier: MIT
 *
 * The stack as a whole: creation, configuration, the poll.  What a packet goes
 * through stands in the other files of net/.
 */
#include "net/net.h"

#include "base/assert.h"
#include "base/string.h"
#include "net/link/acd.h"
#include "net/ip/ipv4.h"
#include "net/link/arp.h"
#include "net/dhcp/dhcp_client.h"
#include "net/link/neigh.h"
#include "net/socket/table.h"
#include "net/stack.h"
#include "net/tcp/tcp.h"
#include "net/udp/echo.h"
#include "net/udp/udp.h"
#include "net/wire/eth.h"

#define DEFAULT_SNDBUF (256u * 1024)
#define DEFAULT_RCVBUF (256u * 1024)
#define DEFAULT_MAX_SOCKETS 64
#define DEFAULT_MAX_TIME_WAIT 4096 /* some 4 MiB of control blocks */

#define POOL_PAYLOAD 288    /* bytes behind the headroom */
#define POOL_MAX 4096       /* buffers */
#define FRAME_POOL_MTU 1500 /* until an interface with a larger one is attached */
#define FRAME_POOL_MAX 1024
#define BIG_POOL_MAX (1024u * 1024) /* bytes */
/* Bytes, at least and for each descriptor: two full packets that are not read fit for each. */
#define KEPT_POOL_LEAST (1024u * 1024)
#define KEPT_POOL_PER_SOCKET 4096u

static struct net_options options_or_defaults(const struct net_options *given)
{
	struct net_options o = {0};

	if (given != NULL)
		o = *given;
	if (o.sndbuf == 0)
		o.sndbuf = DEFAULT_SNDBUF;
	if (o.rcvbuf == 0)
		o.rcvbuf = DEFAULT_RCVBUF;
	if (o.max_sockets == 0)
		o.max_sockets = DEFAULT_MAX_SOCKETS;
	if (o.max_time_wait == 0)
		o.max_time_wait = DEFAULT_MAX_TIME_WAIT;
	if (o.congestion >= NET_CONGESTION_COUNT)
		o.congestion = NET_CONGESTION_CUBIC;
	return o;
}

static size_t frame_buf_size(uint16_t mtu)
{
	return PKTBUF_HEADROOM + ALIGN_UP((size_t)mtu, 64);
}

struct stack *net_create(const struct net_port *port, const struct net_options *options,
			 uint64_t now_ns)
{
	struct stack *stack = port->alloc(port->ctx, sizeof(*stack));

	(void)now_ns; /* nothing here depends on when it began */
	if (stack == NULL)
		return NULL;
	memset(stack, 0, sizeof(*stack));
	stack->port = port;
	stack->options = options_or_defaults(options);
	port->random(port->ctx, stack->secret, sizeof(stack->secret));
	if (port->generation != NULL)
		stack->generation = port->generation(port->ctx);
	port->random(port->ctx, stack->lookup_secret, sizeof(stack->lookup_secret));
	port->random(port->ctx, stack->ipv4_ids, sizeof(stack->ipv4_ids));
	pktbuf_pool_init(&stack->pool, port, PKTBUF_HEADROOM + POOL_PAYLOAD, POOL_MAX);
	pktbuf_pool_init(&stack->frame_pool, port, frame_buf_size(FRAME_POOL_MTU), FRAME_POOL_MAX);
	pktbuf_pool_init_sized(&stack->big_pool, port, BIG_POOL_MAX);
	pktbuf_pool_init_sized(&stack->kept_pool, port,
			       MAX(KEPT_POOL_LEAST,
				   stack->options.max_sockets * KEPT_POOL_PER_SOCKET));
	ipv4_reassembly_init(stack);
	ipv4_init(stack);

	stack->neigh = neigh_table_create(stack);
	if (stack->neigh == NULL)
		goto no_neigh;
	arp_init(stack);
	stack->udp = udp_layer_create(stack);
	if (stack->udp == NULL)
		goto no_udp;
	stack->tcp = tcp_layer_create(stack);
	if (stack->tcp == NULL)
		goto no_tcp;
	stack->sockets = socket_table_create(stack);
	if (stack->sockets == NULL)
		goto no_sockets;
	tcp_init(stack); /* nearly all packets are TCP's */
	udp_init(stack);
	echo_init(stack);
	dhcp_init(stack);
	return stack;

no_sockets:
	tcp_layer_destroy(stack, stack->tcp);
no_tcp:
	udp_layer_destroy(stack, stack->udp);
no_udp:
	neigh_table_destroy(stack, stack->neigh);
no_neigh:
	port->free(port->ctx, stack, sizeof(*stack));
	return NULL;
}

void net_destroy(struct stack *stack)
{
	const struct net_port *port = stack->port;

	dhcp_destroy(stack);
	acd_destroy(stack);
	socket_table_destroy(stack, stack->sockets);
	tcp_layer_destroy(stack, stack->tcp);
	udp_layer_destroy(stack, stack->udp);
	neigh_table_destroy(stack, stack->neigh);
	for (struct netif *netif = stack->netifs; netif != NULL; netif = netif->next)
		netif->stack = NULL;
	ipv4_reassembly_destroy(stack);
	pktbuf_pool_destroy(&stack->kept_pool);
	pktbuf_pool_destroy(&stack->big_pool);
	pktbuf_pool_destroy(&stack->frame_pool);
	pktbuf_pool_destroy(&stack->pool);
	port->free(port->ctx, stack, sizeof(*stack));
}

void net_attach(struct stack *stack, struct netif *netif)
{
	size_t wanted = frame_buf_size(netif->mtu);
	struct netif **link = &stack->netifs;

	ASSERT(netif->stack == NULL);
	while (*link != NULL)
		link = &(*link)->next;
	*link = netif;
	netif->next = NULL;
	netif->stack = stack;
	/* Blocks of one pool are equal, so it can grow only while it is empty. */
	if (wanted > frame_buf_size(FRAME_POOL_MTU) && stack->frame_pool.allocated == 0)
		pktbuf_pool_init(&stack->frame_pool, stack->port, wanted, FRAME_POOL_MAX);
}

/* --- driving it --------------------------------------------------------------------------------- */

void net_poll(struct stack *stack, uint64_t now_ns)
{
	if (stack->dhcp != NULL && dhcp_has_work(stack))
		dhcp_poll(stack, now_ns);
	timer_run(&stack->timers, stack, now_ns);
	if (tcp_has_work(stack))
		tcp_poll(stack, now_ns);
}

uint64_t net_next_deadline(const struct stack *stack)
{
	if (stack->dhcp != NULL && dhcp_has_work(stack))
		return 0;
	return tcp_has_work(stack) ? 0 : timer_next_deadline(&stack->timers);
}
