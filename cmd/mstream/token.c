/* SPDX-License-Identifier: MIT */
/* mstream token: who may use the API of a daemon. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/tokens.h"
#include "commands.h"
#include "output.h"

static const char *const token_roles[] = {"read", "operate", "admin", NULL};

static const struct mst_cli_flag create_flags[] = {
    {"file", "FILE", "the file of api.tokens_file; made where there is none",
     NULL},
    {"role", "ROLE", "what it may do", token_roles},
};

static bool
create_name_is_good(const char *name)
{
    size_t len = strlen(name);
    bool good = len > 0 && len < MST_API_TOKEN_NAME_MAX;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        good = good && (isalnum(c) != 0 || c == '-' || c == '_' || c == '.');
    }
    return good;
}

/* At the end of the file, and on the disk when it returns. */
static enum mst_status
create_append(const char *path, const struct mst_buf *line,
              struct mst_error *err)
{
    char why[128];
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                  S_IRUSR | S_IWUSR);
    bool written = fd >= 0
                   && write(fd, line->data, line->len) == (ssize_t)line->len
                   && fsync(fd) == 0;
    int code = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return written ? MST_OK
                   : mst_fail(err, MST_FATAL, "token", code,
                              "%s can not be written: %s", path,
                              strerror_r(code, why, sizeof(why)));
}

static int
create_report(const struct mst_cli_args *args, const char *role,
              const char *token)
{
    struct mst_output out;
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "name", args->words[0]);
        mst_output_str(&out, "role", role);
        mst_output_str(&out, "token", token);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "%s\n", token);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
create_run(const struct mst_cli_args *args)
{
    const char *path = mst_cli_value(args, "file");
    const char *role = mst_cli_value(args, "role");
    char token[MST_API_TOKEN_TEXT_MAX];
    struct mst_buf line;
    struct mst_error err;
    if (path == NULL || role == NULL || !create_name_is_good(args->words[0])) {
        mst_cli_fail(args, NULL, "%s",
                     path == NULL || role == NULL
                         ? "--file FILE and --role ROLE are needed"
                         : "a name has letters, digits, '-', '_' and '.', 63 "
                           "at most");
        return MST_EXIT_USAGE;
    }
    mst_error_clear(&err);
    mst_buf_init(&line, 1024);
    int code = MST_EXIT_FAILED;
    if (mst_api_token_make(args->words[0], mst_api_role_parse(role), token,
                           &line, &err)
            == MST_OK
        && create_append(path, &line, &err) == MST_OK) {
        code = create_report(args, role, token);
    } else {
        mst_cli_error(args, &err);
    }
    OPENSSL_cleanse(token, sizeof(token));
    mst_buf_clear(&line);
    return code;
}

static const struct mst_cli_command token_create = {
    .group = "token",
    .name = "create",
    .synopsis = "NAME --role ROLE --file FILE",
    .summary = "Make a token, and print it this once.",
    .details = "The file gets a line with the name, the role and a hash; the\n"
               "daemon reads it again by itself. To take a token back, remove\n"
               "its line.",
    .example = "mstream token create grafana --role read --file tokens",
    .flags = create_flags,
    .flags_len = MST_ARRAY_SIZE(create_flags),
    .words_min = 1,
    .words_max = 1,
    .run = create_run,
};

static const struct mst_cli_command *const token_commands[] = {&token_create,
                                                               NULL};

const struct mst_cli_command mst_command_token = {
    .name = "token",
    .synopsis = "COMMAND [options]",
    .summary = "Who may use the API of a daemon.",
    .example = "mstream token create grafana --role read --file tokens",
    .subcommands = token_commands,
};
