/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/syscalls.h"

#include <errno.h>
#include <seccomp.h>
#include <unistd.h>

#include "core/log.h"
#include "host/allowed.h"

#include "core/banned.h"

/* Rules in a tree instead of a list: seccomp_attr_set(3). */
#define OPTIMIZE_TREE 2

static bool
is_allowed_here(const struct allowed_call *call, unsigned needs)
{
	return allowed_applies(call->needed, needs);
}

static int
allow(scmp_filter_ctx filter, const struct allowed_call *call)
{
	struct scmp_arg_cmp compares[2];
	int number = seccomp_syscall_resolve_name(call->name);

	/* Not of this architecture, or newer than libseccomp: nobody can make it then. */
	if (number < 0)
		return 0;
	for (unsigned i = 0; i < call->argument_count; i++) {
		const struct allowed_argument *argument = &call->arguments[i];
		uint64_t value = argument->value == ALLOWED_OWN_PROCESS ? (uint64_t)getpid()
									: argument->value;

		/* Kernel and C library take these as 32 bits; what stands above is no matter. */
		compares[i] = (struct scmp_arg_cmp){
			.arg = argument->index,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = argument->mask & UINT32_MAX,
			.datum_b = value & UINT32_MAX,
		};
	}
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, call->argument_count,
				      compares);
}

static int
add_allowed(scmp_filter_ctx filter, unsigned needs)
{
	for (const struct allowed_call *call = allowed_calls; call->name; call++) {
		int ret = is_allowed_here(call, needs) ? allow(filter, call) : 0;

		if (ret < 0)
			return log_fail(ret, "sandbox: a rule for %s", call->name);
	}
	return 0;
}

static int
add_forbidden(scmp_filter_ctx filter, unsigned needs)
{
	for (const struct forbidden_call *call = forbidden_calls; call->name; call++) {
		int number = seccomp_syscall_resolve_name(call->name);
		int ret;

		if (number < 0 || (call->unless & needs))
			continue;
		ret = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0);
		if (ret < 0)
			return log_fail(ret, "sandbox: a rule against %s", call->name);
	}
	return 0;
}

static int
set_attributes(scmp_filter_ctx filter)
{
	int ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	return ret;
}

/* clone3 has its flags in memory, where no filter can look: without it the C library takes clone. A
 * filter of its own, as each logs either all that it refuses or nothing, and this is worth no
 * line. */
static int
fall_back(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int ret;

	if (!filter)
		return -ENOMEM;
	ret = set_attributes(filter);
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}

int
syscalls_enforce(unsigned needs)
{
	scmp_filter_ctx filter;
	int ret = fall_back();

	if (ret < 0)
		return ret;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	ret = set_attributes(filter);
	/* What kernel or library may not have, and the sandbox is as tight without. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE);
	if (ret == 0)
		ret = add_forbidden(filter, needs);
	if (ret == 0)
		ret = add_allowed(filter, needs);
	/* Of two answers the stricter one counts. */
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone3), 0);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}
