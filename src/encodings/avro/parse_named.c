/* SPDX-License-Identifier: MIT */
/* Records, enums and fixeds: names, aliases, fields, symbols. */
#include <stdlib.h>

#include "encodings/avro/parse_impl.h"

/* As much of a name as a message shows. */
static int
named_shown(struct mst_slice name)
{
    return (int)(name.len < 200 ? name.len : 200);
}

/* [A-Za-z_][A-Za-z0-9_]* */
static bool
named_is_name(struct mst_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        uint8_t lower = c | 0x20;
        bool letter = (lower >= 'a' && lower <= 'z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return name.len > 0;
}

/* Names with dots between. */
static bool
named_is_full_name(struct mst_slice name)
{
    while (name.len > 0) {
        const uint8_t *dot = memchr(name.data, '.', name.len);
        size_t len = dot == NULL ? name.len : (size_t)(dot - name.data);
        if (!named_is_name(mst_slice_of(name.data, len))) {
            return false;
        }
        if (dot == NULL) {
            return true;
        }
        name = mst_slice_of(dot + 1, name.len - len - 1);
    }
    return false;
}

enum mst_status
avro_parse_full_name(struct avro_parse *parse, struct mst_slice name,
                     struct mst_slice space, struct mst_slice *ret_name)
{
    bool is_full = space.len == 0 || memchr(name.data, '.', name.len) != NULL;
    size_t len = is_full ? name.len : space.len + 1 + name.len;
    uint8_t *text = avro_parse_alloc(parse, len + 1, 1);
    if (text == NULL) {
        return avro_parse_memory(parse);
    }
    if (!is_full) {
        memcpy(text, space.data, space.len);
        text[space.len] = '.';
    }
    if (name.len > 0) {
        memcpy(text + len - name.len, name.data, name.len);
    }
    *ret_name = mst_slice_of(text, len);
    return MST_OK;
}

static struct mst_slice
named_space(struct mst_slice full)
{
    size_t len = full.len - mst_avro_short_name(full).len;
    return mst_slice_of(full.data, len == 0 ? 0 : len - 1);
}

/* The member that must be a string. */
static enum mst_status
named_member(const struct avro_parse *parse, const struct avro_node *node,
             const char *what, struct avro_node *ret_member,
             struct mst_slice *ret_text)
{
    if (!avro_node_find(node, parse->end, what, ret_member)) {
        return mst_text_fail(&parse->subject, node->text, "\"%s\" is missing",
                             what);
    }
    if (!avro_node_string(ret_member, ret_text)) {
        return mst_text_fail(&parse->subject, ret_member->text,
                             "\"%s\" is not a string", what);
    }
    return MST_OK;
}

/* "aliases": full names of a type, plain ones of a field. */
static enum mst_status
named_aliases(struct avro_parse *parse, const struct avro_node *node,
              const struct mst_slice *space, struct mst_slice **ret_aliases,
              size_t *ret_len)
{
    struct avro_node list;
    struct avro_members members;
    if (!avro_node_find(node, parse->end, "aliases", &list)) {
        return MST_OK;
    }
    if (list.value.type != MST_BSON_ARRAY) {
        return mst_text_fail(&parse->subject, list.text,
                             "\"aliases\" is not an array");
    }
    size_t n = 0;
    avro_members_init(&members, &list, parse->end);
    while (avro_members_next(&members)) {
        n++;
    }
    struct mst_slice *aliases =
        avro_parse_alloc(parse, n + 1, sizeof(*aliases));
    if (aliases == NULL) {
        return avro_parse_memory(parse);
    }
    n = 0;
    avro_members_init(&members, &list, parse->end);
    while (avro_members_next(&members)) {
        struct mst_slice name = MST_SLICE_NONE;
        if (!avro_node_string(&members.node, &name)
            || !(space == NULL ? named_is_name(name)
                               : named_is_full_name(name))) {
            return mst_text_fail(&parse->subject, members.node.text,
                                 "an alias is not a name");
        }
        enum mst_status status = avro_parse_full_name(
            parse, name, space == NULL ? MST_SLICE_NONE : *space,
            &aliases[n++]);
        if (status != MST_OK) {
            return status;
        }
    }
    *ret_aliases = aliases;
    *ret_len = n;
    return MST_OK;
}

/* "name" and "namespace", and the type becomes known by them. */
static enum mst_status
named_name(struct avro_parse *parse, const struct avro_node *node,
           struct mst_slice space, struct mst_avro_type *type)
{
    struct avro_node member;
    struct avro_node other;
    struct mst_slice name = MST_SLICE_NONE;
    enum mst_avro_kind kind = MST_AVRO_NULL;
    enum mst_status status = named_member(parse, node, "name", &member, &name);
    if (status != MST_OK) {
        return status;
    }
    if (avro_node_find(node, parse->end, "namespace", &other)
        && other.value.type != MST_BSON_NULL
        && (!avro_node_string(&other, &space)
            || (space.len > 0 && !named_is_full_name(space)))) {
        return mst_text_fail(&parse->subject, other.text,
                             "\"namespace\" is not names with dots between");
    }
    if (!named_is_full_name(name)) {
        return mst_text_fail(
            &parse->subject, member.text,
            "'%.*s' is not a name: letters, digits and _ are, not a digit "
            "first",
            named_shown(name), (const char *)name.data);
    }
    if (mst_avro_kind_find(name, &kind) && kind <= MST_AVRO_STRING) {
        return mst_text_fail(&parse->subject, member.text,
                             "'%s' is the name of a primitive type",
                             mst_avro_kind_name(kind));
    }
    status = avro_parse_full_name(parse, name, space, &type->name);
    if (status == MST_OK) {
        status = avro_names_add(&parse->names, type->name, type);
    }
    if (status == MST_AGAIN) {
        return mst_text_fail(
            &parse->subject, member.text, "the type '%.*s' is defined twice",
            named_shown(type->name), (const char *)type->name.data);
    }
    space = named_space(type->name);
    return status == MST_OK ? named_aliases(parse, node, &space, &type->aliases,
                                            &type->aliases_len)
                            : avro_parse_memory(parse);
}

/* Takes note of a default; it is encoded when all types are known. */
static enum mst_status
named_default(struct avro_parse *parse, const struct avro_node *node,
              struct mst_avro_field *field)
{
    struct avro_node member;
    if (!avro_node_find(node, parse->end, "default", &member)) {
        return MST_OK;
    }
    if (parse->defaults_len == parse->defaults_cap) {
        size_t cap = parse->defaults_cap == 0 ? 32 : parse->defaults_cap * 2;
        struct avro_default *defaults =
            realloc(parse->defaults, cap * sizeof(*defaults));
        if (defaults == NULL) {
            return avro_parse_memory(parse);
        }
        parse->defaults = defaults;
        parse->defaults_cap = cap;
    }
    parse->defaults[parse->defaults_len++] =
        (struct avro_default){field, member};
    field->has_default = true;
    return MST_OK;
}

/* What documents call the field, where that is no name of Avro. */
static enum mst_status
named_label(struct avro_parse *parse, const struct avro_node *node,
            struct mst_avro_field *field)
{
    struct avro_node member;
    struct mst_slice label = MST_SLICE_NONE;
    field->label = field->name;
    if (!avro_node_find(node, parse->end, "x-name", &member)) {
        return MST_OK;
    }
    if (!avro_node_string(&member, &label)
        || memchr(label.data, 0, label.len) != NULL) {
        return mst_text_fail(&parse->subject, member.text,
                             "\"x-name\" is not a name of a field in "
                             "documents: a string without U+0000");
    }
    return avro_parse_full_name(parse, label, MST_SLICE_NONE, &field->label);
}

static enum mst_status
named_field(struct avro_parse *parse, const struct avro_node *node,
            const struct mst_avro_type *record, struct mst_avro_field *field)
{
    struct avro_node member;
    struct mst_slice name = MST_SLICE_NONE;
    if (node->value.type != MST_BSON_DOCUMENT) {
        return mst_text_fail(&parse->subject, node->text,
                             "a field is not an object");
    }
    enum mst_status status = named_member(parse, node, "name", &member, &name);
    if (status != MST_OK) {
        return status;
    }
    if (!named_is_name(name)) {
        return mst_text_fail(
            &parse->subject, member.text,
            "'%.*s' is not a name of a field: letters, digits and _ are, not "
            "a digit first",
            named_shown(name), (const char *)name.data);
    }
    status = avro_parse_full_name(parse, name, MST_SLICE_NONE, &field->name);
    if (status == MST_OK) {
        status = named_label(parse, node, field);
    }
    if (status == MST_OK) {
        status = named_aliases(parse, node, NULL, &field->aliases,
                               &field->aliases_len);
    }
    if (status != MST_OK) {
        return status;
    }
    if (!avro_node_find(node, parse->end, "type", &member)) {
        return mst_text_fail(&parse->subject, node->text,
                             "field '%.*s' has no \"type\"", named_shown(name),
                             (const char *)name.data);
    }
    status = avro_parse_type(parse, &member, named_space(record->name),
                             &field->type);
    return status == MST_OK ? named_default(parse, node, field) : status;
}

/* The array that the member must be, and how many elements it has. */
static enum mst_status
named_list(const struct avro_parse *parse, const struct avro_node *node,
           const char *what, struct avro_node *ret_list, size_t *ret_len)
{
    struct avro_members members;
    size_t n = 0;
    if (!avro_node_find(node, parse->end, what, ret_list)
        || ret_list->value.type != MST_BSON_ARRAY) {
        return mst_text_fail(&parse->subject, node->text,
                             "\"%s\" is missing or not an array", what);
    }
    avro_members_init(&members, ret_list, parse->end);
    while (avro_members_next(&members)) {
        n++;
    }
    *ret_len = n;
    return MST_OK;
}

/* The name must be new among those seen; MST_REJECTED says which is not. */
static enum mst_status
named_once(const struct avro_parse *parse, const struct avro_node *node,
           struct avro_names *seen, struct mst_slice name,
           struct mst_avro_field *field)
{
    enum mst_status status = avro_names_add(seen, name, field);
    if (status == MST_AGAIN) {
        return mst_text_fail(&parse->subject, node->text,
                             "the record has field '%.*s' twice",
                             named_shown(name), (const char *)name.data);
    }
    return status == MST_OK ? status : avro_parse_memory(parse);
}

static enum mst_status
named_record(struct avro_parse *parse, const struct avro_node *node,
             struct mst_avro_type *type)
{
    struct avro_node list;
    struct avro_members members;
    struct avro_names seen = {.slots = NULL};
    struct avro_names labels = {.slots = NULL};
    size_t n = 0;
    enum mst_status status = named_list(parse, node, "fields", &list, &n);
    if (status != MST_OK) {
        return status;
    }
    type->fields = avro_parse_alloc(parse, n + 1, sizeof(*type->fields));
    if (type->fields == NULL) {
        return avro_parse_memory(parse);
    }
    avro_members_init(&members, &list, parse->end);
    while (status == MST_OK && avro_members_next(&members)) {
        struct mst_avro_field *field = &type->fields[type->fields_len];
        status = named_field(parse, &members.node, type, field);
        if (status != MST_OK) {
            break;
        }
        type->fields_len++;
        status = named_once(parse, &members.node, &seen, field->name, field);
        if (status == MST_OK) {
            status =
                named_once(parse, &members.node, &labels, field->label, field);
        }
    }
    avro_names_clear(&seen);
    avro_names_clear(&labels);
    return status;
}

/* The symbol that readers take for one they do not know. */
static enum mst_status
named_enum_default(struct avro_parse *parse, const struct avro_node *node,
                   struct mst_avro_type *type)
{
    struct avro_node member;
    struct mst_slice name = MST_SLICE_NONE;
    if (!avro_node_find(node, parse->end, "default", &member)) {
        return MST_OK;
    }
    if (avro_node_string(&member, &name)) {
        for (size_t i = 0; i < type->symbols_len; i++) {
            if (mst_slice_equal(type->symbols[i], name)) {
                type->fallback = (int)i;
                return MST_OK;
            }
        }
    }
    return mst_text_fail(&parse->subject, member.text,
                         "the default of the enum is not one of its symbols");
}

static enum mst_status
named_symbol(struct avro_parse *parse, const struct avro_node *node,
             struct avro_names *seen, struct mst_avro_type *type)
{
    struct mst_slice name = MST_SLICE_NONE;
    struct mst_slice *symbol = &type->symbols[type->symbols_len];
    if (!avro_node_string(node, &name) || !named_is_name(name)) {
        return mst_text_fail(&parse->subject, node->text,
                             "a symbol of the enum is not a name");
    }
    enum mst_status status =
        avro_parse_full_name(parse, name, MST_SLICE_NONE, symbol);
    if (status == MST_OK) {
        status = avro_names_add(seen, *symbol, type);
    }
    if (status == MST_AGAIN) {
        return mst_text_fail(&parse->subject, node->text,
                             "the enum has '%.*s' twice", named_shown(name),
                             (const char *)name.data);
    }
    type->symbols_len++;
    return status == MST_OK ? status : avro_parse_memory(parse);
}

static enum mst_status
named_enum(struct avro_parse *parse, const struct avro_node *node,
           struct mst_avro_type *type)
{
    struct avro_node list;
    struct avro_members members;
    struct avro_names seen = {.slots = NULL};
    size_t n = 0;
    enum mst_status status = named_list(parse, node, "symbols", &list, &n);
    if (status != MST_OK) {
        return status;
    }
    type->symbols = avro_parse_alloc(parse, n + 1, sizeof(*type->symbols));
    if (type->symbols == NULL) {
        return avro_parse_memory(parse);
    }
    avro_members_init(&members, &list, parse->end);
    while (status == MST_OK && avro_members_next(&members)) {
        status = named_symbol(parse, &members.node, &seen, type);
    }
    avro_names_clear(&seen);
    return status == MST_OK ? named_enum_default(parse, node, type) : status;
}

static enum mst_status
named_fixed(const struct avro_parse *parse, const struct avro_node *node,
            struct mst_avro_type *type)
{
    struct avro_node member;
    int64_t size = 0;
    if (!avro_node_find(node, parse->end, "size", &member)
        || !avro_node_integer(&member, 0, INT32_MAX, &size)) {
        return mst_text_fail(&parse->subject, node->text,
                             "a fixed needs a \"size\" of 0 bytes or more");
    }
    type->size = (size_t)size;
    return MST_OK;
}

enum mst_status
avro_parse_named(struct avro_parse *parse, const struct avro_node *node,
                 enum mst_avro_kind kind, struct mst_slice space,
                 struct mst_avro_type **ret_type)
{
    struct mst_avro_type *type = avro_parse_new_type(parse, kind);
    if (type == NULL) {
        return avro_parse_memory(parse);
    }
    *ret_type = type;
    enum mst_status status = named_name(parse, node, space, type);
    if (status != MST_OK) {
        return status;
    }
    if (kind == MST_AVRO_RECORD) {
        return named_record(parse, node, type);
    }
    return kind == MST_AVRO_ENUM ? named_enum(parse, node, type)
                                 : named_fixed(parse, node, type);
}
