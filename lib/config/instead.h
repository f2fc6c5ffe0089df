/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instead: keys that people look for and that there are not, with what to write in their place. The nearest
 * word would mislead: "src-mac" is no slip for "src-port". Pure.
 */
#ifndef CONFIG_INSTEAD_H
#define CONFIG_INSTEAD_H

#include "config/reader.h"

/* What to write in place of an unknown key, as it goes on behind "unknown key KEY; ", or NULL. */
const char *instead_of(const struct spot *key);

#endif
