/* SPDX-License-Identifier: MIT */
/* From a step's wish to a compiled plan, by way of remote stores. */
#include "jobs/job_schemas.h"

#include <stdio.h>
#include <stdlib.h>

/* One store that is open; what finds writers by number in it. */
struct mst_job_store {
    struct mst_schema_lookup lookup; /* first: find casts back */
    size_t service;                  /* index */
    const struct mst_schema_store_type *type;
    struct mst_schema_store_args args;
    void *store;
};

static enum mst_status
job_store_find(struct mst_schema_lookup *lookup, uint32_t id,
               struct mst_buf *out, struct mst_error *err)
{
    struct mst_job_store *self = (struct mst_job_store *)lookup;
    const struct mst_schema_ref ref = {.id = id};
    struct mst_schema_text schema;
    mst_schema_text_init(&schema);
    enum mst_status status = self->type->read(self->store, &ref, &schema, err);
    if (status == MST_OK && schema.kind == MST_SCHEMA_KIND_JSON) {
        status = mst_fail(err, MST_REJECTED, "schema", 0,
                          "schema %u is a JSON Schema, not Avro", id);
    }
    if (status == MST_OK
        && mst_buf_append(out, schema.text.data, schema.text.len) != MST_OK) {
        status = mst_fail_memory(err, "schema");
    }
    mst_schema_text_clear(&schema);
    return status;
}

/* NULL: it is not open. */
static struct mst_job_store *
job_schemas_store(const struct mst_job_schemas *schemas, size_t service)
{
    for (size_t i = 0; i < schemas->stores_len; i++) {
        if (schemas->stores[i].service == service) {
            return &schemas->stores[i];
        }
    }
    return NULL;
}

/* Opens the service's store, once, if it is a remote one. */
static enum mst_status
job_schemas_open(struct mst_job_schemas *schemas, size_t index,
                 struct mst_error *err)
{
    if (index == MST_CONFIG_NO_SERVICE
        || job_schemas_store(schemas, index) != NULL) {
        return MST_OK;
    }
    const struct mst_config_service *service =
        &schemas->config->services[index];
    if (service->schemas == NULL || service->schemas->load != NULL) {
        return MST_OK;
    }
    struct mst_job_store *store = &schemas->stores[schemas->stores_len];
    *store = (struct mst_job_store){
        .lookup = {.find = job_store_find},
        .service = index,
        .type = service->schemas,
        .args = {.service_name = service->name,
                 .service = service->options,
                 .config = schemas->config},
    };
    enum mst_status status =
        service->schemas->open(&store->store, &store->args, err);
    schemas->stores_len += status == MST_OK ? 1 : 0;
    return status;
}

static enum mst_status
job_schemas_open_step(struct mst_job_schemas *schemas,
                      const struct mst_config_step *step, struct mst_error *err)
{
    if (!step->late) {
        return MST_OK;
    }
    const size_t services[] = {
        step->registry,
        step->writers,
        step->schema == NULL ? MST_CONFIG_NO_SERVICE : step->schema->service,
        step->written == NULL ? MST_CONFIG_NO_SERVICE : step->written->service,
    };
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < MST_ARRAY_SIZE(services) && status == MST_OK; i++) {
        status = job_schemas_open(schemas, services[i], err);
    }
    return status;
}

enum mst_status
mst_job_schemas_init(struct mst_job_schemas *schemas,
                     const struct mst_config *config,
                     const struct mst_config_connector *connector,
                     const struct mst_registry *registry, struct mst_error *err)
{
    *schemas = (struct mst_job_schemas){
        .config = config, .connector = connector, .registry = registry};
    /* Lookups are pointed to: the array never moves. */
    schemas->stores =
        calloc(config->services_len + 1, sizeof(*schemas->stores));
    /* Of the source, each middleware and sink, and the sink of dead letters:
     * two each. */
    schemas->plans =
        calloc((connector->middlewares_len + connector->sinks_len + 2) * 2,
               sizeof(*schemas->plans));
    if (schemas->stores == NULL || schemas->plans == NULL) {
        free(schemas->stores);
        free(schemas->plans);
        memset(schemas, 0, sizeof(*schemas));
        return mst_fail_memory(err, "job");
    }
    enum mst_status status =
        job_schemas_open_step(schemas, &connector->source, err);
    for (size_t i = 0; i < connector->middlewares_len && status == MST_OK;
         i++) {
        status =
            job_schemas_open_step(schemas, &connector->middlewares[i], err);
    }
    for (size_t i = 0; i < connector->sinks_len && status == MST_OK; i++) {
        status = job_schemas_open_step(schemas, &connector->sinks[i], err);
    }
    if (status == MST_OK && connector->dlq.sink != NULL) {
        status = job_schemas_open_step(schemas, connector->dlq.sink, err);
    }
    if (status != MST_OK) {
        mst_job_schemas_clear(schemas);
    }
    return status;
}

