/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/holders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"

#include "core/banned.h"

struct wanted {
	const char *file;
	unsigned program; /* 0: whatever the file is */
};

static bool
is_program(const struct root *root, const char *pid, const char *fd, unsigned program)
{
	char text[32];
	uint64_t number;

	return root_value(root, "prog_id:", text, sizeof(text), "/proc/%s/fdinfo/%s", pid, fd) ==
		       0 &&
	       text_number(text, UINT32_MAX, &number) == 0 && number == program;
}

static bool
has_open(const struct root *root, const char *pid, const struct wanted *wanted, bool *unseen)
{
	char target[PATH_MAX];
	struct root_names fds;
	bool found = false;

	*unseen |= root_list(root, &fds, "/proc/%s/fd", pid) == -EACCES;
	for (unsigned i = 0; i < fds.count && !found; i++) {
		const char *fd = fds.items[i];

		found = root_target(root, target, "/proc/%s/fd/%s", pid, fd) == 0 &&
			strcmp(target, wanted->file) == 0 &&
			(!wanted->program || is_program(root, pid, fd, wanted->program));
	}
	root_names_free(&fds);
	return found;
}

static struct holder
find(const struct root *root, const struct wanted *wanted)
{
	struct holder holder = {0};
	struct root_names names;
	uint64_t pid;

	root_list(root, &names, "/proc");
	for (unsigned i = 0; i < names.count && holder.pid == 0; i++) {
		if (text_number(names.items[i], UINT32_MAX, &pid) < 0 ||
		    pid == (uint64_t)getpid() ||
		    !has_open(root, names.items[i], wanted, &holder.unseen))
			continue;
		holder.pid = (unsigned)pid;
		root_read(root, holder.name, sizeof(holder.name), "/proc/%u/comm", holder.pid);
		text_clean(holder.name);
	}
	root_names_free(&names);
	return holder;
}

struct holder
holder_find(const struct root *root, const char *file)
{
	return find(root, &(struct wanted){.file = file});
}

struct holder
holder_of_program(const struct root *root, unsigned program)
{
	return find(root, &(struct wanted){.file = "anon_inode:bpf-prog", .program = program});
}

void
holder_text(const struct holder *holder, char text[HOLDER_TEXT_MAX])
{
	if (holder->pid)
		snprintf(text, HOLDER_TEXT_MAX, "process %u%s%s%s", holder->pid,
			 holder->name[0] ? " (" : "", holder->name, holder->name[0] ? ")" : "");
	else
		snprintf(text, HOLDER_TEXT_MAX, "a process that this user can't see into");
}
