/* Skeleton: every public function is here so that others can link. */
#include "net/socket_table.h"
#include "net/stack.h"

uint32_t sock_next_conn(const struct stack *stack)
{
	(void)stack;
	return 0;
}

int sock_socket(struct stack *stack, enum net_family family, enum sock_type type,
		enum sock_protocol protocol)
{
	(void)stack;
	(void)family;
	(void)type;
	(void)protocol;
	return ERR_OPNOTSUPP;
}

int sock_bind(struct stack *stack, int fd, const struct net_endpoint *local)
{
	(void)stack;
	(void)fd;
	(void)local;
	return ERR_OPNOTSUPP;
}

int sock_connect(struct stack *stack, int fd, const struct net_endpoint *remote,
		 uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)remote;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_listen(struct stack *stack, int fd, unsigned backlog)
{
	(void)stack;
	(void)fd;
	(void)backlog;
	return ERR_OPNOTSUPP;
}

int sock_accept(struct stack *stack, int fd, struct net_endpoint *remote)
{
	(void)stack;
	(void)fd;
	(void)remote;
	return ERR_OPNOTSUPP;
}

int sock_send(struct stack *stack, int fd, const void *buf, size_t len, uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)buf;
	(void)len;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_recv(struct stack *stack, int fd, void *buf, size_t len, uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)buf;
	(void)len;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_sendto(struct stack *stack, int fd, const void *buf, size_t len,
		const struct net_endpoint *to, uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)buf;
	(void)len;
	(void)to;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_recvfrom(struct stack *stack, int fd, void *buf, size_t len, struct net_endpoint *from,
		  uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)buf;
	(void)len;
	(void)from;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_shutdown(struct stack *stack, int fd, enum sock_how how, uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)how;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_close(struct stack *stack, int fd, uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_abort(struct stack *stack, int fd, uint64_t now_ns)
{
	(void)stack;
	(void)fd;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int sock_poll(struct stack *stack, int fd, unsigned wanted)
{
	(void)stack;
	(void)fd;
	(void)wanted;
	return ERR_OPNOTSUPP;
}

int sock_getsockopt(struct stack *stack, int fd, enum sock_option option, int64_t *value)
{
	(void)stack;
	(void)fd;
	(void)option;
	(void)value;
	return ERR_OPNOTSUPP;
}

int sock_setsockopt(struct stack *stack, int fd, enum sock_option option, int64_t value)
{
	(void)stack;
	(void)fd;
	(void)option;
	(void)value;
	return ERR_OPNOTSUPP;
}

int sock_getsockname(struct stack *stack, int fd, struct net_endpoint *local)
{
	(void)stack;
	(void)fd;
	(void)local;
	return ERR_OPNOTSUPP;
}

int sock_getpeername(struct stack *stack, int fd, struct net_endpoint *remote)
{
	(void)stack;
	(void)fd;
	(void)remote;
	return ERR_OPNOTSUPP;
}

const char *sock_state_name(int64_t state)
{
	(void)state;
	return "";
}

bool sock_fin_acked(struct stack *stack, int fd)
{
	(void)stack;
	(void)fd;
	return false;
}

unsigned sock_last_step(struct stack *stack, int fd)
{
	(void)stack;
	(void)fd;
	return 0;
}

void sock_abandon_time_wait(struct stack *stack, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
}

struct socket_table *socket_table_create(struct stack *stack)
{
	(void)stack;
	return stack->port->alloc(stack->port->ctx, 16);
}

void socket_table_destroy(struct stack *stack, struct socket_table *table)
{
	stack->port->free(stack->port->ctx, table, 16);
}
