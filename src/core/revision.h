/* SPDX-License-Identifier: MIT */
/* Numbers that tell what a record was from what it is. */
#ifndef MST_CORE_REVISION_H
#define MST_CORE_REVISION_H

#include <stdint.h>

/* What the revision of a record becomes by a save: one more; of a new one
 * (0) more than any that went before had, so that a removed one never comes
 * back. */
uint64_t mst_next_revision(uint64_t revision);

#endif
