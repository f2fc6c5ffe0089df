/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "extcap.h"
#include "stage/reasons.h"
#include "tap.h"

#include "core/banned.h"

/* Wireshark waits for this before it shows anything. */
#define PATIENCE 2.0
#define DIRECTORY_MAX 512

/* Prints a text where braces would end it. */
static void
print_value(const char *name, const char *text)
{
	printf("{%s=", name);
	for (; *text; text++)
		if (*text != '{' && *text != '}')
			putchar(*text);
	putchar('}');
}

static void
print_interface(const char *begin, const char *port, const char *directory, const char *what)
{
	char name[DIRECTORY_MAX * 2], shown[DIRECTORY_MAX * 2];

	snprintf(name, sizeof(name), "%s%s%s%s", begin, port, *directory ? "@" : "", directory);
	snprintf(shown, sizeof(shown), "sluice%s%s: %s%s", *directory ? " at " : "", directory,
		 what, port);
	printf("interface ");
	print_value("value", name);
	print_value("display", shown);
	putchar('\n');
}

/* Of the daemon that is behind a socket; NULL: the one that the client asks by itself. directory
 * goes into the names. *path: its socket, to be freed, or NULL; path may be NULL. */
static void
tell_daemon(const char *socket, const char *directory, char **path)
{
	const struct options options = {.socket = socket, .timeout = PATIENCE};
	struct daemon daemon;
	json_t *answer = NULL, *port;
	const char *name;

	if (daemon_open(&daemon, &options, false) == EXIT_DONE &&
	    daemon_call(&daemon, "ports", NULL, false, &answer) == EXIT_DONE) {
		json_object_foreach (json_object_get(json_object_get(answer, "result"), "ports"),
				     name, port)
			print_interface(EXTCAP_PORT, name, directory, "port ");
		if (json_object_get(answer, "result"))
			print_interface(EXTCAP_DROPS, "", directory, "what is dropped");
	}
	if (path)
		*path = realpath(daemon.path, NULL);
	json_decref(answer);
	daemon_close(&daemon);
}

/* to: the socket of the client's own daemon; NULL: there is none. */
static void
tell_other(void *to, const char *directory)
{
	const char *own = to;
	size_t length = strlen(directory);

	if (!own || strncmp(own, directory, length) != 0 ||
	    strcmp(own + length, "/control.sock") != 0)
		tell_daemon(directory, directory, NULL);
}

void
tell_interfaces(void)
{
	char *own = NULL;

	printf("extcap {version=%s}{help=https://www.wireshark.org/docs/man-pages/extcap.html}\n",
	       SLUICE_VERSION);
	/* One that does not answer, or is somebody else's, is no interface. */
	say_hold();
	tell_daemon(NULL, "", &own);
	places_each(tell_other, own);
	say_release(false);
	free(own);
}

void
tell_dlts(void)
{
	printf("dlt {number=1}{name=EN10MB}{display=Ethernet}\n");
}

static void
print_reasons(void)
{
	static const char *const names[] = {
#define X(id, name, kind, text, mend) name,
		DROP_REASON_TABLE(X)
#undef X
	};

	printf("arg {number=4}{call=--reason}{display=Dropped as}{type=selector}"
	       "{tooltip=Why packets are dropped}\n"
	       "value {arg=4}{value=any}{display=any reason}{default=true}\n");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		printf("value {arg=4}");
		print_value("value", names[i]);
		print_value("display", names[i]);
		printf("{default=false}\n");
	}
}

static void
print_directions(void)
{
	printf("arg {number=4}{call=--direction}{display=Direction}{type=selector}"
	       "{tooltip=As they came in, as they leave, or both}\n"
	       "value {arg=4}{value=both}{display=in and out}{default=true}\n"
	       "value {arg=4}{value=in}{display=in}{default=false}\n"
	       "value {arg=4}{value=out}{display=out}{default=false}\n");
}

void
tell_config(bool drops)
{
	printf("arg {number=1}{call=--rule}{display=Of the rule}{type=string}{required=false}"
	       "{tooltip=Only what this rule took}\n"
	       "arg {number=2}{call=--snap}{display=Bytes of each packet}{type=unsigned}"
	       "{range=1,%d}{default=%d}{tooltip=What is longer is cut}\n"
	       "arg {number=3}{call=--rate}{display=Packets a second}{type=unsigned}"
	       "{range=0,10000000}{default=0}{tooltip=Of each worker at most; 0: all}\n",
	       TAP_SNAP, TAP_SNAP);
	if (drops)
		print_reasons();
	else
		print_directions();
}
