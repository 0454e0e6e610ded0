/* SPDX-License-Identifier: MIT */
/* The subcommands of mstream transform: each in its own file. */
#ifndef MST_MSTREAM_TRANSFORM_H
#define MST_MSTREAM_TRANSFORM_H

#include "cli.h"
#include "studio/run.h"

extern const struct mst_cli_command mst_transform_command_generate;
extern const struct mst_cli_command mst_transform_command_run;
extern const struct mst_cli_command mst_transform_command_test;
extern const struct mst_cli_command mst_transform_command_validate;

enum { MST_TRANSFORM_INPUT_MAX = 256 * 1024 * 1024 };

/* A script of a file; its text stays in out, which has to be empty. */
MST_MUST_CHECK enum mst_status mst_transform_load(const char *path,
                                                  struct mst_buf *out,
                                                  struct mst_studio_script *ret,
                                                  struct mst_error *err);

/* The file of --input, or standard input. */
MST_MUST_CHECK enum mst_status
mst_transform_input(const struct mst_cli_args *args, struct mst_buf *out,
                    struct mst_error *err);

#endif
