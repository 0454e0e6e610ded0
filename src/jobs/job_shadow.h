/* SPDX-License-Identifier: MIT */
/* A shadow of a job: other middlewares beside its own, made from a definition
 * that is not in force, and what would be kept if it came into force. */
#ifndef MST_JOBS_JOB_SHADOW_H
#define MST_JOBS_JOB_SHADOW_H

#include <stdatomic.h>

#include "config/definition.h"
#include "jobs/job_spec.h"
#include "pipeline/shadow.h"

struct mst_job_shadow {
    atomic_uint refs;
    struct mst_config *config;
    const struct mst_config_connector *connector;
    struct mst_job_spec spec;
    bool has_spec;
    struct mst_shadow *shadow;
    char **ignore;
    size_t ignore_len;
    /* What a switch keeps. */
    uint64_t
        revision; /* of the definition that it runs beside; 0: the file's */
    struct mst_definition_draft job;
    struct mst_definition_draft *services; /* that there are not yet */
    size_t services_len;
};

/* Borrowed. */
struct mst_job_shadow_limits {
    uint64_t events;     /* 0: no end */
    int64_t duration_ms; /* 0: no end */
    const char *const *ignore;
    size_t ignore_len;
    size_t samples;
    uint64_t memory;          /* of the job */
    struct mst_budget *whole; /* NULL: none */
};

/* Zeroed, with one reference; NULL: no memory. */
MST_MUST_CHECK struct mst_job_shadow *mst_job_shadow_create(void);

/* Its config and connector are set: starts it. May ask stores for schemas.
 * Statuses: as mst_job_spec_resolve's. */
MST_MUST_CHECK enum mst_status
mst_job_shadow_start(struct mst_job_shadow *self,
                     const struct mst_registry *registry, bool live_has_chain,
                     const struct mst_job_shadow_limits *limits,
                     struct mst_error *err);

/* Thread: any. */
void mst_job_shadow_ref(struct mst_job_shadow *self);
/* The last one stops it, waits for its threads, frees. NULL is fine. */
void mst_job_shadow_unref(struct mst_job_shadow *self);

/* The keys of a report into the object that is open. */
void mst_job_shadow_report(struct mst_job_shadow *self, struct mst_json *out);

/* Events that did not come out the same, or failed in the shadow. */
uint64_t mst_job_shadow_differences(const struct mst_shadow_look *look);

#endif
