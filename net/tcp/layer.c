/* Skeleton: every public function is here so that others can link. */
#include "net/tcp.h"
#include "net/stack.h"

const char *tcp_state_name(enum tcp_state state)
{
	(void)state;
	return "";
}

struct tcp_layer *tcp_layer_create(struct stack *stack)
{
	(void)stack;
	return stack->port->alloc(stack->port->ctx, 16);
}

void tcp_layer_destroy(struct stack *stack, struct tcp_layer *layer)
{
	stack->port->free(stack->port->ctx, layer, 16);
}

void tcp_input(struct stack *stack, struct pktbuf *pkt, uint32_t src, uint32_t dst, uint64_t now_ns)
{
	(void)stack;
	(void)pkt;
	(void)src;
	(void)dst;
	(void)now_ns;
	pktbuf_free(pkt);
}

void tcp_poll(struct stack *stack, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
}

bool tcp_has_work(const struct stack *stack)
{
	(void)stack;
	return false;
}

void tcp_frame_sent(struct stack *stack, uint8_t note, uint32_t note_arg, const uint8_t *frame,
		    size_t len, size_t frame_len, uint32_t next_hop, uint64_t now_ns)
{
	(void)stack;
	(void)note;
	(void)note_arg;
	(void)frame;
	(void)len;
	(void)frame_len;
	(void)next_hop;
	(void)now_ns;
}

void tcp_unreachable(struct stack *stack, const struct tcp_trouble *trouble, uint64_t now_ns)
{
	(void)stack;
	(void)trouble;
	(void)now_ns;
}

uint32_t tcp_next_conn(const struct stack *stack)
{
	(void)stack;
	return 0;
}

size_t tcp_control_size(void)
{
	return 0;
}

struct tcb *tcp_create(struct stack *stack, struct tcp_user *user)
{
	(void)stack;
	(void)user;
	return NULL;
}

void tcp_release(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)now_ns;
}

uint32_t tcp_conn(const struct tcb *tcb)
{
	(void)tcb;
	return 0;
}

void tcp_set_buffers(struct tcb *tcb, uint32_t sndbuf, uint32_t rcvbuf)
{
	(void)tcb;
	(void)sndbuf;
	(void)rcvbuf;
}

int tcp_take_buffers(struct stack *stack, struct tcb *tcb, uint32_t *sndbuf,
		     uint32_t *rcvbuf)
{
	(void)stack;
	(void)tcb;
	(void)sndbuf;
	(void)rcvbuf;
	return ERR_OPNOTSUPP;
}

int tcp_bind(struct stack *stack, struct tcb *tcb, const struct net_endpoint *local)
{
	(void)stack;
	(void)tcb;
	(void)local;
	return ERR_OPNOTSUPP;
}

int tcp_connect(struct stack *stack, struct tcb *tcb, const struct net_endpoint *remote,
		uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)remote;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int tcp_listen(struct stack *stack, struct tcb *tcb, unsigned backlog)
{
	(void)stack;
	(void)tcb;
	(void)backlog;
	return ERR_OPNOTSUPP;
}

struct tcb *tcp_accept(struct tcb *listener)
{
	(void)listener;
	return NULL;
}

bool tcp_accept_waiting(const struct tcb *listener)
{
	(void)listener;
	return false;
}

void tcp_attach(struct tcb *tcb, struct tcp_user *user)
{
	(void)tcb;
	(void)user;
}

int tcp_send(struct stack *stack, struct tcb *tcb, const void *buf, size_t len,
	     uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)buf;
	(void)len;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int tcp_receive(struct stack *stack, struct tcb *tcb, void *buf, size_t len,
		uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)buf;
	(void)len;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

int tcp_close(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)now_ns;
	return ERR_OPNOTSUPP;
}

void tcp_close_read(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)now_ns;
}

void tcp_abort(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)now_ns;
}

void tcp_status(const struct tcb *tcb, struct tcp_status *status)
{
	(void)tcb;
	(void)status;
}

int tcp_take_error(struct tcb *tcb)
{
	(void)tcb;
	return ERR_OPNOTSUPP;
}

void tcp_set_nodelay(struct stack *stack, struct tcb *tcb, bool on, uint64_t now_ns)
{
	(void)stack;
	(void)tcb;
	(void)on;
	(void)now_ns;
}

void tcp_abandon_time_wait(struct stack *stack, uint64_t now_ns)
{
	(void)stack;
	(void)now_ns;
}
