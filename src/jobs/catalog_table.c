/* SPDX-License-Identifier: MIT */
/* What is known of the records, in order. */
#include <stdlib.h>

#include "jobs/catalog_impl.h"

static int
table_order(const struct catalog_record *item, enum mst_record_kind kind,
            const char *name)
{
    if (item->kind != kind) {
        return item->kind < kind ? -1 : 1;
    }
    return strcmp(item->record.name, name);
}

/* The first one that is not before it. */
static size_t
table_place(const struct catalog_table *table, enum mst_record_kind kind,
            const char *name)
{
    size_t low = 0;
    size_t high = table->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table_order(&table->items[middle], kind, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct catalog_record *
catalog_table_find(const struct catalog_table *table, enum mst_record_kind kind,
                   const char *name)
{
    size_t at = table_place(table, kind, name);
    return at < table->len && table_order(&table->items[at], kind, name) == 0
               ? &table->items[at]
               : NULL;
}

static void
table_clear_item(struct catalog_record *item)
{
    mst_record_clear(&item->record);
    free(item->why);
    free(item->why_next);
    *item = (struct catalog_record){0};
}

static bool
table_grow(struct catalog_table *table)
{
    if (table->len < table->cap) {
        return true;
    }
    size_t cap = table->cap == 0 ? 16 : table->cap * 2;
    struct catalog_record *items = realloc(table->items, cap * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    table->items = items;
    table->cap = cap;
    return true;
}

bool
catalog_table_put(struct catalog_table *table, enum mst_record_kind kind,
                  struct mst_record *record)
{
    struct catalog_record *item = catalog_table_find(table, kind, record->name);
    if (item != NULL) {
        table_clear_item(item);
    } else {
        if (!table_grow(table)) {
            return false;
        }
        size_t at = table_place(table, kind, record->name);
        memmove(&table->items[at + 1], &table->items[at],
                (table->len - at) * sizeof(*table->items));
        table->len++;
        item = &table->items[at];
    }
    *item = (struct catalog_record){.kind = kind, .record = *record};
    *record = (struct mst_record){0};
    return true;
}

void
catalog_table_drop(struct catalog_table *table, enum mst_record_kind kind,
                   const char *name)
{
    struct catalog_record *item = catalog_table_find(table, kind, name);
    if (item == NULL) {
        return;
    }
    size_t at = (size_t)(item - table->items);
    table_clear_item(item);
    table->len--;
    memmove(item, item + 1, (table->len - at) * sizeof(*item));
}

void
catalog_table_clear(struct catalog_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        table_clear_item(&table->items[i]);
    }
    free(table->items);
    *table = (struct catalog_table){0};
}

bool
catalog_table_same(const struct catalog_table *a, const struct catalog_table *b)
{
    bool same = a->len == b->len;
    for (size_t i = 0; i < a->len && same; i++) {
        const struct catalog_record *other = &b->items[i];
        same = table_order(&a->items[i], other->kind, other->record.name) == 0
               && a->items[i].record.revision == other->record.revision;
    }
    return same;
}

struct table_reader {
    struct catalog_table *table;
    enum mst_record_kind kind;
};

static enum mst_status
table_copy(const struct mst_record *from, struct mst_record *ret)
{
    uint8_t *body = malloc(from->body.len + 1);
    *ret = *from;
    ret->name = strdup(from->name);
    ret->changed_by = strdup(from->changed_by != NULL ? from->changed_by : "");
    ret->body = mst_slice_of(body, from->body.len);
    if (body == NULL || ret->name == NULL || ret->changed_by == NULL) {
        mst_record_clear(ret);
        return MST_FATAL;
    }
    memcpy(body, from->body.data, from->body.len);
    return MST_OK;
}

static enum mst_status
table_take(void *arg, const struct mst_record *one)
{
    struct table_reader *reader = arg;
    struct mst_record copy;
    if (table_copy(one, &copy) != MST_OK) {
        return MST_RETRY;
    }
    bool taken = catalog_table_put(reader->table, reader->kind, &copy);
    mst_record_clear(&copy);
    return taken ? MST_OK : MST_RETRY;
}

enum mst_status
catalog_table_read(struct mst_record_store *store, struct catalog_table *table,
                   struct mst_error *err)
{
    enum mst_status worst = MST_OK;
    for (int kind = 0; kind < MST_RECORD_CATALOG_KINDS; kind++) {
        struct table_reader reader = {.table = table,
                                      .kind = (enum mst_record_kind)kind};
        enum mst_status status =
            store->type->list(store, reader.kind, table_take, &reader, err);
        if (status != MST_OK && status != MST_FATAL) {
            return status;
        }
        worst = status != MST_OK ? status : worst;
    }
    return worst;
}
