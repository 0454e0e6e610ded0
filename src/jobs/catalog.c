/* SPDX-License-Identifier: MIT */
/* From its creation to its end; reloads, and wishes of people. */
#include "jobs/catalog.h"

#include <stdlib.h>

#include "base/thread.h"
#include "jobs/catalog_impl.h"
#include "log/log.h"

enum mst_status
mst_catalog_create(const struct mst_catalog_args *args,
                   struct mst_catalog **ret_catalog, struct mst_error *err)
{
    struct mst_catalog *catalog = calloc(1, sizeof(*catalog));
    if (catalog == NULL) {
        return mst_fail_memory(err, "jobs");
    }
    catalog->args = *args;
    if (pthread_mutex_init(&catalog->writing, NULL) != 0
        || pthread_mutex_init(&catalog->lock, NULL) != 0
        || !mst_cond_init(&catalog->changed)) {
        free(catalog);
        return mst_fail_memory(err, "jobs");
    }
    *ret_catalog = catalog;
    return MST_OK;
}

static enum catalog_mode
catalog_mode(const struct mst_config_job_store *wanted)
{
    if (!wanted->given) {
        return CATALOG_SIDE_BY_SIDE;
    }
    switch (wanted->startup_state) {
    case MST_STARTUP_SEED_FROM_FILE:
        return CATALOG_SEED;
    case MST_STARTUP_FORCE_FROM_FILE:
        return CATALOG_FORCE;
    case MST_STARTUP_KEEP:
        break;
    }
    return CATALOG_KEEP;
}

/* Without the records: those of the file, as far as they are its own. */
static enum mst_status
catalog_begin_alone(struct mst_catalog *catalog, struct mst_config **config,
                    struct mst_error *err)
{
    struct mst_problems problems = {0};
    struct mst_config *alone = *config;
    *config = NULL;
    if (catalog->mode != CATALOG_SIDE_BY_SIDE) {
        mst_config_destroy(alone);
        enum mst_status status =
            catalog_load(catalog, NULL, &problems, &alone, err);
        mst_problems_clear(&problems);
        if (status != MST_OK) {
            return mst_fail(err, MST_FATAL, "jobs", 0,
                            "the configuration file can not be loaded again");
        }
    }
    return catalog_apply(catalog, alone, true, err);
}

/* Lock: writing. */
static enum mst_status
catalog_begin(struct mst_catalog *catalog, struct mst_config **config,
              struct mst_error *err)
{
    struct catalog_table table = {0};
    struct mst_error why;
    mst_error_clear(&why);
    if (catalog->args.remote) {
        return catalog_begin_alone(catalog, config, err);
    }
    enum mst_status status =
        catalog_table_read(catalog->args.records, &table, &why);
    if (status == MST_OK && table.len == 0
        && catalog->mode == CATALOG_SIDE_BY_SIDE) {
        catalog->adopted = true;
        return catalog_begin_alone(catalog, config, err);
    }
    if (status == MST_FATAL && table.len > 0) {
        mst_log_failure(MST_LOG_ERROR, "jobs", NULL, &why);
        status = MST_OK;
    }
    if (status == MST_OK) {
        status = catalog_adopt(catalog, &table, &why);
    }
    catalog_table_clear(&table);
    if (status != MST_OK) {
        /* The thread tries again. */
        mst_log_failure(MST_LOG_ERROR, "jobs", NULL, &why);
        return catalog_begin_alone(catalog, config, err);
    }
    return MST_OK;
}

enum mst_status
mst_catalog_begin(struct mst_catalog *catalog, char *text, size_t text_len,
                  struct mst_config *config, struct mst_error *err)
{
    mst_mutex_lock(&catalog->writing);
    catalog->text = text;
    catalog->text_len = text_len;
    catalog->mode = catalog_mode(&config->system.job_lifecycle);
    enum mst_status status = catalog_begin(catalog, &config, err);
    mst_config_destroy(config);
    mst_mutex_unlock(&catalog->writing);
    if (status == MST_OK) {
        mst_mutex_lock(&catalog->lock);
        status = mst_thread_start(&catalog->thread, "catalog", catalog_thread,
                                  catalog, err);
        catalog->started = status == MST_OK;
        mst_mutex_unlock(&catalog->lock);
    }
    return status;
}

void
mst_catalog_stop(struct mst_catalog *catalog)
{
    mst_mutex_lock(&catalog->lock);
    catalog->quit = true;
    (void)pthread_cond_broadcast(&catalog->changed);
    mst_mutex_unlock(&catalog->lock);
}

bool
mst_catalog_has_ended(struct mst_catalog *catalog)
{
    mst_mutex_lock(&catalog->lock);
    bool ended = !catalog->started || catalog->ended;
    mst_mutex_unlock(&catalog->lock);
    return ended;
}

void
mst_catalog_destroy(struct mst_catalog *catalog)
{
    if (catalog == NULL) {
        return;
    }
    mst_catalog_stop(catalog);
    if (catalog->started) {
        (void)pthread_join(catalog->thread, NULL);
    }
    catalog_table_clear(&catalog->table);
    free(catalog->text);
    (void)pthread_cond_destroy(&catalog->changed);
    (void)pthread_mutex_destroy(&catalog->lock);
    (void)pthread_mutex_destroy(&catalog->writing);
    free(catalog);
}

