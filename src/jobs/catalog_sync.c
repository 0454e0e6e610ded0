/* SPDX-License-Identifier: MIT */
/* What the records say against what the jobs do, every few seconds. */

#include "base/thread.h"
#include "jobs/catalog_impl.h"
#include "log/log.h"

enum { SYNC_EVERY_MS = 2000 };

enum mst_status
catalog_apply(struct mst_catalog *catalog, struct mst_config *config,
              bool again, struct mst_error *err)
{
    size_t failed = 0;
    enum mst_status status =
        again ? mst_manager_apply(catalog->args.manager, config, &failed, err)
              : mst_manager_update(catalog->args.manager, config, &failed, err);
    catalog_load_commit(catalog);
    return status;
}

void
catalog_want_all(struct mst_catalog *catalog)
{
    struct mst_manager *manager = catalog->args.manager;
    struct mst_job_loan loan = mst_manager_borrow(manager, NULL);
    for (size_t i = 0; loan.config != NULL && i < loan.config->connectors_len;
         i++) {
        const char *name = loan.config->connectors[i].name;
        mst_manager_want(manager, name, catalog_wanted(catalog, name));
    }
    mst_manager_give_back(manager, &loan);
}

static void
sync_log_problems(const struct mst_problems *problems)
{
    for (size_t i = 0; i < problems->len; i++) {
        const struct mst_problem *problem = &problems->items[i];
        mst_log_write(problem->severity == MST_PROBLEM_ERROR ? MST_LOG_ERROR
                                                             : MST_LOG_WARN,
                      "jobs", NULL, 0, "%s: %s%s%s", problem->file,
                      problem->path, problem->path[0] != '\0' ? ": " : "",
                      problem->text);
    }
}

/* The table is new: so are the jobs. */
static enum mst_status
sync_load(struct mst_catalog *catalog, bool again, struct mst_error *err)
{
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    enum mst_status status =
        catalog_load(catalog, NULL, &problems, &config, err);
    sync_log_problems(&problems);
    mst_problems_clear(&problems);
    if (status == MST_REJECTED) {
        status = mst_fail(err, MST_REJECTED, "jobs", 0,
                          "the definitions do not go together");
    }
    if (status == MST_OK) {
        status = catalog_apply(catalog, config, again, err);
    }
    if (status == MST_OK) {
        catalog_want_all(catalog);
    }
    return status;
}

/* The same records are set aside for the same reason. */
static void
sync_replace(struct mst_catalog *catalog, struct catalog_table *seen)
{
    for (size_t i = 0; i < seen->len; i++) {
        struct catalog_record *item = &seen->items[i];
        struct catalog_record *before =
            catalog_table_find(&catalog->table, item->kind, item->record.name);
        if (before != NULL) {
            item->why = before->why;
            before->why = NULL;
        }
    }
    struct catalog_table old = catalog->table;
    catalog->table = *seen;
    catalog->generation++;
    *seen = old;
}

enum mst_status
catalog_adopt(struct mst_catalog *catalog, struct catalog_table *table,
              struct mst_error *err)
{
    mst_mutex_lock(&catalog->lock);
    sync_replace(catalog, table);
    mst_mutex_unlock(&catalog->lock);
    enum mst_status status = catalog_import(catalog, err);
    if (status == MST_OK) {
        status = sync_load(catalog, true, err);
    }
    if (status == MST_OK) {
        mst_mutex_lock(&catalog->lock);
        catalog->adopted = true;
        mst_mutex_unlock(&catalog->lock);
    }
    return status;
}

/* Said once for each time that it goes and comes. */
static void
sync_away(struct mst_catalog *catalog, const struct mst_error *err)
{
    mst_mutex_lock(&catalog->lock);
    bool said = catalog->away;
    catalog->away = err != NULL;
    mst_mutex_unlock(&catalog->lock);
    if (err != NULL && !said) {
        mst_log_failure(MST_LOG_WARN, "jobs", NULL, err);
        mst_log_warn("jobs", "the definitions in the state can not be read: "
                             "the jobs go on as they are");
    } else if (err == NULL && said) {
        mst_log_info("jobs", "the definitions in the state can be read again");
    }
}

/* Lock: writing. */
static void
sync_compare(struct mst_catalog *catalog, struct catalog_table *seen)
{
    struct mst_error err;
    enum mst_status status = MST_OK;
    mst_error_clear(&err);
    if (!catalog->adopted) {
        status = catalog_adopt(catalog, seen, &err);
    } else if (!catalog_table_same(&catalog->table, seen)) {
        mst_mutex_lock(&catalog->lock);
        sync_replace(catalog, seen);
        mst_mutex_unlock(&catalog->lock);
        mst_log_info("jobs", "definitions that were changed elsewhere are "
                             "taken over");
        status = sync_load(catalog, false, &err);
    }
    if (status != MST_OK) {
        mst_log_failure(MST_LOG_ERROR, "jobs", NULL, &err);
    }
}

static void
sync_look(struct mst_catalog *catalog)
{
    struct catalog_table seen = {0};
    struct mst_error err;
    /* Before the jobs that need them. Who keeps the definitions keeps these,
     * so that what is wrong is said below. */
    if (catalog->args.scripts != NULL) {
        (void)!mst_scripts_refresh(catalog->args.scripts, &err);
    }
    mst_mutex_lock(&catalog->lock);
    uint64_t generation = catalog->generation;
    mst_mutex_unlock(&catalog->lock);
    mst_error_clear(&err);
    enum mst_status status =
        catalog_table_read(catalog->args.records, &seen, &err);
    sync_away(catalog, status == MST_OK ? NULL : &err);
    /* The first time, those that are not damaged are better than none. */
    if (status == MST_OK || (status == MST_FATAL && seen.len > 0)) {
        mst_mutex_lock(&catalog->writing);
        /* What was written meanwhile is newer than what was seen. */
        if (catalog->generation == generation
            && (status == MST_OK || !catalog->adopted)) {
            sync_compare(catalog, &seen);
        }
        mst_mutex_unlock(&catalog->writing);
    }
    catalog_table_clear(&seen);
}

static void
sync_reload(struct mst_catalog *catalog)
{
    struct mst_problems problems = {0};
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status = mst_catalog_reload(catalog, &problems, &err);
    if (status != MST_OK && problems.errors == 0) {
        mst_log_failure(MST_LOG_ERROR, "jobs", NULL, &err);
    }
    mst_problems_clear(&problems);
}

void *
catalog_thread(void *arg)
{
    struct mst_catalog *catalog = arg;
    bool quit = false;
    int wait_ms = 0;
    while (!quit) {
        mst_mutex_lock(&catalog->lock);
        /* What is on a server is not read yet: at once. */
        struct timespec until =
            mst_cond_deadline(catalog->adopted ? SYNC_EVERY_MS : wait_ms);
        wait_ms = SYNC_EVERY_MS;
        bool more = true;
        while (!catalog->quit && !catalog->reload && more) {
            more = mst_cond_wait(&catalog->changed, &catalog->lock, &until);
        }
        bool reload = catalog->reload;
        catalog->reload = false;
        quit = catalog->quit;
        mst_mutex_unlock(&catalog->lock);
        if (reload && !quit) {
            sync_reload(catalog);
        } else if (!quit) {
            sync_look(catalog);
        }
    }
    mst_mutex_lock(&catalog->lock);
    catalog->ended = true;
    mst_mutex_unlock(&catalog->lock);
    return NULL;
}
