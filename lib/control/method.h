/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Method: what clients can call. One table says of each method its name, parameters, who may call
 * it and how it is answered; `methods` lists it.
 */
#ifndef CONTROL_METHOD_H
#define CONTROL_METHOD_H

#include <stdbool.h>
#include <stdio.h>

#include "control/caller.h"
#include "control/edition.h"
#include "control/restart.h"
#include "control/rpc.h"
#include "engine/engine.h"
#include "host/energy.h"

struct jobs;
struct look;

/* What answering needs of the daemon. */
struct method_daemon {
	struct engine *engine;
	const char *config_file; /* absolute */
	struct jobs *works;      /* that prepare configs; NULL before the first client is served */
	bool stop;               /* set by `shutdown` */
	/* Owned; NULL: none, or not known. Changed by the control thread alone, while no job
	 * prepares a config. */
	struct edition *running, *before;
	struct restart restart;
	struct energy energy; /* of the machine; opened before there is a sandbox */
	/* Snapshots that answers may share, held; see method_snapshot. */
	struct snapshot *latest, *older;
	uint64_t made_ns, cost_ns; /* when the latest was made, and what that took */
};

/* One call on its way. Everything in it is owned by it. */
struct call {
	const struct method *method;
	char *id;       /* as it was sent; NULL in a notification */
	json_t *params; /* NULL: none */
	json_t *result;
	struct rpc_error error;
	struct caller caller;
	bool by_signal;          /* nobody waits for its answer, and the log has it instead */
	struct change *change;   /* made by a job, to be put into force; owned */
	bool again;              /* there is more work before it is */
	struct edition *edition; /* what that is made of */
	struct look *look;       /* made by a job, to be shown to workers; owned */
	struct restart restart;  /* as a job found it */
	char *changes;           /* of a job: the lines of a diff to tell of it; NULL: none */
	/* What the result is still to be made of, when that takes long; see method_render. */
	struct snapshot *snapshot; /* held */
	json_t *more;              /* further members of what the method's view makes; NULL: none */
	struct config *config;     /* held: its text is the result */
	/* Of an answer that lists rules, or shows a text: the list, or the text in parts, which is
	 * written by item and may be long; see control/answer.h. */
	void (*item)(FILE *out, const struct call *call, unsigned index);
	uint32_t *indices; /* of the rules that are listed; NULL: they stand for themselves */
	unsigned start, next, end;
	bool begun;
	/* Set by answer: not yet. It is called again with each tick, until it leaves this unset, or
	 * who asked has left; what it waits for is its own. */
	bool waits;
	const void *awaited;
	uint64_t after;
	char *tail; /* what follows the list */
};

/* A parameter that is text; NULL: it is not given. */
static inline const char *
call_param(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->params, name));
}

struct method_param {
	const char *name, *text;
	enum method_type {
		METHOD_STRING, /* where a row says nothing else */
		METHOD_INTEGER,
		METHOD_NAMES,
		METHOD_BOOLEAN,
	} type;
	bool required;
};

#define METHOD_PARAMS_MAX 8

struct method {
	const char *name, *text;
	bool changes; /* only on the control socket */
	bool secret;  /* only on the control socket, though it changes nothing */
	struct method_param params[METHOD_PARAMS_MAX];
	/* The member of its result of which `names`, `limit` and `offset` choose; or NULL. */
	const char *lists;
	/* Any thread: the result, of a snapshot that answer has taken; NULL: answer makes the
	 * result. */
	json_t *(*view)(const struct snapshot *snapshot);
	/* Control thread: whether there is work for this call; NULL: there always is. */
	bool (*has_work)(const struct method_daemon *daemon, const struct call *call);
	/* Any thread, one at a time, before answer: what may take seconds; NULL when nothing does.
	 * It must change nothing that others see. */
	void (*work)(const struct method_daemon *daemon, struct call *call);
	/* Control thread: answers at once, or finishes what work began; or asks for more work and
	 * to be called again, with call->again; or has the client wait, with call->waits, where the
	 * method has no work and changes nothing. */
	void (*answer)(struct method_daemon *daemon, struct call *call);
};

/* NULL when there is none of that name. */
const struct method *method_find(const char *name);
const struct method *method_at(unsigned index);
void method_fail_unknown(const char *method, struct rpc_error *error);

/* Checks access and parameters; false with call->error set when the call must not go on. */
bool method_admit(struct call *call);

/* Whether the call's answer left its result to answer_piece, which any thread may run, as it
 * touches nothing but the call. */
bool method_is_raw(const struct call *call);

/* A snapshot for an answer, which holds it, or NULL without memory: one made now, or the latest
 * large one, when that was made but a moment ago for what it cost, or when two that are large are
 * still being read. So those who read slowly, or leave, hold two at most. */
struct snapshot *method_snapshot(struct method_daemon *daemon);

/* What was just changed is to be seen by whoever asks next. */
void method_forget(struct method_daemon *daemon);

/* Logs why a call was refused that nobody waits for, as a reload by a signal. */
void call_log_refusal(const struct call *call);

/* Frees what the call owns, but not the call. */
void call_clear(struct call *call);

#endif
