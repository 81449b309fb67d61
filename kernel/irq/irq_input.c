/*
 * SPDX-License-Identifier: MIT
 *
 * Level-triggered inputs; see kernel/irq/irq_input.h.  An input is an irq_source itself: what happens
 * while the devices are polled is its poll, what happens before a halt its arm.  Its place among the
 * sources does not matter: its devices are acknowledged before any source is armed, and a driver's arm
 * checks its queues after that.
 */
#include "kernel/irq/irq_input.h"

/* An input whose devices have signalled nothing stays masked, or the machine would never halt again; what its
 * devices do is then found by the clock. */
#define SPURIOUS_MAX 1000
#define SPURIOUS_POLL_NS (1 * NS_PER_MS)

static struct irq_input *input_of(struct irq_source *source)
{
	return CONTAINER_OF(source, struct irq_input, source);
}

static bool acknowledge_all(struct irq_input *input)
{
	bool any = false;

	for (struct irq_sharer *sharer = input->sharers; sharer != NULL; sharer = sharer->next)
		any |= sharer->acknowledge(sharer);
	return any;
}

static bool input_poll(struct irq_source *source, uint64_t now_ns)
{
	struct irq_input *input = input_of(source);
	bool any;

	(void)now_ns;
	if (input->state == IRQ_INPUT_OPEN)
		return false;
	any = acknowledge_all(input);
	if (any)
		input->spurious = 0;
	else if (input->state == IRQ_INPUT_FIRED)
		input->spurious++;
	input->state = IRQ_INPUT_ACKNOWLEDGED;
	return any;
}

static uint64_t input_arm(struct irq_source *source, uint64_t now_ns)
{
	struct irq_input *input = input_of(source);

	if (input->state == IRQ_INPUT_OPEN)
		return TIME_NEVER;
	if (input->state == IRQ_INPUT_FIRED)
		return now_ns;
	if (input->spurious >= SPURIOUS_MAX)
		return now_ns + SPURIOUS_POLL_NS;
	input->state = IRQ_INPUT_OPEN;
	input->ops->unmask(input);
	return TIME_NEVER;
}

void irq_input_init(struct irq_input *input, const struct irq_input_ops *ops)
{
	*input = (struct irq_input){
		.ops = ops,
		.source = {.poll = input_poll, .arm = input_arm},
		.state = IRQ_INPUT_ACKNOWLEDGED,
	};
	input->ops->mask(input);
}

void irq_input_join(struct irq_input *input, struct irq_sharer *sharer)
{
	irq_watch(&input->source);
	sharer->next = input->sharers;
	input->sharers = sharer;
}

void irq_line_share(struct irq_line *line, struct irq_source *source)
{
	irq_watch(source);
	line->fired = 0;
	line->count = 0;
}

void irq_input_fired(struct irq_input *input)
{
	input->ops->mask(input);
	input->state = IRQ_INPUT_FIRED;
}
