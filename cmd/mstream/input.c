/* SPDX-License-Identifier: MIT */
/* A whole file, or standard input, in memory. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd_read.h"

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
