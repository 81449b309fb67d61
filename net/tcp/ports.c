/*
 * Local ports: the ephemeral ones are chosen unpredictably (RFC 6056 3.3.1) from the range that
 * IANA sets aside for them, so that the four-tuple is new, or as good as new when none is.
 */
#include "net/tcp/internal.h"

#define PORT_FIRST 49152u
#define PORT_COUNT 16384u

uint16_t tcp_ephemeral_port(struct stack *stack, const struct net_addr *local,
			    const struct net_endpoint *remote, uint64_t now_ns)
{
	uint16_t as_good = 0;
	uint32_t start = stack_random_below(stack, PORT_COUNT);

	for (uint32_t i = 0; i < PORT_COUNT; i++) {
		struct net_endpoint ours = {
			.addr = *local,
			.port = (uint16_t)(PORT_FIRST + (start + i) % PORT_COUNT),
		};
		const struct tcb *old;

		if (tcp_find_listener(stack, &ours) != NULL)
			continue;
		old = tcp_find_connection(stack, &ours, remote);
		if (old == NULL)
			return ours.port;
		if (as_good == 0 && tcp_may_replace(old, now_ns))
			as_good = ours.port;
	}
	return as_good;
}
