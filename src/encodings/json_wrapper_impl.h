/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files that read type wrappers. Texts inside of them are
 * decoded to the end of the output, taken as what they say, and overwritten
 * by the value. Private.
 */
#ifndef MST_ENCODINGS_JSON_WRAPPER_IMPL_H
#define MST_ENCODINGS_JSON_WRAPPER_IMPL_H

#include "encodings/json_bson_impl.h"

/* {"one": ..., "two": ...} in any order. read gets 0 or 1 with json->at
 * behind the colon; what it leaves behind json->out stays if it moves it. */
struct json_wrapper_pair {
    const char *names[2];
    enum mst_status (*read)(struct json_bson *json, int which, void *ctx);
    enum mst_wrapper wrapper;
    const char *needs; /* for the message */
};

MST_MUST_CHECK enum mst_status
json_wrapper_pair_read(struct json_bson *json,
                       const struct json_wrapper_pair *pair, void *ctx);

/* What is inside of a wrapper is wrong; where: what stands there. */
enum mst_status json_wrapper_fail(struct json_bson *json, const uint8_t *where,
                                  enum mst_wrapper wrapper, const char *needs);

/* Decodes a text to json->out + skip and leaves json->out where it was; the
 * text is valid until something is written. skip is at most 16. */
MST_MUST_CHECK enum mst_status json_wrapper_text(struct json_bson *json,
                                                 size_t skip,
                                                 struct mst_slice *ret_text);

/* The 24 hex digits of an ObjectId, in quotes. */
MST_MUST_CHECK enum mst_status
json_wrapper_oid_bytes(struct json_bson *json,
                       uint8_t ret_oid[MST_BSON_OBJECTID_LEN]);

/* An integer without quotes. */
bool json_wrapper_integer(struct json_bson *json, int64_t min, int64_t max,
                          int64_t *ret);

/* The wrappers of single values; json->at is behind the colon. */
MST_MUST_CHECK enum mst_status json_wrapper_oid(struct json_bson *json);
MST_MUST_CHECK enum mst_status json_wrapper_int(struct json_bson *json,
                                                enum mst_wrapper wrapper);
MST_MUST_CHECK enum mst_status json_wrapper_double(struct json_bson *json);
MST_MUST_CHECK enum mst_status json_wrapper_decimal(struct json_bson *json);
MST_MUST_CHECK enum mst_status json_wrapper_date(struct json_bson *json);
MST_MUST_CHECK enum mst_status json_wrapper_timestamp(struct json_bson *json);

#endif
