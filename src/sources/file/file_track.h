/* SPDX-License-Identifier: MIT */
/*
 * The files that the source knows, and how far each was read and settled.
 *
 * A file is known by device, inode and a checksum of its first bytes, so that
 * a renamed file goes on where it was, and a truncated or replaced one is
 * noticed. Position: one JSON object,
 *
 *   {"kind":"file","files":[{"name":"a.jsonl","dev":1,"ino":2,
 *    "offset":1234,"head":512,"crc":99}]}
 */
#ifndef MST_SOURCES_FILE_FILE_TRACK_H
#define MST_SOURCES_FILE_FILE_TRACK_H

#include <pthread.h>
#include <sys/stat.h>

#include "base/buf.h"

enum { MST_FILE_HEAD_MAX = 512 };

/* What a position says about a file. */
struct mst_file_identity {
    uint64_t dev;
    uint64_t ino;
    uint32_t head; /* bytes that crc is of */
    uint32_t crc;
};

struct mst_file_track {
    uint32_t id; /* its place in the table */
    char *name;  /* below the directory; the newest one seen */
    struct mst_file_identity identity;
    int fd;          /* -1: not open now */
    uint64_t offset; /* where the next record starts */
    uint64_t limit;  /* bounded runs take no record that starts behind it */
    uint64_t size;   /* when it was looked at last */
    uint64_t stuck;  /* size at which the rest was not a whole record */
    int64_t used_ms; /* when it was read last */
    int64_t gone_ms; /* since when no name leads to it; 0: it has one */
    bool seen;       /* by the look at the directory that goes on */
    bool saved;      /* from a position, and not found yet */
    bool dead;       /* forgotten */
    struct mst_buf header; /* CSV: the first record, when it was read */
    uint64_t settled;      /* commit: confirmed up to here */
};

/* Lock: `lock` guards names, identities, settled and the array, which the
 * commit thread reads. All else belongs to the reader thread. */
struct mst_file_tracks {
    pthread_mutex_t lock;
    struct mst_file_track **items;
    size_t len;
    size_t cap;
};

MST_MUST_CHECK bool mst_file_tracks_init(struct mst_file_tracks *tracks);
void mst_file_tracks_clear(struct mst_file_tracks *tracks);

/* Ends the descriptor only. */
void mst_file_track_shut(struct mst_file_track *track);

/* A new one; NULL without memory. */
struct mst_file_track *mst_file_tracks_add(struct mst_file_tracks *tracks,
                                           const char *name);
MST_MUST_CHECK bool mst_file_track_rename(struct mst_file_tracks *tracks,
                                          struct mst_file_track *track,
                                          const char *name);

/* Fills ret from the open file: its first bytes, at most max of them. */
MST_MUST_CHECK enum mst_status mst_file_identify(int fd,
                                                 const struct stat *info,
                                                 uint32_t max,
                                                 struct mst_file_identity *ret);
/* Whether the open file starts with what identity was made from. */
bool mst_file_has_head(int fd, const struct mst_file_identity *identity);

/* Thread: commit. */
void mst_file_tracks_settle(struct mst_file_tracks *tracks, uint32_t id,
                            uint64_t offset);
/* MST_AGAIN: nothing was ever settled. */
MST_MUST_CHECK enum mst_status
mst_file_tracks_position(struct mst_file_tracks *tracks, struct mst_buf *out,
                         struct mst_error *err);

/* Adds what the position tells, marked saved. */
MST_MUST_CHECK enum mst_status
mst_file_tracks_load(struct mst_file_tracks *tracks, struct mst_slice position,
                     struct mst_error *err);

#endif
