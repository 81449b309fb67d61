/*
 * SPDX-License-Identifier: MIT
 *
 * Which of many streams should be checked: a list of those that something has
 * happened to, each on it once.  Putting one on it and taking the first off it cost the same with three
 * streams as with three thousand.
 */
#include "net/socket/table.h"

#include "net/stack.h"

static void activate(struct stack *stack, struct socket *sock)
{
	if (sock->active_prev != NULL)
		return;
	if (stack->active_first == NULL)
		stack->active_last = &stack->active_first;
	sock->active_next = NULL;
	sock->active_prev = stack->active_last;
	*stack->active_last = sock;
	stack->active_last = &sock->active_next;
}

static void deactivate(struct stack *stack, struct socket *sock)
{
	if (sock->active_prev == NULL)
		return;
	*sock->active_prev = sock->active_next;
	if (sock->active_next != NULL)
		sock->active_next->active_prev = sock->active_prev;
	else
		stack->active_last = sock->active_prev;
	sock->active_prev = NULL;
}

static void stream_active(struct stack *stack, struct tcp_user *user)
{
	activate(stack, CONTAINER_OF(user, struct socket, user));
}

void socket_unwatch(struct stack *stack, struct socket *sock)
{
	deactivate(stack, sock);
	sock->watcher = NULL;
	if (sock->type == SOCK_TYPE_STREAM)
		sock->user.active = NULL;
}

int sock_watch(struct stack *stack, int fd, void *owner)
{
	int err;
	struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_STREAM, &err);

	if (sock == NULL)
		return err;
	sock->watcher = owner;
	sock->user.active = stream_active;
	activate(stack, sock);
	return ERR_OK;
}

void *sock_next_active(struct stack *stack)
{
	struct socket *sock = stack->active_first;

	if (sock == NULL)
		return NULL;
	deactivate(stack, sock);
	return sock->watcher;
}
