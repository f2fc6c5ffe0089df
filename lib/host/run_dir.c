/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the sockets' directory is there, or can be made, and is this user's to write to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/checks.h"

#include "core/banned.h"

static void
say(const struct preflight *work, const char *path, const char *problem)
{
	struct finding *finding = finding_add(work->list, FINDING_REFUSED, "run-dir", "host");

	finding_field(finding, "run-dir");
	finding_what(finding, "run-dir %s: %s %s", work->config->run_dir, path, problem);
	finding_why(finding, "the daemon's sockets and its lock stand there");
	finding_mend(finding, "name a directory of your own as run-dir");
}

/* path is shortened to what is there of it. */
static void
check_parents(const struct preflight *work, char *path)
{
	struct stat status;
	char *slash;

	while (lstat(path, &status) < 0 && (slash = strrchr(path, '/')) && slash > path)
		*slash = '\0';
	if (lstat(path, &status) < 0)
		path[1] = '\0';
	if (stat(path, &status) < 0)
		say(work, path, "is a link that leads nowhere");
	else if (!S_ISDIR(status.st_mode))
		say(work, path, "is no directory");
	else if (access(path, W_OK | X_OK) < 0)
		say(work, path,
		    errno == EROFS ? "can't be written to, its file system is read-only"
				   : "can't be written to by this user");
}

void
check_run_dir(struct preflight *work)
{
	char *path = work->config->run_dir ? strdup(work->config->run_dir) : NULL;

	if (path)
		check_parents(work, path);
	else if (work->config->run_dir)
		work->list->no_memory = true;
	free(path);
}
