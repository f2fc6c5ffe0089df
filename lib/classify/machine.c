/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/machine.h"

#include <rte_log.h>
#include <rte_malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* An offset above this is refused, so that no sum of two of them and a length can overflow. No
 * frame is that long: to read there fails anyhow. */
#define OFFSET_MAX 0x3fffffff

/* DPDK's verifier walks every path of a program, of which there can be as many as 2 to the number
 * of its branches. It takes about 40 ns a step here, so that this many take some milliseconds. */
#define STEPS_MAX 100000

/* The most that one instruction becomes in rte_bpf_convert and in expand below together. */
#define STEPS_EACH 8

/* Instructions of the longest expansion below. */
#define EXPANSION_MAX 2

/* Registers as rte_bpf_convert uses them; the last is its own for constants in comparisons. */
#define REG_A EBPF_REG_0
#define REG_X EBPF_REG_7
#define REG_CONSTANT EBPF_REG_8

/* What DPDK's machine code does otherwise than the language says (McCanne and Jacobson, "The BSD
 * Packet Filter", and libpcap's interpreter): shifts by 32 and more, offsets with the top bit
 * set. */
static bool
is_trusted(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (BPF_MODE(insn->code) == BPF_ABS || BPF_MODE(insn->code) == BPF_IND)
			return insn->k <= OFFSET_MAX;
		return true;
	case BPF_LDX:
		return BPF_MODE(insn->code) != BPF_MSH || insn->k <= OFFSET_MAX;
	case BPF_ALU:
		if (BPF_OP(insn->code) == BPF_LSH || BPF_OP(insn->code) == BPF_RSH)
			return BPF_SRC(insn->code) == BPF_K && insn->k < 32;
		if (BPF_OP(insn->code) == BPF_DIV || BPF_OP(insn->code) == BPF_MOD)
			return BPF_SRC(insn->code) == BPF_X || insn->k != 0;
		return true;
	default:
		return true;
	}
}

/* How many steps the verifier takes at most, from each instruction to the ends; jumps only lead
 * forward. Saturates; STEPS_MAX + 1 when an instruction leads backward or out of the program. */
static uint64_t
count_steps(const struct bpf_program *program)
{
	uint64_t *steps = calloc((size_t)program->bf_len + 1, sizeof(*steps));
	uint64_t first = STEPS_MAX + 1;

	if (!steps)
		return first;
	for (unsigned i = program->bf_len; i-- > 0;) {
		const struct bpf_insn *insn = &program->bf_insns[i];
		uint64_t next[2] = {i + UINT64_C(1), 0};
		unsigned branches = 1;

		steps[i] = STEPS_EACH;
		if (BPF_CLASS(insn->code) == BPF_RET)
			continue;
		if (BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) == BPF_JA) {
			next[0] += (uint64_t)(int64_t)(int32_t)insn->k;
		} else if (BPF_CLASS(insn->code) == BPF_JMP) {
			next[1] = next[0] + insn->jf;
			next[0] += insn->jt;
			branches = 2;
		}
		for (unsigned branch = 0; branch < branches; branch++) {
			if (next[branch] <= i || next[branch] >= program->bf_len)
				goto out;
			steps[i] += steps[next[branch]];
		}
		if (steps[i] > STEPS_MAX)
			steps[i] = STEPS_MAX + 1;
	}
	first = steps[0];
out:
	free(steps);
	return first;
}

/* Whether a comparison's constant is one that the JIT encodes wrongly: `test` has no short form,
 * but it emits one for constants of a signed byte. */
static bool
is_short_test(const struct ebpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JSET | BPF_K) && insn->imm == (int8_t)insn->imm;
}

static bool
is_indirect_load(const struct ebpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_IND;
}

/* Writes what an instruction becomes, at most EXPANSION_MAX instructions, and returns how many. The
 * last of them stands for the instruction itself. Where they jump to is left to mend. */
