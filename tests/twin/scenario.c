// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the memory and the printed form of a scenario, see scenario.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "scenario.h"

#define PRINT_MAX	60	/* frames */

static struct step *scenario_step(struct scenario *s)
{
	struct step *step;

	if (!(s->steps & (s->steps - 1)))
		s->step = grow(s->step, s->steps ? s->steps * 2 : 1,
			       sizeof(*step));
	step = &s->step[s->steps++];
	memset(step, 0, sizeof(*step));
	return step;
}

/**
 * scenario_burst - begin a burst of frames
 * @s: scenario
 *
 * Return: the step.
 */
struct step *scenario_burst(struct scenario *s)
{
	return scenario_step(s);
}

/**
 * scenario_frame - add a frame to the last burst
 * @s: scenario
 * @bytes: the frame
 * @len: its length
 *
 * Return: the frame, its record all zero but for the length.
 */
struct frame *scenario_frame(struct scenario *s, const u8 *bytes, u32 len)
{
	struct step *step = &s->step[s->steps - 1];
	struct frame *frame;

	if (!(step->frames & (step->frames - 1)))
		step->frame = grow(step->frame,
				   step->frames ? step->frames * 2 : 1,
				   sizeof(*frame));
	frame = &step->frame[step->frames++];
	memset(frame, 0, sizeof(*frame));
	frame->bytes = alloc(len, 1);
	memcpy(frame->bytes, bytes, len);
	frame->rec.len = len;
	frame->flow = NO_FLOW;
	s->packets++;
	return frame;
}

/**
 * scenario_event - add a control event
 * @s: scenario
 * @fmt: lines for router_do()
 */
void scenario_event(struct scenario *s, const char *fmt, ...)
{
	struct step *step = scenario_step(s);
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&step->event, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
}

void scenario_free(struct scenario *s)
{
	u32 i, j;

	for (i = 0; i < s->steps; i++) {
		for (j = 0; j < s->step[i].frames; j++)
			free(s->step[i].frame[j].bytes);
		free(s->step[i].frame);
		free(s->step[i].event);
	}
	free(s->step);
	memset(s, 0, sizeof(*s));
}

static void print_frame(const struct frame *frame)
{
	static const char * const deliveries[] = { "single", "list", "gro" };
	static const char * const shapes[] = {
		"", " paged", " cloned", " shared", " tight"
	};
	static const char * const csums[] = {
		"", " sum-good", " sum-complete", " sum-partial"
	};
	const struct ftwire_frame *rec = &frame->rec;
	char text[DESCRIBE_SIZE];

	describe(text, frame->bytes, rec->len);
	printf("#     port %u %s/%u%s%s", rec->port, deliveries[rec->delivery],
	       rec->group, shapes[rec->shape], csums[rec->csum]);
	if (rec->gso)
		printf(" gso %u", rec->gso_size);
	if (rec->mark || rec->priority)
		printf(" mark %x priority %x", rec->mark, rec->priority);
	printf(": %s%s%s\n", text, frame->what ? "; " : "",
	       frame->what ?: "");
}

static void print_event(const char *event)
{
	for (; *event; event++) {
		if (*event != '\n')
			putchar(*event);
		else if (event[1])
			printf("\n#   ");
	}
}

static void print_step(const struct step *step, u32 number, u32 left_out)
{
	u32 i, live = 0;

	printf("#   step %u:\n", number);
	for (i = 0; i < step->frames; i++)
		if (!step->frame[i].off && ++live > left_out)
			print_frame(&step->frame[i]);
}

static u32 step_live(const struct step *step)
{
	u32 i, live = 0;

	for (i = 0; i < step->frames; i++)
		live += !step->off && !step->frame[i].off;
	return live;
}

/**
 * scenario_live - frames that the minimiser has left
 * @s: scenario
 *
 * Return: their number.
 */
u32 scenario_live(const struct scenario *s)
{
	u32 i, live = 0;

	for (i = 0; i < s->steps; i++)
		live += step_live(&s->step[i]);
	return live;
}

/**
 * scenario_print_until - print the events up to a step and its frames
 * @s: scenario
 * @last: number of the step
 */
void scenario_print_until(const struct scenario *s, u32 last)
{
	const struct step *step;
	u32 i;

	for (i = 0; i <= last && i < s->steps; i++) {
		step = &s->step[i];
		if (step->event) {
			printf("#   step %u: ", i);
			print_event(step->event);
			printf("\n");
		} else if (i == last) {
			print_step(step, i, 0);
		}
	}
}

/**
 * scenario_print - print what the minimiser has left, as comments
 * @s: scenario; of much the end, which made the difference
 */
void scenario_print(const struct scenario *s)
{
	u32 live = scenario_live(s), skip, left_out, i;
	const struct step *step;

	skip = live > PRINT_MAX ? live - PRINT_MAX : 0;
	if (skip)
		printf("#   %u frames, and events, before these:\n", skip);
	for (i = 0; i < s->steps; i++) {
		step = &s->step[i];
		left_out = min(skip, step_live(step));
		skip -= left_out;
		if (step->off || skip ||
		    (left_out && left_out == step_live(step)))
			continue;
		if (!step->event) {
			print_step(step, i, left_out);
			continue;
		}
		printf("#   ");
		print_event(step->event);
		printf("\n");
	}
}
