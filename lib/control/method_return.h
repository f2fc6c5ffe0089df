/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods about what came back.
 */
#ifndef CONTROL_METHOD_RETURN_H
#define CONTROL_METHOD_RETURN_H

#include "control/method.h"

/* Answers with packets that changed, the first few of each kind, whole, before and after: some
 * 400 KB at most. */
void answer_return_changed(struct method_daemon *daemon, struct call *call);

/* Their rows of the table of methods. */
#define RETURN_METHODS                                                                          \
	LISTING(returns, "every return: what came back of what its replay sent, how late, and " \
			 "the verdict"),                                                        \
	{                                                                                       \
		.name = "return.changed",                                                       \
		.text = "the first packets that changed, in each way: their bytes before and "  \
			"after",                                                                \
		.secret = true,                                                                 \
		.params = {{.name = "name", .text = "the return's name", .required = true}},    \
		.answer = answer_return_changed,                                                \
	}

#endif
