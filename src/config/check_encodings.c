/* SPDX-License-Identifier: MIT */
/* Whether every step of a connector can have the encoding that it is given:
 * found before anything starts, never per event. */
#include <stdio.h>

#include "config/loader.h"
#include "config/node.h"

/* A connector on its way through its steps. */
struct encoding_check {
    struct mst_loader *loader;
    struct mst_config_connector *connector;
    enum mst_encoding current; /* after the step at hand */
    struct mst_schema_force force;
    struct mst_schema_force written; /* by: the Avro at hand */
    bool has_written;                /* false: by what is in force */
};

static struct mst_place
encoding_place(const struct mst_config_step *step, const char *path,
               char inner[MST_PATH_MAX])
{
    (void)snprintf(inner, MST_PATH_MAX, "%s", path);
    if (mst_node_get(step->node, "output_encoding") != NULL) {
        mst_path_key(inner, path, "output_encoding");
    }
    return mst_loader_place(step->node, "output_encoding", inner);
}

/* A problem of one key of the step. Always false. */
static bool
encoding_fail_key(struct encoding_check *check,
                  const struct mst_config_step *step, const char *path,
                  const char *key, const char *hint, const char *text)
{
    char inner[MST_PATH_MAX];
    mst_path_key(inner, path, key);
    struct mst_place place = mst_loader_place(step->node, key, inner);
    mst_loader_fail(check->loader, &place, hint, "%s", text);
    return false;
}

/* Takes note of the step's own schema, framing and registry. False: as below.
 */
static bool
encoding_schema(struct encoding_check *check,
                const struct mst_config_step *step, const char *path)
{
    bool registry = step->registry != MST_CONFIG_NO_SERVICE;
    if (step->has_framing) {
        check->force.framing = step->schema_use.framing;
    } else if (registry) {
        check->force.framing = MST_FRAMING_CONFLUENT;
    }
    if (registry) {
        check->force.registry = step->registry;
    }
    if (registry && check->force.framing != MST_FRAMING_CONFLUENT) {
        return encoding_fail_key(check, step, path, "schema_registry",
                                 "remove 'framing'",
                                 "the numbers of a registry come with framing "
                                 "= \"confluent\" only");
    }
    if (step->schema_id == NULL) {
        return true;
    }
    check->force.schema =
        mst_loader_find_schema(check->loader, check->connector, step, path);
    return check->force.schema != NULL;
}

/* Who knows the numbers of frames here. */
static size_t
encoding_registry(const struct encoding_check *check)
{
    const struct mst_config *config = check->loader->config;
    const struct mst_config_schema *schema = check->force.schema;
    if (check->force.framing != MST_FRAMING_CONFLUENT) {
        return MST_CONFIG_NO_SERVICE;
    }
    if (check->force.registry != MST_CONFIG_NO_SERVICE || schema == NULL
        || schema->service == MST_CONFIG_NO_SERVICE) {
        return check->force.registry;
    }
    const struct mst_schema_store_type *store =
        config->services[schema->service].schemas;
    return store != NULL && store->load == NULL ? schema->service
                                                : MST_CONFIG_NO_SERVICE;
}

/* What nothing comes of. False: as below. */
static bool
encoding_check_keys(struct encoding_check *check,
                    const struct mst_config_step *step, bool writes,
                    const char *path)
{
    bool raw = step->from == MST_ENCODING_RAW || step->to == MST_ENCODING_RAW;
    if (raw && step->schema_id != NULL) {
        return encoding_fail_key(check, step, path, "schema_id",
                                 "remove 'schema_id'",
                                 "raw bytes have no schema");
    }
    if (step->auto_register && !writes) {
        return encoding_fail_key(check, step, path, "auto_register",
                                 "it needs a sink with output_encoding = "
                                 "\"avro\", a schema and a 'schema_registry'",
                                 "nothing is registered here");
    }
    return true;
}

/* Avro that stays Avro, without a schema to write it anew. */
static bool
encoding_pass(struct encoding_check *check, const struct mst_config_step *step,
              const struct mst_schema_force *written, const char *path)
{
    if (written->framing == check->force.framing
        && written->registry == encoding_registry(check)) {
        return true;
    }
    return encoding_fail_key(
        check, step, path, step->has_framing ? "framing" : "schema_registry",
        "add 'schema_id'", "a schema is needed to put Avro into another frame");
}

