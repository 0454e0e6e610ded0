/* SPDX-License-Identifier: MIT */
/* Prints docs/man/mstream.1 from the commands' tables; see scripts/gen-man. */
#include <stdio.h>
#include <stdlib.h>

#include "output.h"

/* Text as roff takes it: backslashes, and dots at the start of a line. */
static void
man_text(struct mst_output *out, const char *text)
{
    bool start = true;
    for (; *text != '\0'; text++) {
        if (start && (*text == '.' || *text == '\'')) {
            mst_output_text(out, "\\&");
        }
        if (*text == '\\') {
            mst_output_text(out, "\\e");
        } else if (*text == '-') {
            mst_output_text(out, "\\-");
        } else {
            mst_output_text(out, "%c", *text);
        }
        start = *text == '\n';
    }
}

static void
man_flag(struct mst_output *out, const struct mst_cli_flag *flag)
{
    mst_output_text(out, ".It Fl Fl ");
    man_text(out, flag->name);
    if (flag->value != NULL) {
        mst_output_text(out, " Ar %s", flag->value);
    }
    mst_output_text(out, "\n");
    man_text(out, flag->help);
    for (size_t i = 0; flag->choices != NULL && flag->choices[i] != NULL; i++) {
        mst_output_text(out, "%s", i == 0 ? ": " : ", ");
        man_text(out, flag->choices[i]);
    }
    mst_output_text(out, "\n");
}

static void
man_command(struct mst_output *out, const struct mst_cli_command *command)
{
    mst_output_text(out, ".Ss mstream %s%s%s\n.Bd -literal\nmstream %s%s%s ",
                    command->group != NULL ? command->group : "",
                    command->group != NULL ? " " : "", command->name,
                    command->group != NULL ? command->group : "",
                    command->group != NULL ? " " : "", command->name);
    man_text(out, command->synopsis);
    mst_output_text(out, "\n.Ed\n.Pp\n");
    man_text(out, command->summary);
    mst_output_text(out, "\n");
    if (command->details != NULL) {
        mst_output_text(out, ".Pp\n");
        man_text(out, command->details);
        mst_output_text(out, "\n");
    }
    if (command->flags_len > 0) {
        mst_output_text(out, ".Bl -tag -width Ds\n");
        for (size_t i = 0; i < command->flags_len; i++) {
            man_flag(out, &command->flags[i]);
        }
        mst_output_text(out, ".El\n");
    }
    mst_output_text(out, ".Pp\nExample:\n.Bd -literal -offset indent\n");
    man_text(out, command->example);
    mst_output_text(out, "\n.Ed\n");
}

static void
man_commands(struct mst_output *out)
{
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        const struct mst_cli_command *command = mst_cli_commands[i];
        if (command->subcommands == NULL) {
            man_command(out, command);
            continue;
        }
        mst_output_text(out, ".Ss mstream %s\n", command->name);
        man_text(out, command->summary);
        if (command->details != NULL) {
            mst_output_text(out, "\n.Pp\n");
            man_text(out, command->details);
        }
        mst_output_text(out, "\n");
        for (size_t k = 0; command->subcommands[k] != NULL; k++) {
            man_command(out, command->subcommands[k]);
        }
    }
}

static const char man_head[] =
    ".\\\" SPDX-License-Identifier: MIT\n"
    ".\\\" Written by scripts/gen-man from the tables in cmd/mstream.\n"
    ".Dd November 21, 2026\n"
    ".Dt MSTREAM 1\n"
    ".Os mstream\n"
    ".Sh NAME\n"
    ".Nm mstream\n"
    ".Nd check, run and repair jobs that move change data\n"
    ".Sh SYNOPSIS\n"
    ".Nm\n"
    ".Ar command\n"
    ".Op Ar options\n"
    ".Nm\n"
    ".Cm help\n"
    ".Op Ar command\n"
    ".Nm\n"
    ".Fl Fl version\n"
    ".Sh DESCRIPTION\n"
    ".Nm\n"
    "works on the configuration and the state of\n"
    ".Xr mstreamd 8 :\n"
    "it checks a file, tries and runs its jobs in the foreground, shows and\n"
    "moves where jobs stand, and brings back events that were refused.\n"
    ".Pp\n"
    "Every command takes\n"
    ".Fl Fl help\n"
    "and\n"
    ".Fl Fl json ,\n"
    "which makes its output, and its errors on standard error, JSON.\n"
    "Durations are seconds, or have a unit:\n"
    ".Ql 500ms , 5s , 1m , 2h , 7d .\n"
    ".Sh COMMANDS\n";

static const char man_tail[] =
    ".Sh FILES\n"
    ".Bl -tag -width Ds\n"
    ".It Pa mstream\\-config.toml\n"
    "The configuration, where no other is named.\n"
    ".It Pa mstream\\-data/state.db\n"
    "The state: checkpoints, leases, dead letters and runs.\n"
    ".El\n"
    ".Sh EXIT STATUS\n"
    ".Bl -tag -width Ds -compact\n"
    ".It 0\n"
    "Done.\n"
    ".It 1\n"
    "Failed.\n"
    ".It 2\n"
    "Wrong usage, or errors in the configuration.\n"
    ".It 3\n"
    "Something was rejected or became a dead letter.\n"
    ".It 4\n"
    "Timed out.\n"
    ".It 5\n"
    "Refused: another run holds the job's lease.\n"
    ".El\n"
    ".Sh SEE ALSO\n"
    ".Xr mstreamd 8\n";

int
main(void)
{
    struct mst_output out;
    mst_output_init(&out);
    mst_output_text(&out, "%s", man_head);
    man_commands(&out);
    mst_output_text(&out, "%s", man_tail);
    return mst_output_end(&out, EXIT_SUCCESS);
}
