/* SPDX-License-Identifier: MIT */
/* Schemas for the same value. */
#include "encodings/json_schema/validate.h"

const struct js_node *
js_dynamic_target(const struct js_work *work, const struct js_combine *combine)
{
    const struct js_node *target = combine->dynamic_ref;
    if (combine->dynamic_name.data == NULL) {
        return target;
    }
    /* The outermost counts. */
    for (const struct js_scope *scope = work->scope; scope != NULL;
         scope = scope->up) {
        for (const struct js_anchor *anchor = scope->resource->anchors;
             anchor != NULL; anchor = anchor->next) {
            if (anchor->dynamic
                && mst_slice_equal(anchor->name, combine->dynamic_name)) {
                target = anchor->node;
            }
        }
    }
    return target;
}

/* A schema that may fail; what it has seen counts only if it does not. */
static bool
combine_try(struct js_work *work, const struct js_node *node,
            const struct mst_bson_value *value, struct js_seen *seen)
{
    struct js_seen own;
    if (seen == NULL) {
        return js_validate_silent(work, node, value, NULL);
    }
    size_t mark = work->words_len;
    bool good = js_seen_begin(work, seen->len, &own)
                && js_validate_silent(work, node, value, &own);
    if (good) {
        js_seen_join(work, seen, &own);
    }
    js_work_pop(work, mark);
    return good;
}

static bool
combine_any(struct js_work *work, const struct js_node *node,
            const struct mst_bson_value *value, struct js_seen *seen)
{
    const struct js_nodes *any = &node->combine->any;
    bool good = any->len == 0;
    for (size_t i = 0; i < any->len && (!good || seen != NULL); i++) {
        good = combine_try(work, any->at[i], value, seen) || good;
    }
    return good
           || js_refuse(work, node, value, "anyOf",
                        "none of the %zu schemas takes it", any->len);
}

static bool
combine_one(struct js_work *work, const struct js_node *node,
            const struct mst_bson_value *value, struct js_seen *seen)
{
    const struct js_nodes *one = &node->combine->one;
    size_t taken = 0;
    for (size_t i = 0; i < one->len && taken < 2; i++) {
        taken += combine_try(work, one->at[i], value, seen) ? 1 : 0;
    }
    return one->len == 0 || taken == 1
           || js_refuse(work, node, value, "oneOf",
                        taken == 0 ? "none of the %zu schemas takes it"
                                   : "more than one of the %zu schemas takes "
                                     "it",
                        one->len);
}

static bool
combine_if(struct js_work *work, const struct js_combine *combine,
           const struct mst_bson_value *value, struct js_seen *seen)
{
    if (combine->if_node == NULL
        || (combine->then_node == NULL && combine->else_node == NULL
            && seen == NULL)) {
        return true;
    }
    const struct js_node *next =
        combine_try(work, combine->if_node, value, seen) ? combine->then_node
                                                         : combine->else_node;
    return work->stop == JS_GOES_ON
           && (next == NULL || js_validate(work, next, value, seen));
}

bool
js_validate_combine(struct js_work *work, const struct js_node *node,
                    const struct mst_bson_value *value, struct js_seen *seen)
{
    const struct js_combine *combine = node->combine;
    if (combine->ref != NULL && !js_validate(work, combine->ref, value, seen)) {
        return false;
    }
    if (combine->dynamic_ref != NULL
        && !js_validate(work, js_dynamic_target(work, combine), value, seen)) {
        return false;
    }
    for (size_t i = 0; i < combine->all.len; i++) {
        if (!js_validate(work, combine->all.at[i], value, seen)) {
            return false;
        }
    }
    if (!combine_any(work, node, value, seen)
        || !combine_one(work, node, value, seen)) {
        return false;
    }
    if (combine->not_node != NULL
        && js_validate_silent(work, combine->not_node, value, NULL)) {
        return js_refuse(work, node, value, "not", "it is what it must not be");
    }
    return work->stop == JS_GOES_ON && combine_if(work, combine, value, seen);
}
