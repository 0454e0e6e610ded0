/* SPDX-License-Identifier: MIT */
/* The changes of a delta that only an aggregation pipeline can make: those of
 * fields with special names (see mongodb_path.h). */
#ifndef MST_SINKS_MONGODB_SPECIAL_H
#define MST_SINKS_MONGODB_SPECIAL_H

#include "base/buf.h"
#include "sinks/mongodb/mongodb_path.h"

struct mst_mongosink_specials {
    struct mst_slice paths; /* disambiguatedPaths, data == NULL: none */
    struct mst_arena *arena;
    struct mst_buf *scratch;
    struct mst_mongosink_change *items; /* in the arena */
    size_t len;
    size_t cap;
};

/* Takes an array that is cut, when its path is special. MST_AGAIN: it is not.
 * MST_REJECTED: it can not be said. */
MST_MUST_CHECK enum mst_status
mst_mongosink_special_cut(struct mst_mongosink_specials *specials,
                          struct mst_slice path, int64_t size,
                          struct mst_error *err);

/* Takes the special ones out of updatedFields, or removedFields when they are
 * names; *fields is replaced by the rest. MST_REJECTED as above. */
MST_MUST_CHECK enum mst_status
mst_mongosink_special_fields(struct mst_mongosink_specials *specials,
                             struct mst_slice *fields, bool names,
                             struct mst_error *err);

/* A pipeline of all that was taken. */
MST_MUST_CHECK enum mst_status
mst_mongosink_special_pipeline(const struct mst_mongosink_specials *specials,
                               struct mst_slice *ret_pipeline,
                               struct mst_error *err);

#endif
