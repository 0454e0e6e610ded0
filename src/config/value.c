/* SPDX-License-Identifier: MIT */
/* One value of a configuration into its place in an options struct. */
#include "config/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "config/node.h"
#include "config/value_read.h"

enum { VALUE_MAP_MAX = 1000 };

bool
mst_value_fail_memory(const struct mst_value_read *read)
{
    struct mst_place place = mst_place_value(read->node, read->path);
    mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                     "out of memory");
    return false;
}

const char *
mst_value_wanted(const struct mst_option *option)
{
    switch (option->type) {
    case MST_OPTION_BOOL:
        return "true or false";
    case MST_OPTION_INT:
        return "an integer";
    case MST_OPTION_DOUBLE:
        return "a number";
    case MST_OPTION_SIZE:
        return "a size such as \"64MiB\" or 65536";
    case MST_OPTION_DURATION:
        return "a duration such as \"250ms\", \"5s\", \"1m\", \"2h\" or "
               "\"7d\"";
    case MST_OPTION_STRING:
    case MST_OPTION_ENUM:
        return "a string";
    case MST_OPTION_STRING_LIST:
        return "an array of strings";
    case MST_OPTION_STRING_MAP:
        return "a table of strings";
    case MST_OPTION_TABLE:
        return "a table";
    }
    return "something else";
}

bool
mst_value_fail_type(const struct mst_value_read *read)
{
    struct mst_place place = mst_place_value(read->node, read->path);
    bool negative =
        read->node->type == MST_TOML_INTEGER && read->node->integer < 0;
    char hint[64];
    (void)snprintf(hint, sizeof(hint), "the only word for it is \"%s\"",
                   read->option->zero == NULL ? "" : read->option->zero);
    mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place,
                     read->option->zero == NULL ? NULL : hint,
                     "expected %s, got %s", mst_value_wanted(read->option),
                     negative ? "a negative number"
                              : mst_node_type_name(read->node));
    return false;
}

char *
mst_value_text(const struct mst_value_read *read)
{
    struct mst_buf buf;
    struct mst_error err;
    char *text = NULL;
    mst_error_clear(&err);
    mst_buf_init(&buf, MST_ENV_MAX_VALUE);
    enum mst_status status =
        mst_env_expand(read->reader->env, read->node->text, &buf, &err);
    struct mst_place place = mst_place_value(read->node, read->path);
    if (status != MST_OK) {
        mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place,
                         err.hint[0] == '\0' ? NULL : err.hint, "%s",
                         err.text[0] == '\0' ? "the value is too long"
                                             : err.text);
    } else if (mst_utf8_valid(buf.data, buf.len) != buf.len) {
        mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place,
                         NULL, "the environment's value is not UTF-8");
    } else if (mst_buf_text(&buf) == NULL) {
        (void)mst_value_fail_memory(read);
    } else {
        size_t taken = 0;
        text = (char *)mst_buf_take(&buf, &taken);
    }
    mst_buf_clear(&buf);
    return text;
}

static bool
value_string(const struct mst_value_read *read, void *slot)
{
    if (read->node->type != MST_TOML_STRING) {
        return mst_value_fail_type(read);
    }
    char *text = mst_value_text(read);
    if (text == NULL) {
        return false;
    }
    if (text[0] == '\0' && (read->option->flags & MST_OPTION_REQUIRED) != 0) {
        struct mst_place place = mst_place_value(read->node, read->path);
        mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place,
                         NULL, "must not be empty");
        free(text);
        return false;
    }
    char **member = slot;
    free(*member);
    *member = text;
    return true;
}

static void
strings_clear(struct mst_strings *strings)
{
    for (size_t i = 0; i < strings->len; i++) {
        free(strings->items[i]);
    }
    free(strings->items);
    *strings = (struct mst_strings){0};
}

static bool
value_list_item(const struct mst_value_read *list,
                const struct mst_toml_node *item, size_t i,
                struct mst_strings *strings)
{
    struct mst_value_read read = *list;
    char path[MST_PATH_MAX];
    mst_path_index(path, list->path, i);
    read.node = item;
    read.path = path;
    if (item->type != MST_TOML_STRING) {
        struct mst_place place = mst_place_value(item, path);
        mst_problems_add(read.reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                         "expected a string, got %s", mst_node_type_name(item));
        return false;
    }
    char *text = mst_value_text(&read);
    if (text == NULL) {
        return false;
    }
    strings->items[strings->len++] = text;
    return true;
}

static bool
value_list(const struct mst_value_read *read, void *slot)
{
    const struct mst_toml_node *node = read->node;
    struct mst_strings strings = {0};
    bool one = node->type == MST_TOML_STRING
               && (read->option->flags & MST_OPTION_ONE_OR_LIST) != 0;
    bool good = true;
    if (!one && node->type != MST_TOML_ARRAY) {
        return mst_value_fail_type(read);
    }
    strings.items = calloc(one ? 1 : node->len + 1, sizeof(char *));
    if (strings.items == NULL) {
        return mst_value_fail_memory(read);
    }
    if (one) {
        good = value_list_item(read, node, 0, &strings);
    } else {
        size_t i = 0;
        for (node = node->first; node != NULL; node = node->next) {
            good = value_list_item(read, node, i++, &strings) && good;
        }
    }
    if (!good) {
        strings_clear(&strings);
        return false;
    }
    strings_clear(slot);
    *(struct mst_strings *)slot = strings;
    return true;
}

