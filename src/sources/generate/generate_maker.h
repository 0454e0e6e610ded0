/* SPDX-License-Identifier: MIT */
/* Makes the events of a generate source, one at a time. */
#ifndef MST_SOURCES_GENERATE_GENERATE_MAKER_H
#define MST_SOURCES_GENERATE_GENERATE_MAKER_H

#include "sources/generate/generate.h"
#include "sources/generate/generate_mix.h"
#include "sources/generate/generate_template.h"

enum { MST_MAKER_MAX = 64 << 20 };

/* Thread: one at a time. */
struct mst_maker {
    const struct mst_generate_options *options; /* borrowed */
    struct mst_template *template;
    struct mst_mix mix;
    struct mst_buf out;  /* the payload made last, JSON */
    struct mst_buf bson; /* and in the other encoding, where it is wanted */
    struct mst_buf id;   /* its id as JSON text */
    struct mst_buf key;  /* its key, a BSON document {_id: ...} */
};

/* MST_FATAL with the option at fault. clear is due whatever the status is. */
MST_MUST_CHECK enum mst_status
mst_maker_init(struct mst_maker *maker,
               const struct mst_generate_options *options,
               struct mst_error *err);
void mst_maker_clear(struct mst_maker *maker);

/* The payload made last, in the encoding of the options. */
struct mst_slice mst_maker_payload(const struct mst_maker *maker);

/* Makes event n (from 1). MST_REJECTED: larger
 * than MST_MAKER_MAX, or no document; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status mst_maker_make(struct mst_maker *maker,
                                              uint64_t n, int64_t now_ms,
                                              enum mst_op *ret_op,
                                              struct mst_error *err);

#endif
