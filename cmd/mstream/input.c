/* SPDX-License-Identifier: MIT */
/* A whole file, or standard input, in memory. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_CHUNK = 64 * 1024 };

static enum mst_status
input_fail(const char *path, int error, struct mst_error *err)
{
    char text[128];
    return mst_fail(err, MST_FATAL, "file", error, "%s: %s",
                    strcmp(path, "-") == 0 ? "standard input" : path,
                    strerror_r(error, text, sizeof(text)));
}

enum mst_status
mst_input_read(const char *path, struct mst_buf *out, struct mst_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum mst_status status = MST_OK;
    ssize_t n = 1;
    if (fd < 0) {
        return input_fail(path, errno, err);
    }
    while (n != 0 && status == MST_OK) {
        status = mst_buf_reserve(out, INPUT_CHUNK);
        if (status != MST_OK) {
            status = mst_fail(err, status, "file", 0,
                              "%s is larger than %zu bytes", path, out->max);
            break;
        }
        n = read(fd, out->data + out->len, INPUT_CHUNK);
        if (n < 0 && errno != EINTR) {
            status = input_fail(path, errno, err);
        }
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (!standard) {
        (void)close(fd);
    }
    return status;
}
