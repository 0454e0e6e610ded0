/* SPDX-License-Identifier: MIT */
/* What has to be done for jobs now and then. */
#include "base/clock.h"
#include "base/thread.h"
#include "jobs/control.h"
#include "jobs/manager_impl.h"
#include "log/log.h"

enum { TEND_EXPIRE_EVERY_MS = 3600 * 1000 };

/* One job's letters; a store in trouble is asked again at the next round. */
static void
tend_letters(struct mst_manager *manager,
             const struct mst_config_connector *connector)
{
    struct mst_store *store = manager->args.store;
    uint64_t expired = 0;
    struct mst_error err;
    mst_error_clear(&err);
    if (connector->dlq.max_age_ms <= 0) {
        return;
    }
    enum mst_status status = store->type->letters_expire(
        store, connector->name, connector->dlq.max_age_ms, &expired, &err);
    if (status != MST_OK) {
        mst_log_failure(MST_LOG_WARN, "dlq", connector->name, &err);
    } else if (expired > 0) {
        const struct mst_log_field fields[] = {
            MST_LOG_STR("job", connector->name),
            MST_LOG_NUM("letters", expired)};
        mst_log_write(MST_LOG_WARN, "dlq", fields, 2,
                      "dead letters older than dlq.max_age were removed");
    }
}

static void
tend_watch(struct mst_manager *manager, int64_t now)
{
    mst_mutex_lock(&manager->mutex);
    for (size_t i = 0; i < manager->jobs_len; i++) {
        struct manager_job *entry = &manager->jobs[i];
        struct mst_job_status seen;
        mst_job_status(entry->job, &seen);
        entry->stuck = !mst_watch_look(
            &entry->watch, &seen, &mst_job_connector(entry->job)->checkpoint,
            entry->from->config->stuck_after_ms, now, &entry->stuck_why);
    }
    mst_mutex_unlock(&manager->mutex);
}

void
mst_manager_tend(struct mst_manager *manager)
{
    int64_t now = mst_clock_ms();
    tend_watch(manager, now);
    if (now < manager->expire_next_ms) {
        return;
    }
    manager->expire_next_ms = now + TEND_EXPIRE_EVERY_MS;
    struct mst_job_loan loan = mst_manager_borrow(manager, NULL);
    for (size_t i = 0; loan.config != NULL && i < loan.config->connectors_len;
         i++) {
        tend_letters(manager, &loan.config->connectors[i]);
    }
    mst_manager_give_back(manager, &loan);
}
