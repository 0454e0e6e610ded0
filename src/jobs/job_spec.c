/* SPDX-License-Identifier: MIT */
/* Filling in a pipeline's spec. */
#include "jobs/job_spec.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    /* Given also when those with a `memory` of their own took all. */
    JOB_SPEC_MEMORY_MIN = 1024 * 1024,
    JOB_SPEC_ROUND_FROM = 16 * JOB_SPEC_MEMORY_MIN
};

/* Adds up who is enabled; *ret_own is what they have of their own. Returns
 * how many have not. */
static uint64_t
job_spec_sharers(const struct mst_config *config, const char *only,
                 uint64_t *ret_own)
{
    uint64_t jobs = 0;
    uint64_t own = 0;
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *one = &config->connectors[i];
        if (!one->enabled || (only != NULL && strcmp(only, one->name) != 0)) {
            continue;
        }
        jobs += one->memory == 0 ? 1 : 0;
        own += one->memory < UINT64_MAX - own ? one->memory : UINT64_MAX - own;
    }
    *ret_own = own;
    return jobs;
}

uint64_t
mst_job_share(const struct mst_config *config, const char *only)
{
    uint64_t own = 0;
    uint64_t jobs = job_spec_sharers(config, only, &own);
    uint64_t left = own < config->memory ? config->memory - own : 0;
    jobs = jobs == 0 ? 1 : jobs;
    uint64_t least = config->memory / jobs;
    least = least < JOB_SPEC_MEMORY_MIN ? least : JOB_SPEC_MEMORY_MIN;
    uint64_t share = left / jobs < least ? least : left / jobs;
    /* Even numbers are said as "85MiB", not byte by byte. */
    uint64_t unit = share >= JOB_SPEC_ROUND_FROM ? JOB_SPEC_MEMORY_MIN : 1024;
    return share < unit ? share : share - share % unit;
}

uint64_t
mst_job_whole(const struct mst_config *config, const char *only)
{
    uint64_t own = 0;
    uint64_t shared = job_spec_sharers(config, only, &own);
    shared *= mst_job_share(config, only);
    return own < UINT64_MAX - shared ? own + shared : UINT64_MAX;
}

uint64_t
mst_job_memory(const struct mst_config *config,
               const struct mst_config_connector *connector)
{
    return connector->memory != 0 ? connector->memory
                                  : mst_job_share(config, NULL);
}

void
mst_job_source_args(const struct mst_config *config,
                    const struct mst_config_connector *connector,
                    struct mst_source_args *ret_args)
{
    const struct mst_config_step *step = &connector->source;
    const struct mst_config_service *service = &config->services[step->service];
    *ret_args = (struct mst_source_args){
        .job = connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .input_encoding = step->input_encoding,
    };
}

void
mst_job_sink_args(const struct mst_config *config,
                  const struct mst_config_connector *connector,
                  const struct mst_config_step *step,
                  struct mst_sink_args *ret_args)
{
    const struct mst_config_service *service = &config->services[step->service];
    *ret_args = (struct mst_sink_args){
        .job = connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .encoding = step->to,
        .memory = mst_job_memory(config, connector),
        .batch_events =
            connector->batch.framed ? (size_t)connector->batch.size : 0,
    };
}

/* What a spec is made from. */
struct job_spec_input {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    const struct mst_registry *registry;
};

/* The sink's name within the job: its service's, numbered from the second on.
 * NULL: no memory. */
static const char *
job_spec_name(struct mst_job_spec *self,
              const struct mst_config_service *service)
{
    unsigned same = 1;
    char name[256];
    for (size_t i = 0; i < self->names_len; i++) {
        size_t len = strlen(service->name);
        same += strncmp(self->names[i], service->name, len) == 0
                && (self->names[i][len] == '\0' || self->names[i][len] == '#');
    }
    if (same == 1) {
        (void)snprintf(name, sizeof(name), "%s", service->name);
    } else {
        (void)snprintf(name, sizeof(name), "%s#%u", service->name, same);
    }
    char *copy = strdup(name);
    if (copy != NULL) {
        self->names[self->names_len++] = copy;
    }
    return copy;
}