/* Loads what the Avro at hand was written by, where that is another schema
 * and not named by each frame. */
static bool
encoding_load_written(struct encoding_check *check,
                      struct mst_config_step *step,
                      const struct mst_schema_force *written, const char *path)
{
    const struct mst_schema_force *force = &check->force;
    if (step->from != MST_ENCODING_AVRO || written->schema == NULL
        || step->writers != MST_CONFIG_NO_SERVICE
        || (written->schema == force->schema
            && written->framing == force->framing)) {
        return true;
    }
    if (!mst_loader_schema(check->loader, written, step, path)) {
        return false;
    }
    step->conversion.written = step->conversion.schema;
    step->written = written->schema;
    step->written_framing = written->framing;
    return true;
}

/* Compiles the schema in force where Avro is read or written, and where the
 * step names one itself. */
static bool
encoding_compile(struct encoding_check *check, struct mst_config_step *step,
                 const char *path)
{
    bool avro =
        step->from == MST_ENCODING_AVRO || step->to == MST_ENCODING_AVRO;
    bool passes = step->from == step->to && avro;
    bool source = step->role == MST_ROLE_SOURCE;
    struct mst_schema_force force = check->force;
    force.registry = encoding_registry(check);
    const struct mst_schema_force written =
        check->has_written ? check->written : force;
    bool writes = step->to == MST_ENCODING_AVRO && !source
                  && force.schema != NULL
                  && force.registry != MST_CONFIG_NO_SERVICE;
    step->registry = writes ? force.registry : MST_CONFIG_NO_SERVICE;
    step->writers = step->from == MST_ENCODING_AVRO && !(passes && source)
                        ? written.registry
                        : MST_CONFIG_NO_SERVICE;
    if (!encoding_check_keys(check, step, writes, path)) {
        return false;
    }
    if (step->from != MST_ENCODING_AVRO || force.schema != NULL
        || force.registry != MST_CONFIG_NO_SERVICE) {
        check->written = force;
        check->has_written = true;
    }
    if (force.schema == NULL && passes && !source) {
        return encoding_pass(check, step, &written, path);
    }
    if ((force.schema == NULL && step->writers == MST_CONFIG_NO_SERVICE)
        || (step->schema_id == NULL && !avro)) {
        return true;
    }
    if (!encoding_load_written(check, step, &written, path)
        || !mst_loader_schema(check->loader, &force, step, path)) {
        return false;
    }
    if (step->late) {
        /* What only stands for a schema does not match others. */
        step->conversion.written = NULL;
    } else {
        step->written = NULL;
    }
    return true;
}

/* What is at hand -> to (NONE: it stays). False: a problem was added. */
static bool
encoding_convert(struct encoding_check *check, struct mst_config_step *step,
                 enum mst_encoding to, const char *path)
{
    bool source = step->role == MST_ROLE_SOURCE;
    const struct mst_registry *registry = check->loader->registry;
    struct mst_transcoder transcoder;
    struct mst_error err;
    step->from = check->current;
    step->to = to == MST_ENCODING_NONE ? step->from : to;
    check->current = step->to;
    mst_error_clear(&err);
    if (!encoding_compile(check, step, path)) {
        return false;
    }
    if (source && step->from == MST_ENCODING_AVRO
        && step->to == MST_ENCODING_AVRO) {
        /* What the source has written: who reads it next looks at it. */
        step->conversion.schema = NULL;
        step->late = false;
    }
    if (registry->transcoder == NULL
        || registry->transcoder(step->from, step->to, &step->conversion,
                                &transcoder, &err)
               == MST_OK) {
        return true;
    }
    char inner[MST_PATH_MAX];
    struct mst_place place = encoding_place(step, path, inner);
    mst_loader_fail(
        check->loader, &place, err.hint[0] == '\0' ? NULL : err.hint,
        "no conversion from %s to %s%s%s", mst_encoding_name(step->from),
        mst_encoding_name(step->to), err.text[0] == '\0' ? "" : ": ", err.text);
    return false;
}

