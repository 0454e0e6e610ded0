/* SPDX-License-Identifier: MIT */
#include "core/revision.h"

#include "base/clock.h"

uint64_t
mst_next_revision(uint64_t revision)
{
    enum { REVISION_NS_BITS = 20 }; /* more than a millisecond has */
    /* What is removed and made again within a millisecond is
     * another one, too. A million saves in each would be needed to catch up. */
    uint64_t fraction =
        (uint64_t)mst_clock_ns() & ((1U << REVISION_NS_BITS) - 1);
    uint64_t now = (uint64_t)mst_clock_wall_ms() << REVISION_NS_BITS | fraction;
    return revision == 0 ? now : revision + 1;
}
