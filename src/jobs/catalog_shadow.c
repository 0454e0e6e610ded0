/* SPDX-License-Identifier: MIT */
/* Other middlewares for a job: tried beside its own, then put in their place.
 *
 *   switch: drain ─► checkpoint ─► services, job saved ─► the job begins anew
 *
 * Who dies before the job is saved leaves the old definition, who dies after
 * it the new one; the checkpoint is the boundary in both worlds.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/fault_point.h"
#include "base/thread.h"
#include "jobs/catalog_alone.h"
#include "jobs/catalog_impl.h"
#include "jobs/control_shadow.h"
#include "jobs/words.h"
#include "log/log.h"

enum {
    SHADOW_TEXT_MAX = 2 * MST_RECORD_BODY_MAX,
    SHADOW_DRAIN_MORE_MS = 10000
};

/* What the job is now, as text. */
static enum mst_status
shadow_text(struct mst_catalog *catalog, const struct mst_job_loan *loan,
            struct mst_buf *out, struct mst_error *err)
{
    const struct catalog_record *record = catalog_table_find(
        &catalog->table, MST_RECORD_JOB, loan->connector->name);
    bool trusted = false;
    if (loan->connector->node->revision != 0 && record != NULL) {
        return catalog_unwrap(catalog, record, out, &trusted, err);
    }
    return mst_definition_of_connector(loan->connector, out) == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "jobs");
}

/* The references of the file's jobs may be to any variable, but not those that
 * somebody sends. */
static enum mst_status
shadow_guard(const struct mst_job_loan *loan,
             const struct mst_catalog_shadow *what, struct mst_error *err)
{
    struct mst_slice text = what->middlewares;
    if (loan->connector->node->revision != 0
        || memmem(text.data, text.len, "${", 2) == NULL) {
        return MST_OK;
    }
    (void)mst_fail(err, MST_REJECTED, "jobs", 0,
                   "the middlewares refer to a variable, which those of the "
                   "shadow of a job of the file may not");
    mst_error_hint(err, "let a service refer to it");
    return MST_REJECTED;
}

static enum mst_status
shadow_job(struct mst_catalog *catalog, const struct mst_job_loan *loan,
           const struct mst_catalog_shadow *what, struct mst_problems *problems,
           struct mst_job_shadow *shadow, struct mst_error *err)
{
    struct mst_buf now;
    struct mst_buf text;
    mst_buf_init(&now, SHADOW_TEXT_MAX);
    mst_buf_init(&text, SHADOW_TEXT_MAX);
    enum mst_status status = shadow_guard(loan, what, err);
    if (status == MST_OK) {
        status = shadow_text(catalog, loan, &now, err);
    }
    if (status == MST_OK) {
        status = mst_definition_put(mst_buf_slice(&now), "middlewares",
                                    what->middlewares, &text);
        status = status == MST_FATAL ? mst_fail_memory(err, "jobs") : status;
    }
    if (status == MST_OK) {
        const struct mst_definition_sent sent = {.kind = MST_DEFINITION_JOB,
                                                 .name = what->name,
                                                 .text = mst_buf_slice(&text),
                                                 .stored = mst_buf_slice(&now)};
        status = mst_definition_read(&sent, problems, &shadow->job);
    }
    shadow->revision = loan->connector->node->revision;
    catalog_wipe(&now);
    catalog_wipe(&text);
    return status;
}

/* Whether it is kept already, word for word. */
static bool
shadow_has_service(struct mst_catalog *catalog,
                   const struct mst_definition_draft *draft)
{
    const struct catalog_record *record =
        catalog_table_find(&catalog->table, MST_RECORD_SERVICE, draft->name);
    struct mst_buf known;
    bool trusted = false;
    mst_buf_init(&known, SHADOW_TEXT_MAX);
    bool same =
        record != NULL
        && catalog_unwrap(catalog, record, &known, &trusted, NULL) == MST_OK
        && mst_slice_equal(mst_buf_slice(&known), mst_buf_slice(&draft->text));
    catalog_wipe(&known);
    return same;
}

