/* SPDX-License-Identifier: MIT */
/* The BSON was made of this text: both have the same members in order. */
#include "encodings/avro/node.h"

#include "encodings/json_bson.h"
#include "encodings/json_check.h"

/* Where JSON that is no object is put, to be one. */
static const char wrap_head[] = "{\"s\":";
enum { WRAP_LEN = sizeof(wrap_head) - 1 };

enum mst_status
avro_node_read(struct mst_slice text, enum mst_big_numbers big_numbers,
               struct mst_buf *bson, struct avro_node *ret_node,
               struct mst_error *why)
{
    const struct mst_json_read_options options = {.no_extended = true,
                                                  .big_numbers = big_numbers};
    enum mst_status status = mst_json_check(text, why);
    if (status != MST_OK) {
        return status;
    }
    const uint8_t *first = mst_json_skip_space(text.data, text.data + text.len);
    bool wrap = *first != '{';
    struct mst_buf wrapped;
    mst_buf_init(&wrapped, text.len + WRAP_LEN + 1);
    if (wrap
        && mst_buf_printf(&wrapped, "%s%.*s}", wrap_head, (int)text.len,
                          (const char *)text.data)
               != MST_OK) {
        mst_buf_clear(&wrapped);
        return mst_fail_memory(why, "json");
    }
    status = mst_json_to_bson(wrap ? mst_buf_slice(&wrapped) : text, &options,
                              bson, why);
    mst_buf_clear(&wrapped);
    if (status != MST_OK) {
        why->offset -= wrap ? WRAP_LEN : 0;
        return status;
    }
    *ret_node =
        (struct avro_node){{MST_BSON_DOCUMENT, mst_buf_slice(bson)}, first};
    if (wrap) {
        (void)mst_bson_find(mst_buf_slice(bson), "s", &ret_node->value);
    }
    return MST_OK;
}

void
avro_members_init(struct avro_members *members, const struct avro_node *node,
                  const uint8_t *end)
{
    /* What we wrote ourselves is well formed. */
    enum mst_status status =
        mst_bson_iter_init(&members->iter, node->value.raw, NULL);
    members->is_array = node->value.type == MST_BSON_ARRAY;
    members->at = mst_json_skip_space(node->text, end) + 1;
    members->end = status == MST_OK ? end : NULL;
}

bool
avro_members_next(struct avro_members *members)
{
    if (members->end == NULL || mst_bson_iter_next(&members->iter) != MST_OK) {
        return false;
    }
    const uint8_t *at = mst_json_skip_space(members->at, members->end);
    if (*at == ',') {
        at = mst_json_skip_space(at + 1, members->end);
    }
    if (!members->is_array) {
        at = mst_json_skip_value(at, members->end);
        at = mst_json_skip_space(at, members->end) + 1;
    }
    members->node.value = mst_bson_iter_value(&members->iter);
    members->node.text = mst_json_skip_space(at, members->end);
    members->at = mst_json_skip_value(at, members->end);
    return true;
}

bool
avro_node_find(const struct avro_node *node, const uint8_t *end,
               const char *name, struct avro_node *ret_node)
{
    struct avro_members members;
    if (node->value.type != MST_BSON_DOCUMENT) {
        return false;
    }
    avro_members_init(&members, node, end);
    while (avro_members_next(&members)) {
        if (mst_slice_is(members.iter.key, name)) {
            *ret_node = members.node;
            return true;
        }
    }
    return false;
}

bool
avro_node_string(const struct avro_node *node, struct mst_slice *ret)
{
    return node->value.type == MST_BSON_STRING
           && mst_bson_get_string(&node->value, ret);
}

bool
avro_node_integer(const struct avro_node *node, int64_t min, int64_t max,
                  int64_t *ret)
{
    int64_t value = 0;
    if (node->value.type == MST_BSON_DOUBLE
        || !mst_bson_as_int64(&node->value, &value) || value < min
        || value > max) {
        return false;
    }
    *ret = value;
    return true;
}
