/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/expression.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* Offsets that Linux gives to what its own sockets know of a packet: `inbound`, `ifindex` and the
 * like. libpcap compiles them for a handle that reads no file, and nothing here could answer
 * them. */
#define ANCILLARY_FIRST 0xfffff000u
#define ANCILLARY_LAST 0xfffff0ffu

/* Instructions of an unrolled program; rounds of a short one. */
#define UNROLLED_MAX (EXPRESSION_ROUNDS_MIN * 8192)
#define ROUNDS_MAX 128

static bool
asks_the_socket(const struct bpf_program *program)
{
	for (unsigned i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		if (BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS &&
		    insn->k >= ANCILLARY_FIRST && insn->k <= ANCILLARY_LAST)
			return true;
	}
	return false;
}

/* Only `ja` has room for it. */
static bool
jumps_back(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA) && (int32_t)insn->k < 0;
}

static bool
has_loops(const struct bpf_program *program)
{
	for (unsigned i = 0; i < program->bf_len; i++) {
		if (jumps_back(&program->bf_insns[i]))
			return true;
	}
	return false;
}

/* libpcap's loops need not end: some combinations with `protochain` go round for ever on some
 * packets. So the program is written down many times, each jump backward leads into the next copy,
 * and from the last to "no". */
static int
unroll(struct bpf_program *program)
{
	unsigned length = program->bf_len;
	unsigned rounds = UNROLLED_MAX / length < ROUNDS_MAX ? UNROLLED_MAX / length : ROUNDS_MAX;
	struct bpf_insn *insns = calloc((size_t)rounds * length + 1, sizeof(*insns));

	if (!insns)
		return -ENOMEM;
	for (unsigned round = 0; round < rounds; round++) {
		struct bpf_insn *copy = insns + (size_t)round * length;

		memcpy(copy, program->bf_insns, length * sizeof(*copy));
		for (unsigned i = 0; i < length; i++) {
			if (!jumps_back(&copy[i]))
				continue;
			copy[i].k = round + 1 < rounds ? length + copy[i].k : length - i - 1;
		}
	}
	insns[(size_t)rounds * length] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
	free(program->bf_insns);
	program->bf_insns = insns;
	program->bf_len = rounds * length + 1;
	return 0;
}

int
expression_compile(const char *expression, struct bpf_program *out, char *message, size_t size)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, EXPRESSION_SNAP);
	int ret = 0;

	if (!pcap) {
		snprintf(message, size, "out of memory");
		return -ENOMEM;
	}
	/* Netmask 0, as tcpdump gives it for a file. */
	if (pcap_compile(pcap, out, expression, 1, 0) < 0) {
		snprintf(message, size, "%s", pcap_geterr(pcap));
		pcap_close(pcap);
		return -EINVAL;
	}
	pcap_close(pcap);
	if (asks_the_socket(out)) {
		snprintf(message, size,
			 "it asks what the packet's bytes do not say (inbound, outbound, "
			 "ifindex); use the rule's from for where packets come in");
		ret = -EINVAL;
	} else if (has_loops(out)) {
		ret = unroll(out);
		if (ret < 0)
			snprintf(message, size, "out of memory");
	}
	if (ret < 0)
		pcap_freecode(out);
	return ret;
}