/* One more service; what others use can not be another one for the shadow. */
static enum mst_status
shadow_service(struct mst_catalog *catalog, const struct mst_job_loan *loan,
               struct mst_slice text, struct mst_problems *problems,
               struct mst_job_shadow *shadow, struct mst_error *err)
{
    const struct mst_definition_sent sent = {.kind = MST_DEFINITION_SERVICE,
                                             .text = text};
    struct mst_definition_draft *draft =
        &shadow->services[shadow->services_len];
    enum mst_status status = mst_definition_read(&sent, problems, draft);
    if (status != MST_OK) {
        return status;
    }
    shadow->services_len++;
    if (shadow_has_service(catalog, draft)) {
        mst_definition_draft_clear(draft);
        shadow->services_len--;
    } else if (mst_config_find_service(loan->config, draft->name) != NULL
               || catalog_table_find(&catalog->table, MST_RECORD_SERVICE,
                                     draft->name)
                      != NULL) {
        (void)mst_fail(err, MST_REJECTED, "jobs", 0,
                       "there is a service '%s' already, and it is another one",
                       draft->name);
        mst_error_hint(err, "give that of the shadow a name of its own");
        return MST_REJECTED;
    }
    return MST_OK;
}

/* The shadow's definitions, checked with all services. Lock: writing. */
static enum mst_status
shadow_define(struct mst_catalog *catalog, const struct mst_job_loan *loan,
              const struct mst_catalog_shadow *what,
              struct mst_problems *problems, struct mst_job_shadow *shadow,
              struct mst_error *err)
{
    shadow->services =
        calloc(what->services_len + 1, sizeof(*shadow->services));
    if (shadow->services == NULL) {
        return mst_fail_memory(err, "jobs");
    }
    enum mst_status status =
        shadow_job(catalog, loan, what, problems, shadow, err);
    for (size_t i = 0; i < what->services_len && status == MST_OK; i++) {
        status = shadow_service(catalog, loan, what->services[i], problems,
                                shadow, err);
    }
    if (status == MST_OK) {
        const struct catalog_alone all = {.job = &shadow->job,
                                          .trusted = shadow->revision == 0,
                                          .services = shadow->services,
                                          .services_len = shadow->services_len};
        status =
            catalog_load_alone(catalog, &all, problems, &shadow->config, err);
    }
    if (status == MST_OK) {
        shadow->connector =
            mst_config_find_connector(shadow->config, what->name);
        status = shadow->connector != NULL
                     ? MST_OK
                     : mst_fail(err, MST_REJECTED, "jobs", 0,
                                "job '%s' can not be made", what->name);
    }
    return status;
}

static enum mst_status
shadow_start(struct mst_catalog *catalog, const struct mst_job_loan *loan,
             const struct mst_catalog_shadow *what,
             struct mst_problems *problems, struct mst_error *err)
{
    struct mst_manager *manager = catalog->args.manager;
    struct mst_job_shadow *shadow = mst_job_shadow_create();
    struct mst_job_shadow_limits limits = {
        .events = what->events,
        .duration_ms = what->duration_ms,
        .ignore = what->ignore,
        .ignore_len = what->ignore_len,
        .samples = what->samples,
    };
    if (shadow == NULL) {
        return mst_fail_memory(err, "jobs");
    }
    mst_mutex_lock(&catalog->writing);
    enum mst_status status = catalog_ready(catalog, err);
    if (status == MST_OK) {
        status = shadow_define(catalog, loan, what, problems, shadow, err);
    }
    mst_mutex_unlock(&catalog->writing);
    mst_manager_shadow_room(manager, loan->connector, &limits);
    if (status == MST_OK) {
        status = mst_job_shadow_start(shadow, catalog->args.registry,
                                      loan->connector->middlewares_len > 0,
                                      &limits, err);
        /* It is the definition that is wrong, not the daemon. */
        status = status == MST_FATAL ? MST_REJECTED : status;
    }
    if (status == MST_OK) {
        status = mst_manager_shadow_begin(manager, loan, shadow, err);
    }
    if (status != MST_OK) {
        mst_job_shadow_unref(shadow);
    }
    return status;
}

enum mst_status
mst_catalog_shadow_start(struct mst_catalog *catalog,
                         const struct mst_catalog_shadow *what,
                         struct mst_problems *problems, struct mst_error *err)
{
    struct mst_manager *manager = catalog->args.manager;
    struct mst_job_loan loan = mst_manager_borrow(manager, what->name);
    enum mst_status status =
        loan.connector == NULL
            ? mst_fail(err, MST_END, "jobs", 0, "there is no job '%s'",
                       what->name)
            : shadow_start(catalog, &loan, what, problems, err);
    if (status == MST_OK) {
        mst_log_info("jobs", "job '%s': a shadow runs beside it", what->name);
    }
    mst_manager_give_back(manager, &loan);
    return status;
}

/* What a switch did. */
struct switch_done {
    struct mst_catalog_result result;
    struct mst_buf *position; /* as text */
};

