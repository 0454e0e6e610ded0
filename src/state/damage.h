/* SPDX-License-Identifier: MIT */
/* Lists that go on over what is damaged, and tell of it at their end. */
#ifndef MST_STATE_DAMAGE_H
#define MST_STATE_DAMAGE_H

#include "base/error.h"

/* Zeroed: none yet. The last one stays. */
struct mst_damage {
    struct mst_error why;
};

/* What a list does after one of its entries failed with status and why: goes
 * on over one that is damaged (MST_OK), else ends, with why in err. */
enum mst_status mst_damage_note(struct mst_damage *damage,
                                enum mst_status status,
                                const struct mst_error *why,
                                struct mst_error *err);

/* The status of the whole list that ends with status. */
enum mst_status mst_damage_end(const struct mst_damage *damage,
                               enum mst_status status, struct mst_error *err);

#endif
