/* SPDX-License-Identifier: MIT */
/* The file and the records as one configuration. */
#include <stdlib.h>

#include "base/thread.h"
#include "jobs/catalog_alone.h"
#include "log/log.h"

enum {
    LOAD_TEXT_MAX = 2 * MST_RECORD_BODY_MAX,
    /* What is set aside may break others: a service its jobs, no more. */
    LOAD_ROUNDS_MAX = 8
};

/* Definitions and the texts that they point to. */
struct load_list {
    struct mst_definition *items;
    struct mst_buf *texts;
    size_t len;
};

void
catalog_wipe(struct mst_buf *buf)
{
    if (buf->data != NULL) {
        explicit_bzero(buf->data, buf->len);
    }
    mst_buf_clear(buf);
}

static enum mst_definition_kind
load_kind(enum mst_record_kind kind)
{
    return kind == MST_RECORD_SERVICE ? MST_DEFINITION_SERVICE
                                      : MST_DEFINITION_JOB;
}

/* Without the lock: only who holds `writing` changes the table. */
enum mst_status
catalog_unwrap(struct mst_catalog *catalog, const struct catalog_record *item,
               struct mst_buf *out, bool *ret_trusted, struct mst_error *err)
{
    const struct mst_catalog_seal *seal = &catalog->args.seal;
    struct mst_slice body = item->record.body;
    struct mst_buf plain;
    enum mst_status status = MST_OK;
    mst_buf_init(&plain, LOAD_TEXT_MAX);
    if (item->kind == MST_RECORD_SERVICE && seal->open != NULL) {
        status = seal->open(seal->arg, &item->record, &plain, err);
        body = mst_buf_slice(&plain);
    }
    if (status == MST_OK) {
        status = mst_definition_unwrap(body, out, ret_trusted);
        if (status == MST_REJECTED) {
            status = mst_fail(err, MST_REJECTED, "state", 0,
                              "the record holds no definition");
        } else if (status != MST_OK) {
            status = mst_fail_memory(err, "jobs");
        }
    }
    catalog_wipe(&plain);
    return status;
}

static void
load_list_clear(struct load_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        catalog_wipe(&list->texts[i]);
    }
    free(list->items);
    free(list->texts);
    *list = (struct load_list){0};
}

static bool
load_set_aside(struct catalog_record *item, const char *why)
{
    item->why_next = strdup(why);
    return item->why_next != NULL;
}

/* Appends what the record holds; one that can not be read is set aside. */
static enum mst_status
load_list_record(struct mst_catalog *catalog, struct load_list *list,
                 struct catalog_record *item, struct mst_error *err)
{
    struct mst_buf *text = &list->texts[list->len];
    struct mst_definition *one = &list->items[list->len];
    struct mst_error why;
    mst_error_clear(&why);
    mst_buf_init(text, LOAD_TEXT_MAX);
    *one = (struct mst_definition){.kind = load_kind(item->kind),
                                   .name = item->record.name,
                                   .revision = item->record.revision};
    enum mst_status status =
        catalog_unwrap(catalog, item, text, &one->trusted, &why);
    if (status == MST_OK) {
        one->text = mst_buf_slice(text);
        list->len++;
        return MST_OK;
    }
    catalog_wipe(text);
    return load_set_aside(item, why.text) ? MST_OK
                                          : mst_fail_memory(err, "jobs");
}

static void
load_list_change(struct load_list *list, const struct catalog_change *change)
{
    mst_buf_init(&list->texts[list->len], LOAD_TEXT_MAX);
    list->items[list->len++] =
        (struct mst_definition){.kind = load_kind(change->kind),
                                .name = change->name,
                                .text = change->text,
                                .revision = change->revision};
}

static bool
load_is_change(const struct catalog_change *change,
               const struct catalog_record *item)
{
    return change != NULL && item->kind == change->kind
           && strcmp(item->record.name, change->name) == 0;
}

static enum mst_status
load_list_make(struct mst_catalog *catalog, const struct catalog_change *change,
               struct load_list *list, struct mst_error *err)
{
    struct catalog_table *table = &catalog->table;
    enum mst_status status = MST_OK;
    list->items = calloc(table->len + 1, sizeof(*list->items));
    list->texts = calloc(table->len + 1, sizeof(*list->texts));
    if (list->items == NULL || list->texts == NULL) {
        return mst_fail_memory(err, "jobs");
    }
    for (size_t i = 0; i < table->len && status == MST_OK; i++) {
        struct catalog_record *item = &table->items[i];
        if (item->kind != MST_RECORD_DESIRED && !load_is_change(change, item)
            && item->why_next == NULL) {
            status = load_list_record(catalog, list, item, err);
        }
    }
    if (change != NULL && !change->remove) {
        load_list_change(list, change);
    }
    return status;
}

static struct mst_config_input
load_input(const struct mst_catalog *catalog, const char *text, size_t text_len)
{
    return (struct mst_config_input){
        .path = catalog->args.path,
        .text = text,
        .text_len = text_len,
        .sets = catalog->args.sets,
        .sets_len = catalog->args.sets_len,
        .registry = catalog->args.registry,
        .probe = true,
    };
}

struct mst_config *
catalog_load_file(struct mst_catalog *catalog, const char *text,
                  size_t text_len, struct mst_problems *problems)
{
    const struct mst_config_input input = load_input(catalog, text, text_len);
    struct mst_config *config = NULL;
    return mst_config_load(&input, problems, &config) == MST_OK ? config : NULL;
}

