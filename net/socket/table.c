/*
 * SPDX-License-Identifier: MIT
 *
 * Descriptors: a table of pointers, and the two calls that begin and end a socket's life.  Steps 2
 * and 3 of the sixteen happen here.
 *
 * The lowest free descriptor is found in two looks: a bit for each descriptor that is free, and a
 * bit for each word of those that has one.
 */
#include "net/socket/table.h"

#include "base/string.h"
#include "net/ip/ip.h"
#include "net/stack.h"

#define FREE_WORDS (ALIGN_UP(UINT16_MAX, 64) / 64) /* net_options.max_sockets is 16 bits wide */

struct socket_table {
	uint32_t size;
	uint64_t some_free[FREE_WORDS / 64]; /* a bit for each word of `free` that is not 0 */
	uint64_t free[FREE_WORDS];
	struct socket *sockets[]; /* by descriptor - SOCKET_FD_FIRST; NULL: free */
};

static size_t table_bytes(uint32_t size)
{
	return sizeof(struct socket_table) + size * sizeof(struct socket *);
}

static void set_free(struct socket_table *table, uint32_t i)
{
	table->free[i / 64] |= UINT64_C(1) << i % 64;
	table->some_free[i / 4096] |= UINT64_C(1) << i / 64 % 64;
}

static void set_used(struct socket_table *table, uint32_t i)
{
	table->free[i / 64] &= ~(UINT64_C(1) << i % 64);
	if (table->free[i / 64] == 0)
		table->some_free[i / 4096] &= ~(UINT64_C(1) << i / 64 % 64);
}

/* table->size: there is none. */
static uint32_t lowest_free(const struct socket_table *table)
{
	for (uint32_t i = 0; i < ARRAY_LEN(table->some_free); i++) {
		uint32_t word;

		if (table->some_free[i] == 0)
			continue;
		word = 64 * i + (uint32_t)__builtin_ctzll(table->some_free[i]);
		return 64 * word + (uint32_t)__builtin_ctzll(table->free[word]);
	}
	return table->size;
}

struct socket_table *socket_table_create(struct stack *stack)
{
	uint32_t size = stack->options.max_sockets;
	struct socket_table *table = stack->port->alloc(stack->port->ctx, table_bytes(size));

	if (table == NULL)
		return NULL;
	memset(table, 0, table_bytes(size));
	table->size = size;
	for (uint32_t i = 0; i < size; i++)
		set_free(table, i);
	return table;
}

void socket_table_destroy(struct stack *stack, struct socket_table *table)
{
	for (uint32_t i = 0; i < table->size; i++) {
		struct socket *sock = table->sockets[i];

		if (sock == NULL)
			continue;
		socket_unwatch(stack, sock);
		if (sock->type == SOCK_TYPE_STREAM)
			tcp_drop(stack, sock->tcb);
		else
			dgram_close(stack, sock);
		stack->port->free(stack->port->ctx, sock, socket_size(sock->type));
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

/* A stream's ends where a datagram's control block goes on: there are thousands of them. */
size_t socket_size(uint8_t type)
{
	return type == SOCK_TYPE_STREAM ? offsetof(struct socket, tcb) + sizeof(struct tcb *)
					: sizeof(struct socket);
}

struct socket *socket_create(struct stack *stack, enum sock_type type, int *err)
{
	struct socket_table *table = stack->sockets;
	struct socket *sock;
	uint32_t i = lowest_free(table);

	*err = ERR_MFILE;
	if (i == table->size)
		return NULL;
	*err = ERR_NOMEM;
	sock = stack->port->alloc(stack->port->ctx, socket_size((uint8_t)type));
	if (sock == NULL)
		return NULL;
	memset(sock, 0, socket_size((uint8_t)type));
	sock->type = (uint8_t)type;
	sock->fd = (int)i + SOCKET_FD_FIRST;
	table->sockets[i] = sock;
	set_used(table, i);
	*err = ERR_OK;
	return sock;
}

void socket_free(struct stack *stack, struct socket *sock)
{
	uint32_t i = (uint32_t)(sock->fd - SOCKET_FD_FIRST);

	socket_unwatch(stack, sock);
	stack->sockets->sockets[i] = NULL;
	set_free(stack->sockets, i);
	stack->port->free(stack->port->ctx, sock, socket_size(sock->type));
}

static int check_kind(enum net_family family, enum sock_type type, enum sock_protocol protocol)
{
	if (!ip_family_is_known((uint8_t)family))
		return ERR_AFNOSUPPORT;
	if (type == SOCK_TYPE_STREAM && (protocol == SOCK_PROTO_DEFAULT || protocol == SOCK_PROTO_TCP))
		return ERR_OK;
	if (type == SOCK_TYPE_DGRAM && (protocol == SOCK_PROTO_DEFAULT ||
					protocol == SOCK_PROTO_UDP || protocol == SOCK_PROTO_ICMP))
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
	if (type == SOCK_TYPE_DGRAM) {
		/* Ping sockets share an identifier that several of them ask for, as in Linux. */
		sock->udp.echo = sock->udp.reuse = protocol == SOCK_PROTO_ICMP;
		return sock->fd;
	}
	err = stream_create(stack, sock);
	if (err == ERR_OK)
		return sock->fd;
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
		dgram_end(stack, sock, now_ns);
	socket_free(stack, sock);
	return ERR_OK;
}
