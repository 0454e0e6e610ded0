/* SPDX-License-Identifier: MIT */
/* A table of scripts before the records. */
#include "jobs/scripts.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "core/revision.h"

struct script_item {
    char *name; /* "service/script.lua" */
    uint64_t revision;
    int64_t created_ms;
    struct mst_slice text; /* owned */
};

/* Sorted by name. */
struct script_table {
    struct script_item *items;
    size_t len;
    size_t cap;
};

struct mst_scripts {
    struct mst_script_store store; /* first: its functions cast back */
    struct mst_record_store *records;
    pthread_mutex_t writing; /* held while the store is waited for */
    pthread_mutex_t lock;    /* guards what follows; never held for long */
    struct script_table table;
    bool known; /* the records have been read */
    atomic_uint_fast64_t generation;
};

static bool
script_record_name(const char *service, const char *name,
                   char ret[MST_RECORD_NAME_MAX + 1])
{
    int len = snprintf(ret, MST_RECORD_NAME_MAX + 1, "%s/%s", service, name);
    return len > 0 && len <= MST_RECORD_NAME_MAX;
}

/* --- the table -------------------------------------------------------------- */

static size_t
script_place(const struct script_table *table, const char *name)
{
    size_t low = 0;
    size_t high = table->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->items[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct script_item *
script_find(const struct script_table *table, const char *name)
{
    size_t at = script_place(table, name);
    return at < table->len && strcmp(table->items[at].name, name) == 0
               ? &table->items[at]
               : NULL;
}

static void
script_clear(struct script_item *item)
{
    free(item->name);
    free((void *)(uintptr_t)item->text.data);
    *item = (struct script_item){0};
}

static void
script_table_clear(struct script_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        script_clear(&table->items[i]);
    }
    free(table->items);
    *table = (struct script_table){0};
}

static bool
script_table_grow(struct script_table *table)
{
    if (table->len < table->cap) {
        return true;
    }
    size_t cap = table->cap == 0 ? 16 : table->cap * 2;
    struct script_item *items = realloc(table->items, cap * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    table->items = items;
    table->cap = cap;
    return true;
}

/* A copy of the record, in the place of what is there. */
static bool
script_table_put(struct script_table *table, const struct mst_record *record)
{
    uint8_t *text = malloc(record->body.len + 1);
    struct script_item made = {.name = strdup(record->name),
                               .revision = record->revision,
                               .created_ms = record->created_ms,
                               .text = mst_slice_of(text, record->body.len)};
    struct script_item *item = script_find(table, record->name);
    if (text == NULL || made.name == NULL
        || (item == NULL && !script_table_grow(table))) {
        script_clear(&made);
        return false;
    }
    if (record->body.len > 0) {
        memcpy(text, record->body.data, record->body.len);
    }
    if (item != NULL) {
        script_clear(item);
    } else {
        size_t at = script_place(table, record->name);
        item = &table->items[at];
        memmove(item + 1, item, (table->len - at) * sizeof(*item));
        table->len++;
    }
    *item = made;
    return true;
}

static void
script_table_drop(struct script_table *table, const char *name)
{
    struct script_item *item = script_find(table, name);
    if (item != NULL) {
        size_t at = (size_t)(item - table->items);
        script_clear(item);
        table->len--;
        memmove(item, item + 1, (table->len - at) * sizeof(*item));
    }
}

static bool
script_table_same(const struct script_table *a, const struct script_table *b)
{
    bool same = a->len == b->len;
    for (size_t i = 0; i < a->len && same; i++) {
        same = a->items[i].revision == b->items[i].revision
               && strcmp(a->items[i].name, b->items[i].name) == 0;
    }
    return same;
}

/* --- what the jobs see ------------------------------------------------------ */

static enum mst_status
scripts_read(struct mst_script_store *store, const char *service,
             const char *name, struct mst_buf *out, struct mst_error *err)
{
    struct mst_scripts *scripts = (struct mst_scripts *)store;
    char full[MST_RECORD_NAME_MAX + 1];
    enum mst_status status = MST_END;
    mst_mutex_lock(&scripts->lock);
    const struct script_item *item = script_record_name(service, name, full)
                                         ? script_find(&scripts->table, full)
                                         : NULL;
    if (item != NULL) {
        status = mst_buf_append(out, item->text.data, item->text.len);
        status = status == MST_OK ? MST_OK : mst_fail_memory(err, "jobs");
    } else if (!scripts->known) {
        status = mst_fail(err, MST_RETRY, "jobs", 0,
                          "the scripts in the state have not been read yet");
    } else {
        status =
            mst_fail(err, MST_END, "jobs", 0, "there is no script '%s'", full);
    }
    mst_mutex_unlock(&scripts->lock);
    return status;
}

static enum mst_status
scripts_list(struct mst_script_store *store, const char *service,
             enum mst_status (*each)(void *arg, const char *name), void *arg)
{
    struct mst_scripts *scripts = (struct mst_scripts *)store;
    size_t len = strlen(service);
    enum mst_status status = MST_OK;
    mst_mutex_lock(&scripts->lock);
    for (size_t i = 0; i < scripts->table.len && status == MST_OK; i++) {
        const char *name = scripts->table.items[i].name;
        if (strncmp(name, service, len) == 0 && name[len] == '/') {
            status = each(arg, name + len + 1);
        }
    }
    mst_mutex_unlock(&scripts->lock);
    return status;
}

static uint64_t
scripts_generation(struct mst_script_store *store)
{
    struct mst_scripts *scripts = (struct mst_scripts *)store;
    return atomic_load_explicit(&scripts->generation, memory_order_acquire);
}

enum mst_status
mst_scripts_create(struct mst_record_store *records,
                   struct mst_scripts **ret_scripts, struct mst_error *err)
{
    struct mst_scripts *scripts = calloc(1, sizeof(*scripts));
    if (scripts == NULL) {
        return mst_fail_memory(err, "jobs");
    }
    scripts->store =
        (struct mst_script_store){.read = scripts_read,
                                  .list = scripts_list,
                                  .generation = scripts_generation};
    scripts->records = records;
    (void)pthread_mutex_init(&scripts->writing, NULL);
    (void)pthread_mutex_init(&scripts->lock, NULL);
    *ret_scripts = scripts;
    return MST_OK;
}

void
mst_scripts_destroy(struct mst_scripts *scripts)
{
    if (scripts != NULL) {
        script_table_clear(&scripts->table);
        (void)pthread_mutex_destroy(&scripts->writing);
        (void)pthread_mutex_destroy(&scripts->lock);
        free(scripts);
    }
}

struct mst_script_store *
mst_scripts_store(struct mst_scripts *scripts)
{
    return &scripts->store;
}

static enum mst_status
scripts_read_unknown(struct mst_script_store *store, const char *service,
                     const char *name, struct mst_buf *out,
                     struct mst_error *err)
{
    (void)store;
    (void)service;
    (void)out;
    return mst_fail(err, MST_RETRY, "jobs", 0,
                    "nobody knows yet whether script '%s' is kept", name);
}

static enum mst_status
scripts_list_unknown(struct mst_script_store *store, const char *service,
                     enum mst_status (*each)(void *arg, const char *name),
                     void *arg)
{
    (void)store;
    (void)service;
    (void)each;
    (void)arg;
    return MST_OK;
}

static uint64_t
scripts_generation_unknown(struct mst_script_store *store)
{
    (void)store;
    return 0;
}

struct mst_script_store
mst_scripts_unknown(void)
{
    return (struct mst_script_store){.read = scripts_read_unknown,
                                     .list = scripts_list_unknown,
                                     .generation = scripts_generation_unknown};
}

/* --- the records -------------------------------------------------------------- */

static enum mst_status
scripts_take(void *arg, const struct mst_record *one)
{
    return script_table_put(arg, one) ? MST_OK : MST_RETRY;
}

enum mst_status
mst_scripts_refresh(struct mst_scripts *scripts, struct mst_error *err)
{
    struct script_table seen = {0};
    mst_error_clear(err);
    mst_mutex_lock(&scripts->writing);
    enum mst_status status = scripts->records->type->list(
        scripts->records, MST_RECORD_SCRIPT, scripts_take, &seen, err);
    /* The first time, those that are not damaged are better than none. */
    if (status == MST_OK || (status == MST_FATAL && !scripts->known)) {
        mst_mutex_lock(&scripts->lock);
        if (!scripts->known || !script_table_same(&scripts->table, &seen)) {
            struct script_table old = scripts->table;
            scripts->table = seen;
            seen = old;
            atomic_fetch_add_explicit(&scripts->generation, 1,
                                      memory_order_release);
        }
        scripts->known = true;
        mst_mutex_unlock(&scripts->lock);
    }
    mst_mutex_unlock(&scripts->writing);
    script_table_clear(&seen);
    return status;
}

void
mst_scripts_begin(struct mst_scripts *scripts)
{
    mst_mutex_lock(&scripts->writing);
}

void
mst_scripts_end(struct mst_scripts *scripts)
{
    mst_mutex_unlock(&scripts->writing);
}

/* What is stored under that name; zeroes: nothing. */
static void
scripts_before(struct mst_scripts *scripts, const char *name,
               struct script_item *ret)
{
    *ret = (struct script_item){0};
    mst_mutex_lock(&scripts->lock);
    const struct script_item *item = script_find(&scripts->table, name);
    if (item != NULL) {
        ret->revision = item->revision;
        ret->created_ms = item->created_ms;
    }
    mst_mutex_unlock(&scripts->lock);
}

enum mst_status
mst_scripts_put(struct mst_scripts *scripts, const char *service,
                const char *name, struct mst_slice text, const char *who,
                struct mst_error *err)
{
    struct mst_record_store *records = scripts->records;
    char full[MST_RECORD_NAME_MAX + 1];
    struct script_item before;
    if (!script_record_name(service, name, full)
        || text.len > MST_SCRIPT_TEXT_MAX) {
        return mst_fail(err, MST_REJECTED, "jobs", 0,
                        "the script or its name is too long");
    }
    scripts_before(scripts, full, &before);
    int64_t now = mst_clock_wall_ms();
    struct mst_record record = {
        .name = full,
        .revision = mst_next_revision(before.revision),
        .body = text,
        .changed_by = strdup(who != NULL ? who : ""),
        .created_ms = before.revision != 0 ? before.created_ms : now,
        .changed_ms = now};
    if (record.changed_by == NULL) {
        return mst_fail_memory(err, "jobs");
    }
    enum mst_status status = records->type->save(records, MST_RECORD_SCRIPT,
                                                 &record, before.revision, err);
    if (status == MST_OK) {
        mst_mutex_lock(&scripts->lock);
        if (!script_table_put(&scripts->table, &record)) {
            status = mst_fail_memory(err, "jobs");
        }
        atomic_fetch_add_explicit(&scripts->generation, 1,
                                  memory_order_release);
        mst_mutex_unlock(&scripts->lock);
    }
    free(record.changed_by);
    return status;
}

enum mst_status
mst_scripts_remove(struct mst_scripts *scripts, const char *service,
                   const char *name, struct mst_error *err)
{
    struct mst_record_store *records = scripts->records;
    char full[MST_RECORD_NAME_MAX + 1];
    struct script_item before;
    if (!script_record_name(service, name, full)) {
        return mst_fail(err, MST_END, "jobs", 0, "there is no such script");
    }
    scripts_before(scripts, full, &before);
    enum mst_status status = records->type->remove(records, MST_RECORD_SCRIPT,
                                                   full, before.revision, err);
    if (status == MST_OK || status == MST_END) {
        mst_mutex_lock(&scripts->lock);
        script_table_drop(&scripts->table, full);
        atomic_fetch_add_explicit(&scripts->generation, 1,
                                  memory_order_release);
        mst_mutex_unlock(&scripts->lock);
    }
    return status;
}
