/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/value.h"

#include "core/banned.h"

void
view_config(const struct view *view)
{
	fputs(value_text(view->now, "text"), view->out);
}
