/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/edition.h"

#include <pwd.h>
#include <string.h>

#include "view/value.h"

#include "core/banned.h"

/* Who it was, by name where this machine knows one. */
static void
print_user(FILE *out, const json_t *uid)
{
	const struct passwd *user =
		json_is_integer(uid) ? getpwuid((uid_t)json_integer_value(uid)) : NULL;

	if (user)
		fprintf(out, ", by %s", user->pw_name);
	else if (json_is_integer(uid))
		fprintf(out, ", by uid %lld", json_integer_value(uid));
}

void
edition_print(FILE *out, const json_t *edition)
{
	static const char *const ways[][2] = {{"start", "as started"},
					      {"apply", "applied"},
					      {"reload", "applied by a reload"},
					      {"rollback", "applied by a rollback"}};
	const char *file = json_string_value(json_object_get(edition, "file"));
	const char *way = value_text(edition, "way");

	fputs(file ? file : "a text", out);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(way, ways[i][0]) == 0)
			fprintf(out, ", %s %s", ways[i][1], value_text(edition, "since"));
	}
	print_user(out, json_object_get(edition, "uid"));
}
