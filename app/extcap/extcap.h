/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Extcap: the ports of running daemons as interfaces of Wireshark, in the words that it asks its
 * helpers with. One thread; each question is a run of its own.
 *
 * An interface is called "sluice-PORT"; "sluice:drops" is what is dropped. Of a daemon that is not
 * the one that the client asks by itself its run-dir stands behind that: "sluice-PORT@DIRECTORY".
 */
#ifndef EXTCAP_EXTCAP_H
#define EXTCAP_EXTCAP_H

#include "sluice.h"

#define EXTCAP_NAME "sluice-extcap"
#define EXTCAP_PORT "sluice-"
#define EXTCAP_DROPS "sluice:drops"
#define EXTCAP_PLACE '@'

/* Calls found with the run-dir of each daemon that listens in this network namespace, the caller's
 * right to reach it not looked at. */
void places_each(void (*found)(void *to, const char *directory), void *to);

/* Each writes an answer to stdout. tell_interfaces: of the daemons that may be looked into. */
void tell_interfaces(void);
void tell_dlts(void);
void tell_config(bool drops);

#endif
