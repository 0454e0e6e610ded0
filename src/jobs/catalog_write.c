/* SPDX-License-Identifier: MIT */
/* Definitions that people make and change. */
#include <stdio.h>

#include "base/thread.h"
#include "core/revision.h"
#include "jobs/catalog_impl.h"
#include "log/log.h"

enum { WRITE_TEXT_MAX = 2 * MST_RECORD_BODY_MAX };

enum mst_record_kind
catalog_kind(enum mst_definition_kind kind)
{
    return kind == MST_DEFINITION_SERVICE ? MST_RECORD_SERVICE : MST_RECORD_JOB;
}

const char *
catalog_word(enum mst_definition_kind kind)
{
    return kind == MST_DEFINITION_SERVICE ? "service" : "job";
}

/* What is written of it in the configuration in force; NULL: nothing. */
static const struct mst_toml_node *
write_node(const struct mst_config *config, enum mst_definition_kind kind,
           const char *name)
{
    if (config == NULL) {
        return NULL;
    }
    if (kind == MST_DEFINITION_SERVICE) {
        const struct mst_config_service *service =
            mst_config_find_service(config, name);
        return service != NULL ? service->node : NULL;
    }
    const struct mst_config_connector *connector =
        mst_config_find_connector(config, name);
    return connector != NULL ? connector->node : NULL;
}

enum mst_status
catalog_guard(struct mst_catalog *catalog, enum mst_definition_kind kind,
              const char *name, struct mst_error *err)
{
    struct mst_job_loan loan = mst_manager_borrow(catalog->args.manager, NULL);
    const struct mst_toml_node *node = write_node(loan.config, kind, name);
    enum mst_status status = MST_OK;
    if (node != NULL && node->revision == 0) {
        status = mst_fail(err, MST_REJECTED, "jobs", 0,
                          "%s '%s' is written in %s, line %u",
                          catalog_word(kind), name, node->file, node->line);
        mst_error_hint(err, "change it there and load the file again: mstream "
                            "reload");
    }
    mst_manager_give_back(catalog->args.manager, &loan);
    return status;
}

enum mst_status
catalog_match(const struct mst_catalog_match *match,
              const struct catalog_record *before, const char *word,
              const char *name, struct mst_error *err)
{
    if (match->must_not_exist && before != NULL) {
        return mst_fail(err, MST_REJECTED, "jobs", MST_CATALOG_UNMET,
                        "there is a %s '%s' already", word, name);
    }
    if (match->must_exist && before == NULL) {
        return mst_fail(err, MST_END, "jobs", MST_CATALOG_UNMET,
                        "there is no %s '%s'", word, name);
    }
    if (match->has_revision
        && (before == NULL || before->record.revision != match->revision)) {
        (void)mst_fail(err, MST_AGAIN, "jobs", MST_CATALOG_UNMET,
                       "the %s '%s' was changed by somebody else meanwhile",
                       word, name);
        mst_error_hint(err, "read it again, and then change what it is now");
        return MST_AGAIN;
    }
    return MST_OK;
}

/* Another daemon was faster; the thread will see what it did. */
static enum mst_status
write_was_slower(const struct mst_catalog_match *match, const char *word,
                 const char *name, struct mst_error *err)
{
    const struct mst_catalog_match any = {
        .must_not_exist = match->must_not_exist, .has_revision = true};
    const struct catalog_record other = {.record.revision = 1};
    return catalog_match(&any, &other, word, name, err);
}

/* The definition that is replaced, as stored and as shown. */
static void
write_before(struct mst_catalog *catalog, const struct mst_catalog_write *write,
             struct mst_buf *stored, struct mst_buf *shown)
{
    const struct catalog_record *before =
        write->name == NULL
            ? NULL
            : catalog_table_find(&catalog->table, catalog_kind(write->kind),
                                 write->name);
    bool trusted = false;
    if (before == NULL) {
        return;
    }
    struct mst_job_loan loan = mst_manager_borrow(catalog->args.manager, NULL);
    const struct mst_config_service *service =
        loan.config != NULL && write->kind == MST_DEFINITION_SERVICE
            ? mst_config_find_service(loan.config, write->name)
            : NULL;
    const struct mst_config_connector *connector =
        loan.config != NULL && write->kind == MST_DEFINITION_JOB
            ? mst_config_find_connector(loan.config, write->name)
            : NULL;
    bool good =
        catalog_unwrap(catalog, before, stored, &trusted, NULL) == MST_OK;
    if (good && service != NULL) {
        good = mst_config_service_json(service, shown) == MST_OK;
    } else if (good && connector != NULL) {
        good = mst_config_connector_json(connector, shown) == MST_OK;
    }
    /* Without both, a mask is refused. */
    if (!good) {
        mst_buf_reset(shown);
    }
    mst_manager_give_back(catalog->args.manager, &loan);
}

static enum mst_status
write_read(struct mst_catalog *catalog, const struct mst_catalog_write *write,
           struct mst_problems *problems, struct mst_definition_draft *draft,
           struct mst_error *err)
{
    struct mst_buf stored;
    struct mst_buf shown;
    mst_buf_init(&stored, WRITE_TEXT_MAX);
    mst_buf_init(&shown, WRITE_TEXT_MAX);
    write_before(catalog, write, &stored, &shown);
    const struct mst_definition_sent sent = {.kind = write->kind,
                                             .name = write->name,
                                             .text = write->text,
                                             .stored = mst_buf_slice(&stored),
                                             .shown = mst_buf_slice(&shown)};
    enum mst_status status = mst_definition_read(&sent, problems, draft);
    if (status == MST_FATAL) {
        status = mst_fail_memory(err, "jobs");
    }
    catalog_wipe(&stored);
    mst_buf_clear(&shown);
    return status;
}

