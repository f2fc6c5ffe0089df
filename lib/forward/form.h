/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Form: what a packet looks like to some targets of a rule, as edits say that stand before them in
 * its list, and whether it is made of a packet, as gates say. The lists of rules that have edits or
 * gates, compiled. Immutable once made.
 */
#ifndef FORWARD_FORM_H
#define FORWARD_FORM_H

#include <rte_branch_prediction.h>
#include <stdbool.h>
#include <stdint.h>

#include "edit/edit.h"
#include "forward/unedited.h"
#include "stage/reasons.h"

struct config;
struct config_actions;

#define FORM_AS_IT_CAME UINT32_MAX

/* Forms of a list that goes whole, at most. */
#define FORM_WHOLE_MAX 4

struct form {
	uint32_t run; /* in forms->runs, or FORM_AS_IT_CAME */
	/* Bits: of a packet that one of these stopped it is not made; and edits say that it is a
	 * duplicate. */
	uint32_t gates, dedups;
	uint8_t targets; /* so many get it, each a reference to the same packet */
};

struct form_step {
	uint8_t target; /* as in plan.h */
	uint8_t form;   /* of the list's */
};

struct form_list {
	/* The first ones, in the arrays below; steps are in the order in which targets are
	 * given. */
	uint32_t form, step, reason, unedited;
	uint32_t unedited_count;
	uint32_t counts; /* of its edits, where they begin among a burst's steps */
	uint32_t dedups; /* gates that know duplicates */
	uint8_t form_count, step_count;
	/* Each target is a port of its own, and forms are few enough: see whole.h. */
	bool whole;
	bool plain; /* and there are no edits: see plain.h */
	/* And there is one form, with edits, which its end alone gets, and which says nothing of
	 * what they cut. */
	bool single;
	/* The last step is the list's end; else the packet is dropped there, or, by a rule that
	 * passes it on, not given away. */
	bool forwards;
};

/* A program of edits, and how the packets are taken that go through it: together, whichever rules
 * took them. */
struct form_run {
	struct edit *edit; /* its own */
	unsigned manner;   /* as edit_run has it */
};

struct forms {
	struct form *forms;
	struct form_step *steps;
	uint8_t *reasons; /* by gate of the list: why a packet is dropped that it stopped */
	struct form_list *lists;
	struct form_run *runs;
	struct unedited unedited;
	uint32_t form_count, step_count, reason_count, list_count, run_count;
	uint32_t most;      /* of one packet, at most */
	bool parses, timed; /* some edit wants views, or times */
};

/* How a list's targets are said, and of how many segments a packet may be that each of what a
 * target is takes: 1 where one takes no chains, UINT16_MAX or more where there is no end. */
struct form_targets {
	uint8_t (*code)(const void *of, uint32_t rule, const struct config_target *target);
	uint32_t (*segments)(const void *of, const struct config_target *target);
	/* Whether packets are kept there, with the length that they had before they were cut. */
	bool (*keeps)(const void *of, const struct config_target *target);
	/* Whether what is sent there may be received again, with what its mbuf says. */
	bool (*loops)(const void *of, const struct config_target *target);
	const void *of;
	uint8_t ports; /* codes below this one are single ports */
};

/* Makes those of all rules with edits or gates; by[], of each rule, gets the number of its list,
 * from 1, or 0. forms is all zeros. 0, or -ENOMEM with nothing left behind. */
int forms_make(struct forms *forms, const struct config *config, const struct form_targets *targets,
	       uint32_t *by);
void forms_free(struct forms *forms);

/* Whether the end of a list gets a packet that these gates stopped. Worker. */
static inline bool
forms_give_end(const struct forms *forms, const struct form_list *list, uint32_t stopped)
{
	const struct form_step *end = &forms->steps[list->step + list->step_count - 1];

	return list->forwards && !(forms->forms[list->form + end->form].gates & stopped);
}

/* Why the end of a list, where it does not get a packet that these gates stopped, drops it.
 * Worker. */
enum drop_reason forms_reason(const struct forms *forms, const struct form_list *list,
			      uint32_t stopped);

/* Which of a form's stamps is the first to know the packet for a duplicate, as in struct
 * edit_moment: any, if a list before found out. */
static inline uint8_t
form_knows(const struct forms *forms, const struct form *form, uint32_t stopped, bool duplicate)
{
	if (duplicate)
		return 1;
	if (likely(!(form->dedups & stopped)))
		return 0;
	return edit_knows(forms->runs[form->run].edit, stopped);
}

#endif