/* Whether it may take the job's place. */
static enum mst_status
switch_may(struct mst_catalog *catalog, const struct mst_catalog_switch *what,
           struct mst_job_shadow *shadow, struct mst_error *err)
{
    struct mst_shadow_look look;
    mst_shadow_read(shadow->shadow, &look);
    uint64_t differences = mst_job_shadow_differences(&look);
    if (shadow->revision == 0) {
        return catalog_guard(catalog, MST_DEFINITION_JOB, what->name, err);
    }
    if (!shadow->connector->checkpoint.enabled) {
        return mst_fail(err, MST_REJECTED, "shadow", 0,
                        "job '%s' saves no checkpoint: it would begin anew, "
                        "not go on behind what went through the old "
                        "middlewares",
                        what->name);
    }
    if (what->max_different >= 0
        && (look.compared == 0
            || differences > (uint64_t)what->max_different)) {
        (void)mst_fail(err, MST_REJECTED, "shadow", 0,
                       "of %" PRIu64 " events that were compared %" PRIu64
                       " came out differently; at most %" PRId64 " may",
                       look.compared, differences, what->max_different);
        mst_error_hint(err, "the report says in what they differ");
        return MST_REJECTED;
    }
    return MST_OK;
}

/* The services, then the job: whoever dies in between has a service more. */
static enum mst_status
switch_save(struct mst_catalog *catalog, const struct mst_catalog_switch *what,
            const struct mst_job_shadow *shadow, struct mst_problems *problems,
            struct mst_catalog_result *result, struct mst_error *err)
{
    struct mst_catalog_result service = {0};
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < shadow->services_len && status == MST_OK; i++) {
        const struct mst_catalog_write write = {
            .kind = MST_DEFINITION_SERVICE,
            .name = shadow->services[i].name,
            .text = mst_buf_slice(&shadow->services[i].text),
            .match.must_not_exist = true,
            .who = what->who};
        status = mst_catalog_put(catalog, &write, problems, &service, err);
    }
    const struct mst_catalog_write write = {
        .kind = MST_DEFINITION_JOB,
        .name = what->name,
        .text = mst_buf_slice(&shadow->job.text),
        .match = {.must_exist = true,
                  .has_revision = true,
                  .revision = shadow->revision},
        .who = what->who};
    return status == MST_OK
               ? mst_catalog_put(catalog, &write, problems, result, err)
               : status;
}

/* Where the old middlewares end, in words; empty where it can not be said. */
static void
switch_position(struct mst_catalog *catalog, const char *name,
                struct mst_buf *out)
{
    struct mst_manager *manager = catalog->args.manager;
    struct mst_store *store = mst_manager_store(manager);
    struct mst_checkpoint saved = {0};
    struct mst_error ignored;
    if (store->type->checkpoint_load(store, name, &saved, &ignored) == MST_OK) {
        mst_words_position(mst_manager_registry(manager), saved.identity,
                           saved.position, out);
        mst_checkpoint_clear(&saved);
    }
}

static enum mst_status
switch_make(struct mst_catalog *catalog, const struct mst_catalog_switch *what,
            const struct mst_job_shadow *shadow, struct mst_problems *problems,
            struct switch_done *done, struct mst_error *err)
{
    struct mst_manager *manager = catalog->args.manager;
    int64_t wait_ms = shadow->config->shutdown_timeout_ms;
    mst_fault_point("before_drain");
    enum mst_status status = mst_manager_drain(
        manager, what->name, wait_ms + SHADOW_DRAIN_MORE_MS, err);
    if (status == MST_OK) {
        mst_fault_point("after_drain");
        switch_position(catalog, what->name, done->position);
        status =
            switch_save(catalog, what, shadow, problems, &done->result, err);
    }
    if (status != MST_OK || !done->result.changed) {
        /* It goes on, as it is defined now. */
        mst_manager_revive(manager, what->name);
    }
    return status;
}

enum mst_status
mst_catalog_shadow_switch(struct mst_catalog *catalog,
                          const struct mst_catalog_switch *what,
                          struct mst_problems *problems,
                          struct mst_catalog_result *ret_result,
                          struct mst_buf *position, struct mst_error *err)
{
    struct mst_job_shadow *shadow = NULL;
    struct switch_done done = {.position = position};
    enum mst_status status =
        mst_manager_shadow_ref(catalog->args.manager, what->name, &shadow, err);
    if (status != MST_OK) {
        return status;
    }
    status = switch_may(catalog, what, shadow, err);
    if (status == MST_OK) {
        status = switch_make(catalog, what, shadow, problems, &done, err);
    }
    mst_job_shadow_unref(shadow);
    if (status == MST_OK) {
        *ret_result = done.result;
        mst_log_info("jobs", "job '%s': its shadow took its place", what->name);
    }
    return status;
}
