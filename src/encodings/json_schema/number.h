/* SPDX-License-Identifier: MIT */
/* Numbers of all BSON types, compared exactly. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_NUMBER_H
#define MST_ENCODINGS_JSON_SCHEMA_NUMBER_H

#include "encodings/avro/number.h"
#include "encodings/bson_reader.h"

enum js_number_kind { JS_INT, JS_DOUBLE, JS_DECIMAL, JS_NOT_FINITE };

/* A double means the shortest text that reads back as it. */
struct js_number {
    enum js_number_kind kind;
    int64_t integer;             /* of JS_INT */
    double real;                 /* of JS_DOUBLE and JS_NOT_FINITE */
    struct avro_decimal decimal; /* of JS_DECIMAL, without zeros behind */
};

/* False: the value is no number. */
bool js_number_of(const struct mst_bson_value *value, struct js_number *ret);

bool js_number_is_whole(const struct js_number *number);

/* < 0, 0, > 0; false where one of them is not finite. */
bool js_number_compare(const struct js_number *a, const struct js_number *b,
                       int *ret);

/* of is above 0. */
bool js_number_is_multiple(const struct js_number *number,
                           const struct js_number *of);

/* The same for equal numbers. */
uint64_t js_number_hash(const struct js_number *number);

#endif
