/* SPDX-License-Identifier: MIT */
/* Whether a condition holds for an event: a walk over its nodes. */
#include <stdlib.h>

#include "base/hex.h"
#include "encodings/bson_reader.h"
#include "encodings/date_text.h"
#include "encodings/decimal128.h"
#include "udf/condition_impl.h"

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

/* Bytes of the character at the begin of what is UTF-8. */
static size_t
condition_utf8_len(const uint8_t *at, size_t left)
{
    size_t len = 1;
    while (len < left && len < 4 && (at[len] & 0xc0) == 0x80) {
        len++;
    }
    return len;
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

/* Whether the pattern fits the whole text: `*` is any characters, `?` is one.
 * Goes back to the newest `*` alone, so never over the text more often than the
 * pattern is long. */
static bool
condition_like(struct mst_slice text, struct mst_slice pattern)
{
    size_t at = 0;
    size_t to = 0;
    size_t star = SIZE_MAX; /* behind the newest one */
    size_t from = 0;        /* where what it stands for ends */
    while (at < text.len) {
        if (to < pattern.len && pattern.data[to] == '*') {
            star = ++to;
            from = at;
        } else if (to < pattern.len && pattern.data[to] == '?') {
            to++;
            at += condition_utf8_len(text.data + at, text.len - at);
        } else if (to < pattern.len && pattern.data[to] == text.data[at]) {
            to++;
            at++;
        } else if (star != SIZE_MAX) {
            at = ++from;
            to = star;
        } else {
            return false;
        }
    }
    while (to < pattern.len && pattern.data[to] == '*') {
        to++;
    }
    return to == pattern.len;
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
    case OP_LIKE:
        break; /* has no order */
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
    if (node->op != OP_LIKE && condition_special(field, &node->value, &order)) {
        return condition_holds(node->op, order);
    }
    if (!condition_field(field, &node->value, &have)) {
        return node->op == OP_NE;
    }
    if (node->op == OP_LIKE) {
        return condition_like(have.text, node->value.text);
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
    if (node->op == OP_LIKE) {
        return condition_like(text, node->value.text);
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
