/* SPDX-License-Identifier: MIT */
/* Piece by piece: pipes have no size. */
#include "base/fd_read.h"

#include <errno.h>
#include <unistd.h>

enum { FD_READ_PIECE = 64 * 1024 };

enum mst_status
mst_fd_read(int fd, struct mst_buf *out, int *ret_error)
{
    for (;;) {
        *ret_error = EFBIG;
        enum mst_status status = mst_buf_reserve(out, FD_READ_PIECE);
        if (status != MST_OK) {
            return status;
        }
        ssize_t n = read(fd, out->data + out->len, FD_READ_PIECE);
        if (n == 0) {
            return MST_OK;
        }
        if (n < 0 && errno != EINTR) {
            *ret_error = errno;
            return MST_FATAL;
        }
        out->len += n > 0 ? (size_t)n : 0;
    }
}
