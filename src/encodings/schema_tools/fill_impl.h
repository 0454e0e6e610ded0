/* SPDX-License-Identifier: MIT */
/* Shared by the files that make up documents. Private. */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_FILL_IMPL_H
#define MST_ENCODINGS_SCHEMA_TOOLS_FILL_IMPL_H

#include "encodings/bson_writer.h"
#include "encodings/schema_tools/doc.h"
#include "encodings/schema_tools/fill.h"
#include "schema/avro_schema.h"

/* A document being made up. */
struct fill_run {
    struct schema_doc doc;
    struct mst_bson_writer writer;
    uint64_t state; /* of the generator */
    bool texts;
    unsigned depth;
    unsigned tries; /* documents thrown away before this one */
};

/* One value to be made up. */
struct fill_place {
    const char *key;       /* in the document or array around it */
    struct mst_slice name; /* of the field that it is in */
    const struct schema_facets *facets;
};

uint64_t fill_next(struct fill_run *run);
/* 0 to n - 1; n is not 0. */
uint64_t fill_below(struct fill_run *run, uint64_t n);
/* From low to high, both in it. */
int64_t fill_between(struct fill_run *run, int64_t low, int64_t high);
double fill_fraction(struct fill_run *run); /* 0 to below 1 */

/* The whole number that a keyword gives; fallback where it is absent. */
int64_t fill_limit(const struct fill_run *run, const struct fill_place *place,
                   const char *word, int64_t fallback);
/* MST_REJECTED: low is above high, named by their keywords. */
MST_MUST_CHECK enum mst_status fill_check_limits(const struct fill_run *run,
                                                 const struct fill_place *place,
                                                 bool above, const char *low,
                                                 const char *high);

/* fill_number.c */
MST_MUST_CHECK enum mst_status fill_integer(struct fill_run *run,
                                            const struct fill_place *place);
MST_MUST_CHECK enum mst_status fill_number(struct fill_run *run,
                                           const struct fill_place *place);
/* fill_text.c */
MST_MUST_CHECK enum mst_status fill_string(struct fill_run *run,
                                           const struct fill_place *place);
/* Whether the name has the word in it, in any case. */
bool fill_name_has(struct mst_slice name, const char *word);

#endif
