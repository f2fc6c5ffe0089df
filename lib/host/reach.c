/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the directories are there that the sandbox is to leave to the daemon, and those that
 * captures are written to. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Why nothing can be written there, or NULL. */
static const char *
lacks(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return strerror(errno);
	if (!S_ISDIR(status.st_mode))
		return "is no directory";
	return access(path, R_OK | W_OK | X_OK) < 0 ? strerror(errno) : NULL;
}

void
check_captures(struct preflight *work)
{
	for (unsigned i = 0; i < work->config->capture_count; i++) {
		const struct config_capture *capture = &work->config->captures[i];
		const char *why = lacks(capture->directory);
		struct finding *finding;

		if (!why)
			continue;
		finding = finding_add(work->list, FINDING_REFUSED, "capture-directory", "host");
		finding_field(finding, "captures");
		finding_what(finding, "captures: %s: %s: %s", capture->name, capture->directory,
			     why);
		finding_why(finding, "its files are made there as packets come, by the user that "
				     "the daemon runs as");
		finding_mend(finding, "make the directory, and give it to that user: install -d -o "
				      "USER DIRECTORY");
	}
}
