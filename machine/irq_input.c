/*
 * SPDX-License-Identifier: MIT
 *
 * Level-triggered inputs; see kernel/irq_input.h.  An input is an irq_source itself: what happens
 * while the devices are polled is its poll, what happens before a halt its arm.  Its place among the
 * sources does not matter: its devices are acknowledged before any source is armed, and a driver's arm
 * checks its queues after that.
 */
#include "kernel/irq_input.h"

/* An input that no device owns up to stays masked, or the machine would never halt again; what its
 * devices do is then found by the clock. */
#define UNCLAIMED_MAX 1000
#define UNCLAIMED_POLL_NS (1 * NS_PER_MS)

static struct irq_input *input_of(struct irq_source *source)
{
	return CONTAINER_OF(source, struct irq_input, source);
}

static bool acknowledge_all(struct irq_input *input)
{
	bool claimed = false;

	for (struct irq_sharer *sharer = input->sharers; sharer != NULL; sharer = sharer->next)
		claimed |= sharer->acknowledge(sharer);
	return claimed;
}

static bool input_poll(struct irq_source *source, uint64_t now_ns)
{
	struct irq_input *input = input_of(source);
	bool claimed;

	(void)now_ns;
	if (input->state == IRQ_INPUT_OPEN)
		return false;
	claimed = acknowledge_all(input);
	if (claimed)
		input->unclaimed = 0;
	else if (input->state == IRQ_INPUT_FIRED)
		input->unclaimed++;
	input->state = IRQ_INPUT_ACKNOWLEDGED;
	return claimed;
}

static uint64_t input_arm(struct irq_source *source, uint64_t now_ns)
{
	struct irq_input *input = input_of(source);

	if (input->state == IRQ_INPUT_OPEN)
		return TIME_NEVER;
	if (input->state == IRQ_INPUT_FIRED)
		return now_ns;
	if (input->unclaimed >= UNCLAIMED_MAX)
		return now_ns + UNCLAIMED_POLL_NS;
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
