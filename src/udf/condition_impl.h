/* SPDX-License-Identifier: MIT */
/* What a condition is made of: for the files that make it and test by it. */
#ifndef MST_UDF_CONDITION_IMPL_H
#define MST_UDF_CONDITION_IMPL_H

#include "udf/condition.h"

enum { CONDITION_NODES = 1000 };

enum condition_kind {
    CONDITION_OR,
    CONDITION_AND,
    CONDITION_NOT,
    CONDITION_EXISTS,
    CONDITION_COMPARE
};

enum condition_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_LIKE };

enum condition_type { TYPE_NULL, TYPE_BOOL, TYPE_NUMBER, TYPE_TEXT };

/* A literal, or what a field has of that kind. */
struct condition_value {
    enum condition_type type;
    bool yes;
    bool whole; /* a number that is exact in `integer` */
    int64_t integer;
    double number;
    struct mst_slice text;
};

struct condition_node {
    enum condition_kind kind;
    uint32_t left; /* of OR, AND, NOT */
    uint32_t right;
    struct mst_slice path; /* of EXISTS, COMPARE */
    bool attribute;
    enum condition_op op;
    struct condition_value value;
};

struct mst_condition {
    char *text; /* paths and texts point into it */
    struct condition_node nodes[CONDITION_NODES];
    uint32_t len;
    uint32_t root;
};

#endif
