/* SPDX-License-Identifier: MIT */
/*
 * A JSON Schema, compiled: nodes that point to each other, each with what it
 * demands. All memory is the schema's arena but for the patterns. Private.
 */
#ifndef MST_ENCODINGS_JSON_SCHEMA_MODEL_H
#define MST_ENCODINGS_JSON_SCHEMA_MODEL_H

#include "base/arena.h"
#include "base/buf.h"
#include "encodings/json_schema/rules.h"

struct avro_node;
struct js_format;

enum js_draft { JS_DRAFT_7, JS_DRAFT_2020 };

struct js_node {
    struct js_resource *resource;
    const struct js_node *up; /* NULL: token is from the root */
    struct mst_slice token;   /* of a JSON pointer, behind up's */
    uint8_t types;            /* 0: any */
    bool never;               /* the schema `false` */
    bool has_enum;
    struct js_values enumeration;
    const struct mst_bson_value *constant; /* NULL: any */
    uint8_t walk;                          /* while it is compiled */
    const struct js_format *format;
    struct js_range *range;
    struct js_string *string;
    struct js_array *array;
    struct js_object *object;
    struct js_combine *combine;
};

/* A name that a resource gives to one of its schemas. */
struct js_anchor {
    struct mst_slice name;
    struct js_node *node;
    bool dynamic;
    struct js_anchor *next;
};

/* A schema with an address of its own. */
struct js_resource {
    struct mst_slice uri; /* absolute where it can be, without a fragment */
    enum js_draft draft;
    struct js_node *root;
    struct js_anchor *anchors;
    const struct avro_node *raw; /* while it is compiled */
};

struct mst_json_schema {
    struct mst_arena arena;
    struct mst_buf bson; /* the text; names and values point into it */
    struct js_node *root;
    struct js_pattern *patterns; /* all of them */
    bool dynamic;                /* has a $dynamicRef that looks around */
    bool formats;                /* are asserted */
};

#endif
