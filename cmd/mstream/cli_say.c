/* SPDX-License-Identifier: MIT */
/* What every command says the same way: errors, hints, output. */
#include <stdarg.h>
#include <stdio.h>

#include "cli.h"
#include "output.h"

void
mst_cli_title(const struct mst_cli_command *command,
              char out[MST_CLI_TITLE_MAX])
{
    (void)snprintf(out, MST_CLI_TITLE_MAX, "mstream %s%s%s",
                   command->group != NULL ? command->group : "",
                   command->group != NULL ? " " : "", command->name);
}

void
mst_cli_error(const struct mst_cli_args *args, const struct mst_error *err)
{
    struct mst_output out;
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "error", err->text);
        mst_output_str(&out, "hint", err->hint[0] != '\0' ? err->hint : NULL);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "error: %s\n", err->text);
        if (err->hint[0] != '\0') {
            mst_output_text(&out, "hint: %s\n", err->hint);
        }
    }
    (void)fwrite(out.json.buf.data, 1, out.json.buf.len, stderr);
    mst_output_clear(&out);
}

void
mst_cli_fail(const struct mst_cli_args *args, const char *hint, const char *fmt,
             ...)
{
    struct mst_error err;
    va_list list;
    mst_error_clear(&err);
    va_start(list, fmt);
    (void)vsnprintf(err.text, sizeof(err.text), fmt, list);
    va_end(list);
    if (hint != NULL) {
        mst_error_hint(&err, "%s", hint);
    }
    mst_cli_error(args, &err);
}

int
mst_cli_print(const struct mst_buf *out, int code)
{
    if ((out->len > 0 && fwrite(out->data, 1, out->len, stdout) != out->len)
        || fflush(stdout) != 0) {
        (void)fprintf(stderr, "error: can not write to standard output\n");
        return MST_EXIT_FAILED;
    }
    return code;
}
