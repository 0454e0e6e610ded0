/* SPDX-License-Identifier: MIT */
/* The store of schemas that a registry is: its REST paths. */
#include "clients/schema_registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "clients/registry_cache.h"
#include "clients/registry_call.h"
#include "clients/registry_json.h"

enum {
    /* A schema as JSON text in JSON: most bytes get no escape. */
    REGISTRY_ANSWER_MAX = 2 * MST_SCHEMA_TEXT_MAX + 64 * 1024,
    REGISTRY_PATH_MAX = 4096,
    /* How long an unknown number is not asked for again. */
    REGISTRY_UNKNOWN_MS = 30 * 1000,
    REGISTRY_NAME_MAX = 4096
};

struct schema_registry {
    const struct registry_service *service;
    struct mst_http *http;
    pthread_mutex_t mutex; /* guards what follows: one question at a time */
    struct registry_line line;
    struct registry_cache cache;
    struct mst_http_answer answer;
};

static enum mst_status
registry_open(void **ret_store, const struct mst_schema_store_args *args,
              struct mst_error *err)
{
    struct schema_registry *registry = calloc(1, sizeof(*registry));
    if (registry == NULL) {
        return mst_fail_memory(err, "registry");
    }
    registry->service = args->service;
    mst_buf_init(&registry->answer.body, REGISTRY_ANSWER_MAX);
    enum mst_status status =
        mst_http_create(&registry->service->http, &registry->http, err);
    if (status == MST_OK && pthread_mutex_init(&registry->mutex, NULL) != 0) {
        status = mst_fail_memory(err, "registry");
    }
    if (status != MST_OK) {
        mst_http_destroy(registry->http);
        free(registry);
        return status;
    }
    registry->line.service = registry->service;
    registry->line.http = registry->http;
    *ret_store = registry;
    return MST_OK;
}

static void
registry_close(void *store)
{
    struct schema_registry *registry = store;
    if (registry != NULL) {
        registry_cache_clear(&registry->cache);
        mst_buf_clear(&registry->answer.body);
        mst_http_destroy(registry->http);
        (void)pthread_mutex_destroy(&registry->mutex);
        free(registry);
    }
}

static void
registry_interrupt(void *store, bool on)
{
    struct schema_registry *registry = store;
    mst_http_interrupt(registry->http, on);
}

/* Asks; the answer stays until the next question. Lock: mutex held. */
static enum mst_status
registry_ask(struct schema_registry *registry, struct mst_buf *path,
             struct mst_slice body, struct mst_slice *ret_text,
             struct mst_error *err)
{
    const char *text = mst_buf_text(path);
    if (text == NULL) {
        return mst_fail_memory(err, "registry");
    }
    enum mst_status status =
        registry_call(&registry->line, text, body, &registry->answer, err);
    *ret_text = mst_buf_slice(&registry->answer.body);
    return status;
}

/* A large answer is not kept for the life of a job. */
static void
registry_forget(struct schema_registry *registry)
{
    mst_buf_clear(&registry->answer.body);
}

static enum mst_status
registry_malformed(struct mst_error *err)
{
    return mst_fail(err, MST_RETRY, "registry", 0,
                    "the answer of the registry is not what was asked for");
}

/* False: it is not known here. */
static bool
registry_kind(struct mst_slice value, enum mst_schema_kind *ret_kind)
{
    if (mst_slice_is(value, "\"AVRO\"") || mst_slice_is(value, "null")) {
        *ret_kind = MST_SCHEMA_KIND_AVRO;
    } else if (mst_slice_is(value, "\"JSON\"")) {
        *ret_kind = MST_SCHEMA_KIND_JSON;
    } else {
        return false;
    }
    return true;
}

static enum mst_status
registry_too_large(struct mst_error *err)
{
    return mst_fail(err, MST_REJECTED, "registry", 0,
                    "the schema is larger than %d bytes", MST_SCHEMA_TEXT_MAX);
}

