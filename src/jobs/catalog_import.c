/* SPDX-License-Identifier: MIT */
/* Jobs of the file as records, where [system] job_lifecycle asks for them. */
#include "core/revision.h"
#include "jobs/catalog_impl.h"

/* There while the store is being filled, so that who dies meanwhile goes on
 * with it. No job is called so. */
#define IMPORT_MARK "\001seed"
#define IMPORT_WHO  "file"

enum { IMPORT_TEXT_MAX = 2 * MST_RECORD_BODY_MAX };

static bool
import_is_empty(const struct mst_catalog *catalog)
{
    bool empty = true;
    for (size_t i = 0; i < catalog->table.len && empty; i++) {
        empty = catalog->table.items[i].kind != MST_RECORD_JOB;
    }
    return empty
           || catalog_table_find(&catalog->table, MST_RECORD_DESIRED,
                                 IMPORT_MARK)
                  != NULL;
}

/* Whether the record says the same already. */
static bool
import_is_same(struct mst_catalog *catalog, const struct catalog_record *item,
               struct mst_slice text)
{
    struct mst_buf known;
    bool trusted = false;
    mst_buf_init(&known, IMPORT_TEXT_MAX);
    bool same =
        item != NULL
        && catalog_unwrap(catalog, item, &known, &trusted, NULL) == MST_OK
        && trusted && known.len == text.len
        && memcmp(known.data, text.data, text.len) == 0;
    catalog_wipe(&known);
    return same;
}

static enum mst_status
import_one(struct mst_catalog *catalog,
           const struct mst_config_connector *connector, struct mst_error *err)
{
    const struct catalog_record *before =
        catalog_table_find(&catalog->table, MST_RECORD_JOB, connector->name);
    struct mst_buf text;
    struct mst_buf whole;
    struct mst_buf plain;
    bool trusted = false;
    mst_buf_init(&text, IMPORT_TEXT_MAX);
    mst_buf_init(&whole, IMPORT_TEXT_MAX);
    mst_buf_init(&plain, IMPORT_TEXT_MAX);
    /* There and back, so that it is written as those that are sent. */
    enum mst_status status = mst_definition_of_connector(connector, &text);
    if (status == MST_OK) {
        status = mst_definition_wrap(mst_buf_slice(&text), true, &whole);
    }
    if (status == MST_OK) {
        status = mst_definition_unwrap(mst_buf_slice(&whole), &plain, &trusted);
    }
    if (status != MST_OK) {
        status = mst_fail_memory(err, "jobs");
    } else if (!import_is_same(catalog, before, mst_buf_slice(&plain))) {
        const struct catalog_change change = {
            .kind = MST_RECORD_JOB,
            .name = connector->name,
            .revision =
                mst_next_revision(before != NULL ? before->record.revision : 0),
            .text = mst_buf_slice(&plain)};
        status = catalog_save(catalog, &change, true, IMPORT_WHO, err);
        /* Another daemon does the same right now. */
        status = status == MST_AGAIN ? MST_OK : status;
    }
    catalog_wipe(&text);
    catalog_wipe(&whole);
    catalog_wipe(&plain);
    return status;
}

static enum mst_status
import_file(struct mst_catalog *catalog, const struct mst_config *file,
            struct mst_error *err)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < file->connectors_len && status == MST_OK; i++) {
        if (file->connectors[i].enabled) {
            status = import_one(catalog, &file->connectors[i], err);
        }
    }
    return status;
}

static enum mst_status
import_seed(struct mst_catalog *catalog, const struct mst_config *file,
            struct mst_error *err)
{
    if (!import_is_empty(catalog)) {
        return MST_OK;
    }
    enum mst_status status = catalog_wish(
        catalog, IMPORT_MARK, MST_JOB_WANT_STOPPED, IMPORT_WHO, err);
    if (status == MST_OK) {
        status = import_file(catalog, file, err);
    }
    return status == MST_OK ? catalog_wish(
               catalog, IMPORT_MARK, MST_JOB_WANT_RUNNING, IMPORT_WHO, err)
                            : status;
}

static bool
import_has(const struct mst_config *file, const char *name)
{
    const struct mst_config_connector *found =
        mst_config_find_connector(file, name);
    return found != NULL && found->enabled;
}

/* Names change places in the table while wishes are saved: one at a time,
 * from the start. */
static const char *
import_next_foreign(struct mst_catalog *catalog, const struct mst_config *file)
{
    for (size_t i = 0; i < catalog->table.len; i++) {
        const struct catalog_record *item = &catalog->table.items[i];
        if (item->kind == MST_RECORD_JOB && !import_has(file, item->record.name)
            && catalog_wanted(catalog, item->record.name)
                   != MST_JOB_WANT_STOPPED) {
            return item->record.name;
        }
    }
    return NULL;
}

static enum mst_status
import_force(struct mst_catalog *catalog, const struct mst_config *file,
             struct mst_error *err)
{
    enum mst_status status = import_file(catalog, file, err);
    const char *name = NULL;
    while (status == MST_OK
           && (name = import_next_foreign(catalog, file)) != NULL) {
        status =
            catalog_wish(catalog, name, MST_JOB_WANT_STOPPED, IMPORT_WHO, err);
    }
    for (size_t i = 0; i < file->connectors_len && status == MST_OK; i++) {
        if (file->connectors[i].enabled) {
            status = catalog_wish(catalog, file->connectors[i].name,
                                  MST_JOB_WANT_RUNNING, IMPORT_WHO, err);
        }
    }
    return status;
}

enum mst_status
catalog_import(struct mst_catalog *catalog, struct mst_error *err)
{
    struct mst_problems problems = {0};
    enum mst_status status = MST_OK;
    if (catalog->mode != CATALOG_SEED && catalog->mode != CATALOG_FORCE) {
        return MST_OK;
    }
    struct mst_config *file =
        catalog_load_file(catalog, catalog->text, catalog->text_len, &problems);
    if (file == NULL) {
        status = mst_fail(err, MST_FATAL, "jobs", 0,
                          "the configuration file can not be loaded again");
    } else if (catalog->mode == CATALOG_SEED) {
        status = import_seed(catalog, file, err);
    } else {
        status = import_force(catalog, file, err);
    }
    mst_config_destroy(file);
    mst_problems_clear(&problems);
    return status;
}
