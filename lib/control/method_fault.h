/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Methods that make devices misbehave, for tests of what must hold then. Built only with
 * -Dfaults=true.
 */
#ifndef CONTROL_METHOD_FAULT_H
#define CONTROL_METHOD_FAULT_H

#include "control/method.h"

#ifdef SLUICE_FAULTS
void answer_fault_dma(struct method_daemon *daemon, struct call *call);
#endif

#endif
