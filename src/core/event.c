/* SPDX-License-Identifier: MIT */
/* Names of operations, look-up of attributes. */
#include "core/event.h"

static const char *const event_op_names[] = {
    [MST_OP_NONE] = "none",     [MST_OP_CREATE] = "create",
    [MST_OP_UPDATE] = "update", [MST_OP_REPLACE] = "replace",
    [MST_OP_DELETE] = "delete", [MST_OP_READ] = "read",
};

static const struct {
    const char *name;
    enum mst_op op;
} event_op_aliases[] = {
    {"insert", MST_OP_CREATE}, {"c", MST_OP_CREATE}, {"u", MST_OP_UPDATE},
    {"d", MST_OP_DELETE},      {"r", MST_OP_READ},
};

struct mst_slice
mst_attributes_find(const struct mst_attribute *attributes, size_t n,
                    const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (mst_slice_is(attributes[i].name, name)) {
            return attributes[i].value;
        }
    }
    return MST_SLICE_NONE;
}

struct mst_slice
mst_event_attribute(const struct mst_event *event, const char *name)
{
    return mst_attributes_find(event->attributes, event->attributes_len, name);
}

const char *
mst_op_name(enum mst_op op)
{
    return event_op_names[op];
}

const char *
mst_op_legacy_name(enum mst_op op)
{
    return op == MST_OP_CREATE ? "insert" : event_op_names[op];
}

bool
mst_op_parse(struct mst_slice name, enum mst_op *ret_op)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(event_op_names); i++) {
        if (mst_slice_is(name, event_op_names[i])) {
            *ret_op = (enum mst_op)i;
            return true;
        }
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(event_op_aliases); i++) {
        if (mst_slice_is(name, event_op_aliases[i].name)) {
            *ret_op = event_op_aliases[i].op;
            return true;
        }
    }
    return false;
}

void
mst_event_derive(const struct mst_event *event, struct mst_event *ret_event)
{
    *ret_event = (struct mst_event){
        .payload = event->payload,
        .key = event->key,
        .mark = event->mark,
        .attributes = event->attributes,
        .attributes_len = event->attributes_len,
        .attempts = event->attempts,
        .encoding = event->encoding,
        .key_kind = event->key_kind,
        .op = event->op,
        .source_ts_ms = event->source_ts_ms,
        .key_hash = event->key_hash,
        .seq = event->seq,
        .batch = event->batch,
    };
}
