/* SPDX-License-Identifier: MIT */
/* One line per word that can come next, with its condition. */
#include "completion.h"

static void
fish_condition(struct mst_output *out, const struct mst_cli_command *leaf)
{
    mst_output_text(out, "complete -c mstream -n '");
    if (leaf->group != NULL) {
        mst_output_text(out, "__fish_seen_subcommand_from %s; and ",
                        leaf->group);
    }
    mst_output_text(out, "__fish_seen_subcommand_from %s'", leaf->name);
}

static void
fish_choices(struct mst_output *out, const char *const *choices)
{
    mst_output_text(out, " -a '");
    for (size_t i = 0; choices != NULL && choices[i] != NULL; i++) {
        mst_output_text(out, "%s%s", i > 0 ? " " : "", choices[i]);
    }
    mst_output_text(out, "'");
}

static void
fish_flag(struct mst_output *out, const struct mst_cli_command *leaf,
          const struct mst_cli_flag *flag)
{
    fish_condition(out, leaf);
    mst_output_text(out, " -l %s", flag->name);
    switch (mst_completion_value(flag)) {
    case MST_COMPLETE_FLAG:
        break;
    case MST_COMPLETE_CHOICES:
        mst_output_text(out, " -x");
        fish_choices(out, flag->choices);
        break;
    case MST_COMPLETE_FILE:
        mst_output_text(out, " -r -F");
        break;
    case MST_COMPLETE_TEXT:
        mst_output_text(out, " -x");
        break;
    }
    mst_output_text(out, " -d ");
    mst_completion_quoted(out, flag->help);
    mst_output_text(out, "\n");
}

static void
fish_leaf(struct mst_output *out, const struct mst_cli_command *leaf)
{
    static const struct mst_cli_flag common[] = {
        {"json", NULL, "write for machines: JSON", NULL},
        {"help", NULL, "say what the command does", NULL},
    };
    for (size_t i = 0; i < leaf->flags_len; i++) {
        fish_flag(out, leaf, &leaf->flags[i]);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(common); i++) {
        fish_flag(out, leaf, &common[i]);
    }
    if (leaf->choices != NULL) {
        fish_condition(out, leaf);
        fish_choices(out, leaf->choices);
        mst_output_text(out, "\n");
    } else if (mst_completion_takes_files(leaf)) {
        fish_condition(out, leaf);
        mst_output_text(out, " -F\n");
    }
}

static void
fish_group(struct mst_output *out, const struct mst_cli_command *group)
{
    for (size_t i = 0; group->subcommands[i] != NULL; i++) {
        mst_output_text(out,
                        "complete -c mstream -n '__fish_seen_subcommand_from "
                        "%s; and not __fish_seen_subcommand_from",
                        group->name);
        for (size_t k = 0; group->subcommands[k] != NULL; k++) {
            mst_output_text(out, " %s", group->subcommands[k]->name);
        }
        mst_output_text(out, "' -a %s -d ", group->subcommands[i]->name);
        mst_completion_quoted(out, group->subcommands[i]->summary);
        mst_output_text(out, "\n");
    }
}

void
mst_completion_fish(struct mst_output *out)
{
    mst_output_text(out, "# fish completion for mstream\n"
                         "complete -c mstream -f\n"
                         "complete -c mstream -n __fish_use_subcommand -l "
                         "version -d 'say which version this is'\n");
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        const struct mst_cli_command *command = mst_cli_commands[i];
        mst_output_text(out,
                        "complete -c mstream -n __fish_use_subcommand -a %s "
                        "-d ",
                        command->name);
        mst_completion_quoted(out, command->summary);
        mst_output_text(out, "\n");
        if (command->subcommands != NULL) {
            fish_group(out, command);
        }
    }
    mst_completion_leaves(out, fish_leaf);
}