/* One member of a schema's answer. */
static enum mst_status
registry_member(struct mst_slice name, struct mst_slice value,
                struct mst_schema_text *ret, struct mst_error *err)
{
    bool good = true;
    enum mst_status status = MST_OK;
    if (mst_slice_is(name, "schema")) {
        mst_buf_reset(&ret->text);
        good = value.len > 0 && value.data[0] == '"';
        status = good ? registry_json_string(value, &ret->text) : MST_OK;
        if (status == MST_REJECTED) {
            return value.len > MST_SCHEMA_TEXT_MAX ? registry_too_large(err)
                                                   : registry_malformed(err);
        }
    } else if (mst_slice_is(name, "schemaType")) {
        if (!registry_kind(value, &ret->kind)) {
            return mst_fail(err, MST_REJECTED, "registry", 0,
                            "schemas of type %.*s are not supported",
                            value.len < 64 ? (int)value.len : 64,
                            (const char *)value.data);
        }
    } else if (mst_slice_is(name, "id")) {
        good = registry_json_number(value, &ret->id);
    } else if (mst_slice_is(name, "version")) {
        good = registry_json_number(value, &ret->version);
    } else if (mst_slice_is(name, "references") && value.len > 2
               && value.data[0] == '[') {
        return mst_fail(err, MST_REJECTED, "registry", 0,
                        "the schema has references to other subjects, which "
                        "are not supported: %.*s",
                        value.len < 200 ? (int)value.len : 200,
                        (const char *)value.data);
    }
    if (status == MST_FATAL) {
        return mst_fail_memory(err, "registry");
    }
    return good ? MST_OK : registry_malformed(err);
}

static enum mst_status
registry_read_schema(struct mst_slice text, struct mst_schema_text *ret,
                     struct mst_error *err)
{
    struct registry_json json;
    struct mst_slice name;
    struct mst_slice value;
    enum mst_status status = MST_OK;
    ret->kind = MST_SCHEMA_KIND_AVRO;
    if (!registry_json_begin(&json, text, '{')) {
        return registry_malformed(err);
    }
    while (status == MST_OK && registry_json_next(&json, &name, &value)) {
        status = registry_member(name, value, ret, err);
    }
    if (status == MST_OK
        && (!registry_json_is_whole(&json) || ret->text.len == 0)) {
        status = registry_malformed(err);
    }
    return status;
}

static enum mst_status
registry_subject_path(struct mst_buf *path, const char *before,
                      struct mst_slice subject, const char *behind)
{
    enum mst_status status = mst_buf_append_str(path, before);
    status = status == MST_OK ? mst_http_append_escaped(path, subject) : status;
    return status == MST_OK ? mst_buf_append_str(path, behind) : status;
}

static enum mst_status
registry_ref_path(const struct mst_schema_ref *ref, struct mst_buf *path)
{
    if (ref->subject.data == NULL) {
        return mst_buf_printf(path, "/schemas/ids/%u", ref->id);
    }
    enum mst_status status =
        registry_subject_path(path, "/subjects/", ref->subject, "/versions/");
    if (status != MST_OK) {
        return status;
    }
    return ref->version == 0 ? mst_buf_append_str(path, "latest")
                             : mst_buf_printf(path, "%u", ref->version);
}

/* Says what was asked for, in front. */
static void
registry_say(const struct mst_schema_ref *ref, struct mst_error *err)
{
    if (ref->subject.data == NULL) {
        mst_error_prefix(err, "schema %u: ", ref->id);
    } else if (ref->version == 0) {
        mst_error_prefix(err, "schema '%.*s': ", (int)ref->subject.len,
                         (const char *)ref->subject.data);
    } else {
        mst_error_prefix(err,
                         "schema '%.*s', version %u: ", (int)ref->subject.len,
                         (const char *)ref->subject.data, ref->version);
    }
}

/* Lock: mutex held. */
static enum mst_status
registry_fetch(struct schema_registry *registry,
               const struct mst_schema_ref *ref, struct mst_buf *path,
               struct mst_schema_text *ret, struct mst_error *err)
{
    struct mst_slice text = MST_SLICE_NONE;
    int64_t until = REGISTRY_CACHE_FOR_EVER;
    enum mst_status status =
        registry_ask(registry, path, MST_SLICE_NONE, &text, err);
    if (status == MST_OK) {
        status = registry_read_schema(text, ret, err);
    }
    if (status == MST_OK && ref->subject.data == NULL) {
        ret->id = ref->id;
    }
    if (status != MST_OK) {
        registry_say(ref, err);
    }
    if (ref->subject.data != NULL && ref->version == 0) {
        until = mst_clock_ms() + registry->service->latest_max_age_ms;
    }
    if (status == MST_OK) {
        registry_cache_put(&registry->cache, (char *)path->data, until, ret,
                           NULL);
    } else if (status == MST_REJECTED && ref->subject.data == NULL) {
        registry_cache_put(&registry->cache, (char *)path->data,
                           mst_clock_ms() + REGISTRY_UNKNOWN_MS, NULL, err);
    }
    registry_forget(registry);
    return status;
}