static enum mst_status
job_spec_sink(struct mst_job_spec *self, const struct job_spec_input *input,
              const struct mst_config_step *step,
              struct mst_pipeline_sink *ret_sink, struct mst_error *err)
{
    const struct mst_config_service *service =
        &input->config->services[step->service];
    ret_sink->name = job_spec_name(self, service);
    if (ret_sink->name == NULL) {
        return mst_fail_memory(err, "job");
    }
    ret_sink->type = service->sink;
    mst_job_sink_args(input->config, input->connector, step, &ret_sink->args);
    ret_sink->args.memory = self->spec.memory;
    return input->registry->transcoder(step->from, step->to, &step->conversion,
                                       &ret_sink->convert, err);
}

/* What comes to what it takes, and what it gives to what the step says. */
static enum mst_status
job_spec_middleware(const struct job_spec_input *input,
                    const struct mst_config_step *step,
                    struct mst_pipeline_middleware *ret_middleware,
                    struct mst_error *err)
{
    const struct mst_config_service *service =
        &input->config->services[step->service];
    const struct mst_encoding_options read = {
        .json_mode = step->conversion.json_mode,
        .big_numbers = step->conversion.big_numbers,
        .no_extended = step->conversion.no_extended,
    };
    ret_middleware->name = service->name;
    ret_middleware->type = service->middleware;
    ret_middleware->args = (struct mst_middleware_args){
        .job = input->connector->name,
        .service_name = service->name,
        .service = service->options,
        .options = step->options,
        .resource = step->resource,
        .scripts = input->registry->scripts,
    };
    ret_middleware->passes =
        step->given == step->to && step->conversion.schema == NULL;
    enum mst_status status = input->registry->transcoder(
        step->given, step->from, &read, &ret_middleware->in, err);
    if (status == MST_OK) {
        status = input->registry->transcoder(
            step->from, step->to, &step->conversion, &ret_middleware->out, err);
    }
    return status;
}

static void
job_spec_policy(struct mst_pipeline_spec *spec,
                const struct mst_config_connector *connector)
{
    spec->batch_events = (size_t)connector->batch.size;
    spec->batch_bytes = (size_t)connector->batch.max_bytes;
    spec->batch_age_ms = (int)connector->batch.max_age_ms;
    spec->checkpoint = connector->checkpoint.enabled;
    spec->checkpoint_interval_ms = connector->checkpoint.interval_ms;
    spec->on_reject = connector->on_reject;
    spec->letter_limits.max_bytes = connector->dlq.max_bytes;
    spec->letter_limits.max_age_ms = connector->dlq.max_age_ms;
    spec->retry.base_ms = connector->retry.base_ms;
    spec->retry.max_ms = connector->retry.max_ms;
    spec->retry.max_attempts = connector->retry.max_attempts;
    spec->retry.max_elapsed_ms = connector->retry.max_elapsed_ms;
    spec->workers = (unsigned)connector->workers;
    spec->bounded = connector->mode != MST_MODE_STREAM;
    spec->timeout_ms = spec->bounded ? connector->timeout_ms : 0;
}

static enum mst_status
job_spec_source(struct mst_job_spec *self, const struct mst_config *config,
                const struct mst_config_connector *connector,
                const struct mst_registry *registry, struct mst_error *err)
{
    const struct mst_config_step *step = &connector->source;
    struct mst_pipeline_spec *spec = &self->spec;
    spec->job = connector->name;
    spec->connector_hash = connector->hash;
    spec->source = config->services[step->service].source;
    mst_job_source_args(config, connector, &spec->source_args);
    enum mst_status status = registry->transcoder(
        step->from, step->to, &step->conversion, &spec->source_convert, err);
    if (status == MST_OK) {
        status =
            spec->source->identity(&spec->source_args, &self->identity, err);
    }
    if (status == MST_OK) {
        spec->identity = mst_buf_text(&self->identity);
        status = spec->identity == NULL ? mst_fail_memory(err, "job") : MST_OK;
    }
    return status;
}

