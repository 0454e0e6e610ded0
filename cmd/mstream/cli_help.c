/* SPDX-License-Identifier: MIT */
/* Help, written from the tables. */
#include <stdio.h>

#include "cli.h"

enum { HELP_COLUMN = 24 };

static enum mst_status
help_flag(const char *name, const char *value, const char *text,
          const char *const *choices, struct mst_buf *out)
{
    char left[64];
    (void)snprintf(left, sizeof(left), "--%s%s%s", name,
                   value != NULL ? " " : "", value != NULL ? value : "");
    enum mst_status status =
        mst_buf_printf(out, "  %-*s %s", HELP_COLUMN, left, text);
    for (size_t i = 0;
         choices != NULL && choices[i] != NULL && status == MST_OK; i++) {
        status = mst_buf_printf(out, "%s%s", i == 0 ? ": " : ", ", choices[i]);
    }
    return status == MST_OK ? mst_buf_append_char(out, '\n') : status;
}

static enum mst_status
help_list(const struct mst_cli_command *const *list, struct mst_buf *out)
{
    enum mst_status status = mst_buf_append_str(out, "\nCommands:\n");
    for (size_t i = 0; list[i] != NULL && status == MST_OK; i++) {
        status = mst_buf_printf(out, "  %-12s %s\n", list[i]->name,
                                list[i]->summary);
    }
    return status;
}

static enum mst_status
help_all(struct mst_buf *out)
{
    enum mst_status status =
        mst_buf_append_str(out, "Usage: mstream COMMAND [options]\n");
    status = status == MST_OK ? help_list(mst_cli_commands, out) : status;
    return status != MST_OK
               ? status
               : mst_buf_append_str(
                   out,
                   "\nmstream help COMMAND, or mstream COMMAND --help, says "
                   "more, with an example.\n"
                   "mstream --version says which version this is.\n"
                   "Exit codes: 0 done, 1 failed, 2 usage or configuration,\n"
                   "3 something was rejected, 4 timed out, 5 another run "
                   "holds the lease.\n");
}

static enum mst_status
help_options(const struct mst_cli_command *command, struct mst_buf *out)
{
    enum mst_status status = mst_buf_append_str(out, "\nOptions:\n");
    for (size_t i = 0; i < command->flags_len && status == MST_OK; i++) {
        const struct mst_cli_flag *flag = &command->flags[i];
        status =
            help_flag(flag->name, flag->value, flag->help, flag->choices, out);
    }
    if (status == MST_OK) {
        status = help_flag("json", NULL, "write for machines: JSON", NULL, out);
    }
    return status == MST_OK ? help_flag("help", NULL, "this text", NULL, out)
                            : status;
}

enum mst_status
mst_cli_help(const struct mst_cli_command *command, struct mst_buf *out)
{
    char title[MST_CLI_TITLE_MAX];
    if (command == NULL) {
        return help_all(out);
    }
    mst_cli_title(command, title);
    enum mst_status status =
        mst_buf_printf(out, "Usage: %s %s\n\n%s\n", title, command->synopsis,
                       command->summary);
    if (status == MST_OK && command->details != NULL) {
        status = mst_buf_printf(out, "\n%s\n", command->details);
    }
    if (status == MST_OK) {
        status = command->subcommands != NULL
                     ? help_list(command->subcommands, out)
                     : help_options(command, out);
    }
    return status == MST_OK
               ? mst_buf_printf(out, "\nExample:\n  %s\n", command->example)
               : status;
}