static enum mst_status
registry_read(void *store, const struct mst_schema_ref *ref,
              struct mst_schema_text *ret, struct mst_error *err)
{
    struct schema_registry *registry = store;
    struct mst_schema_text found;
    struct mst_buf path;
    mst_buf_init(&path, REGISTRY_PATH_MAX);
    mst_schema_text_init(&found);
    if (registry_ref_path(ref, &path) != MST_OK
        || mst_buf_text(&path) == NULL) {
        mst_buf_clear(&path);
        return mst_fail(err, MST_REJECTED, "registry", 0,
                        "the name of the subject is too long");
    }
    mst_mutex_lock(&registry->mutex);
    enum mst_status status = registry_cache_get(
        &registry->cache, (char *)path.data, mst_clock_ms(), &found, err);
    if (status == MST_AGAIN) {
        status = registry_fetch(registry, ref, &path, &found, err);
    }
    mst_mutex_unlock(&registry->mutex);
    mst_buf_clear(&path);
    if (status != MST_OK) {
        mst_schema_text_clear(&found);
        return status;
    }
    mst_schema_text_clear(ret);
    *ret = found;
    return MST_OK;
}

/* {"schema": "...", "schemaType": "..."} */
static enum mst_status
registry_body(const struct mst_schema_text *schema, struct mst_buf *out)
{
    enum mst_status status = mst_buf_append_str(out, "{\"schema\":");
    status = status == MST_OK
                 ? mst_buf_append_json(out, mst_buf_slice(&schema->text))
                 : status;
    if (status != MST_OK) {
        return status;
    }
    /* Avro is what it is when nothing is said, to old registries too. */
    return mst_buf_append_str(out, schema->kind == MST_SCHEMA_KIND_JSON
                                       ? ",\"schemaType\":\"JSON\"}"
                                       : "}");
}

/* What is posted where, and how the answer is read, under the lock. */
struct registry_post {
    const char *before; /* the subject */
    const char *behind;
    enum mst_status (*read)(struct mst_slice text, uint32_t *ret,
                            struct mst_error *err);
};

static enum mst_status
registry_post(struct schema_registry *registry,
              const struct registry_post *post, const char *subject,
              const struct mst_schema_text *schema, uint32_t *ret,
              struct mst_error *err)
{
    struct mst_buf body;
    struct mst_buf where;
    struct mst_slice text = MST_SLICE_NONE;
    mst_buf_init(&body, REGISTRY_ANSWER_MAX);
    mst_buf_init(&where, REGISTRY_PATH_MAX);
    enum mst_status status = registry_subject_path(
        &where, post->before, mst_slice_str(subject), post->behind);
    status = status == MST_OK ? registry_body(schema, &body) : status;
    if (status != MST_OK) {
        status = status == MST_FATAL
                     ? mst_fail_memory(err, "registry")
                     : mst_fail(err, status, "registry", 0,
                                "the subject or the schema is too long");
    } else {
        mst_mutex_lock(&registry->mutex);
        status =
            registry_ask(registry, &where, mst_buf_slice(&body), &text, err);
        status = status == MST_OK ? post->read(text, ret, err) : status;
        registry_forget(registry);
        mst_mutex_unlock(&registry->mutex);
        if (status != MST_OK) {
            mst_error_prefix(err, "subject '%s': ", subject);
        }
    }
    mst_buf_clear(&body);
    mst_buf_clear(&where);
    return status;
}

static enum mst_status
registry_read_id(struct mst_slice text, uint32_t *ret, struct mst_error *err)
{
    struct registry_json json;
    struct mst_slice name;
    struct mst_slice value;
    uint32_t id = 0;
    bool found = false;
    if (!registry_json_begin(&json, text, '{')) {
        return registry_malformed(err);
    }
    while (registry_json_next(&json, &name, &value)) {
        if (mst_slice_is(name, "id")) {
            found = registry_json_number(value, &id);
        }
    }
    if (!found || !registry_json_is_whole(&json)) {
        return registry_malformed(err);
    }
    *ret = id;
    return MST_OK;
}

static enum mst_status
registry_find(void *store, const char *subject,
              const struct mst_schema_text *schema, uint32_t *ret_id,
              struct mst_error *err)
{
    static const struct registry_post post = {"/subjects/", "",
                                              registry_read_id};
    return registry_post(store, &post, subject, schema, ret_id, err);
}

static enum mst_status
registry_add(void *store, const char *subject,
             const struct mst_schema_text *schema, uint32_t *ret_id,
             struct mst_error *err)
{
    static const struct registry_post post = {"/subjects/", "/versions",
                                              registry_read_id};
    return registry_post(store, &post, subject, schema, ret_id, err);
}

