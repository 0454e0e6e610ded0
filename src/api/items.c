/* SPDX-License-Identifier: MIT */
/* Reading, writing and listing of what people keep under an id. */
#include "api/items.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/definitions.h"
#include "core/revision.h"

enum { ITEMS_UUID_LEN = 36 };

static struct mst_record_store *
items_store(struct mst_api *api, struct mst_api_answer *answer)
{
    if (api->args.records == NULL) {
        mst_api_refuse(answer, 503, "unavailable", NULL,
                       "nothing is kept here");
    }
    return api->args.records;
}

/* What is stored with the times of the record. */
static void
items_write(struct mst_json *out, const char *name,
            const struct mst_record *record)
{
    struct mst_slice body = record->body;
    if (body.len < 2 || body.data[body.len - 1] != '}') {
        mst_json_raw(out, name, MST_SLICE_LIT("{}"));
        return;
    }
    mst_json_raw(out, name, mst_slice_of(body.data, body.len - 1));
    mst_json_time(out, "created_at", record->created_ms);
    mst_json_time(out, "updated_at", record->changed_ms);
    mst_json_close(out, '}');
}

/* False: refused. */
static bool
items_load(struct mst_api *api, struct mst_api_answer *answer,
           const struct mst_api_item_kind *kind, const char *id,
           struct mst_record *ret)
{
    struct mst_record_store *store = items_store(api, answer);
    struct mst_error err;
    mst_error_clear(&err);
    if (store == NULL) {
        return false;
    }
    enum mst_status status =
        store->type->load(store, kind->kind, id, ret, &err);
    if (status != MST_OK) {
        err.status = status;
        mst_api_fail(answer, &err);
    }
    return status == MST_OK;
}

json_t *
mst_api_item_load(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer,
                  const struct mst_api_item_kind *kind)
{
    struct mst_record record;
    if (!items_load(api, answer, kind, request->captures[0], &record)) {
        return NULL;
    }
    json_t *item =
        json_loadb((const char *)record.body.data, record.body.len, 0, NULL);
    if (item == NULL) {
        mst_api_refuse(answer, 500, "failed", NULL, "%s '%s' can not be read",
                       kind->what, record.name);
    }
    mst_record_clear(&record);
    return item;
}

void
mst_api_item_show(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer,
                  const struct mst_api_item_kind *kind)
{
    struct mst_record record;
    if (!items_load(api, answer, kind, request->captures[0], &record)) {
        return;
    }
    if (!mst_api_is_known(request, answer, record.revision)) {
        items_write(&answer->body, NULL, &record);
    }
    mst_record_clear(&record);
}

/* --- lists ------------------------------------------------------------------ */

struct items_list {
    const struct mst_api_item_kind *kind;
    const char *after;
    int64_t left;
    struct mst_json *out;
};

static enum mst_status
items_list_one(void *arg, const struct mst_record *one)
{
    struct items_list *list = arg;
    if (list->after != NULL && strcmp(one->name, list->after) <= 0) {
        return MST_OK;
    }
    if (list->left-- == 0) {
        return MST_END;
    }
    json_t *item =
        json_loadb((const char *)one->body.data, one->body.len, 0, NULL);
    if (item != NULL) {
        mst_json_open(list->out, NULL, '{');
        mst_json_str(list->out, "id", one->name);
        list->kind->brief(item, list->out);
        mst_json_close(list->out, '}');
    }
    json_decref(item);
    return MST_OK;
}

void
mst_api_items_list(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer,
                   const struct mst_api_item_kind *kind)
{
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    struct mst_record_store *store = items_store(api, answer);
    struct items_list list = {.kind = kind,
                              .after = mst_api_query(request, "after")->text,
                              .left = limit->given ? limit->number
                                                   : MST_API_ITEMS_LIST_MAX,
                              .out = &answer->body};
    struct mst_error err;
    if (store == NULL) {
        return;
    }
    mst_error_clear(&err);
    mst_json_open(&answer->body, NULL, '[');
    enum mst_status status =
        store->type->list(store, kind->kind, items_list_one, &list, &err);
    mst_json_close(&answer->body, ']');
    if (status != MST_OK && status != MST_END) {
        err.status = status;
        mst_api_fail(answer, &err);
    }
}

/* --- changes ----------------------------------------------------------------- */

