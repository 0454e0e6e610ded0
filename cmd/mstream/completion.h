/* SPDX-License-Identifier: MIT */
/* Completions of the shells, written from the commands' tables. */
#ifndef MST_MSTREAM_COMPLETION_H
#define MST_MSTREAM_COMPLETION_H

#include "output.h"

void mst_completion_bash(struct mst_output *out);
void mst_completion_zsh(struct mst_output *out);
void mst_completion_fish(struct mst_output *out);

/* Calls each for every command that does something, in order. */
void mst_completion_leaves(struct mst_output *out,
                           void (*each)(struct mst_output *out,
                                        const struct mst_cli_command *leaf));

/* What a flag's value is completed with. */
enum mst_completion_value {
    MST_COMPLETE_FLAG,    /* there is no value */
    MST_COMPLETE_CHOICES, /* one of flag->choices */
    MST_COMPLETE_FILE,
    MST_COMPLETE_TEXT /* nothing is known about it */
};

enum mst_completion_value mst_completion_value(const struct mst_cli_flag *flag);
/* Whether the command's words are files. */
bool mst_completion_takes_files(const struct mst_cli_command *command);

/* Between single quotes: a shell takes it as it is. */
void mst_completion_quoted(struct mst_output *out, const char *text);

#endif
