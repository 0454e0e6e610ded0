/* SPDX-License-Identifier: MIT */
/*
 * The schemas of a job that are not to be had before it starts: those of
 * remote stores, the numbers that their frames get, and the writers of what
 * is read.
 */
#ifndef MST_JOBS_JOB_SCHEMAS_H
#define MST_JOBS_JOB_SCHEMAS_H

#include "config/config.h"

struct mst_job_store;

/* A zeroed one has none, and is cleared. */
struct mst_job_schemas {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    const struct mst_registry *registry;
    struct mst_job_store *stores; /* one per service in use */
    size_t stores_len;
    struct mst_schema_plan **plans; /* of the last resolve */
    size_t plans_len;
    /* Ask, but register nothing: what would be registered has number 0. */
    bool rehearse;
    uint32_t number; /* that the last resolve found for a frame; 0: none */
};

/* Opens the stores; no network. All that is given outlives it. */
MST_MUST_CHECK enum mst_status mst_job_schemas_init(
    struct mst_job_schemas *schemas, const struct mst_config *config,
    const struct mst_config_connector *connector,
    const struct mst_registry *registry, struct mst_error *err);
void mst_job_schemas_clear(struct mst_job_schemas *schemas);

/* Frees the plans of before: nothing uses them any more. */
void mst_job_schemas_forget(struct mst_job_schemas *schemas);

/*
 * Finds how a step converts; one that is not late as the configuration has
 * it. The transcoder is good until the next forget. Blocks. MST_RETRY: a
 * store can not be had now. MST_FATAL: a person has to do something.
 */
MST_MUST_CHECK enum mst_status mst_job_schemas_resolve(
    struct mst_job_schemas *schemas, const struct mst_config_step *step,
    struct mst_transcoder *ret_transcoder, struct mst_error *err);

/* Thread: any. As in core/schema_store.h. */
void mst_job_schemas_interrupt(struct mst_job_schemas *schemas, bool on);

/* Where a step's schema is registered: its subject, or its resource with
 * "-value" behind. NULL: no memory. To be freed. */
MST_MUST_CHECK char *
mst_job_schemas_subject(const struct mst_config_step *step);

#endif
