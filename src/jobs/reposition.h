/* SPDX-License-Identifier: MIT */
/* A person says where a stopped job goes on. */
#ifndef MST_JOBS_REPOSITION_H
#define MST_JOBS_REPOSITION_H

#include "config/config.h"
#include "core/store.h"

/* Borrowed. */
struct mst_reposition {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    struct mst_store *store;
};

/* Saves the position, which wins over what the source's server remembers, and
 * says in words where that is. MST_END: it is none of the job's source.
 * MST_REJECTED: somebody holds the job's lease. Else as the store says. */
MST_MUST_CHECK enum mst_status
mst_reposition_set(const struct mst_reposition *what, struct mst_slice position,
                   struct mst_buf *ret_words, struct mst_error *err);

/* Asks the source's server what stood there at that moment, and saves it.
 * MST_END: it can not be rewound to that, or not by time. MST_RETRY: the server
 * could not be asked, and nothing was saved; with `force` the position is then
 * saved unchecked, where there is one. Else as above. */
MST_MUST_CHECK enum mst_status
mst_reposition_to(const struct mst_reposition *what, int64_t wall_ms,
                  bool force, struct mst_buf *ret_position,
                  struct mst_buf *ret_words, struct mst_error *err);

#endif
