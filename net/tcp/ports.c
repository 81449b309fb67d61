/*
 * Local ports: the ephemeral ones are chosen unpredictably (RFC 6056 3.3.1) from the range that
 * IANA sets aside for them, and only so that the four-tuple is new.
 */
#include "net/tcp/internal.h"

#define PORT_FIRST 49152u
#define PORT_COUNT 16384u

uint16_t tcp_ephemeral_port(struct stack *stack, const struct net_addr *local,
			    const struct net_endpoint *remote)
{
	uint32_t start = stack_random_below(stack, PORT_COUNT);

	for (uint32_t i = 0; i < PORT_COUNT; i++) {
		struct net_endpoint ours = {
			.addr = *local,
			.port = (uint16_t)(PORT_FIRST + (start + i) % PORT_COUNT),
		};

		if (tcp_find_listener(stack, &ours) == NULL &&
		    tcp_find_connection(stack, &ours, remote) == NULL)
			return ours.port;
	}
	return 0;
}
