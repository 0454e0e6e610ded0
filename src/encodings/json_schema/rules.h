/* SPDX-License-Identifier: MIT */
/* What a schema may demand of each type. Private. */
#ifndef MST_ENCODINGS_JSON_SCHEMA_RULES_H
#define MST_ENCODINGS_JSON_SCHEMA_RULES_H

#include "encodings/json_schema/names.h"
#include "encodings/json_schema/number.h"
#include "encodings/json_schema/pattern.h"

/* What a value may be taken for, as bits: an integer is a number too. */
enum js_type {
    JS_NULL = 1,
    JS_BOOLEAN = 2,
    JS_OBJECT = 4,
    JS_ARRAY = 8,
    JS_NUMBER = 16,
    JS_STRING = 32,
    JS_INTEGER = 64
};

enum {
    JS_NO_LIMIT = -1,
    JS_REQUIRED_MAX = 64 /* names of one object that a word has bits for */
};

struct js_node;

/* A list of schemas. */
struct js_nodes {
    struct js_node **at;
    size_t len;
};

struct js_values {
    struct mst_bson_value *at;
    size_t len;
};

/* One name that an object knows. */
struct js_property {
    struct mst_slice name; /* a NUL is behind it, none inside */
    struct js_node *node;  /* NULL: only required */
    uint64_t required;     /* its bit; 0: none of its own */
};

struct js_pattern_property {
    struct js_pattern *pattern;
    struct js_node *node;
};

/* What must be there, or hold, when a name is there. */
struct js_dependent {
    struct mst_slice trigger;
    const char *keyword;
    struct mst_slice *names;
    size_t names_len;
    struct js_node *node; /* NULL: only the names */
};

struct js_object {
    struct js_property *properties; /* in the schema's order */
    size_t properties_len;
    struct js_names names;           /* to their index */
    uint64_t required;               /* all bits */
    struct mst_slice *more_required; /* names without a bit */
    size_t more_required_len;
    struct js_pattern_property *patterns;
    size_t patterns_len;
    struct js_node *additional;
    struct js_node *property_names;
    struct js_dependent *dependents;
    size_t dependents_len;
    struct js_node *unevaluated;
    int64_t min;
    int64_t max; /* JS_NO_LIMIT: none */
};

struct js_array {
    struct js_nodes prefix;
    struct js_node *items; /* behind the prefix */
    struct js_node *contains;
    struct js_node *unevaluated;
    int64_t min;
    int64_t max; /* JS_NO_LIMIT: none */
    int64_t min_contains;
    int64_t max_contains; /* JS_NO_LIMIT: none */
    bool unique;
};

struct js_string {
    int64_t min;
    int64_t max; /* JS_NO_LIMIT: none */
    struct js_pattern *pattern;
};

enum js_bound {
    JS_MINIMUM,
    JS_MAXIMUM,
    JS_EXCLUSIVE_MINIMUM,
    JS_EXCLUSIVE_MAXIMUM,
    JS_MULTIPLE_OF,
    JS_BOUNDS
};

struct js_range {
    struct js_number bounds[JS_BOUNDS];
    bool has[JS_BOUNDS];
};

/* Schemas for the same value. */
struct js_combine {
    struct js_nodes all;
    struct js_nodes any;
    struct js_nodes one;
    struct js_node *not_node;
    struct js_node *if_node;
    struct js_node *then_node;
    struct js_node *else_node;
    struct js_node *ref;
    struct js_node *dynamic_ref;   /* where it leads without a scope */
    struct mst_slice dynamic_name; /* data == NULL: nowhere else */
};

#endif
