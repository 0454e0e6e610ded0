/* SPDX-License-Identifier: MIT */
/* Conditions as a tree of nodes in one array: a parser by descent, and a walk. */
#include "udf/condition.h"

#include <stdlib.h>

#include "base/hex.h"
#include "encodings/bson_reader.h"
#include "encodings/date_text.h"
#include "encodings/decimal128.h"

enum { CONDITION_DEPTH = 50, CONDITION_NODES = 1000 };

enum condition_kind {
    CONDITION_OR,
    CONDITION_AND,
    CONDITION_NOT,
    CONDITION_EXISTS,
    CONDITION_COMPARE
};

enum condition_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

enum condition_type { TYPE_NULL, TYPE_BOOL, TYPE_NUMBER, TYPE_TEXT };

/* A literal, or what a field has of that kind. */
struct condition_value {
    enum condition_type type;
    bool yes;
    bool whole; /* a number that is exact in `integer` */
    int64_t integer;
    double number;
    struct mst_slice text;
};

struct condition_node {
    enum condition_kind kind;
    uint32_t left; /* of OR, AND, NOT */
    uint32_t right;
    struct mst_slice path; /* of EXISTS, COMPARE */
    bool attribute;
    enum condition_op op;
    struct condition_value value;
};

struct mst_condition {
    char *text; /* paths and texts point into it */
    struct condition_node nodes[CONDITION_NODES];
    uint32_t len;
    uint32_t root;
};

struct condition_parser {
    struct mst_condition *condition;
    char *at;
    unsigned depth;
    struct mst_error *err;
};

/* --- parsing --------------------------------------------------------------- */

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

static enum mst_status
condition_compare(struct condition_parser *self, uint32_t *ret_index)
{
    static const struct {
        const char *word;
        enum condition_op op;
    } ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE},
               {">=", OP_GE}, {"<", OP_LT},  {">", OP_GT}};
    struct condition_node node = {.kind = CONDITION_COMPARE};
    enum mst_status status = condition_path(self, &node);
    if (status != MST_OK) {
        return status;
    }
    size_t i = 0;
    while (i < MST_ARRAY_SIZE(ops) && !condition_word(self, ops[i].word)) {
        i++;
    }
    if (i == MST_ARRAY_SIZE(ops)) {
        return condition_fail(self, "one of == != < <= > >= is wanted");
    }
    node.op = ops[i].op;
    status = condition_literal(self, &node.value);
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

/* --- testing --------------------------------------------------------------- */

/* The same kind of value as the literal, from a field. False: it has none. */
static bool
condition_field(const struct mst_doc_node *node,
                const struct condition_value *literal,
                struct condition_value *ret)
{
    const struct mst_bson_value value = {node->type, node->raw};
    int32_t narrow = 0;
    *ret = (struct condition_value){.type = literal->type};
    switch (literal->type) {
    case TYPE_NULL:
        return node->type == MST_BSON_NULL;
    case TYPE_BOOL:
        return mst_bson_get_bool(&value, &ret->yes);
    case TYPE_TEXT:
        return mst_bson_get_string(&value, &ret->text);
    case TYPE_NUMBER:
        break;
    }
    if (mst_bson_get_int32(&value, &narrow)) {
        ret->integer = narrow;
    } else if (!mst_bson_get_int64(&value, &ret->integer)) {
        uint8_t text[MST_DECIMAL128_TEXT_MAX + 1];
        if (node->type == MST_BSON_DECIMAL128) {
            *mst_decimal128_print(text, node->raw.data) = 0;
            ret->number = strtod((const char *)text, NULL);
            return true;
        }
        return mst_bson_get_double(&value, &ret->number);
    }
    ret->whole = true;
    ret->number = (double)ret->integer;
    return true;
}

static int
condition_order_text(struct mst_slice a, struct mst_slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    if (order == 0) {
        return a.len < b.len ? -1 : a.len > b.len;
    }
    return order < 0 ? -1 : 1;
}

/* -1, 0, 1; 2: neither (a NaN). */
static int
condition_order(const struct condition_value *a,
                const struct condition_value *b)
{
    switch (a->type) {
    case TYPE_NULL:
        return 0;
    case TYPE_BOOL:
        return (int)a->yes - (int)b->yes;
    case TYPE_TEXT:
        return condition_order_text(a->text, b->text);
    case TYPE_NUMBER:
        break;
    }
    if (a->whole && b->whole) {
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    }
    return a->number < b->number    ? -1
           : a->number > b->number  ? 1
           : a->number == b->number ? 0
                                    : 2;
}

static bool
condition_holds(enum condition_op op, int order)
{
    switch (op) {
    case OP_EQ:
        return order == 0;
    case OP_NE:
        return order != 0;
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0 && order != 2;
    case OP_GE:
        return order >= 0 && order != 2;
    }
    return false;
}

