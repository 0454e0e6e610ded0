/* SPDX-License-Identifier: MIT */
/* Shadows of a manager's jobs, and draining a job to replace it. Thread: any.
 */
#ifndef MST_JOBS_CONTROL_SHADOW_H
#define MST_JOBS_CONTROL_SHADOW_H

#include "jobs/control.h"
#include "jobs/job_shadow.h"

/* What a shadow of the job may take; limits' memory and whole are set. */
void mst_manager_shadow_room(struct mst_manager *manager,
                             const struct mst_config_connector *connector,
                             struct mst_job_shadow_limits *limits);

/* Puts the shadow beside the job, if that is what it was when it was lent.
 * The reference is the manager's then. MST_END: it is gone; MST_AGAIN: it has
 * changed; MST_REJECTED: it does not run here, or has a shadow that does. */
MST_MUST_CHECK enum mst_status
mst_manager_shadow_begin(struct mst_manager *manager,
                         const struct mst_job_loan *loan,
                         struct mst_job_shadow *shadow, struct mst_error *err);

/* The job's; a reference. MST_END: there is no job, or it has none. */
MST_MUST_CHECK enum mst_status
mst_manager_shadow_ref(struct mst_manager *manager, const char *name,
                       struct mst_job_shadow **ret_shadow,
                       struct mst_error *err);

/* Likewise, and the job has it no more. */
MST_MUST_CHECK enum mst_status
mst_manager_shadow_take(struct mst_manager *manager, const char *name,
                        struct mst_job_shadow **ret_shadow,
                        struct mst_error *err);

/* Has the job read no more, confirm what it read and save where it stands;
 * waits for that. What it shall do stays as it is. MST_OK: it is so.
 * MST_REJECTED, MST_RETRY: it is not; mst_manager_revive is to be called. */
MST_MUST_CHECK enum mst_status mst_manager_drain(struct mst_manager *manager,
                                                 const char *name,
                                                 int64_t timeout_ms,
                                                 struct mst_error *err);
/* It begins anew, as it is defined now, if it shall run. */
void mst_manager_revive(struct mst_manager *manager, const char *name);

#endif
