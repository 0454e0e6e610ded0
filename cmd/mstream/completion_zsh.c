/* SPDX-License-Identifier: MIT */
/* _describe for commands, _arguments for what follows them. */
#include <string.h>

#include "completion.h"

/* Inside [...] of _arguments, within single quotes. */
static void
zsh_help(struct mst_output *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            mst_output_text(out, "'\\''");
        } else {
            mst_output_text(out, "%s%c",
                            strchr("[]:\\", *text) != NULL ? "\\" : "", *text);
        }
    }
}

static void
zsh_choices(struct mst_output *out, const char *const *choices)
{
    mst_output_text(out, "(");
    for (size_t i = 0; choices[i] != NULL; i++) {
        mst_output_text(out, "%s%s", i > 0 ? " " : "", choices[i]);
    }
    mst_output_text(out, ")");
}

static void
zsh_flag(struct mst_output *out, const struct mst_cli_flag *flag)
{
    enum mst_completion_value value = mst_completion_value(flag);
    mst_output_text(out, " \\\n            '--%s%s[", flag->name,
                    value == MST_COMPLETE_FLAG ? "" : "=");
    zsh_help(out, flag->help);
    mst_output_text(out, "]");
    if (value != MST_COMPLETE_FLAG) {
        mst_output_text(out, ":%s:",
                        value == MST_COMPLETE_CHOICES ? "choice" : flag->value);
    }
    if (value == MST_COMPLETE_CHOICES) {
        zsh_choices(out, flag->choices);
    } else if (value == MST_COMPLETE_FILE) {
        mst_output_text(out, "_files");
    }
    mst_output_text(out, "'");
}

static void
zsh_leaf(struct mst_output *out, const struct mst_cli_command *leaf)
{
    mst_output_text(out, "    '%s%s%s')\n        _arguments",
                    leaf->group != NULL ? leaf->group : "",
                    leaf->group != NULL ? " " : "", leaf->name);
    for (size_t i = 0; i < leaf->flags_len; i++) {
        zsh_flag(out, &leaf->flags[i]);
    }
    mst_output_text(out, " \\\n            '--json[write for machines\\: "
                         "JSON]' \\\n            '--help[say what the command "
                         "does]'");
    if (leaf->choices != NULL) {
        mst_output_text(out, " \\\n            '1:choice:");
        zsh_choices(out, leaf->choices);
        mst_output_text(out, "'");
    } else if (mst_completion_takes_files(leaf)) {
        mst_output_text(out, " \\\n            '*:file:_files'");
    }
    mst_output_text(out, "\n        ;;\n");
}

static void
zsh_list(struct mst_output *out, const struct mst_cli_command *const *list)
{
    mst_output_text(out, "        list=(");
    for (size_t i = 0; list[i] != NULL; i++) {
        mst_output_text(out, "\n            '%s:", list[i]->name);
        zsh_help(out, list[i]->summary);
        mst_output_text(out, "'");
    }
    mst_output_text(out, "\n        )\n        _describe command list\n"
                         "        return\n");
}

void
mst_completion_zsh(struct mst_output *out)
{
    mst_output_text(out, "#compdef mstream\n"
                         "_mstream() {\n"
                         "    local -a list\n"
                         "    local key=$words[2]\n"
                         "    if (( CURRENT == 2 )); then\n");
    zsh_list(out, mst_cli_commands);
    mst_output_text(out, "    fi\n"
                         "    shift words\n"
                         "    (( CURRENT-- ))\n");
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        const struct mst_cli_command *group = mst_cli_commands[i];
        if (group->subcommands == NULL) {
            continue;
        }
        mst_output_text(out,
                        "    if [[ $key == %s ]] && (( CURRENT == 2 )); then\n",
                        group->name);
        zsh_list(out, group->subcommands);
        mst_output_text(out,
                        "    elif [[ $key == %s ]]; then\n"
                        "        key=\"$key $words[2]\"\n"
                        "        shift words\n"
                        "        (( CURRENT-- ))\n"
                        "    fi\n",
                        group->name);
    }
    mst_output_text(out, "    case $key in\n");
    mst_completion_leaves(out, zsh_leaf);
    mst_output_text(out, "    esac\n"
                         "}\n"
                         "if [ \"$funcstack[1]\" = _mstream ]; then\n"
                         "    _mstream \"$@\"\n"
                         "else\n"
                         "    compdef _mstream mstream\n"
                         "fi\n");
}
