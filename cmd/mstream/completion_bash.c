/* SPDX-License-Identifier: MIT */
/* One function that looks at the words before the one to complete. */
#include "completion.h"

static void
bash_names(struct mst_output *out, const struct mst_cli_command *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++) {
        mst_output_text(out, "%s%s", i > 0 ? " " : "", list[i]->name);
    }
}

static void
bash_choices(struct mst_output *out, const char *const *choices)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        mst_output_text(out, "%s%s", i > 0 ? " " : "", choices[i]);
    }
}

static void
bash_key(struct mst_output *out, const struct mst_cli_command *leaf)
{
    mst_output_text(out, "%s%s%s", leaf->group != NULL ? leaf->group : "",
                    leaf->group != NULL ? " " : "", leaf->name);
}

/* After a flag that wants a value: that, and nothing else. */
static void
bash_values(struct mst_output *out, const struct mst_cli_command *leaf)
{
    for (size_t i = 0; i < leaf->flags_len; i++) {
        const struct mst_cli_flag *flag = &leaf->flags[i];
        enum mst_completion_value value = mst_completion_value(flag);
        if (value == MST_COMPLETE_FLAG) {
            continue;
        }
        mst_output_text(out, "    '");
        bash_key(out, leaf);
        mst_output_text(out, ":--%s')\n        ", flag->name);
        if (value == MST_COMPLETE_CHOICES) {
            mst_output_text(out, "COMPREPLY=($(compgen -W '");
            bash_choices(out, flag->choices);
            mst_output_text(out, "' -- \"$cur\"))\n        return\n");
        } else if (value == MST_COMPLETE_FILE) {
            mst_output_text(out,
                            "COMPREPLY=($(compgen -f -- \"$cur\"))\n        "
                            "return\n");
        } else {
            mst_output_text(out, "return\n");
        }
        mst_output_text(out, "        ;;\n");
    }
}

static void
bash_words(struct mst_output *out, const struct mst_cli_command *leaf)
{
    mst_output_text(out, "    '");
    bash_key(out, leaf);
    mst_output_text(out, "')\n        words='");
    if (leaf->choices != NULL) {
        bash_choices(out, leaf->choices);
        mst_output_text(out, " ");
    }
    for (size_t i = 0; i < leaf->flags_len; i++) {
        mst_output_text(out, "--%s ", leaf->flags[i].name);
    }
    mst_output_text(out, "--json --help'\n        files=%s\n        ;;\n",
                    mst_completion_takes_files(leaf) ? "yes" : "no");
}

static void
bash_groups(struct mst_output *out, bool names)
{
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        const struct mst_cli_command *group = mst_cli_commands[i];
        if (group->subcommands == NULL) {
            continue;
        }
        if (names) {
            mst_output_text(out,
                            "    %s) [ \"$COMP_CWORD\" -gt 2 ] && "
                            "key=\"$key ${COMP_WORDS[2]}\" ;;\n",
                            group->name);
            continue;
        }
        mst_output_text(out, "    '%s') words='", group->name);
        bash_names(out, group->subcommands);
        mst_output_text(out, " --help' ;;\n");
    }
}

void
mst_completion_bash(struct mst_output *out)
{
    mst_output_text(out,
                    "# bash completion for mstream\n"
                    "_mstream()\n"
                    "{\n"
                    "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
                    "    local prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                    "    local key='' words='' files=no\n"
                    "    COMPREPLY=()\n"
                    "    [ \"$COMP_CWORD\" -gt 1 ] && key=${COMP_WORDS[1]}\n"
                    "    case $key in\n");
    bash_groups(out, true);
    mst_output_text(out, "    esac\n"
                         "    case \"$key:$prev\" in\n");
    mst_completion_leaves(out, bash_values);
    mst_output_text(out, "    esac\n"
                         "    case $key in\n"
                         "    '' | help) words='");
    bash_names(out, mst_cli_commands);
    mst_output_text(out, " help --help --version' ;;\n");
    bash_groups(out, false);
    mst_completion_leaves(out, bash_words);
    mst_output_text(out,
                    "    esac\n"
                    "    if [ \"$files\" = yes ] && [[ $cur != -* ]]; then\n"
                    "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                    "    else\n"
                    "        COMPREPLY=($(compgen -W \"$words\" -- "
                    "\"$cur\"))\n"
                    "    fi\n"
                    "}\n"
                    "complete -o filenames -F _mstream mstream\n");
}
