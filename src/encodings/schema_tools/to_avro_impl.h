/* SPDX-License-Identifier: MIT */
/* Shared by the files that turn JSON Schema into Avro. Private. */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_TO_AVRO_IMPL_H
#define MST_ENCODINGS_SCHEMA_TOOLS_TO_AVRO_IMPL_H

#include "encodings/avro/names.h"
#include "encodings/schema_tools/doc.h"
#include "encodings/schema_tools/text.h"
#include "encodings/schema_tools/to_avro.h"
#include "schema/avro_schema.h"

enum {
    /* Types inside each other; a schema may be nested 200 deep. */
    TO_AVRO_DEPTH_MAX = 60,
    TO_AVRO_BRANCHES_MAX = 64
};

/* A type of Avro that holds no others. */
struct to_scalar {
    enum mst_avro_kind kind;
    enum mst_avro_logical logical;
    unsigned precision;
    unsigned scale;
    size_t size;
    struct mst_slice name;     /* of fixed and enum; may be none yet */
    struct mst_slice *symbols; /* of an enum */
    size_t symbols_len;
};

/* A branch of a union, or the only type. */
struct to_branch {
    struct to_scalar scalar;       /* its kind is that of the branch */
    struct schema_alternatives of; /* arrays, maps; records that are one */
    struct mst_slice key;          /* of a record */
};

struct to_union {
    size_t len;
    struct to_branch branches[TO_AVRO_BRANCHES_MAX];
};

struct to_avro {
    struct schema_doc doc;
    const struct mst_to_avro_options *options;
    struct schema_text text;
    struct avro_names used;    /* full names that are taken */
    struct avro_names records; /* what is written already, to its name */
    struct mst_slice space;    /* the namespace around */
    unsigned depth;
};

/* to_avro_scalar.c */
/* The branches of a type; nothing is written. merge: all records are one that
 * has the fields of all of them. */
MST_MUST_CHECK enum mst_status
to_union_of(struct to_avro *to, const struct schema_alternatives *alternatives,
            bool merge, struct to_union *ret_union);

/* to_avro_conflict.c */
MST_MUST_CHECK enum mst_status to_union_add(struct to_avro *to,
                                            struct to_union *types,
                                            const struct to_scalar *scalar,
                                            const uint8_t *where);
/* Makes types that a union can not tell apart others. */
MST_MUST_CHECK enum mst_status to_union_settle(struct to_avro *to,
                                               struct to_union *types,
                                               const uint8_t *where);

/* to_avro_name.c */
/* A name of Avro made of any text. */
MST_MUST_CHECK enum mst_status
to_name(struct to_avro *to, struct mst_slice text, struct mst_slice *ret_name);
/* The full name of a type: text as it is where it may be, else one like it
 * that is free. capital: it begins with a capital letter. */
MST_MUST_CHECK enum mst_status to_full_name(struct to_avro *to,
                                            struct mst_slice text, bool capital,
                                            struct mst_slice *ret_name);
/* One for a field that documents call label, free among names. */
MST_MUST_CHECK enum mst_status to_field_name(struct to_avro *to,
                                             struct avro_names *names,
                                             struct mst_slice label,
                                             struct mst_slice *ret_name);
bool to_is_name(struct mst_slice text);
bool to_is_full_name(struct mst_slice text);

/* to_avro_default.c */
/* Whether the default is a value of the branch. */
bool to_default_fits(const struct to_branch *branch,
                     const struct avro_node *value);
/* Writes the default. */
void to_default_write(struct to_avro *to, const struct to_branch *branch,
                      const struct avro_node *value);

/* to_avro.c */
/* hint: what a record in it may be called. */
MST_MUST_CHECK enum mst_status to_write_union(struct to_avro *to,
                                              const struct to_union *types,
                                              struct mst_slice hint);
MST_MUST_CHECK enum mst_status
to_write(struct to_avro *to, const struct schema_alternatives *alternatives,
         bool merge, struct mst_slice hint);

/* to_avro_record.c */
/* Whether the object has names that are not told: it is a map then. */
bool to_is_map(const struct to_avro *to, const struct schema_facets *facets);
/* What makes a record the same as another: the schemas of its fields. */
MST_MUST_CHECK enum mst_status
to_record_key(struct to_avro *to, const struct schema_alternatives *objects,
              struct mst_slice *ret_key);
MST_MUST_CHECK enum mst_status to_write_record(struct to_avro *to,
                                               const struct to_branch *branch,
                                               struct mst_slice hint);
/* What the values of a map may be. */
MST_MUST_CHECK enum mst_status
to_map_values(struct to_avro *to, const struct schema_alternatives *objects,
              struct schema_alternatives *values);

#endif
