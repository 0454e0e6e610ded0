/* SPDX-License-Identifier: MIT */
/* One value against the field it is given for. */
#ifndef MST_API_FIELD_H
#define MST_API_FIELD_H

#include "api/http.h"

/* Reads a text that stands for a number, a time, a duration or a choice, or is
 * one. False: err says what is wrong. */
MST_MUST_CHECK bool mst_api_field_read(const struct mst_api_field *field,
                                       const char *text,
                                       struct mst_api_value *ret_value,
                                       struct mst_error *err);
MST_MUST_CHECK bool mst_api_field_number(const struct mst_api_field *field,
                                         int64_t number,
                                         struct mst_api_value *ret_value,
                                         struct mst_error *err);

/* The index of the field called so, or len. */
size_t mst_api_field_find(const struct mst_api_field *fields, size_t len,
                          const char *name);

#endif
