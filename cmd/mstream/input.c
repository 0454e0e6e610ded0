/* SPDX-License-Identifier: MIT */
/* A whole file, or standard input, in memory. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd_read.h"

enum { INPUT_JSON_MAX = 16 * 1024 * 1024 };

static const char *
input_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static enum mst_status
input_fail(const char *path, int error, struct mst_error *err)
{
    char text[128];
    return mst_fail(err, MST_FATAL, "file", error, "%s: %s", input_name(path),
                    strerror_r(error, text, sizeof(text)));
}

enum mst_status
mst_input_read(const char *path, struct mst_buf *out, struct mst_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return input_fail(path, errno, err);
    }
    int error = 0;
    enum mst_status status = mst_fd_read(fd, out, &error);
    if (!standard) {
        (void)close(fd);
    }
    if (status == MST_OK) {
        return MST_OK;
    }
    return error != EFBIG
               ? input_fail(path, error, err)
               : mst_fail(err, status, "file", 0, "%s is larger than %zu bytes",
                          path, out->max);
}

json_t *
mst_input_json(const struct mst_cli_args *args, const char *path)
{
    struct mst_buf text;
    struct mst_error err;
    json_error_t where;
    json_t *json = NULL;
    mst_error_clear(&err);
    mst_buf_init(&text, INPUT_JSON_MAX);
    if (mst_input_read(path, &text, &err) != MST_OK) {
        mst_cli_error(args, &err);
    } else {
        json = json_loadb((const char *)text.data, text.len,
                          JSON_REJECT_DUPLICATES, &where);
        if (json == NULL) {
            mst_cli_fail(args, NULL, "%s:%d:%d: %s", input_name(path),
                         where.line, where.column, where.text);
        }
    }
    mst_buf_clear(&text);
    return json;
}
