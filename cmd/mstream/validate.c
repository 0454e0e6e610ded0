/* SPDX-License-Identifier: MIT */
/* mstream validate: every problem of configuration files in one go. */
#include "commands.h"

static int
validate_one(const char *path, struct mst_problems *problems)
{
    struct mst_config *config = NULL;
    const struct mst_config_input input = {
        .path = path, .registry = mst_cli_registry(), .probe = true};
    enum mst_status status = mst_config_load(&input, problems, &config);
    if (status == MST_OK) {
        mst_config_destroy(config);
    }
    return status == MST_OK ? MST_EXIT_OK : MST_EXIT_USAGE;
}

static int
validate_run(const struct mst_cli_args *args)
{
    struct mst_problems problems = {0};
    struct mst_buf out;
    int code = MST_EXIT_OK;
    mst_buf_init(&out, MST_CLI_OUTPUT_MAX);
    for (size_t i = 0; i < args->words_len; i++) {
        int one = validate_one(args->words[i], &problems);
        code = one != MST_EXIT_OK ? one : code;
    }
    enum mst_status status =
        (args->json ? mst_problems_json : mst_problems_text)(&problems, &out);
    if (status == MST_OK && !args->json && code == MST_EXIT_OK) {
        status =
            mst_buf_printf(&out, "ok: %zu file%s, %zu warning%s\n",
                           args->words_len, args->words_len == 1 ? "" : "s",
                           problems.len, problems.len == 1 ? "" : "s");
    }
    if (status == MST_OK && args->json) {
        status = mst_buf_append_char(&out, '\n');
    }
    code = status == MST_OK ? mst_cli_print(&out, code) : MST_EXIT_FAILED;
    mst_buf_clear(&out);
    mst_problems_clear(&problems);
    return code;
}

const struct mst_cli_command mst_command_validate = {
    .name = "validate",
    .synopsis = "FILE...",
    .summary = "Check configuration files and show every problem.",
    .details = "Each problem comes with file:line:column, the key, and a\n"
               "suggestion where there is one. Nothing is connected to.",
    .example = "mstream validate mstream-config.toml",
    .words_min = 1,
    .words_max = MST_CLI_WORDS_MAX,
    .run = validate_run,
};