enum mst_status
mst_job_spec_init(struct mst_job_spec *job_spec,
                  const struct mst_config *config,
                  const struct mst_config_connector *connector,
                  const struct mst_registry *registry, uint64_t memory,
                  struct mst_error *err)
{
    memset(job_spec, 0, sizeof(*job_spec));
    mst_buf_init(&job_spec->identity, MST_POSITION_MAX);
    struct mst_pipeline_spec *spec = &job_spec->spec;
    spec->memory = connector->memory != 0 ? connector->memory : memory;
    spec->shutdown_timeout_ms = config->shutdown_timeout_ms;
    spec->lease_ttl_ms = config->state.lease_ms;
    job_spec_policy(spec, connector);
    job_spec->middlewares =
        calloc(connector->middlewares_len + 1, sizeof(*job_spec->middlewares));
    job_spec->sinks =
        calloc(connector->sinks_len + 1, sizeof(*job_spec->sinks));
    job_spec->names =
        calloc(connector->sinks_len + 1, sizeof(*job_spec->names));
    if (job_spec->middlewares == NULL || job_spec->sinks == NULL
        || job_spec->names == NULL) {
        mst_job_spec_clear(job_spec);
        return mst_fail_memory(err, "job");
    }
    enum mst_status status =
        job_spec_source(job_spec, config, connector, registry, err);
    const struct job_spec_input input = {config, connector, registry};
    for (size_t i = 0; i < connector->middlewares_len && status == MST_OK;
         i++) {
        status = job_spec_middleware(&input, &connector->middlewares[i],
                                     &job_spec->middlewares[i], err);
    }
    spec->middlewares = job_spec->middlewares;
    spec->middlewares_len = connector->middlewares_len;
    for (size_t i = 0; i < connector->sinks_len && status == MST_OK; i++) {
        status = job_spec_sink(job_spec, &input, &connector->sinks[i],
                               &job_spec->sinks[i], err);
    }
    spec->sinks = job_spec->sinks;
    spec->sinks_len = connector->sinks_len;
    if (status == MST_OK && connector->dlq.sink != NULL) {
        status = job_spec_sink(job_spec, &input, connector->dlq.sink,
                               &job_spec->letter_sink, err);
        spec->letter_sink = &job_spec->letter_sink;
    }
    if (status == MST_OK) {
        status = mst_job_schemas_init(&job_spec->schemas, config, connector,
                                      registry, err);
    }
    if (status != MST_OK) {
        mst_job_spec_clear(job_spec);
    }
    return status;
}

/* One step's conversion, if it is late. */
static enum mst_status
job_spec_resolve(struct mst_job_spec *job_spec,
                 const struct mst_config_step *step, const char *name,
                 struct mst_transcoder *ret_transcoder, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (step->late) {
        status = mst_job_schemas_resolve(&job_spec->schemas, step,
                                         ret_transcoder, err);
    }
    if (status != MST_OK) {
        mst_error_prefix(err, "%s '%s': ",
                         step->role == MST_ROLE_SOURCE       ? "source"
                         : step->role == MST_ROLE_MIDDLEWARE ? "middleware"
                                                             : "sink",
                         name);
    }
    return status;
}

enum mst_status
mst_job_spec_resolve(struct mst_job_spec *job_spec, struct mst_error *err)
{
    const struct mst_config_connector *connector = job_spec->schemas.connector;
    struct mst_pipeline_spec *spec = &job_spec->spec;
    mst_job_schemas_forget(&job_spec->schemas);
    enum mst_status status = job_spec_resolve(job_spec, &connector->source,
                                              spec->source_args.service_name,
                                              &spec->source_convert, err);
    for (size_t i = 0; i < connector->middlewares_len && status == MST_OK;
         i++) {
        status = job_spec_resolve(job_spec, &connector->middlewares[i],
                                  job_spec->middlewares[i].name,
                                  &job_spec->middlewares[i].out, err);
    }
    for (size_t i = 0; i < connector->sinks_len && status == MST_OK; i++) {
        status = job_spec_resolve(job_spec, &connector->sinks[i],
                                  job_spec->sinks[i].name,
                                  &job_spec->sinks[i].convert, err);
    }
    if (status == MST_OK && connector->dlq.sink != NULL) {
        status = job_spec_resolve(job_spec, connector->dlq.sink,
                                  job_spec->letter_sink.name,
                                  &job_spec->letter_sink.convert, err);
    }
    return status;
}

void
mst_job_spec_set_memory(struct mst_job_spec *job_spec, uint64_t memory)
{
    job_spec->spec.memory = memory;
    for (size_t i = 0; i < job_spec->spec.sinks_len; i++) {
        job_spec->sinks[i].args.memory = memory;
    }
    job_spec->letter_sink.args.memory = memory;
}

void
mst_job_spec_clear(struct mst_job_spec *job_spec)
{
    for (size_t i = 0; job_spec->names != NULL && i < job_spec->names_len;
         i++) {
        free(job_spec->names[i]);
    }
    free(job_spec->names);
    free(job_spec->sinks);
    free(job_spec->middlewares);
    mst_job_schemas_clear(&job_spec->schemas);
    mst_buf_clear(&job_spec->identity);
    memset(job_spec, 0, sizeof(*job_spec));
}
