/* SPDX-License-Identifier: MIT */
/* Definitions that people remove. */
#include "base/fault_point.h"
#include "base/thread.h"
#include "jobs/catalog_impl.h"

enum { REMOVE_USERS_MAX = 400 };

/* MST_REJECTED: jobs use the service, and which. */
static enum mst_status
remove_unused(struct mst_catalog *catalog, const char *name,
              struct mst_error *err)
{
    struct mst_job_loan loan = mst_manager_borrow(catalog->args.manager, NULL);
    const struct mst_config *config = loan.config;
    const struct mst_config_service *service =
        config != NULL ? mst_config_find_service(config, name) : NULL;
    struct mst_buf users;
    enum mst_status status = MST_OK;
    mst_buf_init(&users, REMOVE_USERS_MAX);
    for (size_t i = 0; service != NULL && i < config->connectors_len; i++) {
        if (mst_config_connector_uses(&config->connectors[i],
                                      (size_t)(service - config->services))) {
            status = MST_REJECTED;
            /* As many as there is room for. */
            (void)!mst_buf_printf(&users, "%s'%s'", users.len > 0 ? ", " : "",
                                  config->connectors[i].name);
        }
    }
    if (status == MST_REJECTED) {
        const char *list = mst_buf_text(&users);
        (void)mst_fail(err, MST_REJECTED, "jobs", 0,
                       "service '%s' is used by %s", name,
                       list != NULL ? list : "jobs");
        mst_error_hint(err, "change or remove these jobs first");
    }
    mst_buf_clear(&users);
    mst_manager_give_back(catalog->args.manager, &loan);
    return status;
}

/* Of the record alone. Lock: writing. */
static enum mst_status
remove_record(struct mst_catalog *catalog,
              const struct mst_catalog_removal *removal, uint64_t revision,
              struct mst_error *err)
{
    struct mst_record_store *store = catalog->args.records;
    enum mst_record_kind kind = catalog_kind(removal->kind);
    mst_fault_point(removal->kind == MST_DEFINITION_JOB ? "job_record"
                                                        : "service_record");
    enum mst_status status =
        store->type->remove(store, kind, removal->name, revision, err);
    if (status == MST_AGAIN) {
        const struct mst_catalog_match any = {.has_revision = true};
        const struct catalog_record other = {.record.revision = 1};
        return catalog_match(&any, &other, catalog_word(removal->kind),
                             removal->name, err);
    }
    if (status != MST_OK && status != MST_END) {
        return status;
    }
    catalog_forgotten(catalog, kind, removal->name);
    return MST_OK;
}

/* Lock: writing. */
static enum mst_status
remove_now(struct mst_catalog *catalog,
           const struct mst_catalog_removal *removal, struct mst_error *err)
{
    const struct catalog_record *before = catalog_table_find(
        &catalog->table, catalog_kind(removal->kind), removal->name);
    const char *word = catalog_word(removal->kind);
    struct mst_catalog_match match = removal->match;
    match.must_exist = true;
    enum mst_status status =
        catalog_guard(catalog, removal->kind, removal->name, err);
    if (status == MST_OK) {
        status = catalog_match(&match, before, word, removal->name, err);
    }
    if (status == MST_OK && removal->kind == MST_DEFINITION_SERVICE) {
        status = remove_unused(catalog, removal->name, err);
    }
    if (status != MST_OK) {
        return status;
    }
    const struct catalog_change change = {.kind = catalog_kind(removal->kind),
                                          .name = removal->name,
                                          .remove = true};
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    status = catalog_load(catalog, &change, &problems, &config, err);
    if (status == MST_REJECTED) {
        (void)mst_fail(err, MST_REJECTED, "jobs", 0,
                       "without the %s '%s' others are not whole: %s", word,
                       removal->name,
                       problems.len > 0 ? problems.items[0].text : "");
    }
    mst_problems_clear(&problems);
    if (status == MST_OK && !removal->only_check) {
        status = remove_record(catalog, removal,
                               match.has_revision ? match.revision : 0, err);
    }
    if (status != MST_OK || removal->only_check) {
        mst_config_destroy(config);
        return status;
    }
    catalog_carry_out(catalog, config);
    return MST_OK;
}

enum mst_status
mst_catalog_remove(struct mst_catalog *catalog,
                   const struct mst_catalog_removal *removal,
                   struct mst_error *err)
{
    mst_mutex_lock(&catalog->writing);
    enum mst_status status = catalog_ready(catalog, err);
    if (status == MST_OK) {
        status = remove_now(catalog, removal, err);
    }
    if (status == MST_OK && removal->kind == MST_DEFINITION_JOB
        && !removal->only_check) {
        /* The job is gone, whatever becomes of this. */
        struct mst_error ignored;
        (void)!catalog_wish(catalog, removal->name, MST_JOB_WANT_RUNNING,
                            removal->who, &ignored);
    }
    mst_mutex_unlock(&catalog->writing);
    return status;
}
