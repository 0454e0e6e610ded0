/* SPDX-License-Identifier: MIT */
/* Conditions as a tree of nodes in one array: a parser by descent. */
#include "udf/condition.h"

#include <stdlib.h>

#include "udf/condition_impl.h"

enum { CONDITION_DEPTH = 50 };

struct condition_parser {
    struct mst_condition *condition;
    char *at;
    unsigned depth;
    struct mst_error *err;
};

static enum mst_status
condition_fail(struct condition_parser *self, const char *what)
{
    size_t place = (size_t)(self->at - self->condition->text);
    return mst_fail_at(self->err, MST_FATAL, "filter", (int64_t)place,
                       "the condition is wrong at character %zu: %s", place + 1,
                       what);
}

static void
condition_space(struct condition_parser *self)
{
    while (*self->at == ' ' || (*self->at >= '\t' && *self->at <= '\r')) {
        self->at++;
    }
}

static bool
condition_is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '['
           || c == ']' || c == '$' || c == '-' || ((unsigned char)c & 0x80);
}

/* Takes the word if it stands here as a whole. */
static bool
condition_word(struct condition_parser *self, const char *word)
{
    size_t len = strlen(word);
    condition_space(self);
    if (strncmp(self->at, word, len) != 0
        || (condition_is_name(word[0]) && condition_is_name(self->at[len]))) {
        return false;
    }
    self->at += len;
    return true;
}

static enum mst_status
condition_add(struct condition_parser *self, const struct condition_node *node,
              uint32_t *ret_index)
{
    struct mst_condition *condition = self->condition;
    if (condition->len == CONDITION_NODES) {
        return condition_fail(self, "it is too long");
    }
    condition->nodes[condition->len] = *node;
    *ret_index = condition->len++;
    return MST_OK;
}

static enum mst_status
condition_path(struct condition_parser *self, struct condition_node *node)
{
    condition_space(self);
    node->attribute = *self->at == '@';
    self->at += node->attribute ? 1 : 0;
    char *start = self->at;
    while (condition_is_name(*self->at)) {
        self->at++;
    }
    if (self->at == start) {
        return condition_fail(self, "the path of a field is wanted");
    }
    node->path = mst_slice_of(start, (size_t)(self->at - start));
    return MST_OK;
}

static enum mst_status
condition_text(struct condition_parser *self, struct condition_value *value)
{
    char quote = *self->at++;
    char *start = self->at;
    char *end = strchr(start, quote);
    if (end == NULL) {
        return condition_fail(self, "the text has no closing quote");
    }
    value->type = TYPE_TEXT;
    value->text = mst_slice_of(start, (size_t)(end - start));
    self->at = end + 1;
    return MST_OK;
}

static enum mst_status
condition_number(struct condition_parser *self, struct condition_value *value)
{
    char *end = NULL;
    char *whole = NULL;
    value->type = TYPE_NUMBER;
    value->number = strtod(self->at, &end);
    value->integer = strtoll(self->at, &whole, 10);
    value->whole = whole == end && value->integer != INT64_MAX
                   && value->integer != INT64_MIN;
    if (end == self->at || condition_is_name(*end)) {
        return condition_fail(self, "a number, a text in quotes, true, false "
                                    "or null is wanted");
    }
    self->at = end;
    return MST_OK;
}

static enum mst_status
condition_literal(struct condition_parser *self, struct condition_value *value)
{
    condition_space(self);
    if (*self->at == '\'' || *self->at == '"') {
        return condition_text(self, value);
    }
    bool yes = condition_word(self, "true");
    if (yes || condition_word(self, "false")) {
        value->type = TYPE_BOOL;
        value->yes = yes;
        return MST_OK;
    }
    if (condition_word(self, "null")) {
        value->type = TYPE_NULL;
        return MST_OK;
    }
    return condition_number(self, value);
}

/* Behind `in`: the same as == with any of them. */
static enum mst_status
condition_list(struct condition_parser *self, struct condition_node node,
               uint32_t *ret_index)
{
    node.op = OP_EQ;
    if (!condition_word(self, "(")) {
        return condition_fail(self, "values in brackets are wanted behind in");
    }
    uint32_t left = 0;
    enum mst_status status = condition_literal(self, &node.value);
    if (status == MST_OK) {
        status = condition_add(self, &node, &left);
    }
    while (status == MST_OK && condition_word(self, ",")) {
        struct condition_node either = {.kind = CONDITION_OR, .left = left};
        status = condition_literal(self, &node.value);
        if (status == MST_OK) {
            status = condition_add(self, &node, &either.right);
        }
        if (status == MST_OK) {
            status = condition_add(self, &either, &left);
        }
    }
    *ret_index = left;
    return status != MST_OK || condition_word(self, ")")
               ? status
               : condition_fail(self, "a closing bracket is missing");
}

