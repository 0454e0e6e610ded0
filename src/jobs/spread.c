/* SPDX-License-Identifier: MIT */
/* Counting, asking and giving. */
#include "jobs/spread.h"

#include "base/clock.h"

enum {
    /* Fewer apart is as even as it gets. */
    SPREAD_APART = 2,
    /* Longer than a question lasts: the next one knows the new numbers. */
    SPREAD_GIVE_EVERY_MS = 4000,
    SPREAD_FAILED_MS = 5 * 60 * 1000
};

void
mst_spread_ask(struct mst_spread *spread, struct mst_store *store,
               const char *job, const struct mst_lease *held, const char *asker)
{
    uint32_t mine = atomic_load(&spread->held);
    struct mst_error ignored;
    if (store->type->lease_ask != NULL && held->holds >= mine + SPREAD_APART
        && mst_clock_ms() >= atomic_load(&spread->ask_next_ms)) {
        /* Not answered: the next try to get the lease asks again. */
        (void)!store->type->lease_ask(store, job, held, asker, mine, &ignored);
    }
}

bool
mst_spread_gives(struct mst_spread *spread, const struct mst_lease *lease)
{
    int64_t now = mst_clock_ms();
    int64_t next = atomic_load(&spread->give_next_ms);
    return lease->asked
           && atomic_load(&spread->held) >= lease->asker_holds + SPREAD_APART
           && now >= next
           && atomic_compare_exchange_strong(&spread->give_next_ms, &next,
                                             now + SPREAD_GIVE_EVERY_MS);
}

void
mst_spread_failed(struct mst_spread *spread)
{
    atomic_store(&spread->ask_next_ms, mst_clock_ms() + SPREAD_FAILED_MS);
}
