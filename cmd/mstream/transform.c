/* SPDX-License-Identifier: MIT */
/* mstream transform: the group, and what its commands share. */
#include "transform.h"

#include <string.h>

#include "commands.h"
#include "input.h"

enum mst_status
mst_transform_load(const char *path, struct mst_buf *out,
                   struct mst_studio_script *ret, struct mst_error *err)
{
    const char *slash = strrchr(path, '/');
    mst_buf_init(out, MST_STUDIO_SCRIPT_MAX);
    enum mst_status status = mst_input_read(path, out, err);
    if (status == MST_OK) {
        *ret =
            (struct mst_studio_script){.name = slash == NULL ? path : slash + 1,
                                       .text = mst_buf_slice(out)};
    }
    return status;
}

enum mst_status
mst_transform_input(const struct mst_cli_args *args, struct mst_buf *out,
                    struct mst_error *err)
{
    const char *path = mst_cli_value(args, "input");
    return mst_input_read(path == NULL ? "-" : path, out, err);
}

static const struct mst_cli_command *const transform_commands[] = {
    &mst_transform_command_run,
    &mst_transform_command_validate,
    &mst_transform_command_test,
    &mst_transform_command_generate,
    NULL,
};

const struct mst_cli_command mst_command_transform = {
    .name = "transform",
    .synopsis = "COMMAND [options]",
    .summary = "Try and test Lua scripts on documents.",
    .details = "docs/lua.md and docs/studio.md tell more.",
    .example = "mstream transform run mask.lua --input doc.json",
    .subcommands = transform_commands,
};
