/* SPDX-License-Identifier: MIT */
/* One schema and one value; the parts are in files of their own. */
#include "encodings/json_schema/validate.h"

bool
js_seen_begin(struct js_work *work, size_t n, struct js_seen *ret)
{
    ret->len = n;
    return js_work_push(work, n / 64 + 1, &ret->at);
}

void
js_seen_join(struct js_work *work, const struct js_seen *seen,
             const struct js_seen *more)
{
    for (size_t i = 0; i <= seen->len / 64; i++) {
        work->words[seen->at + i] |= work->words[more->at + i];
    }
}

bool
js_pattern_found(struct js_work *work, const struct js_pattern *pattern,
                 struct mst_slice text)
{
    if (!js_work_spend(work, 4 + text.len / 8)) {
        return false;
    }
    enum js_match match = js_pattern_match(pattern, work->matcher, text);
    if (match == JS_TOO_HARD) {
        work->stop = JS_PATTERN_HARD;
    }
    return match == JS_MATCHES;
}

/* What no other schema has looked at. */
static bool
validate_rest(struct js_work *work, const struct js_node *rest,
              const struct mst_bson_value *value, const struct js_seen *seen)
{
    struct mst_bson_iter iter;
    size_t i = 0;
    bool good = mst_bson_iter_init(&iter, value->raw, NULL) == MST_OK;
    struct js_frame frame = {.up = work->frame};
    work->frame = &frame;
    for (; good && mst_bson_iter_next(&iter) == MST_OK; i++) {
        if (js_seen_has(work, seen, i)) {
            continue;
        }
        struct mst_bson_value inner = mst_bson_iter_value(&iter);
        frame.key = value->type == MST_BSON_ARRAY ? MST_SLICE_NONE : iter.key;
        frame.index = i;
        good = js_validate(work, rest, &inner, NULL);
        js_seen_add(work, seen, i);
    }
    work->frame = frame.up;
    return good;
}

/* A schema that asks for what others have not looked at. */
static bool
validate_seeing(struct js_work *work, const struct js_node *node,
                const struct mst_bson_value *value, const struct js_node *rest,
                struct js_seen *seen)
{
    struct js_seen own;
    size_t mark = work->words_len;
    bool array = value->type == MST_BSON_ARRAY;
    bool good = js_seen_begin(work, js_value_count(value), &own)
                && (node->object == NULL || array
                    || js_validate_object(work, node, value, &own))
                && (node->array == NULL || !array
                    || js_validate_array(work, node, value, &own))
                && (node->combine == NULL
                    || js_validate_combine(work, node, value, &own))
                && validate_rest(work, rest, value, &own);
    if (good && seen != NULL) {
        js_seen_join(work, seen, &own);
    }
    js_work_pop(work, mark);
    return good;
}

static bool
validate_value(struct js_work *work, const struct js_node *node,
               const struct mst_bson_value *value, struct js_seen *seen)
{
    if (!js_validate_scalar(work, node, value)) {
        return false;
    }
    if (value->type == MST_BSON_DOCUMENT && node->object != NULL) {
        if (node->object->unevaluated != NULL) {
            return validate_seeing(work, node, value, node->object->unevaluated,
                                   seen);
        }
        if (!js_validate_object(work, node, value, seen)) {
            return false;
        }
    } else if (value->type == MST_BSON_ARRAY && node->array != NULL) {
        if (node->array->unevaluated != NULL) {
            return validate_seeing(work, node, value, node->array->unevaluated,
                                   seen);
        }
        if (!js_validate_array(work, node, value, seen)) {
            return false;
        }
    }
    return node->combine == NULL
           || js_validate_combine(work, node, value, seen);
}

bool
js_validate(struct js_work *work, const struct js_node *node,
            const struct mst_bson_value *value, struct js_seen *seen)
{
    const struct js_scope *outer = work->scope;
    struct js_scope scope = {outer, node->resource};
    if (node->never) {
        return js_refuse(work, node, value, NULL,
                         "nothing is allowed to be here");
    }
    if (work->depth >= JS_DEPTH_MAX) {
        work->stop = JS_TOO_DEEP;
    }
    if (!js_work_spend(work, 1) || work->stop != JS_GOES_ON) {
        return false;
    }
    if (work->schema->dynamic
        && (outer == NULL || outer->resource != node->resource)) {
        work->scope = &scope;
    }
    work->depth++;
    bool good = validate_value(work, node, value, seen);
    work->depth--;
    work->scope = outer;
    return good && work->stop == JS_GOES_ON;
}

bool
js_validate_silent(struct js_work *work, const struct js_node *node,
                   const struct mst_bson_value *value, struct js_seen *seen)
{
    work->silent++;
    bool good = js_validate(work, node, value, seen);
    work->silent--;
    return good;
}
