/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the directories that the sandbox is to leave to the daemon are there. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "host/checks.h"

#include "core/banned.h"

void
check_reach(struct preflight *work)
{
	const struct config_allow *allow = &work->config->allow;

	for (unsigned i = 0; i < allow->count; i++) {
		const char *path = allow->directories[i];
		struct finding *finding;
		struct stat status;
		int ret = stat(path, &status);

		if (ret == 0 && S_ISDIR(status.st_mode))
			continue;
		finding = finding_add(work->list, FINDING_REFUSED, "allow-missing", "host");
		finding_field(finding, "allow");
		finding_what(finding, "allow: %s: %s", path,
			     ret < 0 ? strerror(errno) : "is no directory");
		finding_why(finding, "what is below it when the daemon starts stays in its reach, "
				     "and nothing can be added later");
		finding_mend(finding, "make the directory, or take it out of `allow`");
	}
}
