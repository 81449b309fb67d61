/*
 * SPDX-License-Identifier: MIT
 *
 * The connection's send buffer: from the user to SND.END.
 */
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

int tcp_resize_send_buffer(struct tcb *tcb, uint32_t size)
{
	size = MIN(MAX(size, TCP_BUFFER_MIN), TCP_BUFFER_MAX);
	if (tcb->snd.buf != NULL && !send_buffer_resize(&tcb->snd.buf, size))
		return ERR_NOBUFS;
	tcb->snd.buf_size = size;
	return ERR_OK;
}

bool tcp_snd_alloc_buffer(struct stack *stack, struct tcb *tcb, uint32_t least)
{
	uint32_t size = tcb->snd.buf_size;

	for (; tcb->snd.buf == NULL && size >= least; size /= 2)
		tcb->snd.buf = send_buffer_create(stack->port, size, tcb->snd.end);
	if (tcb->snd.buf == NULL)
		stack->counters.tcp_no_memory++;
	return tcb->snd.buf != NULL;
}

void tcp_snd_rebase_buffer(struct tcb *tcb)
{
	if (tcb->snd.buf != NULL)
		tcb->snd.buf->start_seq = tcb->snd.buf->una = tcb->snd.end;
}

void tcp_drop_send_buffer(struct tcb *tcb)
{
	if (tcb->snd.buf != NULL)
		send_buffer_release(tcb->snd.buf);
	tcb->snd.buf = NULL;
}

uint32_t tcp_snd_write(struct tcb *tcb, const void *buf, size_t len)
{
	uint32_t taken = send_buffer_write(tcb->snd.buf, buf, (uint32_t)MIN(len, (size_t)INT32_MAX));

	tcb->snd.buf_full = taken < len;
	return taken;
}

void tcp_snd_extend(struct tcb *tcb, uint32_t len, bool urgent)
{
	tcb->snd.end += len;
	if (urgent) {
		tcb->snd.up = tcb->snd.end;
		tcb->snd.urgent = true;
	}
}
