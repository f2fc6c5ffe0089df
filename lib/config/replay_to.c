/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a replay's packets go: out of a port, out of two, or in on one. */
#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

static const char one_port[] = "the name of one port";
static const char to_what[] =
	"the name of one port, { as: PORT }, or { client: PORT, server: PORT }";

static bool
is_group(const struct reader *reader, const struct node *node)
{
	struct config_target target;

	return node->kind == NODE_SCALAR && reader_target(reader, node->text, &target) &&
	       target.kind == CONFIG_TARGET_GROUP;
}

/* Into the pipeline, as if received. Any port will do, since nothing is asked of its device. */
static void
read_as(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	replay->as = true;
	if (is_group(reader, spot->node))
		reader_error(reader, spot,
			     "as: %s is a group; packets come in on a port, so name one",
			     text_quote(spot->node->text).text);
	else
		reader_port(reader, spot, one_port, &replay->port);
}

/* Out of the port. False, with a finding, where nothing can leave there. */
static bool
read_out(struct reader *reader, const struct spot *spot, const char *what, uint16_t *port)
{
	const char *name;

	if (is_group(reader, spot->node)) {
		reader_error(reader, spot,
			     "%s: %s is a group, and a replay leaves through one port; name one, "
			     "or write { as: PORT } and let a rule forward to the group",
			     spot_key(spot), text_quote(spot->node->text).text);
		return false;
	}
	if (!reader_port(reader, spot, what, port))
		return false;
	if (reader_can_send(reader, *port))
		return true;
	name = reader->config->ports[*port].name;
	reader_error(reader, spot,
		     "%s: nothing can leave through port %s, a capture that is only read; "
		     "give it an \"out\", or write { as: %s }",
		     spot_key(spot), name, name);
	return false;
}

/* Out of two. */
static void
read_pair(struct reader *reader, const struct spot *spot, const struct field *client,
	  const struct field *server, struct config_replay *replay)
{
	bool both = client->given && server->given;

	replay->pair = true;
	if (!both)
		reader_error(reader, spot,
			     "to: %s is missing, as in { client: PORT, server: PORT }; what leaves "
			     "through one port goes to: PORT",
			     client->given ? "server" : "client");
	if (client->given)
		both &= read_out(reader, &client->spot, one_port, &replay->port);
	if (server->given)
		both &= read_out(reader, &server->spot, one_port, &replay->server);
	if (both && replay->port == replay->server)
		reader_error(reader, &server->spot,
			     "server: %s is the clients' port, too; name another, or write to: %s",
			     reader->config->ports[replay->port].name,
			     reader->config->ports[replay->port].name);
}

static void
read_to(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct field fields[] = {{"as"}, {"client"}, {"server"}};
	const struct field *as = &fields[0], *client = &fields[1], *server = &fields[2];
	struct config_replay *replay = into;

	if (spot->node->kind != NODE_MAP) {
		read_out(reader, spot, to_what, &replay->port);
		return;
	}
	if (!reader_fields(reader, spot, fields, 3, to_what))
		return;
	if (spot->node->count == 0)
		reader_error(reader, spot, "to: expected %s, not an empty mapping", to_what);
	else if (as->given && (client->given || server->given))
		reader_error(reader, &as->spot,
			     "as: what clients and servers send leaves through ports and does not "
			     "come in on one; write { as: PORT } alone, or { client: PORT, server: "
			     "PORT }");
	else if (as->given)
		read_as(reader, &as->spot, replay);
	else if (client->given || server->given)
		read_pair(reader, spot, client, server, replay);
}

static void
write_to(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_replay *replay = from;
	const struct config_port *ports = out->config->ports;

	fputs(replay->as ? "{ as: " : replay->pair ? "{ client: " : "", out->file);
	emit_name(out->file, ports[replay->port].name);
	if (replay->pair) {
		fputs(", server: ", out->file);
		emit_name(out->file, ports[replay->server].name);
	}
	fputs(replay->as || replay->pair ? " }" : "", out->file);
}

const struct key_type key_replay_to = {read_to, write_to, NULL, NULL};

static void
read_clients(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	const struct config_replay *replay = into;

	key_prefixes.read(reader, spot, key, into);
	if (!replay->pair)
		reader_error(reader, spot,
			     "clients: says whose packets leave through the client's port, and "
			     "there is none; write to: { client: PORT, server: PORT }, or leave "
			     "clients out");
}

static void
write_clients(const struct key_out *out, const struct key *key, const void *from)
{
	key_prefixes.write(out, key, from);
}

static bool
has_clients(const struct key *key, const void *from)
{
	return key_prefixes.stands(key, from);
}

static void
clear_clients(const struct key *key, void *from)
{
	key_prefixes.clear(key, from);
}

const struct key_type key_clients = {read_clients, write_clients, has_clients, clear_clients};