void
mst_catalog_ask_reload(struct mst_catalog *catalog)
{
    mst_mutex_lock(&catalog->lock);
    catalog->reload = true;
    (void)pthread_cond_broadcast(&catalog->changed);
    mst_mutex_unlock(&catalog->lock);
}

/* The file alone has to be good: what it says is complete by itself. */
static char *
catalog_read_file(struct mst_catalog *catalog, struct mst_problems *problems,
                  size_t *ret_len)
{
    size_t len = 0;
    char *text = catalog->args.path == NULL
                     ? strdup("")
                     : mst_config_read_file(catalog->args.path, problems, &len);
    if (text == NULL) {
        return NULL;
    }
    struct mst_problems found = {0};
    struct mst_config *config = catalog_load_file(catalog, text, len, &found);
    if (config == NULL) {
        mst_problems_clear(problems);
        *problems = found;
        free(text);
        return NULL;
    }
    mst_problems_clear(&found);
    mst_config_destroy(config);
    *ret_len = len;
    return text;
}

/* Lock: writing. With the new text in place; `forced`: as at a start. */
static enum mst_status
catalog_reload(struct mst_catalog *catalog, struct mst_problems *problems,
               struct mst_error *err)
{
    struct mst_config *config = NULL;
    enum mst_status status = catalog->mode == CATALOG_FORCE && catalog->adopted
                                 ? catalog_import(catalog, err)
                                 : MST_OK;
    if (status == MST_OK) {
        status = catalog_load(catalog, NULL, problems, &config, err);
    }
    if (status == MST_OK) {
        status = catalog_apply(catalog, config, true, err);
    }
    if (status == MST_OK) {
        catalog_want_all(catalog);
    }
    return status;
}

enum mst_status
mst_catalog_reload(struct mst_catalog *catalog, struct mst_problems *problems,
                   struct mst_error *err)
{
    size_t len = 0;
    mst_mutex_lock(&catalog->writing);
    enum mst_status status = MST_REJECTED;
    char *text = catalog_read_file(catalog, problems, &len);
    if (text == NULL) {
        (void)mst_fail(err, MST_REJECTED, "config", 0,
                       "the new configuration has errors: the jobs go on with "
                       "the one before");
    } else {
        char *before = catalog->text;
        size_t before_len = catalog->text_len;
        catalog->text = text;
        catalog->text_len = len;
        status = catalog_reload(catalog, problems, err);
        if (status != MST_OK) {
            catalog->text = before;
            catalog->text_len = before_len;
            before = text;
        }
        free(before);
    }
    mst_mutex_unlock(&catalog->writing);
    if (catalog->args.reloaded != NULL) {
        catalog->args.reloaded(catalog->args.arg, problems, status == MST_OK);
    }
    return status;
}

static enum mst_job_desired
catalog_aim(enum mst_job_action action)
{
    switch (action) {
    case MST_JOB_STOP:
        return MST_JOB_WANT_STOPPED;
    case MST_JOB_PAUSE:
        return MST_JOB_WANT_PAUSED;
    case MST_JOB_START:
    case MST_JOB_RESTART:
    case MST_JOB_RESUME:
        break;
    }
    return MST_JOB_WANT_RUNNING;
}

/* Lock: writing. What is refused leaves no wish behind. */
static enum mst_status
catalog_act(struct mst_catalog *catalog, const char *name,
            enum mst_job_action action, const char *who, struct mst_error *err)
{
    struct mst_manager *manager = catalog->args.manager;
    enum mst_job_desired before = catalog_wanted(catalog, name);
    enum mst_job_desired aim = catalog_aim(action);
    struct mst_error ignored;
    enum mst_status status = mst_manager_may(manager, name, action, err);
    if (status == MST_OK && before != aim) {
        status = catalog_ready(catalog, err);
    }
    if (status == MST_OK) {
        status = catalog_wish(catalog, name, aim, who, err);
    }
    if (status != MST_OK) {
        return status;
    }
    status = mst_manager_act(manager, name, action, 0, err);
    if (status != MST_OK) {
        (void)!catalog_wish(catalog, name, before, who, &ignored);
    }
    return status;
}

enum mst_status
mst_catalog_act(struct mst_catalog *catalog, const char *name,
                enum mst_job_action action, int wait_ms, const char *who,
                struct mst_error *err)
{
    mst_mutex_lock(&catalog->writing);
    enum mst_status status = catalog_act(catalog, name, action, who, err);
    mst_mutex_unlock(&catalog->writing);
    if (status == MST_OK) {
        mst_manager_await(catalog->args.manager, name, wait_ms);
    }
    return status;
}

enum mst_status
catalog_ready(struct mst_catalog *catalog, struct mst_error *err)
{
    if (catalog->adopted) {
        return MST_OK;
    }
    (void)mst_fail(err, MST_RETRY, "state", 0,
                   "the definitions in the state could not be read yet: "
                   "nothing can be changed");
    mst_error_hint(err, "the log says why; it is tried again every 2 s");
    return MST_RETRY;
}
