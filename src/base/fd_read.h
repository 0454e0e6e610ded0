/* SPDX-License-Identifier: MIT */
/* All that a descriptor gives. */
#ifndef MST_BASE_FD_READ_H
#define MST_BASE_FD_READ_H

#include "base/buf.h"

/* Appends it, up to the end. MST_FATAL: reading failed, *ret_error is errno.
 * Other statuses are those of mst_buf_reserve, which is asked for 64 KiB at a
 * time; *ret_error is EFBIG then. */
MST_MUST_CHECK enum mst_status mst_fd_read(int fd, struct mst_buf *out,
                                           int *ret_error);

#endif
