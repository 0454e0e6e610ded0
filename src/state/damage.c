/* SPDX-License-Identifier: MIT */
/* Telling what is damaged from what else goes wrong. */
#include "state/damage.h"

#include <stddef.h>

enum mst_status
mst_damage_note(struct mst_damage *damage, enum mst_status status,
                const struct mst_error *why, struct mst_error *err)
{
    /* No memory is MST_FATAL too, but passes. */
    if (status == MST_FATAL && why->retry_after_ms < 0) {
        damage->why = *why;
        return MST_OK;
    }
    if (err != NULL) {
        *err = *why;
    }
    return status;
}

enum mst_status
mst_damage_end(const struct mst_damage *damage, enum mst_status status,
               struct mst_error *err)
{
    if (status != MST_OK || damage->why.status == MST_OK) {
        return status;
    }
    if (err != NULL) {
        *err = damage->why;
    }
    return damage->why.status;
}
