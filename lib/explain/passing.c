/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/passing.h"

#include <string.h>

#include "core/banned.h"

#define COMPARISONS_MAX 4000 /* that are gone both ways, of a frame */
#define DEPTH_MAX 250        /* one behind the other */
#define STEPS_MAX 20000      /* between two of them: protochain goes round */
#define FIELD 4              /* bytes that one load takes at most */
#define CHANGED_MAX 256      /* bytes behind stay as they are */

/* A number of the filter's machine: some bits of the frame, or, where size is 0, just a number. */
struct value {
	uint32_t number;
	uint32_t offset, size;
	uint32_t mask;  /* of the bytes, as a number */
	unsigned shift; /* to the right, behind mask */
};

struct machine {
	const struct bpf_insn *at;
	struct value a, x, memory[BPF_MEMWORDS];
};

struct passing {
	const struct bpf_program *filter;
	uint8_t *bytes;
	uint32_t length;
	uint8_t pinned[CHANGED_MAX]; /* bits that a comparison before needs as they are */
	unsigned left, depth;
	passing_take *take;
	void *context;
	bool passes; /* such are asked for, else those that do not */
	bool enough;
};

/* To be put back: the bytes of one load, and all pins. */
struct undo {
	uint8_t bytes[FIELD], pinned[CHANGED_MAX];
};

static struct value
number_of(uint32_t number)
{
	return (struct value){.number = number};
}

static uint32_t
load(const uint8_t *bytes, uint32_t size)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

static uint32_t
read_value(const struct passing *passing, const struct value *value)
{
	if (value->size == 0)
		return value->number;
	return (load(passing->bytes + value->offset, value->size) & value->mask) >> value->shift;
}

static void
pin(struct passing *passing, const struct value *value)
{
	for (uint32_t i = 0; i < value->size; i++)
		passing->pinned[value->offset + i] |=
			(uint8_t)(value->mask >> 8 * (value->size - 1 - i));
}

/* What is worked out of it is one number from here on. */
static uint32_t
settle(struct passing *passing, const struct value *value)
{
	pin(passing, value);
	return read_value(passing, value);
}

static bool
write_value(struct passing *passing, const struct value *value, uint32_t number)
{
	uint8_t *bytes = passing->bytes + value->offset;
	const uint8_t *pinned = passing->pinned + value->offset;
	uint32_t now = load(bytes, value->size);
	uint32_t then = (now & ~value->mask) | (number << value->shift & value->mask);

	if (value->size == 0 || (then & value->mask) >> value->shift != number ||
	    ((now ^ then) & load(pinned, value->size)))
		return false;
	for (uint32_t i = 0; i < value->size; i++)
		bytes[i] = (uint8_t)(then >> 8 * (value->size - 1 - i));
	return true;
}

static bool
holds(unsigned operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return a & b;
	}
}

/* Some number of which it holds, or does not, that can be written. */
static bool
force(struct passing *passing, const struct value *value, unsigned operation, uint32_t b,
      bool wanted)
{
	uint32_t now = read_value(passing, value);
	const uint32_t tried[] = {b,        b + 1,      b - 1,
				  now & ~b, now | b,    now | (b & -b),
				  0,        UINT32_MAX, value->mask >> value->shift};

	for (unsigned i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		if (holds(operation, tried[i], b) == wanted &&
		    write_value(passing, value, tried[i]))
			return true;
	}
	return false;
}

/* As it is, if it suits; but of what is below or above, the number at the edge rather than any. */
static bool
suit(struct passing *passing, const struct value *value, unsigned operation, uint32_t b,
     bool wanted)
{
	bool edge = operation == BPF_JGT || operation == BPF_JGE;

	return (edge && force(passing, value, operation, b, wanted)) ||
	       holds(operation, read_value(passing, value), b) == wanted ||
	       (!edge && force(passing, value, operation, b, wanted));
}

static void walk(struct passing *passing, struct machine *machine);

/* Goes on behind a comparison, one of both ways. */
static void
turn(struct passing *passing, const struct machine *before, uint32_t b, bool wanted)
{
	const struct bpf_insn *at = before->at;
	struct machine machine = *before;
	const struct value *value = &before->a;
	unsigned operation = BPF_OP(at->code);
	struct undo undo;

	memcpy(undo.bytes, passing->bytes + value->offset, value->size);
	memcpy(undo.pinned, passing->pinned, CHANGED_MAX);
	if (suit(passing, value, operation, b, wanted)) {
		/* Whatever leaves more than one number is looked at again, by the filter itself. */
		if (operation == BPF_JSET || (operation == BPF_JEQ && wanted))
			pin(passing, value);
		machine.at += 1 + (wanted ? at->jt : at->jf);
		passing->depth++;
		walk(passing, &machine);
		passing->depth--;
	}
	memcpy(passing->bytes + value->offset, undo.bytes, value->size);
	memcpy(passing->pinned, undo.pinned, CHANGED_MAX);
}