/* A date against a text in RFC 3339, an ObjectId against its digits. True: that
 * is what they are, *ret_order is how they stand. */
static bool
condition_special(const struct mst_doc_node *node,
                  const struct condition_value *literal, int *ret_order)
{
    const struct mst_bson_value value = {node->type, node->raw};
    struct mst_slice text = literal->text;
    int64_t ms = 0;
    int64_t wanted = 0;
    if (literal->type != TYPE_TEXT) {
        return false;
    }
    if (mst_bson_get_date(&value, &ms)
        && mst_date_parse(text.data, text.len, &wanted)) {
        *ret_order = ms < wanted ? -1 : ms > wanted;
        return true;
    }
    if (node->type != MST_BSON_OBJECTID
        || text.len != (size_t)2 * MST_BSON_OBJECTID_LEN) {
        return false;
    }
    *ret_order = 0;
    for (size_t i = 0; i < text.len && *ret_order == 0; i++) {
        int digit = mst_hex_digit(text.data[i]);
        int have = (node->raw.data[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15;
        *ret_order = have < digit ? -1 : have > digit;
    }
    return true;
}

static bool
condition_match(const struct condition_node *node,
                const struct mst_doc_node *field)
{
    struct condition_value have;
    int order = 0;
    if (field == NULL) {
        /* What is absent is null, and nothing else. */
        return condition_holds(node->op, node->value.type == TYPE_NULL ? 0 : 3)
               && (node->op == OP_EQ || node->op == OP_NE);
    }
    if (condition_special(field, &node->value, &order)) {
        return condition_holds(node->op, order);
    }
    if (!condition_field(field, &node->value, &have)) {
        return node->op == OP_NE;
    }
    return condition_holds(node->op, condition_order(&have, &node->value));
}

/* Attributes are texts; numbers are compared as numbers. */
static bool
condition_match_attribute(const struct condition_node *node,
                          const struct mst_event *event)
{
    struct mst_slice text = MST_SLICE_NONE;
    for (uint32_t i = 0; i < event->attributes_len && text.data == NULL; i++) {
        if (mst_slice_equal(event->attributes[i].name, node->path)) {
            text = event->attributes[i].value;
        }
    }
    if (text.data == NULL && mst_slice_is(node->path, "op")) {
        text = mst_slice_str(mst_op_name(event->op));
    }
    if (node->kind == CONDITION_EXISTS) {
        return text.data != NULL;
    }
    struct condition_value have = {.type = TYPE_TEXT, .text = text};
    if (text.data == NULL || node->value.type == TYPE_NULL) {
        bool equal = text.data == NULL && node->value.type == TYPE_NULL;
        return node->op == OP_EQ ? equal : node->op == OP_NE && !equal;
    }
    if (node->value.type == TYPE_NUMBER) {
        char digits[64];
        char *end = NULL;
        size_t len = text.len < sizeof(digits) ? text.len : 0;
        memcpy(digits, text.data, len);
        digits[len] = '\0';
        have.type = TYPE_NUMBER;
        have.number = strtod(digits, &end);
        if (len == 0 || *end != '\0') {
            return node->op == OP_NE;
        }
    } else if (node->value.type == TYPE_BOOL) {
        return (node->op == OP_NE)
               != mst_slice_is(text, node->value.yes ? "true" : "false");
    }
    return condition_holds(node->op, condition_order(&have, &node->value));
}

/* Recursion: as deep as the text was nested, and long. */
static enum mst_status
condition_walk(const struct mst_condition *condition, uint32_t index,
               const struct mst_event *event, struct mst_doc *doc, bool *ret_is,
               struct mst_error *err)
{
    const struct condition_node *node = &condition->nodes[index];
    struct mst_doc_node *field = NULL;
    enum mst_status status = MST_OK;
    if (node->kind == CONDITION_NOT || node->kind == CONDITION_AND
        || node->kind == CONDITION_OR) {
        status = condition_walk(condition, node->left, event, doc, ret_is, err);
        bool enough = node->kind == CONDITION_NOT
                      || *ret_is == (node->kind == CONDITION_OR);
        *ret_is = node->kind == CONDITION_NOT ? !*ret_is : *ret_is;
        return status != MST_OK || enough
                   ? status
                   : condition_walk(condition, node->right, event, doc, ret_is,
                                    err);
    }
    if (node->attribute) {
        *ret_is = condition_match_attribute(node, event);
        return MST_OK;
    }
    if (doc->root != NULL) {
        status = mst_doc_find(doc, doc->root, node->path, &field, err);
    }
    *ret_is = node->kind == CONDITION_EXISTS ? field != NULL
                                             : condition_match(node, field);
    return status;
}

enum mst_status
mst_condition_test(const struct mst_condition *condition,
                   const struct mst_event *event, struct mst_doc *doc,
                   bool *ret_is, struct mst_error *err)
{
    *ret_is = false;
    return condition_walk(condition, condition->root, event, doc, ret_is, err);
}
