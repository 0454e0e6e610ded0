/* SPDX-License-Identifier: MIT */
/* Making a shadow from a definition, and what it is made of. */
#include "jobs/job_shadow.h"

#include <stdlib.h>

enum {
    /* Copies of events that wait to be compared: a part of what the job may
     * have in flight itself. */
    SHADOW_MEMORY_PART = 8,
    SHADOW_MEMORY_MIN = 256 * 1024,
    SHADOW_MEMORY_MAX = 16 * 1024 * 1024
};

struct mst_job_shadow *
mst_job_shadow_create(void)
{
    struct mst_job_shadow *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        atomic_init(&self->refs, 1);
    }
    return self;
}

void
mst_job_shadow_ref(struct mst_job_shadow *self)
{
    atomic_fetch_add(&self->refs, 1);
}

void
mst_job_shadow_unref(struct mst_job_shadow *self)
{
    if (self == NULL || atomic_fetch_sub(&self->refs, 1) != 1) {
        return;
    }
    mst_shadow_destroy(self->shadow);
    if (self->has_spec) {
        mst_job_spec_clear(&self->spec);
    }
    mst_config_destroy(self->config);
    for (size_t i = 0; i < self->ignore_len; i++) {
        free(self->ignore[i]);
    }
    free(self->ignore);
    for (size_t i = 0; i < self->services_len; i++) {
        mst_definition_draft_clear(&self->services[i]);
    }
    free(self->services);
    mst_definition_draft_clear(&self->job);
    free(self);
}

static enum mst_status
shadow_keep_ignored(struct mst_job_shadow *self,
                    const struct mst_job_shadow_limits *limits,
                    struct mst_error *err)
{
    self->ignore = calloc(limits->ignore_len + 1, sizeof(*self->ignore));
    for (size_t i = 0; self->ignore != NULL && i < limits->ignore_len; i++) {
        self->ignore[i] = strdup(limits->ignore[i]);
        if (self->ignore[i] == NULL) {
            return mst_fail_memory(err, "shadow");
        }
        self->ignore_len++;
    }
    return self->ignore != NULL ? MST_OK : mst_fail_memory(err, "shadow");
}

static uint64_t
shadow_memory(uint64_t memory)
{
    uint64_t part = memory / SHADOW_MEMORY_PART;
    return part < SHADOW_MEMORY_MIN   ? SHADOW_MEMORY_MIN
           : part > SHADOW_MEMORY_MAX ? SHADOW_MEMORY_MAX
                                      : part;
}

enum mst_status
mst_job_shadow_start(struct mst_job_shadow *self,
                     const struct mst_registry *registry, bool live_has_chain,
                     const struct mst_job_shadow_limits *limits,
                     struct mst_error *err)
{
    enum mst_status status = shadow_keep_ignored(self, limits, err);
    if (status == MST_OK) {
        status = mst_job_spec_init(&self->spec, self->config, self->connector,
                                   registry, limits->memory, err);
        self->has_spec = status == MST_OK;
    }
    if (status == MST_OK) {
        /* Nothing is registered for what is not published. */
        self->spec.schemas.rehearse = true;
        status = mst_job_spec_resolve(&self->spec, err);
    }
    const struct mst_shadow_spec spec = {
        .spec = &self->spec.spec,
        .live_has_chain = live_has_chain,
        .contrast = registry->contrast,
        .describe = registry->describe,
        .memory = shadow_memory(limits->memory),
        .whole = limits->whole,
        .events = limits->events,
        .duration_ms = limits->duration_ms,
        .ignore = (const char *const *)self->ignore,
        .ignore_len = self->ignore_len,
        .samples = limits->samples,
    };
    return status == MST_OK ? mst_shadow_create(&spec, &self->shadow, err)
                            : status;
}

uint64_t
mst_job_shadow_differences(const struct mst_shadow_look *look)
{
    uint64_t n = look->failed;
    for (size_t i = 0; i < MST_SHADOW_OUTCOMES; i++) {
        n += i != MST_SHADOW_EQUAL ? look->outcomes[i] : 0;
    }
    return n;
}

void
mst_job_shadow_report(struct mst_job_shadow *self, struct mst_json *out)
{
    const struct mst_config_connector *connector = self->connector;
    mst_json_str(out, "job", connector->name);
    mst_json_open(out, "middlewares", '[');
    for (size_t i = 0; i < connector->middlewares_len; i++) {
        const struct mst_pipeline_middleware *step = &self->spec.middlewares[i];
        mst_json_open(out, NULL, '{');
        mst_json_str(out, "service_name", step->name);
        mst_json_str(out, "provider", step->type->name);
        mst_json_str(out, "resource", step->args.resource);
        mst_json_close(out, '}');
    }
    mst_json_close(out, ']');
    mst_json_bool(out, "can_switch",
                  self->revision != 0 && connector->checkpoint.enabled);
    mst_shadow_report(self->shadow, out);
}
