/* SPDX-License-Identifier: MIT */
/* Documents of test cases, written as JSON. */
#ifndef MST_TESTS_SOURCES_BSON_CASE_H
#define MST_TESTS_SOURCES_BSON_CASE_H

#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "base/slice.h"

/* The caller's to bson_destroy. */
static inline bson_t *
bson_case(const char *json)
{
    bson_error_t error;
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (doc == NULL) {
        fail_msg("%s: %s", json, error.message);
    }
    return doc;
}

static inline struct mst_slice
bson_case_bytes(const bson_t *doc)
{
    return mst_slice_of(bson_get_data(doc), doc->len);
}

#endif
