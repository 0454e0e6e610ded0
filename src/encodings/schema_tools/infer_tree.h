/* SPDX-License-Identifier: MIT */
/* What was seen at each place of the documents. Private. */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_INFER_TREE_H
#define MST_ENCODINGS_SCHEMA_TOOLS_INFER_TREE_H

#include "base/arena.h"
#include "encodings/bson_type.h"
#include "encodings/schema_tools/infer.h"
#include "encodings/schema_tools/text.h"

/* Types of values; bits of infer_node.kinds. */
enum infer_kind {
    INFER_NULL = 1U << 0,
    INFER_BOOL = 1U << 1,
    INFER_INT32 = 1U << 2,
    INFER_INT64 = 1U << 3,
    INFER_DOUBLE = 1U << 4,
    INFER_DECIMAL = 1U << 5,
    INFER_STRING = 1U << 6,
    INFER_OBJECTID = 1U << 7,
    INFER_DATE = 1U << 8,
    INFER_TICKS = 1U << 9, /* a timestamp with an increment */
    INFER_BINARY = 1U << 10,
    INFER_UUID = 1U << 11,
    INFER_OBJECT = 1U << 12,
    INFER_ARRAY = 1U << 13,
    INFER_REGEX = 1U << 14,
    INFER_CODE = 1U << 15,
    INFER_CODE_SCOPE = 1U << 16,
    INFER_DBPOINTER = 1U << 17,
    INFER_MINKEY = 1U << 18,
    INFER_MAXKEY = 1U << 19,
    INFER_UNDEFINED = 1U << 20,
    INFER_NUMBERS = INFER_INT32 | INFER_INT64 | INFER_DOUBLE
};

/* What all texts seen so far are. */
enum infer_format {
    INFER_EMAIL = 1U << 0,
    INFER_DATE_TIME = 1U << 1,
    INFER_UUID_TEXT = 1U << 2,
    INFER_HEX_ID = 1U << 3,
    INFER_FORMATS = 15U
};

enum { INFER_ENUM_MAX = 10, INFER_ENUM_LEN_MAX = 50 };

/* Only with_values. */
struct infer_values {
    bool has_whole;
    bool has_double;
    bool too_many;
    int64_t whole_min;
    int64_t whole_max;
    double double_min;
    double double_max;
    unsigned texts_len;
    struct mst_slice texts[INFER_ENUM_MAX];
    uint64_t counts[INFER_ENUM_MAX];
};

struct infer_object;

/* One place. All memory is the tree's. */
struct infer_node {
    uint32_t kinds;
    uint8_t formats;
    bool unfit;        /* Decimal128s have no precision and scale in common */
    bool special;      /* Decimal128s that are no numbers */
    bool deep;         /* what is below is not told */
    unsigned whole;    /* digits of Decimal128s before the point */
    unsigned fraction; /* and behind */
    struct infer_object *object;
    struct infer_node *items;
    struct infer_values *values;
};

struct infer_field {
    struct mst_slice name;
    struct infer_node *node;
    uint64_t in;   /* so many objects have it */
    uint64_t last; /* the object it was last seen in, from 1 */
};

struct infer_object {
    uint64_t seen;
    struct infer_field *fields; /* in the order they were seen */
    size_t len;
    size_t cap;
    uint32_t *slots; /* number of the field + 1 by the hash of its name */
    size_t mask;
    struct infer_node *rest; /* values whose names are data */
    bool is_map;             /* all names are */
};

struct infer_tree {
    struct mst_arena *arena;
    const struct mst_infer_options *options;
    size_t left; /* nodes that may be made */
};

/* A place where nothing was seen; NULL without memory. */
MST_MUST_CHECK struct infer_node *infer_node_create(struct infer_tree *tree);

/* One more value. False: no memory. The document must be well formed. */
MST_MUST_CHECK bool infer_node_add(struct infer_tree *tree,
                                   struct infer_node *node,
                                   const struct mst_bson_value *value,
                                   unsigned depth);
/* from is used up. False: no memory. */
MST_MUST_CHECK bool infer_node_merge(struct infer_tree *tree,
                                     struct infer_node *node,
                                     struct infer_node *from);
/* Makes maps of the objects whose names are likely to be data. */
MST_MUST_CHECK bool infer_node_settle(struct infer_tree *tree,
                                      struct infer_node *node, bool is_root);

/* infer_object.c */
/* The place of that name; *ret_node NULL: it is not told. is_new: it counts
 * as one more object that has it. */
MST_MUST_CHECK bool infer_object_child(struct infer_tree *tree,
                                       struct infer_object *object,
                                       struct mst_slice name,
                                       struct infer_node **ret_node);
MST_MUST_CHECK bool infer_object_merge(struct infer_tree *tree,
                                       struct infer_object *object,
                                       struct infer_object *from);
/* All names become data. */
MST_MUST_CHECK bool infer_object_collapse(struct infer_tree *tree,
                                          struct infer_object *object);
/* Whether a name is rather an id, a date or an address than a name. */
bool infer_name_is_data(struct mst_slice name);

/* infer_scalar.c */
enum infer_kind infer_kind_of(const struct mst_bson_value *value);
/* What is kept of a number or text; false: no memory. */
MST_MUST_CHECK bool infer_scalar_add(struct infer_tree *tree,
                                     struct infer_node *node,
                                     const struct mst_bson_value *value,
                                     enum infer_kind kind);
void infer_scalar_merge(struct infer_node *node, struct infer_node *from);

/* infer_write.c */
/* The keywords of the schema, into the object that is open. name: of the
 * field, NULL data where there is none. */
void infer_write(struct schema_text *text, const struct infer_node *node,
                 struct mst_slice name,
                 const struct mst_infer_options *options);

#endif