void
mst_job_schemas_forget(struct mst_job_schemas *schemas)
{
    while (schemas->plans != NULL && schemas->plans_len > 0) {
        schemas->registry->schema_destroy(schemas->plans[--schemas->plans_len]);
    }
}

void
mst_job_schemas_clear(struct mst_job_schemas *schemas)
{
    mst_job_schemas_forget(schemas);
    for (size_t i = 0; i < schemas->stores_len; i++) {
        schemas->stores[i].type->close(schemas->stores[i].store);
    }
    free(schemas->stores);
    free(schemas->plans);
    memset(schemas, 0, sizeof(*schemas));
}

void
mst_job_schemas_interrupt(struct mst_job_schemas *schemas, bool on)
{
    for (size_t i = 0; i < schemas->stores_len; i++) {
        schemas->stores[i].type->interrupt(schemas->stores[i].store, on);
    }
}

char *
mst_job_schemas_subject(const struct mst_config_step *step)
{
    static const char suffix[] = "-value";
    if (step->subject != NULL) {
        return strdup(step->subject);
    }
    size_t size = strlen(step->resource) + sizeof(suffix);
    char *subject = malloc(size);
    if (subject != NULL) {
        (void)snprintf(subject, size, "%s%s", step->resource, suffix);
    }
    return subject;
}

/* The text of a schema; of none it stays empty. */
static enum mst_status
job_schemas_text(struct mst_job_schemas *schemas,
                 const struct mst_config_schema *schema,
                 struct mst_schema_text *ret, struct mst_error *err)
{
    struct mst_schema_ref ref;
    if (schema == NULL) {
        return MST_OK;
    }
    struct mst_job_store *store = job_schemas_store(schemas, schema->service);
    enum mst_status status = MST_OK;
    if (store == NULL) {
        status =
            mst_buf_append(&ret->text, schema->text.data, schema->text.len);
        ret->kind = schema->kind;
        return status == MST_OK ? status : mst_fail_memory(err, "job");
    }
    status = mst_schema_ref_parse(schema->resource, &ref, err);
    if (status == MST_OK) {
        status = store->type->read(store->store, &ref, ret, err);
    }
    if (status == MST_OK && schema->kind != MST_SCHEMA_KIND_NONE
        && ret->kind != MST_SCHEMA_KIND_NONE && ret->kind != schema->kind) {
        status = mst_fail(
            err, MST_FATAL, "schema", 0,
            "schema '%s' of service '%s' is %s, not %s", schema->resource,
            store->args.service_name,
            ret->kind == MST_SCHEMA_KIND_AVRO ? "Avro" : "a JSON Schema",
            schema->kind == MST_SCHEMA_KIND_AVRO ? "Avro" : "a JSON Schema");
    }
    return status;
}

/* The number that the frame gets. */
static enum mst_status
job_schemas_number(struct mst_job_schemas *schemas,
                   const struct mst_config_step *step,
                   struct mst_schema_text *text, struct mst_error *err)
{
    struct mst_job_store *store = job_schemas_store(schemas, step->registry);
    bool own = step->schema->service == step->registry && text->id != 0;
    if (step->schema->registry_id != 0 && !step->auto_register) {
        text->id = step->schema->registry_id;
        return MST_OK;
    }
    if (own && !step->auto_register) {
        return MST_OK;
    }
    char *subject = mst_job_schemas_subject(step);
    if (subject == NULL) {
        return mst_fail_memory(err, "job");
    }
    enum mst_status status = MST_OK;
    if (!step->auto_register) {
        status = store->type->find(store->store, subject, text, &text->id, err);
        if (status == MST_REJECTED && err->hint[0] == '\0') {
            mst_error_hint(err, "register it, or set auto_register = true");
        }
    } else {
        status = store->type->check(store->store, subject, text, err);
        if (status == MST_OK && !schemas->rehearse) {
            status =
                store->type->add(store->store, subject, text, &text->id, err);
        }
    }
    free(subject);
    return status;
}

