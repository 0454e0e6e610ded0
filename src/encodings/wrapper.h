/* SPDX-License-Identifier: MIT */
/* The names of Extended JSON's type wrappers. Private to this folder. */
#ifndef MST_ENCODINGS_WRAPPER_H
#define MST_ENCODINGS_WRAPPER_H

#include "base/slice.h"

enum mst_wrapper {
    MST_WRAPPER_NONE = 0,
    MST_WRAPPER_BINARY,
    MST_WRAPPER_CODE,
    MST_WRAPPER_DATE,
    MST_WRAPPER_DBPOINTER,
    MST_WRAPPER_MAXKEY,
    MST_WRAPPER_MINKEY,
    MST_WRAPPER_DECIMAL,
    MST_WRAPPER_DOUBLE,
    MST_WRAPPER_INT,
    MST_WRAPPER_LONG,
    MST_WRAPPER_OID,
    MST_WRAPPER_REGEX,
    MST_WRAPPER_SCOPE, /* only behind $code */
    MST_WRAPPER_SYMBOL,
    MST_WRAPPER_TIMESTAMP,
    MST_WRAPPER_UNDEFINED,
    MST_WRAPPER_UUID
};

/* Which wrapper a field name is ("$oid"), or MST_WRAPPER_NONE. */
enum mst_wrapper mst_wrapper_find(struct mst_slice key);
/* The name, with its dollar sign. */
const char *mst_wrapper_name(enum mst_wrapper wrapper);

#endif
