/* SPDX-License-Identifier: MIT */
/* Looking at the directory: which files there are, and which of them are
 * known under another name, have grown, shrunk or gone. */
#ifndef MST_SOURCES_FILE_FILE_SCAN_H
#define MST_SOURCES_FILE_FILE_SCAN_H

#include "sources/file/file_source.h"
#include "sources/file/file_track.h"

enum { MST_FILE_OPEN_MAX = 64 };

struct mst_file_scan {
    const char *path; /* of the directory */
    char *pattern;    /* for glob(3), below it */
    int dir_fd;
    enum mst_file_source_truncated on_truncate;
    struct mst_file_tracks *tracks;
};

/* MST_FATAL: truncated, with what to do. MST_RETRY: can not look now. */
MST_MUST_CHECK enum mst_status mst_file_scan(struct mst_file_scan *scan,
                                             struct mst_error *err);

/* Makes sure that track->fd is open; too many others are closed for it.
 * MST_AGAIN: the name leads elsewhere now, look again. */
MST_MUST_CHECK enum mst_status mst_file_scan_open(struct mst_file_scan *scan,
                                                  struct mst_file_track *track,
                                                  struct mst_error *err);

/* Looks at the open file: its size, and whether it still begins as it did.
 * MST_FATAL as above; MST_AGAIN: it is read anew, as another track. */
MST_MUST_CHECK enum mst_status mst_file_scan_check(struct mst_file_scan *scan,
                                                   struct mst_file_track *track,
                                                   struct mst_error *err);

#endif
