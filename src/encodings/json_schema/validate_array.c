/* SPDX-License-Identifier: MIT */
/* The items of an array. */
#include "encodings/json_schema/validate.h"

enum { UNIQUE_WORDS = 3 /* of one slot: hash, data, length and type */ };

/* The schema of the item; NULL: any. */
static const struct js_node *
array_item(const struct js_array *array, size_t i)
{
    return i < array->prefix.len ? array->prefix.at[i] : array->items;
}

/* Puts the value into the table of slots at at; false: an equal one is there,
 * or the work has stopped. */
static bool
array_add_unique(struct js_work *work, size_t at, size_t slots,
                 const struct mst_bson_value *value)
{
    /* 0 is a free slot. */
    uint64_t hash = js_value_hash(work, value) | 1;
    size_t slot = (size_t)(hash >> 1) & (slots - 1);
    while (work->words[at + slot * UNIQUE_WORDS] != 0) {
        const uint64_t *words = work->words + at + slot * UNIQUE_WORDS;
        const struct mst_bson_value other = {
            (uint8_t)words[2], mst_slice_of((const void *)(uintptr_t)words[1],
                                            (size_t)(words[2] >> 8))};
        bool same = words[0] == hash;
        if ((same && js_value_equal(work, value, &other))
            || !js_work_spend(work, 1)) {
            return false;
        }
        slot = (slot + 1) & (slots - 1);
    }
    uint64_t *words = work->words + at + slot * UNIQUE_WORDS;
    words[0] = hash;
    words[1] = (uint64_t)(uintptr_t)value->raw.data;
    words[2] = (uint64_t)value->raw.len << 8 | value->type;
    return true;
}

static bool
array_unique(struct js_work *work, const struct js_node *node,
             const struct mst_bson_value *value, size_t n)
{
    struct mst_bson_iter iter;
    size_t mark = work->words_len;
    size_t slots = 4;
    size_t at = 0;
    while (slots < n * 2) {
        slots *= 2;
    }
    bool good = js_work_push(work, slots * UNIQUE_WORDS, &at)
                && mst_bson_iter_init(&iter, value->raw, NULL) == MST_OK;
    for (size_t i = 0; good && mst_bson_iter_next(&iter) == MST_OK; i++) {
        struct mst_bson_value item = mst_bson_iter_value(&iter);
        good = array_add_unique(work, at, slots, &item);
        if (!good) {
            (void)js_refuse(work, node, value, "uniqueItems",
                            "the item %zu is there twice", i);
        }
    }
    js_work_pop(work, mark);
    return good;
}

static bool
array_limits(struct js_work *work, const struct js_node *node,
             const struct mst_bson_value *value, size_t n)
{
    const struct js_array *array = node->array;
    if ((int64_t)n < array->min) {
        return js_refuse(work, node, value, "minItems",
                         "it has %zu items, fewer than %lld", n,
                         (long long)array->min);
    }
    if (array->max != JS_NO_LIMIT && (int64_t)n > array->max) {
        return js_refuse(work, node, value, "maxItems",
                         "it has %zu items, more than %lld", n,
                         (long long)array->max);
    }
    return !array->unique || n < 2 || array_unique(work, node, value, n);
}

static bool
array_contained(struct js_work *work, const struct js_node *node,
                const struct mst_bson_value *value, int64_t found)
{
    const struct js_array *array = node->array;
    if (array->contains == NULL) {
        return true;
    }
    if (found < array->min_contains) {
        return js_refuse(work, node, value, "contains",
                         "%lld items are such, fewer than %lld",
                         (long long)found, (long long)array->min_contains);
    }
    return array->max_contains == JS_NO_LIMIT || found <= array->max_contains
           || js_refuse(work, node, value, "maxContains",
                        "%lld items are such, more than %lld", (long long)found,
                        (long long)array->max_contains);
}

bool
js_validate_array(struct js_work *work, const struct js_node *node,
                  const struct mst_bson_value *value, struct js_seen *seen)
{
    const struct js_array *array = node->array;
    struct mst_bson_iter iter;
    struct js_frame frame = {.up = work->frame, .key = MST_SLICE_NONE};
    int64_t found = 0;
    size_t n = 0;
    bool good = mst_bson_iter_init(&iter, value->raw, NULL) == MST_OK;
    work->frame = &frame;
    for (; good && mst_bson_iter_next(&iter) == MST_OK; n++) {
        const struct mst_bson_value item = mst_bson_iter_value(&iter);
        const struct js_node *wanted = array_item(array, n);
        frame.index = n;
        good = wanted == NULL || js_validate(work, wanted, &item, NULL);
        bool contained =
            good && array->contains != NULL
            && js_validate_silent(work, array->contains, &item, NULL);
        found += contained ? 1 : 0;
        if (seen != NULL && (wanted != NULL || contained)) {
            js_seen_add(work, seen, n);
        }
        good = good && work->stop == JS_GOES_ON;
    }
    work->frame = frame.up;
    return good && array_limits(work, node, value, n)
           && array_contained(work, node, value, found);
}
