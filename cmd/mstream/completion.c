/* SPDX-License-Identifier: MIT */
/* mstream completion, and what its three shells share. */
#include "completion.h"

#include <string.h>

#include "commands.h"

static const char *const completion_shells[] = {"bash", "zsh", "fish", NULL};

void
mst_completion_leaves(struct mst_output *out,
                      void (*each)(struct mst_output *out,
                                   const struct mst_cli_command *leaf))
{
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        const struct mst_cli_command *const *inner =
            mst_cli_commands[i]->subcommands;
        if (inner == NULL) {
            each(out, mst_cli_commands[i]);
        }
        for (size_t k = 0; inner != NULL && inner[k] != NULL; k++) {
            each(out, inner[k]);
        }
    }
}

enum mst_completion_value
mst_completion_value(const struct mst_cli_flag *flag)
{
    if (flag->value == NULL) {
        return MST_COMPLETE_FLAG;
    }
    if (flag->choices != NULL) {
        return MST_COMPLETE_CHOICES;
    }
    return strcmp(flag->value, "FILE") == 0 ? MST_COMPLETE_FILE
                                            : MST_COMPLETE_TEXT;
}

bool
mst_completion_takes_files(const struct mst_cli_command *command)
{
    return command->words_max > 0 && command->choices == NULL
           && (strncmp(command->synopsis, "FILE", 4) == 0
               || strncmp(command->synopsis, "[FILE", 5) == 0);
}

void
mst_completion_quoted(struct mst_output *out, const char *text)
{
    mst_output_text(out, "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            mst_output_text(out, "'\\''");
        } else {
            mst_output_text(out, "%c", *text);
        }
    }
    mst_output_text(out, "'");
}

static int
completion_run(const struct mst_cli_args *args)
{
    struct mst_output out;
    mst_output_init(&out);
    if (strcmp(args->words[0], "bash") == 0) {
        mst_completion_bash(&out);
    } else if (strcmp(args->words[0], "zsh") == 0) {
        mst_completion_zsh(&out);
    } else {
        mst_completion_fish(&out);
    }
    if (args->json) {
        struct mst_buf script = out.json.buf;
        mst_buf_init(&out.json.buf, MST_CLI_OUTPUT_MAX);
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "shell", args->words[0]);
        mst_output_slice(&out, "script", mst_buf_slice(&script));
        mst_output_close(&out, '}');
        mst_output_newline(&out);
        mst_buf_clear(&script);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

const struct mst_cli_command mst_command_completion = {
    .name = "completion",
    .synopsis = "bash|zsh|fish",
    .summary = "Print completions for a shell.",
    .details = "For one session: source <(mstream completion bash). Packages\n"
               "put it where the shell looks for it.",
    .example = "mstream completion bash > "
               "/etc/bash_completion.d/mstream",
    .choices = completion_shells,
    .words_min = 1,
    .words_max = 1,
    .run = completion_run,
};
