/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "extcap.h"
#include "tap.h"

#include "core/banned.h"

/* What is asked for, as typed; NULL: not given. */
struct request {
	int action;
	const char *interface, *filter, *fifo, *direction, *reason;
	struct options options;
};

enum {
	OPTION_CONFIG = 256,
	OPTION_DIRECTION,
	OPTION_DLTS,
	OPTION_FIFO,
	OPTION_FILTER,
	OPTION_IGNORED,
	OPTION_INTERFACE,
	OPTION_INTERFACES,
	OPTION_CAPTURE,
	OPTION_RATE,
	OPTION_REASON,
	OPTION_RULE,
	OPTION_SNAP,
};

static const struct option long_options[] = {
	{"capture", no_argument, NULL, OPTION_CAPTURE},
	{"direction", required_argument, NULL, OPTION_DIRECTION},
	{"extcap-capture-filter", required_argument, NULL, OPTION_FILTER},
	{"extcap-config", no_argument, NULL, OPTION_CONFIG},
	{"extcap-dlts", no_argument, NULL, OPTION_DLTS},
	{"extcap-interface", required_argument, NULL, OPTION_INTERFACE},
	{"extcap-interfaces", no_argument, NULL, OPTION_INTERFACES},
	{"extcap-version", optional_argument, NULL, OPTION_IGNORED},
	{"fifo", required_argument, NULL, OPTION_FIFO},
	{"help", no_argument, NULL, 'h'},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"reason", required_argument, NULL, OPTION_REASON},
	{"rule", required_argument, NULL, OPTION_RULE},
	{"snap", required_argument, NULL, OPTION_SNAP},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static int
print_help(void)
{
	printf(EXTCAP_NAME
	       ": the ports of running sluice daemons as interfaces of Wireshark\n\n"
	       "Wireshark, tshark and dumpcap run it where it lies in a directory of theirs; see\n"
	       "\"Personal Extcap path\" in Wireshark's Help, About, Folders. It answers\n"
	       "  --extcap-interfaces\n"
	       "  --extcap-interface NAME --extcap-dlts\n"
	       "  --extcap-interface NAME --extcap-config\n"
	       "  --extcap-interface NAME --capture --fifo FILE [--extcap-capture-filter FILTER]\n"
	       "      [--direction both|in|out] [--reason REASON] [--rule RULE] [--snap BYTES]\n"
	       "      [--rate N]\n\n"
	       "By hand it is `sluice tap`; see sluice(1).\n");
	return EXIT_DONE;
}

/* Returns -1 to go on, or an exit code. */
static int
read_option(int option, struct request *request)
{
	switch (option) {
	case 'h':
		return print_help();
	case 'V':
		printf(EXTCAP_NAME " %s\n", SLUICE_VERSION);
		return EXIT_DONE;
	case OPTION_INTERFACES:
	case OPTION_DLTS:
	case OPTION_CONFIG:
	case OPTION_CAPTURE:
		request->action = option;
		return -1;
	case OPTION_INTERFACE:
		request->interface = optarg;
		return -1;
	case OPTION_FILTER:
		request->filter = *optarg ? optarg : NULL;
		return -1;
	case OPTION_FIFO:
		request->fifo = optarg;
		return -1;
	case OPTION_DIRECTION:
		request->direction = optarg;
		return -1;
	case OPTION_REASON:
		request->reason = strcmp(optarg, "any") == 0 ? "" : optarg;
		return -1;
	case OPTION_RULE:
		request->options.looking.rule = *optarg ? optarg : NULL;
		return -1;
	case OPTION_SNAP:
		request->options.looking.snap = optarg;
		return -1;
	case OPTION_RATE:
		request->options.looking.rate = optarg;
		return -1;
	case OPTION_IGNORED:
		return -1;
	default:
		return say_failed(EXIT_USAGE,
				  "unknown option, or one without its value; see `" EXTCAP_NAME
				  " --help`");
	}
}

/* Which daemon, and what of it, an interface's name says. name is changed. */
static int
aim(struct request *request, struct looking *looking, char *name)
{
	size_t begin = strlen(EXTCAP_PORT);
	char *place = strchr(name, EXTCAP_PLACE);

	if (place) {
		*place = '\0';
		request->options.socket = place + 1;
	}
	if (strcmp(name, EXTCAP_DROPS) == 0) {
		looking->drops = request->reason ? request->reason : "";
		return EXIT_DONE;
	}
	if (strncmp(name, EXTCAP_PORT, begin) != 0 || !name[begin])
		return say_failed(EXIT_USAGE, "no interface of sluice is called %s",
				  text_quote(request->interface).text);
	if (strcmp(request->direction, "out") != 0)
		looking->in = name + begin;
	if (strcmp(request->direction, "in") != 0)
		looking->out = name + begin;
	if (looking->in && looking->out && strcmp(request->direction, "both") != 0)
		return say_failed(EXIT_USAGE, "--direction takes both, in or out, not %s",
				  text_quote(request->direction).text);
	return EXIT_DONE;
}

/* Without a FIFO Wireshark asks whether the filter is right: what is written says that it is not.
 */
static int
capture(const struct request *request, const struct looking *looking)
{
	if (!request->fifo) {
		if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
			return EXIT_FAILED;
		return looking_check(looking, &request->options);
	}
	if (!freopen(request->fifo, "we", stdout))
		return say_failed(EXIT_FAILED, "can't write to %s: %s", request->fifo,
				  strerror(errno));
	return tap_capture(looking, &request->options);
}

static int
look(struct request *request)
{
	/* Wireshark takes whatever is said for a failure; how many are missing before a packet
	 * stands in the packet. */
	struct looking looking = {.filter = request->filter, .snap = TAP_SNAP, .quiet = true};
	char *name = strdup(request->interface);
	int ret = looking_take(&looking, &request->options.looking);

	if (!name)
		return say_failed(EXIT_FAILED, "out of memory");
	if (ret == EXIT_DONE)
		ret = aim(request, &looking, name);
	if (ret == EXIT_DONE)
		ret = capture(request, &looking);
	free(name);
	return ret;
}

int
main(int argc, char **argv)
{
	struct request request = {.direction = "both"};
	int option;

	signal(SIGPIPE, SIG_IGN);
	say_as(EXTCAP_NAME);
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
		int ret = read_option(option, &request);

		if (ret >= 0)
			return ret;
	}
	if (request.action == OPTION_INTERFACES) {
		tell_interfaces();
		return EXIT_DONE;
	}
	if (!request.action || !request.interface)
		return say_failed(EXIT_USAGE,
				  "it is for Wireshark to run; see `" EXTCAP_NAME " --help`");
	if (request.action == OPTION_CAPTURE)
		return look(&request);
	if (request.action == OPTION_DLTS)
		tell_dlts();
	else
		tell_config(strncmp(request.interface, EXTCAP_DROPS, strlen(EXTCAP_DROPS)) == 0);
	return EXIT_DONE;
}
