/* SPDX-License-Identifier: MIT */
/* The subcommands of mstream jobs in files of their own. */
#ifndef MST_MSTREAM_JOBS_ONLINE_H
#define MST_MSTREAM_JOBS_ONLINE_H

#include "cli.h"

extern const struct mst_cli_command mst_jobs_dry_run;
extern const struct mst_cli_command mst_jobs_logs;
extern const struct mst_cli_command mst_jobs_shadow;
extern const struct mst_cli_command mst_jobs_start;
extern const struct mst_cli_command mst_jobs_stop;
extern const struct mst_cli_command mst_jobs_restart;
extern const struct mst_cli_command mst_jobs_pause;
extern const struct mst_cli_command mst_jobs_resume;

#endif