/* First as the frame is. */
static void
compare(struct passing *passing, struct machine *machine)
{
	const struct bpf_insn *at = machine->at;
	uint32_t b = BPF_SRC(at->code) == BPF_X ? settle(passing, &machine->x) : at->k;
	bool now = holds(BPF_OP(at->code), read_value(passing, &machine->a), b);

	if (passing->left == 0 || passing->depth == DEPTH_MAX)
		return;
	passing->left--;
	turn(passing, machine, b, now);
	if (!passing->enough)
		turn(passing, machine, b, !now);
}

/* False: the frame ends before, and does not pass. */
static bool
load_from(struct passing *passing, struct machine *machine, struct value *into)
{
	const struct bpf_insn *at = machine->at;
	uint64_t offset = at->k;
	uint32_t size = BPF_SIZE(at->code) == BPF_W ? 4 : BPF_SIZE(at->code) == BPF_H ? 2 : 1;

	switch (BPF_MODE(at->code)) {
	case BPF_IMM:
		*into = number_of(at->k);
		return true;
	case BPF_LEN:
		*into = number_of(passing->length);
		return true;
	case BPF_MEM:
		*into = machine->memory[at->k % BPF_MEMWORDS];
		return true;
	case BPF_IND:
		offset += settle(passing, &machine->x);
		break;
	case BPF_MSH:
		size = 1;
		break;
	default:
		break;
	}
	if (offset + size > passing->length)
		return false;
	if (offset + size > CHANGED_MAX) {
		*into = number_of(load(passing->bytes + offset, size));
		if (BPF_MODE(at->code) == BPF_MSH)
			into->number = 4 * (into->number & 0x0f);
		return true;
	}
	*into = (struct value){
		.offset = (uint32_t)offset, .size = size, .mask = UINT32_MAX >> (32 - 8 * size)};
	if (BPF_MODE(at->code) == BPF_MSH) {
		into->mask = 0x0f;
		*into = number_of(4 * settle(passing, into));
	}
	return true;
}

static uint32_t
work_out(unsigned operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : 0;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	default:
		return -a;
	}
}

static void
calculate(struct passing *passing, struct machine *machine)
{
	const struct bpf_insn *at = machine->at;
	unsigned operation = BPF_OP(at->code);
	struct value *a = &machine->a;
	uint32_t b = BPF_SRC(at->code) == BPF_X ? settle(passing, &machine->x) : at->k;

	if (a->size && operation == BPF_AND)
		a->mask &= b << a->shift;
	else if (a->size && operation == BPF_RSH && b + a->shift < 32)
		a->shift += b;
	else
		*a = number_of(work_out(operation, settle(passing, a), b));
}

/* One that neither jumps nor ends. False: the frame does not pass. */
static bool
step(struct passing *passing, struct machine *machine)
{
	const struct bpf_insn *at = machine->at++;
	struct machine *to = machine;

	switch (BPF_CLASS(at->code)) {
	case BPF_LD:
	case BPF_LDX:
		to->at = at;
		if (!load_from(passing, to, BPF_CLASS(at->code) == BPF_LD ? &to->a : &to->x))
			return false;
		break;
	case BPF_ST:
		to->memory[at->k % BPF_MEMWORDS] = to->a;
		break;
	case BPF_STX:
		to->memory[at->k % BPF_MEMWORDS] = to->x;
		break;
	case BPF_ALU:
		to->at = at;
		calculate(passing, to);
		break;
	default:
		if (BPF_MISCOP(at->code) == BPF_TAX)
			to->x = to->a;
		else
			to->a = to->x;
		break;
	}
	to->at = at + 1;
	return true;
}

static void
give(struct passing *passing)
{
	bool passes = bpf_filter(passing->filter->bf_insns, passing->bytes, passing->length,
				 passing->length) != 0;

	if (passes == passing->passes)
		passing->enough = !passing->take(passing->context, passing->bytes, passing->length);
}

static void
walk(struct passing *passing, struct machine *machine)
{
	for (unsigned steps = 0; steps < STEPS_MAX; steps++) {
		const struct bpf_insn *at = machine->at;

		if (BPF_CLASS(at->code) == BPF_RET) {
			give(passing);
			return;
		}
		if (BPF_CLASS(at->code) == BPF_JMP && BPF_OP(at->code) != BPF_JA) {
			compare(passing, machine);
			return;
		}
		if (BPF_CLASS(at->code) == BPF_JMP)
			machine->at += 1 + (int32_t)at->k;
		else if (!step(passing, machine))
			return;
	}
}

void
passing_find(const struct bpf_program *filter, bool passes, uint8_t *bytes, uint32_t length,
	     passing_take *take, void *context)
{
	struct passing passing = {.filter = filter,
				  .bytes = bytes,
				  .length = length,
				  .left = COMPARISONS_MAX,
				  .take = take,
				  .context = context,
				  .passes = passes};
	struct machine machine = {.at = filter->bf_insns};

	walk(&passing, &machine);
}
