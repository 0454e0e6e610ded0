/* SPDX-License-Identifier: MIT */
/* Types, allowed values, numbers and texts. */
#include "encodings/json_schema/format.h"
#include "encodings/json_schema/validate.h"

#include <stdio.h>

enum { SCALAR_TYPES_MAX = 96 };

/* "null, integer". */
static void
scalar_types_text(unsigned types, char out[SCALAR_TYPES_MAX])
{
    static const char *const names[] = {"null",   "boolean", "object", "array",
                                        "number", "string",  "integer"};
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        if ((types >> i & 1) != 0) {
            int n = snprintf(out + len, SCALAR_TYPES_MAX - len, "%s%s",
                             len == 0 ? "" : ", ", names[i]);
            len += n > 0 ? (size_t)n : 0;
        }
    }
}

static bool
scalar_type(struct js_work *work, const struct js_node *node,
            const struct mst_bson_value *value, unsigned types)
{
    struct js_number number;
    char wanted[SCALAR_TYPES_MAX];
    if ((node->types & types) != 0) {
        return true;
    }
    if ((node->types & JS_INTEGER) != 0 && js_number_of(value, &number)
        && js_number_is_whole(&number)) {
        return true;
    }
    scalar_types_text(node->types, wanted);
    return js_refuse(work, node, value, "type", "it is %s, not %s",
                     value->type == JS_KEY ? "a name"
                                           : mst_bson_type_name(value->type),
                     wanted);
}

static bool
scalar_enum(struct js_work *work, const struct js_node *node,
            const struct mst_bson_value *value)
{
    for (size_t i = 0; i < node->enumeration.len; i++) {
        if (js_value_equal(work, value, &node->enumeration.at[i])) {
            return true;
        }
    }
    return js_refuse(work, node, value, "enum",
                     "it is none of the %zu allowed values",
                     node->enumeration.len);
}

static bool
scalar_range(struct js_work *work, const struct js_node *node,
             const struct mst_bson_value *value)
{
    static const struct {
        const char *keyword;
        const char *reason;
    } rules[JS_BOUNDS] = {
        [JS_MINIMUM] = {"minimum", "the number is too small"},
        [JS_MAXIMUM] = {"maximum", "the number is too large"},
        [JS_EXCLUSIVE_MINIMUM] = {"exclusiveMinimum",
                                  "the number is too small"},
        [JS_EXCLUSIVE_MAXIMUM] = {"exclusiveMaximum",
                                  "the number is too large"},
        [JS_MULTIPLE_OF] = {"multipleOf", "the number is no multiple"},
    };
    struct js_number number;
    if (!js_number_of(value, &number)) {
        return true;
    }
    if (number.kind == JS_DECIMAL
        && !js_work_spend(work, (uint64_t)(number.decimal.exponent > 0
                                               ? number.decimal.exponent
                                               : 0))) {
        return false;
    }
    for (int i = 0; i < JS_BOUNDS; i++) {
        const struct js_number *bound = &node->range->bounds[i];
        int order = 0;
        bool good = true;
        if (!node->range->has[i]) {
            continue;
        }
        if (i == JS_MULTIPLE_OF) {
            good = js_number_is_multiple(&number, bound);
        } else {
            good = js_number_compare(&number, bound, &order)
                   && (i == JS_MINIMUM             ? order >= 0
                       : i == JS_MAXIMUM           ? order <= 0
                       : i == JS_EXCLUSIVE_MINIMUM ? order > 0
                                                   : order < 0);
        }
        if (!good) {
            return js_refuse(work, node, value, rules[i].keyword, "%s",
                             rules[i].reason);
        }
    }
    return true;
}

/* Characters, not bytes; the text is UTF-8. */
static int64_t
scalar_length(struct mst_slice text)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += (text.data[i] & 0xC0U) != 0x80U;
    }
    return n;
}

static bool
scalar_text(struct js_work *work, const struct js_node *node,
            const struct mst_bson_value *value, struct mst_slice text)
{
    const struct js_string *string = node->string;
    if (string != NULL && (string->min > 0 || string->max != JS_NO_LIMIT)) {
        int64_t length = scalar_length(text);
        if (length < string->min) {
            return js_refuse(work, node, value, "minLength",
                             "it has %lld characters, fewer than %lld",
                             (long long)length, (long long)string->min);
        }
        if (string->max != JS_NO_LIMIT && length > string->max) {
            return js_refuse(work, node, value, "maxLength",
                             "it has %lld characters, more than %lld",
                             (long long)length, (long long)string->max);
        }
    }
    if (string != NULL && string->pattern != NULL
        && !js_pattern_found(work, string->pattern, text)) {
        return js_refuse(work, node, value, "pattern",
                         "the text does not match");
    }
    if (node->format != NULL && !js_format_is_type(node->format, value)
        && !js_format_takes(node->format, text)) {
        return js_refuse(work, node, value, "format", "the text is no %s",
                         js_format_name(node->format));
    }
    return true;
}

static bool
scalar_string(struct js_work *work, const struct js_node *node,
              const struct mst_bson_value *value)
{
    struct mst_slice text = MST_SLICE_NONE;
    size_t mark = work->words_len;
    bool good = js_value_text(work, value, &text)
                && scalar_text(work, node, value, text);
    js_work_pop(work, mark);
    return good;
}

bool
js_validate_scalar(struct js_work *work, const struct js_node *node,
                   const struct mst_bson_value *value)
{
    unsigned types = js_value_types(value);
    if (node->types != 0 && !scalar_type(work, node, value, types)) {
        return false;
    }
    if (node->has_enum && !scalar_enum(work, node, value)) {
        return false;
    }
    if (node->constant != NULL
        && !js_value_equal(work, value, node->constant)) {
        return js_refuse(work, node, value, "const",
                         "it is not the only allowed value");
    }
    if (node->range != NULL && !scalar_range(work, node, value)) {
        return false;
    }
    /* A decimal is a number first: it has no text to look at. */
    return types != JS_STRING || (node->string == NULL && node->format == NULL)
           || scalar_string(work, node, value);
}