/* Compiles for the use; the plan is kept until the next forget. */
static enum mst_status
job_schemas_plan(struct mst_job_schemas *schemas,
                 const struct mst_schema_text *text,
                 const struct mst_schema_use *use,
                 struct mst_schema_plan **ret_plan, struct mst_error *err)
{
    enum mst_status status = schemas->registry->schema_compile(
        mst_buf_slice(&text->text), use, ret_plan, err);
    if (status == MST_OK) {
        schemas->plans[schemas->plans_len++] = *ret_plan;
    }
    return status;
}

/* What the data were written by, where it is another schema and not named by
 * each frame. */
static enum mst_status
job_schemas_written(struct mst_job_schemas *schemas,
                    const struct mst_config_step *step,
                    struct mst_encoding_options *options, struct mst_error *err)
{
    struct mst_schema_text text;
    if (step->written == NULL) {
        return MST_OK;
    }
    mst_schema_text_init(&text);
    enum mst_status status =
        job_schemas_text(schemas, step->written, &text, err);
    struct mst_schema_use use = step->schema_use;
    use.framing = step->written_framing;
    use.kind = text.kind;
    use.registry_id =
        step->written->registry_id != 0 ? step->written->registry_id : text.id;
    if (status == MST_OK) {
        status = job_schemas_plan(schemas, &text, &use, &options->written, err);
    }
    mst_schema_text_clear(&text);
    return status;
}

static enum mst_status
job_schemas_compile(struct mst_job_schemas *schemas,
                    const struct mst_config_step *step,
                    const struct mst_schema_text *text,
                    struct mst_transcoder *ret_transcoder,
                    struct mst_error *err)
{
    struct mst_encoding_options options = step->conversion;
    struct mst_schema_use use = step->schema_use;
    struct mst_job_store *store = job_schemas_store(schemas, step->writers);
    use.kind = text->kind;
    use.registry_id = text->id;
    use.lookup = store == NULL ? NULL : &store->lookup;
    enum mst_status status = job_schemas_written(schemas, step, &options, err);
    if (status == MST_OK) {
        status = job_schemas_plan(schemas, text, &use, &options.schema, err);
    }
    return status == MST_OK ? schemas->registry->transcoder(
               step->from, step->to, &options, ret_transcoder, err)
                            : status;
}

/* Says which schema; what a store refuses is for a person now. */
static enum mst_status
job_schemas_fail(const struct mst_config_step *step, enum mst_status status,
                 struct mst_error *err)
{
    status = status == MST_REJECTED ? MST_FATAL : status;
    err->status = status;
    if (step->schema != NULL) {
        mst_error_prefix(err, "schema_id '%s': ", step->schema->id);
    }
    return status;
}

enum mst_status
mst_job_schemas_resolve(struct mst_job_schemas *schemas,
                        const struct mst_config_step *step,
                        struct mst_transcoder *ret_transcoder,
                        struct mst_error *err)
{
    if (!step->late) {
        return schemas->registry->transcoder(
            step->from, step->to, &step->conversion, ret_transcoder, err);
    }
    struct mst_schema_text text;
    mst_schema_text_init(&text);
    schemas->number = 0;
    enum mst_status status =
        job_schemas_text(schemas, step->schema, &text, err);
    if (status == MST_OK && step->registry != MST_CONFIG_NO_SERVICE) {
        status = job_schemas_number(schemas, step, &text, err);
        schemas->number = text.id;
    }
    if (status == MST_OK) {
        status = job_schemas_compile(schemas, step, &text, ret_transcoder, err);
    }
    mst_schema_text_clear(&text);
    return status == MST_OK ? status : job_schemas_fail(step, status, err);
}