/* The record that the problem is about; NULL: none. */
static struct catalog_record *
load_culprit(struct mst_catalog *catalog, const struct mst_problem *problem)
{
    for (size_t i = 0; i < catalog->table.len; i++) {
        struct catalog_record *item = &catalog->table.items[i];
        char place[MST_DEFINITION_PLACE_MAX];
        if (item->kind == MST_RECORD_DESIRED) {
            continue;
        }
        mst_definition_place(load_kind(item->kind), item->record.name, place);
        if (strcmp(place, problem->file) == 0) {
            return item;
        }
    }
    return NULL;
}

/* Sets aside what is at fault without having been changed just now. False:
 * there is nothing more of that. */
static bool
load_blame(struct mst_catalog *catalog, const struct catalog_change *change,
           const struct mst_problems *problems)
{
    bool more = false;
    for (size_t i = 0; i < problems->len; i++) {
        const struct mst_problem *problem = &problems->items[i];
        struct catalog_record *item = load_culprit(catalog, problem);
        if (problem->severity == MST_PROBLEM_ERROR && item != NULL
            && item->why_next == NULL && !load_is_change(change, item)
            && (change == NULL || item->why != NULL)) {
            more = load_set_aside(item, problem->text) || more;
        }
    }
    return more;
}

static enum mst_status
load_once(struct mst_catalog *catalog, const struct catalog_change *change,
          struct mst_problems *problems, struct mst_config **ret_config,
          struct mst_error *err)
{
    struct mst_config_input input =
        load_input(catalog, catalog->text, catalog->text_len);
    struct load_list list = {0};
    enum mst_status status = load_list_make(catalog, change, &list, err);
    if (status == MST_OK) {
        input.definitions = list.items;
        input.definitions_len = list.len;
        input.without_jobs = catalog->mode != CATALOG_SIDE_BY_SIDE;
        status = mst_config_load(&input, problems, ret_config) == MST_OK
                     ? MST_OK
                     : MST_REJECTED;
    }
    load_list_clear(&list);
    return status;
}

/* The definition as one more of the list, which has room. */
static void
load_list_draft(struct load_list *list, enum mst_definition_kind kind,
                const struct mst_definition_draft *draft, bool trusted)
{
    mst_buf_init(&list->texts[list->len], LOAD_TEXT_MAX);
    list->items[list->len++] =
        (struct mst_definition){.kind = kind,
                                .name = draft->name,
                                .text = mst_buf_slice(&draft->text),
                                .revision = 1,
                                .trusted = trusted};
}

/* The services that there are, then what is new. */
static enum mst_status
load_list_alone(struct mst_catalog *catalog, const struct catalog_alone *what,
                struct load_list *list, struct mst_error *err)
{
    size_t most = catalog->table.len + what->services_len + 1;
    enum mst_status status = MST_OK;
    list->items = calloc(most, sizeof(*list->items));
    list->texts = calloc(most, sizeof(*list->texts));
    if (list->items == NULL || list->texts == NULL) {
        (void)mst_fail_memory(err, "jobs");
        return MST_FATAL;
    }
    for (size_t i = 0; i < catalog->table.len && status == MST_OK; i++) {
        struct catalog_record *item = &catalog->table.items[i];
        if (item->kind == MST_RECORD_SERVICE && item->why == NULL) {
            status = load_list_record(catalog, list, item, err);
        }
    }
    if (status != MST_OK) {
        return status;
    }
    for (size_t i = 0; i < what->services_len; i++) {
        load_list_draft(list, MST_DEFINITION_SERVICE, &what->services[i],
                        false);
    }
    load_list_draft(list, MST_DEFINITION_JOB, what->job, what->trusted);
    return MST_OK;
}

enum mst_status
catalog_load_alone(struct mst_catalog *catalog,
                   const struct catalog_alone *what,
                   struct mst_problems *problems,
                   struct mst_config **ret_config, struct mst_error *err)
{
    struct mst_config_input input =
        load_input(catalog, catalog->text, catalog->text_len);
    struct load_list list = {0};
    enum mst_status status = load_list_alone(catalog, what, &list, err);
    if (status == MST_OK) {
        input.definitions = list.items;
        input.definitions_len = list.len;
        input.without_jobs = true;
        status = mst_config_load(&input, problems, ret_config) == MST_OK
                     ? MST_OK
                     : MST_REJECTED;
    }
    load_list_clear(&list);
    return status;
}

enum mst_status
catalog_load(struct mst_catalog *catalog, const struct catalog_change *change,
             struct mst_problems *problems, struct mst_config **ret_config,
             struct mst_error *err)
{
    enum mst_status status = MST_REJECTED;
    for (size_t i = 0; i < catalog->table.len; i++) {
        free(catalog->table.items[i].why_next);
        catalog->table.items[i].why_next = NULL;
    }
    for (int i = 0; i < LOAD_ROUNDS_MAX && status == MST_REJECTED; i++) {
        struct mst_problems found = {0};
        status = load_once(catalog, change, &found, ret_config, err);
        bool again = status == MST_REJECTED && i + 1 < LOAD_ROUNDS_MAX
                     && load_blame(catalog, change, &found);
        if (!again) {
            mst_problems_clear(problems);
            *problems = found;
            break;
        }
        mst_problems_clear(&found);
    }
    return status;
}

void
catalog_load_commit(struct mst_catalog *catalog)
{
    mst_mutex_lock(&catalog->lock);
    for (size_t i = 0; i < catalog->table.len; i++) {
        struct catalog_record *item = &catalog->table.items[i];
        if (item->why_next != NULL && item->why == NULL) {
            mst_log_error("jobs", "%s '%s' is set aside: %s",
                          item->kind == MST_RECORD_JOB ? "job" : "service",
                          item->record.name, item->why_next);
        }
        free(item->why);
        item->why = item->why_next;
        item->why_next = NULL;
    }
    mst_mutex_unlock(&catalog->lock);
}
