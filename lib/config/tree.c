/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/text.h"

#include "core/banned.h"

#define CHUNK_BYTES ((size_t)1 << 20)

struct tree_chunk {
	struct tree_chunk *next;
	size_t size;
	_Alignas(16) char bytes[];
};

struct builder {
	struct tree *tree;
	struct error_list *errors;
	const char *text;
	size_t length;
	struct node *open[TREE_DEPTH_MAX];
	struct node *last[TREE_DEPTH_MAX]; /* child of each, NULL before the first */
	unsigned depth;
	unsigned documents;
};

static void *
take(struct tree *tree, size_t size)
{
	struct tree_chunk *chunk = tree->chunks;
	void *memory;

	size = (size + 7) & ~(size_t)7;
	if (!chunk || chunk->size - tree->used < size) {
		size_t bytes = size > CHUNK_BYTES ? size : CHUNK_BYTES;

		chunk = malloc(sizeof(*chunk) + bytes);
		if (!chunk)
			return NULL;
		chunk->next = tree->chunks;
		chunk->size = bytes;
		tree->chunks = chunk;
		tree->used = 0;
	}
	memory = chunk->bytes + tree->used;
	tree->used += size;
	return memory;
}

void
tree_free(struct tree *tree)
{
	while (tree->chunks) {
		struct tree_chunk *chunk = tree->chunks;

		tree->chunks = chunk->next;
		free(chunk);
	}
	memset(tree, 0, sizeof(*tree));
}