static enum mst_status
condition_compare(struct condition_parser *self, uint32_t *ret_index)
{
    static const struct {
        const char *word;
        enum condition_op op;
    } ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE},    {">=", OP_GE},
               {"<", OP_LT},  {">", OP_GT},  {"like", OP_LIKE}};
    struct condition_node node = {.kind = CONDITION_COMPARE};
    enum mst_status status = condition_path(self, &node);
    if (status != MST_OK) {
        return status;
    }
    if (condition_word(self, "in")) {
        return condition_list(self, node, ret_index);
    }
    size_t i = 0;
    while (i < MST_ARRAY_SIZE(ops) && !condition_word(self, ops[i].word)) {
        i++;
    }
    if (i == MST_ARRAY_SIZE(ops)) {
        return condition_fail(self, "one of == != < <= > >= in like is wanted");
    }
    node.op = ops[i].op;
    status = condition_literal(self, &node.value);
    if (status == MST_OK && node.op == OP_LIKE
        && node.value.type != TYPE_TEXT) {
        return condition_fail(self, "a text in quotes is wanted behind like");
    }
    return status == MST_OK ? condition_add(self, &node, ret_index) : status;
}

static enum mst_status condition_or(struct condition_parser *self,
                                    uint32_t *ret_index);

/* Recursion: at most CONDITION_DEPTH. */
static enum mst_status
condition_not(struct condition_parser *self, uint32_t *ret_index)
{
    enum mst_status status = MST_OK;
    struct condition_node node = {.kind = CONDITION_NOT};
    if (++self->depth > CONDITION_DEPTH) {
        return condition_fail(self, "it is nested too deep");
    }
    if (condition_word(self, "not")) {
        status = condition_not(self, &node.left);
        if (status == MST_OK) {
            status = condition_add(self, &node, ret_index);
        }
    } else if (condition_word(self, "(")) {
        status = condition_or(self, ret_index);
        if (status == MST_OK && !condition_word(self, ")")) {
            status = condition_fail(self, "a closing bracket is missing");
        }
    } else if (condition_word(self, "exists")) {
        node.kind = CONDITION_EXISTS;
        status = condition_path(self, &node);
        if (status == MST_OK) {
            status = condition_add(self, &node, ret_index);
        }
    } else {
        status = condition_compare(self, ret_index);
    }
    self->depth--;
    return status;
}

/* Some of what `next` reads, with the word between them. */
static enum mst_status
condition_chain(struct condition_parser *self, enum condition_kind kind,
                const char *word,
                enum mst_status (*next)(struct condition_parser *,
                                        uint32_t *ret_index),
                uint32_t *ret_index)
{
    uint32_t left = 0;
    enum mst_status status = next(self, &left);
    while (status == MST_OK && condition_word(self, word)) {
        struct condition_node node = {.kind = kind, .left = left};
        status = next(self, &node.right);
        if (status == MST_OK) {
            status = condition_add(self, &node, &left);
        }
    }
    *ret_index = left;
    return status;
}

static enum mst_status
condition_and(struct condition_parser *self, uint32_t *ret_index)
{
    return condition_chain(self, CONDITION_AND, "and", condition_not,
                           ret_index);
}

static enum mst_status
condition_or(struct condition_parser *self, uint32_t *ret_index)
{
    return condition_chain(self, CONDITION_OR, "or", condition_and, ret_index);
}

void
mst_condition_destroy(struct mst_condition *condition)
{
    if (condition != NULL) {
        free(condition->text);
        free(condition);
    }
}

enum mst_status
mst_condition_compile(const char *text, struct mst_condition **ret_condition,
                      struct mst_error *err)
{
    struct mst_condition *condition = calloc(1, sizeof(*condition));
    if (condition == NULL || (condition->text = strdup(text)) == NULL) {
        mst_condition_destroy(condition);
        return mst_fail_memory(err, "filter");
    }
    struct condition_parser parser = {
        .condition = condition, .at = condition->text, .err = err};
    enum mst_status status = condition_or(&parser, &condition->root);
    condition_space(&parser);
    if (status == MST_OK && *parser.at != '\0') {
        status = condition_fail(&parser, "'and', 'or' or the end is wanted");
    }
    if (status != MST_OK) {
        mst_condition_destroy(condition);
        return status;
    }
    *ret_condition = condition;
    return MST_OK;
}
