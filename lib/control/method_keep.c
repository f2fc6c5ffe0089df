/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_keep.h"

#include <stdlib.h>
#include <string.h>

#include "config/path.h"
#include "control/brought.h"
#include "control/job.h"
#include "control/method_config.h"
#include "control/report.h"
#include "core/stamp.h"
#include "core/text.h"

#include "core/banned.h"

/* Whether the text says in another file what it says where it was read: relative names in it are of
 * its directory. */
static bool
says_the_same_in(const char *file, const struct config_text *text, const struct config *config)
{
	struct error_list errors;
	struct config *there;
	char *diff;
	bool same = false;

	error_list_init(&errors, NULL);
	if (config_parse_file(file, text, &there, &errors) == 0) {
		diff = config_diff(config, there);
		same = diff && !*diff;
		free(diff);
		config_free(there);
	}
	error_list_clear(&errors);
	return same;
}

/* What runs as it was written, or NULL where it can't be had so, or given as JSON. */
static char *
text_for(const char *file, const struct edition *edition, const struct config *config)
{
	struct config_text text;

	if (!edition || !edition_text(edition, &text))
		return NULL;
	if (strlen(text.bytes) == text.length && text_is_utf8(text.bytes) &&
	    says_the_same_in(file, &text, config))
		return text.bytes;
	free(text.bytes);
	return NULL;
}

void
work_config_text(const struct method_daemon *daemon, struct call *call)
{
	const struct config *config = engine_config(daemon->engine);
	struct restart_file file = restart_file_of(daemon->config_file);
	char *text = text_for(daemon->config_file, daemon->running, config);
	bool written = text;

	config_answer_text(call, written ? text : config_emit(config));
	call->result = json_pack("{s:s, s:I, s:I, s:b, s:s}", "file", daemon->config_file, "device",
				 (json_int_t)file.device, "inode", (json_int_t)file.inode,
				 "as_written", (int)written, "text", REPORT_RULES_HERE);
}

void
answer_config_text(struct method_daemon *daemon, struct call *call)
{
}

void
work_config_rollback(const struct method_daemon *daemon, struct call *call)
{
	const struct edition *before = daemon->before;
	struct config_text text;
	struct error_list errors;
	struct config *config;

	if (config_goes_on(call))
		return;
	if (!before) {
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:b}", "before", 0),
			 "nothing was applied since the start, so no config ran before this one");
		return;
	}
	if (!edition_text(before, &text)) {
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
		return;
	}
	call->edition = edition_new(before->file, before->directory, &text);
	free(text.bytes);
	error_list_init(&errors, before->file);
	if (edition_parse(before, &config, &errors) < 0)
		brought_fail(call, &errors);
	else
		config_try(daemon, call, config, true);
	error_list_clear(&errors);
	if (call->edition)
		edition_sign(call->edition, "rollback", &call->caller);
}

void
keep_edition(struct method_daemon *daemon, struct call *call)
{
	struct edition *edition = call->edition;
	bool same = call->changes && !*call->changes;

	call->edition = NULL;
	if (edition)
		clock_gettime(CLOCK_REALTIME, &edition->since);
	/* Another writing of what runs is none to go back from. */
	if (same) {
		edition_free(daemon->running);
	} else {
		edition_free(daemon->before);
		daemon->before = daemon->running;
	}
	daemon->running = edition;
	daemon->restart.verdict = NULL;
}

json_t *
keep_running(const struct method_daemon *daemon)
{
	const struct edition *running = daemon->running;

	if (!running)
		return json_pack("{s:n, s:n, s:n, s:n, s:n}", "file", "way", "uid", "pid", "since");
	return json_pack("{s:s?, s:s, s:I, s:I, s:s}", "file", running->file, "way", running->way,
			 "uid", (json_int_t)running->uid, "pid", (json_int_t)running->pid, "since",
			 stamp_of(&running->since).text);
}

json_t *
keep_json(const struct method_daemon *daemon)
{
	const char *verdict = restart_holds(&daemon->restart, daemon->config_file)
				      ? daemon->restart.verdict
				      : "unknown";
	json_t *told = keep_running(daemon);

	json_object_update_new(told,
			       json_pack("{s:s, s:s, s:b}", "start", daemon->config_file, "restart",
					 verdict, "before", daemon->before != NULL));
	return told;
}

/* While a config is prepared nobody waits for that: it is not known then. */
bool
has_work_status(const struct method_daemon *daemon, const struct call *call)
{
	return daemon->works && jobs_idle(daemon->works) &&
	       !restart_holds(&daemon->restart, daemon->config_file);
}

void
work_status(const struct method_daemon *daemon, struct call *call)
{
	call->restart =
		restart_look(daemon->config_file, daemon->running, engine_config(daemon->engine));
}
