/* SPDX-License-Identifier: MIT */
/* One table per command, each in the file of its name. */
#ifndef MST_MSTREAM_COMMANDS_H
#define MST_MSTREAM_COMMANDS_H

#include "cli.h"

extern const struct mst_cli_command mst_command_checkpoints;
extern const struct mst_cli_command mst_command_completion;
extern const struct mst_cli_command mst_command_convert;
extern const struct mst_cli_command mst_command_dlq;
extern const struct mst_cli_command mst_command_doctor;
extern const struct mst_cli_command mst_command_dry_run;
extern const struct mst_cli_command mst_command_explain;
extern const struct mst_cli_command mst_command_health;
extern const struct mst_cli_command mst_command_jobs;
extern const struct mst_cli_command mst_command_key;
extern const struct mst_cli_command mst_command_logs;
extern const struct mst_cli_command mst_command_reload;
extern const struct mst_cli_command mst_command_run;
extern const struct mst_cli_command mst_command_runs;
extern const struct mst_cli_command mst_command_schema;
extern const struct mst_cli_command mst_command_services;
extern const struct mst_cli_command mst_command_stats;
extern const struct mst_cli_command mst_command_token;
extern const struct mst_cli_command mst_command_top;
extern const struct mst_cli_command mst_command_transform;
extern const struct mst_cli_command mst_command_suites;
extern const struct mst_cli_command mst_command_validate;

#endif