bool
mst_value_read(struct mst_reader *reader, const struct mst_option *option,
               const struct mst_toml_node *node, const char *path, void *slot)
{
    struct mst_value_read read = {reader, option, node, path};
    if (option->type == MST_OPTION_STRING) {
        return value_string(&read, slot);
    }
    if (option->type == MST_OPTION_STRING_LIST) {
        return value_list(&read, slot);
    }
    return mst_value_scalar(&read, slot);
}

bool
mst_value_default(const struct mst_option *option, void *slot)
{
    if (option->def == NULL) {
        return true;
    }
    if (option->type == MST_OPTION_STRING) {
        *(char **)slot = strdup(option->def);
        return *(char **)slot != NULL;
    }
    if (option->type != MST_OPTION_STRING_LIST) {
        return mst_value_parse(option, option->def, slot);
    }
    /* "a, b": the defaults of lists are names, so no comma is in one. */
    struct mst_strings *strings = slot;
    for (const char *at = option->def; *at != '\0';) {
        size_t len = strcspn(at, ",");
        char **items = realloc(strings->items,
                               (strings->len + 1) * sizeof(*strings->items));
        if (items == NULL) {
            return false;
        }
        strings->items = items;
        items[strings->len] = strndup(at, len);
        if (items[strings->len] == NULL) {
            return false;
        }
        strings->len++;
        at += len;
        at += strspn(at, ", ");
    }
    return true;
}

static void
map_clear(struct mst_string_map *map)
{
    for (size_t i = 0; i < map->len; i++) {
        free(map->names[i]);
        free(map->values[i]);
    }
    free(map->names);
    free(map->values);
    free(map->lines);
    free(map->columns);
    *map = (struct mst_string_map){0};
}

void
mst_value_clear(const struct mst_option *option, void *slot)
{
    if (option->type == MST_OPTION_STRING) {
        free(*(char **)slot);
        *(char **)slot = NULL;
    } else if (option->type == MST_OPTION_STRING_LIST) {
        strings_clear(slot);
    } else if (option->type == MST_OPTION_STRING_MAP) {
        map_clear(slot);
    }
}

static bool
map_grow(struct mst_string_map *map)
{
    size_t len = map->len + 1;
    char **names = realloc(map->names, len * sizeof(*names));
    map->names = names != NULL ? names : map->names;
    char **values = realloc(map->values, len * sizeof(*values));
    map->values = values != NULL ? values : map->values;
    uint32_t *lines = realloc(map->lines, len * sizeof(*lines));
    map->lines = lines != NULL ? lines : map->lines;
    uint32_t *columns = realloc(map->columns, len * sizeof(*columns));
    map->columns = columns != NULL ? columns : map->columns;
    return names != NULL && values != NULL && lines != NULL && columns != NULL;
}

/* A value of a map as text: librdkafka takes everything that way. */
static char *
map_text(const struct mst_value_read *read)
{
    const struct mst_toml_node *node = read->node;
    char text[64];
    if (node->type == MST_TOML_STRING) {
        return mst_value_text(read);
    }
    if (node->type == MST_TOML_INTEGER) {
        (void)snprintf(text, sizeof(text), "%" PRId64, node->integer);
    } else if (node->type == MST_TOML_FLOAT) {
        (void)snprintf(text, sizeof(text), "%.15g", node->number);
    } else if (node->type == MST_TOML_BOOLEAN) {
        (void)snprintf(text, sizeof(text), "%s",
                       node->boolean ? "true" : "false");
    } else {
        struct mst_place place = mst_place_value(node, read->path);
        mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place,
                         NULL,
                         "expected a string, a number or a boolean, "
                         "got %s",
                         mst_node_type_name(node));
        return NULL;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        (void)mst_value_fail_memory(read);
    }
    return copy;
}

bool
mst_value_map_add(struct mst_reader *reader, struct mst_string_map *map,
                  const char *name, const struct mst_toml_node *node,
                  const char *path)
{
    struct mst_value_read read = {reader, NULL, node, path};
    if (map->len >= VALUE_MAP_MAX) {
        struct mst_place place = mst_place_key(node, path);
        mst_problems_add(reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                         "more than %d keys of this kind", VALUE_MAP_MAX);
        return false;
    }
    for (size_t i = 0; i < map->len; i++) {
        if (strcmp(map->names[i], name) == 0) {
            struct mst_place place = mst_place_key(node, path);
            mst_problems_add(reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                             "'%s' is given twice", name);
            return false;
        }
    }
    char *text = map_text(&read);
    if (text == NULL) {
        return false;
    }
    char *copy = strdup(name);
    if (copy == NULL || !map_grow(map)) {
        free(copy);
        free(text);
        return mst_value_fail_memory(&read);
    }
    map->names[map->len] = copy;
    map->values[map->len] = text;
    map->lines[map->len] = node->line;
    map->columns[map->len] = node->column;
    map->len++;
    return true;
}
