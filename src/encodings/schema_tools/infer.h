/* SPDX-License-Identifier: MIT */
/*
 * What documents have in common, as a JSON Schema (draft 2020-12). Documents
 * are looked at once, as they come, in bounded memory; no value of them is
 * kept unless it is asked for.
 */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_INFER_H
#define MST_ENCODINGS_SCHEMA_TOOLS_INFER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

enum {
    /* Levels that are told; what is deeper may be anything. */
    MST_INFER_DEPTH_MAX = 40,
    /* Variants that are told apart; the rest are one more. */
    MST_INFER_VARIANTS_MAX = 32,
    /* Names of one object; with more it is a map. */
    MST_INFER_NAMES_MAX = 4096,
    /* Names of all objects; later ones are not told. */
    MST_INFER_FIELDS_MAX = 100000,
    /* A name that is longer is taken for data. */
    MST_INFER_NAME_LEN_MAX = 64
};

/* A zeroed one is the default. */
struct mst_infer_options {
    bool with_values;  /* enum, minimum and maximum: values of the documents */
    bool text_formats; /* date-time, uuid, email, objectid of texts */
    bool from_json;    /* the width of an integer says nothing */
};

/* Documents that agree where others do not. */
struct mst_infer_variant {
    uint64_t documents;
    bool rest;               /* of all variants beyond the maximum */
    struct mst_slice schema; /* as long as the mst_infer lives */
};

struct mst_infer;

/* Ownership: the caller's. Thread: one at a time. options may be NULL. */
MST_MUST_CHECK enum mst_status
mst_infer_create(const struct mst_infer_options *options,
                 struct mst_infer **ret_infer, struct mst_error *err);
/* NULL is allowed. */
void mst_infer_destroy(struct mst_infer *infer);

/* One more document. MST_REJECTED: it is not well formed, and not counted. */
MST_MUST_CHECK enum mst_status mst_infer_add(struct mst_infer *infer,
                                             struct mst_slice bson,
                                             struct mst_error *err);

/* Appends the schema that all documents fit; no more of them after this.
 * MST_REJECTED: there was none, or the schema is larger than out may be. */
MST_MUST_CHECK enum mst_status mst_infer_finish(struct mst_infer *infer,
                                                struct mst_buf *out,
                                                struct mst_error *err);

uint64_t mst_infer_documents(const struct mst_infer *infer);
/* After mst_infer_finish: the variants, largest first. */
const struct mst_infer_variant *
mst_infer_variants(const struct mst_infer *infer, size_t *ret_len);

#endif
