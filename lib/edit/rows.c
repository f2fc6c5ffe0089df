/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/quick.h"

#include "core/banned.h"

static const struct edit_kind kinds[] = {
	[CONFIG_SET] = {edit_make_set, edit_look_set, edit_run_set, EDIT_WRITES,
			.fits = edit_fits_set, .quick = edit_quick_set, .deepen = edit_deepen_set},
	[CONFIG_NAT] = {edit_make_nat, edit_look_nat, edit_run_nat, EDIT_FILLS},
	[CONFIG_PUSH] = {edit_make_push, edit_look_push, edit_run_push, EDIT_FRONTS,
			 .fits = edit_fits_push, .quick = edit_quick_push,
			 .deepen = edit_deepen_push},
	[CONFIG_STRIP] = {edit_make_strip, edit_look_strip, NULL, EDIT_STRIPS,
			  .fits = edit_fits_strip, .quick = edit_quick_strip},
	[CONFIG_SLICE] = {edit_make_slice, edit_look_slice, NULL, EDIT_WRITES, .cuts = true,
			  .fits = edit_fits_slice, .quick = edit_quick_slice},
	[CONFIG_MASK] = {edit_make_mask, edit_look_mask, edit_run_mask, EDIT_FILLS},
	[CONFIG_STAMP] = {edit_make_stamp, edit_look_stamp, edit_run_stamp, EDIT_BACKS},
};

const struct edit_kind *
edit_kind(enum config_verb verb)
{
	return &kinds[verb];
}

void
edit_make_unique(struct edit_op *op)
{
	op->kind = &kinds[CONFIG_NAT];
	op->unique = op->parses = op->writes = op->anew = true;
}
