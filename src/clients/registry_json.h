/* SPDX-License-Identifier: MIT */
/*
 * Reading the answers of a schema registry: one object or array at the top,
 * whose members are looked at one by one. Nothing is allocated but for texts
 * that are asked for, whatever the answer looks like.
 */
#ifndef MST_CLIENTS_REGISTRY_JSON_H
#define MST_CLIENTS_REGISTRY_JSON_H

#include "base/buf.h"

/* Where the reading stands. The text is borrowed. */
struct registry_json {
    const char *at;
    const char *end;
    bool first; /* no member was read yet */
};

/* begin: '{' or '['. False: the text does not begin so. */
MST_MUST_CHECK bool registry_json_begin(struct registry_json *json,
                                        struct mst_slice text, char begin);

/* The next member as it is written; name (of an object's member, without its
 * quotes and not decoded) may be NULL. False: there is no further one, or the
 * text is no JSON: registry_json_is_whole tells which. */
MST_MUST_CHECK bool registry_json_next(struct registry_json *json,
                                       struct mst_slice *ret_name,
                                       struct mst_slice *ret_value);
bool registry_json_is_whole(const struct registry_json *json);

/* Appends the string that value is. MST_REJECTED: it is none, or too long. */
MST_MUST_CHECK enum mst_status registry_json_string(struct mst_slice value,
                                                    struct mst_buf *out);
/* False: it is no whole number from 0 to what 32 bits hold. */
MST_MUST_CHECK bool registry_json_number(struct mst_slice value,
                                         uint32_t *ret_number);

#endif