static bool
encoding_source(struct encoding_check *check, const char *path)
{
    struct mst_config_step *step = &check->connector->source;
    const struct mst_config_service *service =
        &check->loader->config->services[step->service];
    struct mst_source_args args = {
        .job = check->connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .input_encoding = step->input_encoding,
    };
    check->current = service->source->encoding == NULL
                         ? step->input_encoding
                         : service->source->encoding(&args);
    if (check->current == MST_ENCODING_NONE) {
        check->current = step->input_encoding;
    }
    if (check->current == MST_ENCODING_NONE) {
        struct mst_place place = mst_place_value(step->node, path);
        mst_loader_fail(check->loader, &place,
                        "add input_encoding = \"json\", \"bson\" or \"raw\"",
                        "'input_encoding' is missing: a source of provider "
                        "'%s' can not tell what it reads",
                        service->provider);
        return false;
    }
    return encoding_convert(check, step, step->output_encoding, path);
}

/* What a sink takes, for a hint. */
static void
encoding_list(unsigned encodings, char out[64])
{
    out[0] = '\0';
    for (int i = 1; i < MST_ENCODINGS; i++) {
        if ((encodings & (1U << i)) != 0) {
            size_t used = strlen(out);
            (void)snprintf(out + used, 64 - used, "%s%s", used == 0 ? "" : ", ",
                           mst_encoding_name((enum mst_encoding)i));
        }
    }
}

/* Whether what is at hand can become that: by a schema, where there is one. */
static bool
encoding_can(const struct encoding_check *check,
             const struct mst_config_step *step, enum mst_encoding to)
{
    struct mst_transcoder transcoder;
    struct mst_error err;
    bool raw = check->current == MST_ENCODING_RAW || to == MST_ENCODING_RAW;
    bool avro = check->current == MST_ENCODING_AVRO || to == MST_ENCODING_AVRO;
    bool by_schema = check->force.schema != NULL
                     || (check->current == MST_ENCODING_AVRO
                         && encoding_registry(check) != MST_CONFIG_NO_SERVICE);
    return (avro && !raw && by_schema)
           || check->loader->registry->transcoder(
                  check->current, to, &step->conversion, &transcoder, &err)
                  == MST_OK;
}

/* The encoding that a sink gets when its step does not say one: what comes, if
 * it takes that, else the only one of its own that what comes can become. NONE:
 * there is none, or a person has to choose. */
static enum mst_encoding
encoding_default(const struct encoding_check *check,
                 const struct mst_config_step *step)
{
    const struct mst_registry *registry = check->loader->registry;
    unsigned takes =
        check->loader->config->services[step->service].sink->encodings;
    enum mst_encoding found = MST_ENCODING_NONE;
    if ((takes & (1U << check->current)) != 0 || registry->transcoder == NULL) {
        return check->current;
    }
    for (int i = MST_ENCODING_RAW; i < MST_ENCODINGS; i++) {
        if ((takes & (1U << i)) == 0
            || !encoding_can(check, step, (enum mst_encoding)i)) {
            continue;
        }
        if (found != MST_ENCODING_NONE) {
            return MST_ENCODING_NONE;
        }
        found = (enum mst_encoding)i;
    }
    return found;
}

static void
encoding_refuse(struct encoding_check *check, struct mst_config_step *step,
                const char *path)
{
    const struct mst_config_service *service =
        &check->loader->config->services[step->service];
    char inner[MST_PATH_MAX];
    char list[64];
    char hint[128];
    struct mst_place place = encoding_place(step, path, inner);
    encoding_list(service->sink->encodings, list);
    (void)snprintf(hint, sizeof(hint), "set output_encoding to one of: %s",
                   list);
    mst_loader_fail(check->loader, &place, hint,
                    "a sink of provider '%s' does not take %s",
                    service->provider, mst_encoding_name(step->to));
}

static bool
encoding_accepts(const struct encoding_check *check,
                 const struct mst_config_step *step)
{
    const struct mst_config_service *service =
        &check->loader->config->services[step->service];
    return (service->sink->encodings & (1U << step->to)) != 0;
}

static void
encoding_sink(struct encoding_check *check, struct mst_config_step *step,
              const char *path)
{
    enum mst_encoding to = step->output_encoding;
    if (to == MST_ENCODING_NONE) {
        to = encoding_default(check, step);
    }
    if (encoding_convert(check, step, to, path)
        && !encoding_accepts(check, step)) {
        encoding_refuse(check, step, path);
    }
}

