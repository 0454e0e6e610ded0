/* SPDX-License-Identifier: MIT */
/* Positions and dead letters as people and machines read them: the sources
 * that a program was built with know how. */
#ifndef MST_JOBS_WORDS_H
#define MST_JOBS_WORDS_H

#include "base/buf.h"
#include "core/letter.h"
#include "core/registry.h"

/* The source whose position it is: identity begins with its provider. NULL:
 * not in this build. */
const struct mst_source_type *
mst_words_source(const struct mst_registry *registry, const char *identity);

/* Appends the position in plain words, or why that can not be done. */
void mst_words_position(const struct mst_registry *registry,
                        const char *identity, struct mst_slice position,
                        struct mst_buf *out);

/* Appends where the letter's event is at its origin, nothing when that is not
 * known. False: out of memory. */
MST_MUST_CHECK bool mst_words_place(const struct mst_registry *registry,
                                    const struct mst_letter *letter,
                                    bool for_machines, struct mst_buf *out);

/* Appends the letter with all it has as one JSON object. */
MST_MUST_CHECK enum mst_status
mst_words_letter(const struct mst_registry *registry,
                 const struct mst_letter *letter, struct mst_buf *out);

#endif
