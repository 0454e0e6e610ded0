/* SPDX-License-Identifier: MIT */
/* The table of wrapper names. */
#include "encodings/wrapper.h"

#include "base/macros.h"

static const char *const wrapper_names[] = {
    [MST_WRAPPER_NONE] = "",
    [MST_WRAPPER_BINARY] = "$binary",
    [MST_WRAPPER_CODE] = "$code",
    [MST_WRAPPER_DATE] = "$date",
    [MST_WRAPPER_DBPOINTER] = "$dbPointer",
    [MST_WRAPPER_MAXKEY] = "$maxKey",
    [MST_WRAPPER_MINKEY] = "$minKey",
    [MST_WRAPPER_DECIMAL] = "$numberDecimal",
    [MST_WRAPPER_DOUBLE] = "$numberDouble",
    [MST_WRAPPER_INT] = "$numberInt",
    [MST_WRAPPER_LONG] = "$numberLong",
    [MST_WRAPPER_OID] = "$oid",
    [MST_WRAPPER_REGEX] = "$regularExpression",
    [MST_WRAPPER_SCOPE] = "$scope",
    [MST_WRAPPER_SYMBOL] = "$symbol",
    [MST_WRAPPER_TIMESTAMP] = "$timestamp",
    [MST_WRAPPER_UNDEFINED] = "$undefined",
    [MST_WRAPPER_UUID] = "$uuid",
};

enum mst_wrapper
mst_wrapper_find(struct mst_slice key)
{
    /* The two of nearly every document come first. */
    if (mst_slice_equal(key, MST_SLICE_LIT("$oid"))) {
        return MST_WRAPPER_OID;
    }
    if (mst_slice_equal(key, MST_SLICE_LIT("$date"))) {
        return MST_WRAPPER_DATE;
    }
    if (key.len < 5 || key.data[0] != '$') {
        return MST_WRAPPER_NONE;
    }
    for (size_t i = 1; i < MST_ARRAY_SIZE(wrapper_names); i++) {
        if (mst_slice_is(key, wrapper_names[i])) {
            return (enum mst_wrapper)i;
        }
    }
    return MST_WRAPPER_NONE;
}

const char *
mst_wrapper_name(enum mst_wrapper wrapper)
{
    return wrapper_names[wrapper];
}