/* "messages", or elsewhere "reason", say why not. */
static enum mst_status
registry_read_verdict(struct mst_slice text, uint32_t *ret,
                      struct mst_error *err)
{
    struct registry_json json;
    struct mst_slice name;
    struct mst_slice value;
    struct mst_slice why = MST_SLICE_NONE;
    int verdict = -1;
    if (!registry_json_begin(&json, text, '{')) {
        return registry_malformed(err);
    }
    while (registry_json_next(&json, &name, &value)) {
        if (mst_slice_is(name, "is_compatible")) {
            verdict = mst_slice_is(value, "true")    ? 1
                      : mst_slice_is(value, "false") ? 0
                                                     : -1;
        } else if (value.len > 2
                   && (mst_slice_is(name, "messages")
                       || (mst_slice_is(name, "reason")
                           && value.data[0] == '"'))) {
            why = value;
        }
    }
    if (verdict < 0 || !registry_json_is_whole(&json)) {
        return registry_malformed(err);
    }
    *ret = (uint32_t)verdict;
    if (verdict == 1) {
        return MST_OK;
    }
    return mst_fail(err, MST_REJECTED, "registry", 409,
                    "the schema is not compatible with those before it%s%.*s",
                    why.data == NULL ? "" : ": ",
                    why.len < 400 ? (int)why.len : 400,
                    why.data == NULL ? "" : (const char *)why.data);
}

static enum mst_status
registry_check(void *store, const char *subject,
               const struct mst_schema_text *schema, struct mst_error *err)
{
    static const struct registry_post post = {"/compatibility/subjects/",
                                              "/versions/latest?verbose=true",
                                              registry_read_verdict};
    uint32_t verdict = 0;
    enum mst_status status =
        registry_post(store, &post, subject, schema, &verdict, err);
    if (status == MST_REJECTED
        && (err->code == REGISTRY_NO_SUBJECT
            || err->code == REGISTRY_NO_VERSION)) {
        mst_error_clear(err);
        return MST_OK;
    }
    return status;
}

static enum mst_status
registry_list_text(struct mst_slice text, const char *subject,
                   struct mst_schema_list *list, struct mst_error *err)
{
    struct registry_json json;
    struct mst_slice value;
    struct mst_buf name;
    uint32_t version = 0;
    enum mst_status status = MST_OK;
    mst_buf_init(&name, REGISTRY_NAME_MAX);
    if (!registry_json_begin(&json, text, '[')) {
        return registry_malformed(err);
    }
    while (status == MST_OK && registry_json_next(&json, NULL, &value)) {
        mst_buf_reset(&name);
        if (subject != NULL) {
            status = registry_json_number(value, &version)
                         ? list->add(list, subject, version)
                         : registry_malformed(err);
        } else if (registry_json_string(value, &name) == MST_OK
                   && mst_buf_text(&name) != NULL) {
            status = list->add(list, (char *)name.data, 0);
        } else {
            status = registry_malformed(err);
        }
    }
    mst_buf_clear(&name);
    return status == MST_OK && !registry_json_is_whole(&json)
               ? registry_malformed(err)
               : status;
}

static enum mst_status
registry_list(void *store, const char *subject, struct mst_schema_list *list,
              struct mst_error *err)
{
    struct schema_registry *registry = store;
    struct mst_buf path;
    struct mst_slice text = MST_SLICE_NONE;
    mst_buf_init(&path, REGISTRY_PATH_MAX);
    enum mst_status status =
        subject == NULL
            ? mst_buf_append_str(&path, "/subjects")
            : registry_subject_path(&path, "/subjects/", mst_slice_str(subject),
                                    "/versions");
    if (status == MST_OK) {
        mst_mutex_lock(&registry->mutex);
        status = registry_ask(registry, &path, MST_SLICE_NONE, &text, err);
        status = status == MST_OK ? registry_list_text(text, subject, list, err)
                                  : status;
        registry_forget(registry);
        mst_mutex_unlock(&registry->mutex);
    } else {
        status = mst_fail(err, MST_REJECTED, "registry", 0,
                          "the name of the subject is too long");
    }
    mst_buf_clear(&path);
    return status;
}

const struct mst_schema_store_type mst_schema_registry = {
    .name = "schema_registry",
    .service_options = {.options = registry_service_options,
                        .len = REGISTRY_SERVICE_OPTIONS,
                        .size = sizeof(struct registry_service)},
    .inspect = &registry_service_inspect,
    .open = registry_open,
    .close = registry_close,
    .interrupt = registry_interrupt,
    .read = registry_read,
    .find = registry_find,
    .add = registry_add,
    .check = registry_check,
    .list = registry_list,
};
