/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unedited: which edits of a rule's list found nothing to do in a packet. What was made of it knows
 * them by their place in a form; an edit may stand in several forms, and a list with a name is
 * several edits, yet each counts a packet once.
 */
#ifndef FORWARD_UNEDITED_H
#define FORWARD_UNEDITED_H

#include <stdint.h>

#include "config/action.h"

/* Where an edit of the list, as it is written, is found again. */
struct unedited_row {
	uint16_t edit;    /* as config_step_edits counts them */
	uint8_t form, op; /* of the list's forms, and of the form's edits */
};

/* Of one list, while it is read. */
struct unedited_draft {
	struct unedited_row rows[CONFIG_TARGETS_MAX * CONFIG_STEPS_MAX];
	unsigned count;
};

/* Of all lists, one behind the other; in each the rows of one edit stand together. */
struct unedited {
	struct unedited_row *rows;
	uint32_t count, room;
};

/* Adds a list's; 0 or -ENOMEM. */
int unedited_add(struct unedited *all, struct unedited_draft *draft);

/* Counts one packet: idle has, by form, which edits found nothing to do, 0 where the form was not
 * made; counts are those of the list's edits. Worker. */
void unedited_count(const struct unedited_row *rows, unsigned row_count, const uint64_t *idle,
		    uint64_t *counts);

#endif