/* What the step's own options can not say. */
static bool
encoding_check_middleware(struct encoding_check *check,
                          const struct mst_config_step *step, const char *path)
{
    const struct mst_config_service *service =
        &check->loader->config->services[step->service];
    const struct mst_middleware_args args = {
        .job = check->connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .scripts = check->loader->registry->scripts,
    };
    struct mst_error err;
    mst_error_clear(&err);
    if (service->middleware->check == NULL
        || service->middleware->check(&args, &err) == MST_OK) {
        return true;
    }
    struct mst_place place = mst_place_value(step->node, path);
    mst_loader_fail(check->loader, &place,
                    err.hint[0] == '\0' ? NULL : err.hint, "%s", err.text);
    return false;
}

/* What comes is converted to what the middleware takes, and what it gives to
 * what the step says, or back. */
static bool
encoding_middleware(struct encoding_check *check, struct mst_config_step *step,
                    const char *path)
{
    const struct mst_config_service *service =
        &check->loader->config->services[step->service];
    unsigned takes = service->middleware->encodings;
    enum mst_encoding to = step->output_encoding;
    step->given = check->current;
    if ((takes & (1U << check->current)) == 0) {
        if (check->current != MST_ENCODING_JSON
            || (takes & (1U << MST_ENCODING_BSON)) == 0) {
            struct mst_place place = mst_place_value(step->node, path);
            mst_loader_fail(check->loader, &place,
                            "set output_encoding = \"bson\" on the step before "
                            "it",
                            "a middleware of provider '%s' does not take %s",
                            service->provider,
                            mst_encoding_name(check->current));
            return false;
        }
        check->current = MST_ENCODING_BSON;
    }
    return encoding_convert(check, step,
                            to == MST_ENCODING_NONE ? step->given : to, path)
           && encoding_check_middleware(check, step, path);
}

/* A sink that carries attributes gets dead letters as they were read; any other
 * a JSON object of each, or what that can become. */
static void
encoding_dlq(struct encoding_check *check, enum mst_encoding read,
             const char *path)
{
    struct mst_config_step *step = check->connector->dlq.sink;
    if (step == NULL || step->broken) {
        return;
    }
    const struct mst_sink_type *sink =
        check->loader->config->services[step->service].sink;
    bool whole = (sink->capabilities & MST_SINK_ATTRIBUTES) == 0
                 || (sink->encodings & (1U << read)) == 0;
    check->current = whole ? MST_ENCODING_JSON : read;
    check->force = (struct mst_schema_force){.framing = check->force.framing,
                                             .registry = MST_CONFIG_NO_SERVICE};
    check->has_written = false;
    if (!whole && step->output_encoding != MST_ENCODING_NONE
        && step->output_encoding != read) {
        char inner[MST_PATH_MAX];
        struct mst_place place = encoding_place(step, path, inner);
        mst_loader_fail(check->loader, &place, "remove 'output_encoding'",
                        "dead letters keep the encoding that was read, %s",
                        mst_encoding_name(read));
        return;
    }
    encoding_sink(check, step, path);
}

static bool
encoding_known(const struct mst_loader *loader,
               const struct mst_config_step *step)
{
    return !step->broken && step->options != NULL
           && !loader->config->services[step->service].broken;
}

void
mst_loader_check_encodings(struct mst_loader *loader,
                           struct mst_config_connector *connector,
                           const char *path)
{
    struct encoding_check check = {
        .loader = loader,
        .connector = connector,
        .force = {.registry = MST_CONFIG_NO_SERVICE}};
    char inner[MST_PATH_MAX];
    char list[MST_PATH_MAX];
    mst_path_key(inner, path, "source");
    if (!encoding_known(loader, &connector->source)
        || !encoding_schema(&check, &connector->source, inner)
        || !encoding_source(&check, inner)) {
        return;
    }
    mst_path_key(list, path, "middlewares");
    for (size_t i = 0; i < connector->middlewares_len; i++) {
        mst_path_index(inner, list, i);
        if (!encoding_known(loader, &connector->middlewares[i])
            || !encoding_schema(&check, &connector->middlewares[i], inner)
            || !encoding_middleware(&check, &connector->middlewares[i],
                                    inner)) {
            return;
        }
    }
    const struct encoding_check last = check;
    mst_path_key(list, path, "sinks");
    for (size_t i = 0; i < connector->sinks_len; i++) {
        struct mst_config_step *sink = &connector->sinks[i];
        mst_path_index(inner, list, i);
        check = last;
        if (encoding_known(loader, sink)
            && encoding_schema(&check, sink, inner)) {
            encoding_sink(&check, sink, inner);
        }
    }
    mst_path_key(inner, path, "dlq");
    encoding_dlq(&check, connector->source.from, inner);
}
