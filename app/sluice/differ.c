/* SPDX-License-Identifier: BSD-3-Clause */
#include "differ.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/banned.h"

#define PROGRAM "sluiced"
#define NOT_FOUND 127 /* as shells have it */
#define WHAT_RUNS "what runs"
/* Where there is no core beside those of the workers. */
#define LAST_IN_LINE 19

/* The result of a method without parameters, in *answer; an exit code. */
static int
ask(struct daemon *daemon, const struct options *options, const char *method, json_t **answer)
{
	int ret = daemon_call(daemon, method, NULL, true, answer);

	if (ret == EXIT_DONE && !json_object_get(*answer, "result"))
		ret = daemon_refused(options, json_object_get(*answer, "error"), NULL);
	return ret < 0 ? EXIT_FAILED : ret;
}

static int
keep_text(const char *text)
{
	int fd = memfd_create("config", 0);
	size_t length = strlen(text), done = 0;

	while (fd >= 0 && done < length) {
		ssize_t written = write(fd, text + done, length - done);

		if (written < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += written > 0 ? (size_t)written : 0;
	}
	return fd;
}

static int
take_config(struct differ *differ, const struct options *options, struct daemon *daemon)
{
	json_t *answer = NULL;
	int ret = ask(daemon, options, "config.show", &answer);
	const char *text =
		json_string_value(json_object_get(json_object_get(answer, "result"), "text"));

	if (ret == EXIT_DONE) {
		differ->config = keep_text(text ? text : "");
		if (differ->config < 0)
			ret = say_failed(EXIT_FAILED, "what runs can't be kept: %s",
					 strerror(errno));
	}
	json_decref(answer);
	return ret;
}

/* A worker that polls its core would share it with a process that computes for seconds. */
static int
leave_cores(const struct options *options, struct daemon *daemon)
{
	json_t *answer = NULL, *worker;
	int ret = ask(daemon, options, "workers", &answer);
	cpu_set_t cores;
	size_t i;

	if (ret == EXIT_DONE && sched_getaffinity(0, sizeof(cores), &cores) == 0) {
		json_array_foreach (json_object_get(json_object_get(answer, "result"), "workers"),
				    i, worker)
			CPU_CLR((size_t)json_integer_value(json_object_get(worker, "core")),
				&cores);
		if (CPU_COUNT(&cores) == 0 || sched_setaffinity(0, sizeof(cores), &cores) < 0)
			setpriority(PRIO_PROCESS, 0, LAST_IN_LINE);
	}
	json_decref(answer);
	return ret;
}

void
differ_word(struct differ *differ, const char *word)
{
	if (differ->count < DIFFER_WORDS_MAX)
		differ->words[differ->count] = word;
	differ->count++;
}

int
differ_open(struct differ *differ, const struct options *options, struct daemon *daemon,
	    const char *file)
{
	int ret;

	*differ = (struct differ){.config = -1};
	ret = take_config(differ, options, daemon);
	if (ret == EXIT_DONE)
		ret = leave_cores(options, daemon);
	if (ret != EXIT_DONE)
		return ret;
	snprintf(differ->path, sizeof(differ->path), "/proc/self/fd/%d", differ->config);
	differ_word(differ, PROGRAM);
	differ_word(differ, "diff");
	differ_word(differ, "--old-name");
	differ_word(differ, WHAT_RUNS);
	if (options->json)
		differ_word(differ, "--json");
	if (options->port) {
		differ_word(differ, "--port");
		differ_word(differ, options->port);
	}
	differ_word(differ, differ->path);
	differ_word(differ, file);
	return EXIT_DONE;
}

/* The one that lies beside this program, else the one on PATH. In the new process. */
static void
become(const struct differ *differ)
{
	char *const *words = (char *const *)differ->words;
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof(PROGRAM));
	char *slash;

	path[length < 0 ? 0 : length] = '\0';
	slash = strrchr(path, '/');
	if (slash) {
		memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
		execv(path, words);
	}
	execvp(PROGRAM, words);
	_exit(NOT_FOUND);
}

int
differ_start(struct differ *differ, bool reads)
{
	int ends[2] = {-1, -1};

	if (differ->count > DIFFER_WORDS_MAX)
		return say_failed(EXIT_USAGE, "too many captures; join some of them");
	differ->words[differ->count] = NULL;
	fflush(stdout);
	if (reads && pipe(ends) < 0)
		return say_failed(EXIT_FAILED, "a pipe: %s", strerror(errno));
	differ->process = fork();
	if (differ->process == 0) {
		signal(SIGPIPE, SIG_DFL);
		if (reads) {
			/* Ctrl-C ends what it is given, and it says what came of that. */
			signal(SIGINT, SIG_IGN);
			signal(SIGQUIT, SIG_IGN);
			dup2(ends[0], STDIN_FILENO);
			close(ends[0]);
			close(ends[1]);
		}
		become(differ);
	}
	if (reads)
		close(ends[0]);
	if (differ->process > 0 && reads)
		differ->input = fdopen(ends[1], "w");
	if (differ->process > 0 && (!reads || differ->input))
		return EXIT_DONE;
	if (reads)
		close(ends[1]);
	return say_failed(EXIT_FAILED, PROGRAM ": %s", strerror(errno));
}

void
differ_stop(struct differ *differ)
{
	if (differ->process > 0)
		kill(differ->process, SIGTERM);
}

int
differ_wait(struct differ *differ)
{
	int status = 0;

	if (differ->input)
		fclose(differ->input);
	differ->input = NULL;
	if (differ->process <= 0)
		return EXIT_USAGE;
	while (waitpid(differ->process, &status, 0) < 0 && errno == EINTR)
		continue;
	differ->process = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return say_failed(EXIT_USAGE, PROGRAM " is not there, which compares: install it "
						      "beside this program, or put it on PATH");
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_USAGE;
}

void
differ_close(struct differ *differ)
{
	if (differ->process > 0)
		differ_wait(differ);
	if (differ->config >= 0)
		close(differ->config);
}
