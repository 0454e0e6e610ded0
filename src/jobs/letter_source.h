/* SPDX-License-Identifier: MIT */
/* A source that gives the dead letters of a job, and removes each one when it
 * is confirmed. */
#ifndef MST_JOBS_LETTER_SOURCE_H
#define MST_JOBS_LETTER_SOURCE_H

#include "core/source.h"
#include "core/store.h"

/* Stands in mst_source_args.options. Borrowed. */
struct mst_letter_source_options {
    struct mst_store *store;
    const char *job;
    const char *sink; /* letters of this one; NULL: those without a sink */
    uint64_t id;      /* 0: all */
};

extern const struct mst_source_type mst_letter_source;

#endif