static bool
items_make_id(char out[MST_API_ITEM_ID_MAX + 1])
{
    uint8_t random[16];
    size_t n = 0;
    if (RAND_bytes(random, sizeof(random)) != 1) {
        return false;
    }
    random[6] = (uint8_t)((random[6] & 0x0F) | 0x40);
    random[8] = (uint8_t)((random[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof(random); i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        n += (size_t)snprintf(out + n, ITEMS_UUID_LEN + 1 - n, "%s%02x",
                              dash ? "-" : "", random[i]);
    }
    return true;
}

/* The id that the body says, or a new one. False: refused. */
static bool
items_id(const struct mst_api_request *request, struct mst_api_answer *answer,
         char out[MST_API_ITEM_ID_MAX + 1])
{
    const char *id = mst_api_body(request, "id")->text;
    if (id != NULL && id[0] != '\0') {
        (void)snprintf(out, MST_API_ITEM_ID_MAX + 1, "%s", id);
        return true;
    }
    if (items_make_id(out)) {
        return true;
    }
    mst_api_refuse(answer, 500, "failed", NULL,
                   "the system gives no random numbers");
    return false;
}

/* The body as it is kept, in the order of the operation's fields; NULL without
 * memory. */
static char *
items_text(const struct mst_api_request *request, const char *id)
{
    const struct mst_api_operation *operation = request->operation;
    json_t *kept = json_object();
    bool good = json_object_set_new(kept, "id", json_string(id)) == 0;
    for (size_t i = 0; i < operation->body_len && good; i++) {
        const char *name = operation->body[i].name;
        json_t *value = json_object_get(request->json, name);
        bool own = strcmp(name, "id") == 0 || strcmp(name, "created_at") == 0
                   || strcmp(name, "updated_at") == 0;
        if (value != NULL && !own) {
            good = json_object_set(kept, name, value) == 0;
        }
    }
    char *text = good ? json_dumps(kept, JSON_COMPACT) : NULL;
    json_decref(kept);
    return text;
}

/* Somebody was faster, or what was asked for is not so. */
static void
items_changed(const struct mst_api_request *request,
              struct mst_api_answer *answer,
              const struct mst_api_item_kind *kind, const char *id, bool exists)
{
    bool asked = request->if_match != NULL || request->if_none_match != NULL;
    if (asked || !exists) {
        mst_api_refuse(answer, 412, "changed", NULL,
                       "%s '%s' was changed by somebody else meanwhile",
                       kind->what, id);
        mst_api_hint(answer, "read it again");
    } else {
        mst_api_refuse(answer, 409, "conflict", NULL,
                       "there is a %s '%s' already", kind->what, id);
        mst_api_hint(answer, "PUT %s/%s changes it", kind->where, id);
    }
}

static void
items_save(struct mst_api *api, const struct mst_api_request *request,
           struct mst_api_answer *answer, const struct mst_api_item_kind *kind,
           struct mst_record *record)
{
    struct mst_record_store *store = api->args.records;
    uint64_t replaces = record->revision;
    bool made = replaces == 0;
    struct mst_error err;
    char *text = items_text(request, record->name);
    mst_error_clear(&err);
    if (text == NULL) {
        answer->body.failed = true;
        return;
    }
    record->revision = mst_next_revision(replaces);
    record->body = mst_slice_str(text);
    record->changed_by = (char *)(uintptr_t)request->who;
    record->changed_ms = mst_clock_wall_ms();
    record->created_ms = made ? record->changed_ms : record->created_ms;
    enum mst_status status =
        store->type->save(store, kind->kind, record, replaces, &err);
    if (status == MST_OK) {
        answer->status = made ? 201 : 200;
        mst_api_set_etag(answer, record->revision);
        if (made) {
            mst_api_set_location(answer, kind->where, record->name);
        }
        mst_json_open(&answer->body, NULL, '{');
        mst_json_str(&answer->body, "message",
                     made ? "it is kept" : "it was changed");
        items_write(&answer->body, "item", record);
        mst_json_close(&answer->body, '}');
    } else if (status == MST_AGAIN) {
        items_changed(request, answer, kind, record->name, made);
    } else {
        err.status = status;
        mst_api_fail(answer, &err);
    }
    free(text);
}

void
mst_api_item_create(struct mst_api *api, const struct mst_api_request *request,
                    struct mst_api_answer *answer,
                    const struct mst_api_item_kind *kind)
{
    char id[MST_API_ITEM_ID_MAX + 1];
    struct mst_record record = {.name = id};
    struct mst_catalog_match match = {.must_not_exist = true};
    if (items_store(api, answer) == NULL
        || !mst_api_match(request, answer, &match)
        || !items_id(request, answer, id)
        || !kind->check(api, request, answer)) {
        return;
    }
    if (match.must_exist) {
        items_changed(request, answer, kind, id, false);
        return;
    }
    items_save(api, request, answer, kind, &record);
}

/* The record of a request's id, if the headers let it be changed. False:
 * refused. */
static bool
items_take(struct mst_api *api, const struct mst_api_request *request,
           struct mst_api_answer *answer, const struct mst_api_item_kind *kind,
           struct mst_record *ret)
{
    const char *id = request->captures[0];
    struct mst_catalog_match match = {.must_exist = true};
    if (!mst_api_match(request, answer, &match)
        || !items_load(api, answer, kind, id, ret)) {
        return false;
    }
    if (match.must_not_exist
        || (match.has_revision && match.revision != ret->revision)) {
        mst_record_clear(ret);
        items_changed(request, answer, kind, id, false);
        return false;
    }
    return true;
}

void
mst_api_item_replace(struct mst_api *api, const struct mst_api_request *request,
                     struct mst_api_answer *answer,
                     const struct mst_api_item_kind *kind)
{
    const char *id = mst_api_body(request, "id")->text;
    struct mst_record old;
    if (id != NULL && strcmp(id, request->captures[0]) != 0) {
        mst_api_refuse(answer, 422, "bad_field", "id",
                       "'id' is another one than in the address");
        return;
    }
    if (!kind->check(api, request, answer)
        || !items_take(api, request, answer, kind, &old)) {
        return;
    }
    struct mst_record record = {.name = old.name,
                                .revision = old.revision,
                                .created_ms = old.created_ms};
    items_save(api, request, answer, kind, &record);
    mst_record_clear(&old);
}

void
mst_api_item_remove(struct mst_api *api, const struct mst_api_request *request,
                    struct mst_api_answer *answer,
                    const struct mst_api_item_kind *kind)
{
    struct mst_record_store *store = api->args.records;
    struct mst_record old;
    struct mst_error err;
    mst_error_clear(&err);
    if (!items_take(api, request, answer, kind, &old)) {
        return;
    }
    enum mst_status status =
        store->type->remove(store, kind->kind, old.name, old.revision, &err);
    if (status == MST_AGAIN) {
        items_changed(request, answer, kind, old.name, false);
    } else if (status != MST_OK) {
        err.status = status;
        mst_api_fail(answer, &err);
    } else {
        mst_api_done(answer, "the %s was removed", kind->what);
    }
    mst_record_clear(&old);
}
