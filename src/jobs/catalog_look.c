/* SPDX-License-Identifier: MIT */
/* Jobs as others see them, with those that there should be. */
#include <stdlib.h>

#include "base/thread.h"
#include "jobs/catalog_impl.h"

struct look_broken {
    char *name;
    char *why;
    uint64_t revision;
    int64_t changed_ms;
};

/* Those that are set aside, in the order of their names. */
struct look_list {
    struct mst_catalog *catalog;
    struct look_broken *items;
    size_t len;
    size_t at; /* the next one to be shown */
    mst_job_each each;
    void *arg;
};

static void
look_clear(struct look_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        free(list->items[i].name);
        free(list->items[i].why);
    }
    free(list->items);
}

static enum mst_status
look_copy(struct look_list *list, const struct catalog_record *item)
{
    struct look_broken *one = &list->items[list->len++];
    *one = (struct look_broken){.name = strdup(item->record.name),
                                .why = strdup(item->why),
                                .revision = item->record.revision,
                                .changed_ms = item->record.changed_ms};
    return one->name != NULL && one->why != NULL ? MST_OK : MST_FATAL;
}

/* name: this one alone; NULL: all behind `after`. */
static enum mst_status
look_collect(struct look_list *list, const char *name, const char *after)
{
    struct mst_catalog *catalog = list->catalog;
    enum mst_status status = MST_OK;
    mst_mutex_lock(&catalog->lock);
    const struct catalog_table *table = &catalog->table;
    list->items = calloc(table->len + 1, sizeof(*list->items));
    status = list->items == NULL ? MST_FATAL : MST_OK;
    for (size_t i = 0; i < table->len && status == MST_OK; i++) {
        const struct catalog_record *item = &table->items[i];
        if (item->kind == MST_RECORD_JOB && item->why != NULL
            && (name != NULL ? strcmp(item->record.name, name) == 0
                             : strcmp(item->record.name, after) > 0)) {
            status = look_copy(list, item);
        }
    }
    mst_mutex_unlock(&catalog->lock);
    return status;
}

static enum mst_status
look_show(struct look_list *list)
{
    const struct look_broken *one = &list->items[list->at++];
    struct mst_job_look look = {
        .name = one->name,
        .definition = "{}",
        .revision = one->revision,
        .status = {.state = MST_JOB_FAILED,
                   .desired = catalog_wanted(list->catalog, one->name),
                   .since_ms = one->changed_ms,
                   .stopped_ms = one->changed_ms,
                   .ended = true},
        .horizon_ms = -1};
    (void)mst_fail(&look.status.reason, MST_FATAL, "config", 0, "%s", one->why);
    mst_error_hint(&look.status.reason,
                   "correct its definition, or what it refers to");
    return list->each(list->arg, &look);
}

static enum mst_status
look_one(void *arg, const struct mst_job_look *look)
{
    struct look_list *list = arg;
    enum mst_status status = MST_OK;
    while (status == MST_OK && list->at < list->len
           && strcmp(list->items[list->at].name, look->name) < 0) {
        status = look_show(list);
    }
    return status == MST_OK ? list->each(list->arg, look) : status;
}

enum mst_status
mst_catalog_each(struct mst_catalog *catalog, const char *after,
                 mst_job_each each, void *arg)
{
    struct look_list list = {.catalog = catalog, .each = each, .arg = arg};
    enum mst_status status = look_collect(&list, NULL, after);
    if (status == MST_OK) {
        status =
            mst_manager_each(catalog->args.manager, after, look_one, &list);
    }
    while (status == MST_OK && list.at < list.len) {
        status = look_show(&list);
    }
    look_clear(&list);
    return status;
}

enum mst_status
mst_catalog_one(struct mst_catalog *catalog, const char *name,
                mst_job_each each, void *arg)
{
    struct look_list list = {.catalog = catalog, .each = each, .arg = arg};
    enum mst_status status =
        mst_manager_one(catalog->args.manager, name, each, arg);
    if (status == MST_END) {
        status = look_collect(&list, name, "");
        if (status == MST_OK) {
            status = list.len > 0 ? look_show(&list) : MST_END;
        }
        look_clear(&list);
    }
    return status;
}