bool
node_is_null(const struct node *node)
{
	const char *text = node->text;

	if (node->kind != NODE_SCALAR || !node->plain)
		return false;
	return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
	       strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

static struct node *
add_node(struct builder *builder, const yaml_event_t *event, enum node_kind kind)
{
	struct node *node = take(builder->tree, sizeof(*node));
	struct node *parent = builder->depth ? builder->open[builder->depth - 1] : NULL;

	if (!node)
		return NULL;
	*node = (struct node){
		.kind = kind,
		.line = event->start_mark.line + 1,
		.column = event->start_mark.column + 1,
	};
	if (!parent) {
		builder->tree->root = node;
		return node;
	}
	if (builder->last[builder->depth - 1])
		builder->last[builder->depth - 1]->next = node;
	else
		parent->first = node;
	builder->last[builder->depth - 1] = node;
	parent->count++;
	return node;
}

static void
check_tag(struct builder *builder, const struct node *node, const yaml_char_t *tag)
{
	if (tag)
		error_add(builder->errors, node->line, node->column, NULL,
			  "YAML tags mean nothing here; leave %s out",
			  text_quote((const char *)tag).text);
}

static int
add_scalar(struct builder *builder, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	struct node *node = add_node(builder, event, NODE_SCALAR);
	char *copy = take(builder->tree, length + 1);

	if (!node || !copy)
		return -ENOMEM;
	memcpy(copy, value, length);
	copy[length] = '\0';
	node->text = copy;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (memchr(value, 0, length)) {
		node->kind = NODE_BAD;
		error_add(builder->errors, node->line, node->column, NULL,
			  "a value has a NUL character in it; leave \"\\0\" out");
	}
	check_tag(builder, node, event->data.scalar.tag);
	return 0;
}

static int
add_alias(struct builder *builder, const yaml_event_t *event)
{
	struct node *node = add_node(builder, event, NODE_BAD);

	if (!node)
		return -ENOMEM;
	error_add(builder->errors, node->line, node->column, NULL,
		  "YAML aliases are not taken here; write out what \"*%.64s\" stands for",
		  (const char *)event->data.alias.anchor);
	return 0;
}

static int
open_node(struct builder *builder, const yaml_event_t *event, enum node_kind kind,
	  const yaml_char_t *tag)
{
	struct node *node = add_node(builder, event, kind);

	if (!node)
		return -ENOMEM;
	check_tag(builder, node, tag);
	if (builder->depth == TREE_DEPTH_MAX) {
		error_add(builder->errors, node->line, node->column, NULL,
			  "more than %u lists and mappings within each other; no config needs that",
			  TREE_DEPTH_MAX);
		return -EINVAL;
	}
	builder->open[builder->depth] = node;
	builder->last[builder->depth] = NULL;
	builder->depth++;
	return 0;
}

static int
close_node(struct builder *builder)
{
	struct node *node;

	if (builder->depth == 0)
		return -EINVAL;
	node = builder->open[--builder->depth];
	if (node->kind == NODE_MAP)
		node->count /= 2;
	return 0;
}

static int
begin_document(struct builder *builder, const yaml_event_t *event)
{
	if (++builder->documents == 1)
		return 0;
	error_add(builder->errors, event->start_mark.line + 1, event->start_mark.column + 1, NULL,
		  "a second YAML document begins here; a config is one document, without ---");
	return -EINVAL;
}

static int
take_event(struct builder *builder, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(builder, event);
	case YAML_SCALAR_EVENT:
		return add_scalar(builder, event);
	case YAML_ALIAS_EVENT:
		return add_alias(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(builder, event, NODE_LIST, event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_node(builder, event, NODE_MAP, event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(builder);
	default:
		return 0;
	}
}

/* Errors of encoding come with an offset alone. */
static void
add_encoding_error(struct builder *builder, const yaml_parser_t *parser)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < builder->length && i < parser->problem_offset; i++) {
		bool newline = builder->text[i] == '\n';

		line += newline;
		column = newline ? 1 : column + ((builder->text[i] & 0xc0) != 0x80);
	}
	error_add(builder->errors, line, column, NULL,
		  "not YAML: %s; a config is UTF-8 text without control characters",
		  parser->problem);
}

/* What libyaml's words do not say of the slips that are made most. */
static const char *
hint_of(char at)
{
	switch (at) {
	case '\t':
		return "; YAML is indented by spaces, never by tabs";
	case ':':
		return "; quote what begins with a colon, as in \"::1\"";
	case '%':
	case '@':
	case '`':
		return "; quote what begins with such a character";
	default:
		return "";
	}
}

/* The byte at a mark, which counts characters and knows no byte order mark. */
static char
byte_at(const struct builder *builder, const yaml_mark_t *mark)
{
	static const char order_mark[] = "\xef\xbb\xbf";
	size_t left = mark->index;
	size_t i = 0;

	if (builder->length > 3 && memcmp(builder->text, order_mark, 3) == 0)
		i = 3;
	for (; i < builder->length; i++) {
		if ((builder->text[i] & 0xc0) != 0x80 && left-- == 0)
			return builder->text[i];
	}
	return '\0';
}

static void
add_syntax_error(struct builder *builder, const yaml_parser_t *parser)
{
	const yaml_mark_t *mark = &parser->problem_mark;
	const char *hint = hint_of(byte_at(builder, mark));

	if (parser->context)
		error_add(builder->errors, mark->line + 1, mark->column + 1, NULL,
			  "not YAML: %s, %s that began in line %zu%s", parser->problem,
			  parser->context, parser->context_mark.line + 1, hint);
	else
		error_add(builder->errors, mark->line + 1, mark->column + 1, NULL, "not YAML: %s%s",
			  parser->problem, hint);
}

static int
add_parser_error(struct builder *builder, const yaml_parser_t *parser)
{
	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		return -ENOMEM;
	case YAML_READER_ERROR:
		add_encoding_error(builder, parser);
		return -EINVAL;
	default:
		add_syntax_error(builder, parser);
		return -EINVAL;
	}
}

static int
take_events(struct builder *builder, yaml_parser_t *parser)
{
	yaml_event_t event;
	bool end = false;

	while (!end) {
		int ret;

		if (!yaml_parser_parse(parser, &event))
			return add_parser_error(builder, parser);
		end = event.type == YAML_STREAM_END_EVENT;
		ret = take_event(builder, &event);
		yaml_event_delete(&event);
		if (ret < 0)
			return ret;
	}
	if (builder->tree->root)
		return 0;
	error_add(builder->errors, 1, 1, NULL,
		  "the config is empty; it begins with \"version: 1\"");
	return -EINVAL;
}

int
tree_read(struct tree *tree, const char *text, size_t length, struct error_list *errors)
{
	struct builder builder = {.tree = tree, .errors = errors, .text = text, .length = length};
	yaml_parser_t parser;
	int ret;

	memset(tree, 0, sizeof(*tree));
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	ret = take_events(&builder, &parser);
	yaml_parser_delete(&parser);
	return ret;
}
