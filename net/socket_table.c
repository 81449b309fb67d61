/*
 * Descriptors: a table of pointers, and the two calls that begin and end a socket's life.  Steps 2
 * and 3 of the sixteen happen here.
 */
#include "net/socket_table.h"

#include "base/string.h"
#include "net/stack.h"

struct socket_table {
	uint32_t size;
	struct socket *sockets[]; /* by descriptor - SOCKET_FD_FIRST; NULL: free */
};

static size_t table_bytes(uint32_t size)
{
	return sizeof(struct socket_table) + size * sizeof(struct socket *);
}

struct socket_table *socket_table_create(struct stack *stack)
{
	uint32_t size = stack->options.max_sockets;
	struct socket_table *table = stack->port->alloc(stack->port->ctx, table_bytes(size));

	if (table == NULL)
		return NULL;
	memset(table, 0, table_bytes(size));
	table->size = size;
	return table;
}

void socket_table_destroy(struct stack *stack, struct socket_table *table)
{
	for (uint32_t i = 0; i < table->size; i++) {
		struct socket *sock = table->sockets[i];

		if (sock == NULL)
			continue;
		if (sock->type == SOCK_TYPE_STREAM)
			tcp_drop(stack, sock->tcb);
		else
			dgram_close(stack, sock);
		stack->port->free(stack->port->ctx, sock, sizeof(*sock));
	}
	stack->port->free(stack->port->ctx, table, table_bytes(table->size));
}

/* --- looking up ------------------------------------------------------------------------------ */

struct socket *socket_find(const struct stack *stack, int fd)
{
	const struct socket_table *table = stack->sockets;

	if (fd < SOCKET_FD_FIRST || (uint32_t)(fd - SOCKET_FD_FIRST) >= table->size)
		return NULL;
	return table->sockets[fd - SOCKET_FD_FIRST];
}

struct socket *socket_find_type(const struct stack *stack, int fd, enum sock_type type, int *err)
{
	struct socket *sock = socket_find(stack, fd);

	*err = sock == NULL ? ERR_BADF : ERR_OPNOTSUPP;
	return sock != NULL && sock->type == type ? sock : NULL;
}

/* --- life ------------------------------------------------------------------------------------ */

struct socket *socket_create(struct stack *stack, enum sock_type type, int *err)
{
	struct socket_table *table = stack->sockets;
	struct socket *sock;
	uint32_t i = 0;

	while (i < table->size && table->sockets[i] != NULL)
		i++;
	*err = ERR_MFILE;
	if (i == table->size)
		return NULL;
	*err = ERR_NOMEM;
	sock = stack->port->alloc(stack->port->ctx, sizeof(*sock));
	if (sock == NULL)
		return NULL;
	memset(sock, 0, sizeof(*sock));
	sock->type = type;
	sock->user.fd = (int)i + SOCKET_FD_FIRST;
	table->sockets[i] = sock;
	*err = ERR_OK;
	return sock;
}

void socket_free(struct stack *stack, struct socket *sock)
{
	stack->sockets->sockets[sock->user.fd - SOCKET_FD_FIRST] = NULL;
	stack->port->free(stack->port->ctx, sock, sizeof(*sock));
}

static int check_kind(enum net_family family, enum sock_type type, enum sock_protocol protocol)
{
	if (family != NET_FAMILY_IPV4)
		return ERR_AFNOSUPPORT;
	if (type == SOCK_TYPE_STREAM && (protocol == SOCK_PROTO_DEFAULT || protocol == SOCK_PROTO_TCP))
		return ERR_OK;
	if (type == SOCK_TYPE_DGRAM && (protocol == SOCK_PROTO_DEFAULT || protocol == SOCK_PROTO_UDP))
		return ERR_OK;
	return ERR_PROTONOSUPPORT;
}

int sock_socket(struct stack *stack, enum net_family family, enum sock_type type,
		enum sock_protocol protocol)
{
	int err = check_kind(family, type, protocol);
	struct socket *sock;

	if (err != ERR_OK)
		return err;
	sock = socket_create(stack, type, &err);
	if (sock == NULL)
		return err;
	if (type == SOCK_TYPE_DGRAM)
		return sock->user.fd;
	err = stream_create(stack, sock);
	if (err == ERR_OK)
		return sock->user.fd;
	socket_free(stack, sock);
	return err;
}

int sock_close(struct stack *stack, int fd, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (sock->type == SOCK_TYPE_STREAM)
		stream_close(stack, sock, now_ns);
	else
		dgram_close(stack, sock);
	socket_free(stack, sock);
	return ERR_OK;
}
