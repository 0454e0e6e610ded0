/* SPDX-License-Identifier: MIT */
/* What `mstream jobs` and `mstream services` do alike with definitions. */
#ifndef MST_MSTREAM_DEFINE_H
#define MST_MSTREAM_DEFINE_H

#include "cli.h"

extern const struct mst_cli_command mst_jobs_create;
extern const struct mst_cli_command mst_jobs_apply;
extern const struct mst_cli_command mst_jobs_validate;
extern const struct mst_cli_command mst_jobs_delete;
extern const struct mst_cli_command mst_services_create;
extern const struct mst_cli_command mst_services_apply;
extern const struct mst_cli_command mst_services_delete;
extern const struct mst_cli_command mst_services_script;

#endif
