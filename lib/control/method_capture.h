/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods about captures that are written. None waits for a disk.
 */
#ifndef CONTROL_METHOD_CAPTURE_H
#define CONTROL_METHOD_CAPTURE_H

#include "control/method.h"

/* Files that are listed of a capture: its last ones. */
#define CAPTURE_FILES_MAX 1000

/* Answer with the capture's name and what it is told to do: its writer does so a moment later. */
void answer_capture_rotate(struct method_daemon *daemon, struct call *call);
void answer_capture_trigger(struct method_daemon *daemon, struct call *call);

void answer_capture_list(struct method_daemon *daemon, struct call *call);

/* Answers when the capture has closed more files than `after`; the client waits meanwhile. */
void answer_capture_wait(struct method_daemon *daemon, struct call *call);

/* Their rows of the table of methods. */
#define CAPTURE_PARAM                                                          \
	{                                                                      \
		.name = "name", .text = "the capture's name", .required = true \
	}
#define CAPTURE_METHODS                                                                          \
	{                                                                                        \
		.name = "captures",                                                              \
		.text = "every capture that is written: packets, files, what was lost",          \
		.params = {SELECT_PARAMS},                                                       \
		.lists = "captures",                                                             \
		.view = report_captures,                                                         \
		.answer = answer_report,                                                         \
	},                                                                                       \
		{                                                                                \
			.name = "capture.rotate",                                                \
			.text = "the next packet begins another file, and the one that is open " \
				"is closed",                                                     \
			.changes = true,                                                         \
			.params = {CAPTURE_PARAM},                                               \
			.answer = answer_capture_rotate,                                         \
		},                                                                               \
		{                                                                                \
			.name = "capture.trigger",                                               \
			.text = "what `before` has in memory is written, and what comes for "    \
				"`after`",                                                       \
			.changes = true,                                                         \
			.params = {CAPTURE_PARAM},                                               \
			.answer = answer_capture_trigger,                                        \
		},                                                                               \
		{                                                                                \
			.name = "capture.list",                                                  \
			.text = "the last 1,000 files of a capture: times, packets, bytes",      \
			.params = {CAPTURE_PARAM},                                               \
			.answer = answer_capture_list,                                           \
		},                                                                               \
	{                                                                                        \
		.name = "capture.wait",                                                          \
		.text = "answered when the capture has closed another file",                     \
		.params = {CAPTURE_PARAM,                                                        \
			   {.name = "after",                                                     \
			    .text = "or more files than so many, as `captures` counts them",     \
			    .type = METHOD_INTEGER}},                                            \
		.answer = answer_capture_wait,                                                   \
	}

#endif
