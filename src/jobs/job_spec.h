/* SPDX-License-Identifier: MIT */
/* From a connector's definition to what a pipeline runs. */
#ifndef MST_JOBS_JOB_SPEC_H
#define MST_JOBS_JOB_SPEC_H

#include "jobs/job_schemas.h"
#include "pipeline/pipeline.h"

/* Ownership: what spec points to belongs to this struct or to the config and
 * registry, which outlive it. */
struct mst_job_spec {
    struct mst_pipeline_spec spec;
    struct mst_pipeline_middleware *middlewares;
    struct mst_pipeline_sink *sinks;
    struct mst_pipeline_sink letter_sink;
    char **names; /* of the sinks */
    size_t names_len;
    struct mst_buf identity;
    struct mst_job_schemas schemas;
};

/* memory: the job's budget when the connector does not say. No network. */
MST_MUST_CHECK enum mst_status
mst_job_spec_init(struct mst_job_spec *job_spec,
                  const struct mst_config *config,
                  const struct mst_config_connector *connector,
                  const struct mst_registry *registry, uint64_t memory,
                  struct mst_error *err);
/* Makes the conversions by schemas that are not to be had before. Blocks; to be
 * done before each run, and when none is on. Statuses: as
 * mst_job_schemas_resolve's. */
MST_MUST_CHECK enum mst_status
mst_job_spec_resolve(struct mst_job_spec *job_spec, struct mst_error *err);
/* Another budget for the next run. */
void mst_job_spec_set_memory(struct mst_job_spec *job_spec, uint64_t memory);
void mst_job_spec_clear(struct mst_job_spec *job_spec);

/* What is left of limits.memory for each job without a `memory` of its own,
 * when those with one have theirs. only: of this job alone; NULL: of all. */
uint64_t mst_job_share(const struct mst_config *config, const char *only);

/* What all of them together may have in flight. */
uint64_t mst_job_whole(const struct mst_config *config, const char *only);

/* Bytes in flight that the daemon gives the job: its own, or a fair share. */
uint64_t mst_job_memory(const struct mst_config *config,
                        const struct mst_config_connector *connector);

/* The arguments that a source or sink of a step is made with. */
void mst_job_source_args(const struct mst_config *config,
                         const struct mst_config_connector *connector,
                         struct mst_source_args *ret_args);
void mst_job_sink_args(const struct mst_config *config,
                       const struct mst_config_connector *connector,
                       const struct mst_config_step *step,
                       struct mst_sink_args *ret_args);

#endif