/* Nothing is new, and nothing is wrong with it. */
static bool
write_is_same(struct mst_catalog *catalog, const struct catalog_record *before,
              const struct mst_definition_draft *draft)
{
    struct mst_buf known;
    bool trusted = false;
    mst_buf_init(&known, WRITE_TEXT_MAX);
    bool same =
        before != NULL && before->why == NULL
        && catalog_unwrap(catalog, before, &known, &trusted, NULL) == MST_OK
        && known.len == draft->text.len
        && memcmp(known.data, draft->text.data, known.len) == 0;
    catalog_wipe(&known);
    return same;
}

void
catalog_carry_out(struct mst_catalog *catalog, struct mst_config *config)
{
    struct mst_error err;
    mst_error_clear(&err);
    if (catalog_apply(catalog, config, false, &err) != MST_OK) {
        mst_log_failure(MST_LOG_ERROR, "jobs", NULL, &err);
        mst_catalog_ask_reload(catalog);
    }
}

/* Checks it with all others and keeps it. */
static enum mst_status
write_store(struct mst_catalog *catalog, const struct mst_catalog_write *write,
            const struct mst_definition_draft *draft,
            struct mst_problems *problems, struct mst_catalog_result *result,
            struct mst_error *err)
{
    const struct catalog_record *before = catalog_table_find(
        &catalog->table, catalog_kind(write->kind), draft->name);
    const struct catalog_change change = {
        .kind = catalog_kind(write->kind),
        .name = draft->name,
        .revision =
            mst_next_revision(before != NULL ? before->record.revision : 0),
        .text = mst_buf_slice(&draft->text)};
    struct mst_config *config = NULL;
    bool created = before == NULL;
    enum mst_status status =
        catalog_load(catalog, &change, problems, &config, err);
    if (status == MST_OK && !write->only_check && created
        && write->kind == MST_DEFINITION_JOB) {
        /* What one of this name was wanted to do is not for this one. */
        status = catalog_wish(catalog, draft->name,
                              draft->says_enabled && !draft->enabled
                                  ? MST_JOB_WANT_STOPPED
                                  : MST_JOB_WANT_RUNNING,
                              write->who, err);
    }
    if (status == MST_OK && !write->only_check) {
        status = catalog_save(catalog, &change, false, write->who, err);
    }
    if (status != MST_OK || write->only_check) {
        mst_config_destroy(config);
        return status;
    }
    result->revision = change.revision;
    result->created = created;
    result->changed = true;
    catalog_carry_out(catalog, config);
    return MST_OK;
}

/* `enabled` of a job that is there already. */
static enum mst_status
write_enabled(struct mst_catalog *catalog,
              const struct mst_catalog_write *write,
              const struct mst_definition_draft *draft, struct mst_error *err)
{
    enum mst_job_desired want =
        draft->enabled ? MST_JOB_WANT_RUNNING : MST_JOB_WANT_STOPPED;
    if (!draft->says_enabled || write->only_check) {
        return MST_OK;
    }
    enum mst_status status =
        catalog_wish(catalog, draft->name, want, write->who, err);
    if (status == MST_OK) {
        mst_manager_want(catalog->args.manager, draft->name, want);
    }
    return status;
}

/* Lock: writing. */
static enum mst_status
write_put(struct mst_catalog *catalog, const struct mst_catalog_write *write,
          const struct mst_definition_draft *draft,
          struct mst_problems *problems, struct mst_catalog_result *result,
          struct mst_error *err)
{
    const char *word = catalog_word(write->kind);
    const struct catalog_record *before = catalog_table_find(
        &catalog->table, catalog_kind(write->kind), draft->name);
    enum mst_status status = MST_OK;
    (void)snprintf(result->name, sizeof(result->name), "%s", draft->name);
    if (!write->only_check) {
        status = catalog_guard(catalog, write->kind, draft->name, err);
    }
    if (status == MST_OK) {
        status = catalog_match(&write->match, before, word, draft->name, err);
    }
    if (status == MST_OK && write_is_same(catalog, before, draft)) {
        result->revision = before->record.revision;
        return write_enabled(catalog, write, draft, err);
    }
    if (status == MST_OK) {
        status = write_store(catalog, write, draft, problems, result, err);
        if (status == MST_AGAIN) {
            status = write_was_slower(&write->match, word, draft->name, err);
        }
    }
    if (status == MST_OK && !result->created) {
        status = write_enabled(catalog, write, draft, err);
    }
    return status;
}

enum mst_status
mst_catalog_put(struct mst_catalog *catalog,
                const struct mst_catalog_write *write,
                struct mst_problems *problems,
                struct mst_catalog_result *ret_result, struct mst_error *err)
{
    struct mst_definition_draft draft = {0};
    struct mst_catalog_result result = {0};
    mst_mutex_lock(&catalog->writing);
    enum mst_status status = catalog_ready(catalog, err);
    if (status == MST_OK) {
        status = write_read(catalog, write, problems, &draft, err);
    }
    if (status == MST_OK) {
        status = write_put(catalog, write, &draft, problems, &result, err);
    }
    mst_mutex_unlock(&catalog->writing);
    mst_definition_draft_clear(&draft);
    if (status == MST_OK) {
        *ret_result = result;
    }
    return status;
}