static unsigned
expand(const struct ebpf_insn *insn, struct ebpf_insn *out)
{
	out[1] = *insn;
	if (is_short_test(insn)) {
		out[0] = (struct ebpf_insn){.code = BPF_ALU | EBPF_MOV | BPF_K,
					    .dst_reg = REG_CONSTANT,
					    .imm = insn->imm};
		out[1].code = BPF_JMP | BPF_JSET | BPF_X;
		out[1].src_reg = REG_CONSTANT;
		out[1].imm = 0;
		return 2;
	}
	if (is_indirect_load(insn)) {
		/* The converter takes A for X in loads of one byte and of four. The JIT adds in 64
		 * bits, and truncates to 32 afterwards. */
		out[1].src_reg = REG_X;
		out[0] = (struct ebpf_insn){
			.code = BPF_JMP | BPF_JGT | BPF_K, .dst_reg = REG_X, .imm = OFFSET_MAX};
		return 2;
	}
	out[0] = *insn;
	return 1;
}

static bool
is_exit(const struct ebpf_insn *insn)
{
	return insn->code == (BPF_JMP | EBPF_EXIT);
}

static bool
is_jump(const struct ebpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != EBPF_CALL &&
	       !is_exit(insn);
}

/* Leads a jump at one index to another; false when that is too far. */
static bool
lead(struct ebpf_insn *out, uint32_t from, uint32_t to)
{
	int64_t offset = (int64_t)to - from - 1;

	out[from].off = offset;
	return offset >= 0 && offset <= INT16_MAX;
}

/* The converted program with every instruction expanded and every jump led to where its target
 * went. It ends in "fail: return 0; exit: return", and every other way out leads there: the JIT
 * encodes jumps backward to an earlier way out wrongly when they are just short of 128 bytes. NULL
 * when out of memory or when a jump becomes too long. */
static struct ebpf_insn *
mend(const struct rte_bpf_prm *prm, uint32_t *count)
{
	uint32_t *start = calloc(prm->nb_ins + 1, sizeof(*start));
	struct ebpf_insn *out = calloc((size_t)prm->nb_ins * EXPANSION_MAX + 2, sizeof(*out));
	bool good = start && out, fails = false;
	uint32_t fail, end;

	for (uint32_t i = 0; good && i < prm->nb_ins; i++) {
		start[i + 1] = start[i] + expand(&prm->ins[i], &out[start[i]]);
		fails |= is_indirect_load(&prm->ins[i]);
	}
	if (!good)
		goto out;
	/* The verifier refuses what is never reached. */
	fail = end = start[prm->nb_ins];
	if (fails)
		out[end++] =
			(struct ebpf_insn){.code = BPF_ALU | EBPF_MOV | BPF_K, .dst_reg = REG_A};
	out[end] = (struct ebpf_insn){.code = BPF_JMP | EBPF_EXIT};
	*count = end + 1;

	for (uint32_t i = 0; good && i < prm->nb_ins; i++) {
		const struct ebpf_insn *insn = &prm->ins[i];
		uint32_t last = start[i + 1] - 1;
		int64_t target = (int64_t)i + 1 + insn->off;

		if (is_indirect_load(insn)) {
			good = lead(out, start[i], fail);
		} else if (is_exit(insn)) {
			out[last].code = BPF_JMP | BPF_JA;
			good = lead(out, last, end);
		} else if (is_jump(insn)) {
			good = target > i && target < prm->nb_ins && lead(out, last, start[target]);
		}
	}
out:
	free(start);
	if (!good) {
		free(out);
		out = NULL;
	}
	return out;
}

struct rte_bpf *
machine_make(const struct bpf_program *program)
{
	struct rte_bpf_prm *prm, mended;
	struct rte_bpf *bpf = NULL;
	struct ebpf_insn *insns;

	for (unsigned i = 0; i < program->bf_len; i++) {
		if (!is_trusted(&program->bf_insns[i]))
			return NULL;
	}
	if (count_steps(program) > STEPS_MAX)
		return NULL;
	/* What is refused is interpreted: nothing to tell a user of. */
	rte_log_set_level_pattern("lib.bpf", RTE_LOG_CRIT);
	prm = rte_bpf_convert(program);
	if (!prm)
		return NULL;
	mended = *prm;
	insns = mend(prm, &mended.nb_ins);
	if (insns) {
		mended.ins = insns;
		bpf = rte_bpf_load(&mended);
		free(insns);
	}
	rte_free(prm);
	if (bpf && !machine_code(bpf)) {
		rte_bpf_destroy(bpf);
		bpf = NULL;
	}
	return bpf;
}

uint64_t (*machine_code(const struct rte_bpf *bpf))(void *mbuf)
{
	struct rte_bpf_jit jit = {0};

	rte_bpf_get_jit(bpf, &jit);
	return jit.func;
}
