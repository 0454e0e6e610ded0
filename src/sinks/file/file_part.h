/* SPDX-License-Identifier: MIT */
/*
 * One file that the sink writes. It has a temporary name until everything in
 * it is covered by a checkpoint, and then its final one.
 *
 *   append ──► pending ──flush: write(2)──► len ──mark: fsync──► cut
 *                             │ confirmed
 *
 * `trail` remembers which event ended where above the last cut, so that a
 * checkpoint can say how much of the file belongs to it.
 */
#ifndef MST_SINKS_FILE_FILE_PART_H
#define MST_SINKS_FILE_FILE_PART_H

#include "base/buf.h"
#include "core/event.h"

enum { MST_FILE_TAG_MAX = 64 };

/* Where a set of files lives. */
struct mst_file_place {
    const char *path; /* of the directory, for messages */
    int dir_fd;
    char suffix[MST_FILE_TAG_MAX]; /* of temporary names: ".job-1a2b.part" */
};

struct mst_file_record {
    struct mst_delivery *delivery;
    size_t end; /* offset in pending */
};

struct mst_file_trail {
    uint64_t seq;
    uint64_t end; /* offset in the file behind this event */
};

struct mst_file_part {
    struct mst_file_part *next; /* older file of the same base */
    uint64_t number;
    char *name; /* final, below the directory */
    int fd;     /* -1: not open now */
    uint64_t len;
    uint64_t events;
    int64_t made_ms; /* wall clock */
    int64_t used_ms; /* monotonic clock, of the last append */
    bool sealed;     /* takes no more */
    bool covered;    /* sealed, and a mark told all of it: may be published */
    bool dirty;      /* written since the last fsync */
    bool fresh;      /* its directory was not synced since it was made */
    bool torn;       /* bytes behind len could not be cut off yet */
    struct mst_buf pending;
    struct mst_file_record *queue; /* what is in pending, in order */
    size_t queue_len;
    size_t queue_cap;
    struct mst_file_trail *trail;
    size_t trail_len;
    size_t trail_cap;
    uint64_t cut;        /* length at the last mark */
    uint64_t cut_events; /* events below it */
};

/* NULL without memory. name is copied. */
MST_MUST_CHECK struct mst_file_part *mst_file_part_create(const char *name,
                                                          uint64_t number);
/* Closes; the file stays as it is. Nothing may be pending. NULL is fine. */
void mst_file_part_destroy(struct mst_file_part *part);

/* Opens the temporary file: a new one (MST_AGAIN when the name is taken,
 * there or finally), or the one that was there, cut at part->len. MST_RETRY,
 * MST_REJECTED (a path that can not be), MST_FATAL (no right). */
MST_MUST_CHECK enum mst_status
mst_file_part_make(struct mst_file_part *part,
                   const struct mst_file_place *place, struct mst_error *err);
MST_MUST_CHECK enum mst_status
mst_file_part_reopen(struct mst_file_part *part,
                     const struct mst_file_place *place, struct mst_error *err);
/* Ends the descriptor only. */
void mst_file_part_shut(struct mst_file_part *part);

/* Puts the delivery in line, whose bytes were appended to part->pending. */
MST_MUST_CHECK bool mst_file_part_queue(struct mst_file_part *part,
                                        struct mst_delivery *delivery);

/* Writes what is pending and confirms it. MST_RETRY, MST_FATAL: nothing of it
 * is in the file, and all of it still waits: see mst_file_part_fail. */
MST_MUST_CHECK enum mst_status
mst_file_part_flush(struct mst_file_part *part,
                    const struct mst_file_place *place, struct mst_error *err);
/* Gives what is pending back. */
void mst_file_part_fail(struct mst_file_part *part, enum mst_status status,
                        const struct mst_error *err);

/* Moves part->cut up to the end of the last event that is not above seq. */
void mst_file_part_cut(struct mst_file_part *part, uint64_t seq);

/* Gives it its final name. MST_OK also when it is gone. */
MST_MUST_CHECK enum mst_status
mst_file_part_publish(const struct mst_file_part *part,
                      const struct mst_file_place *place,
                      struct mst_error *err);

/* What an errno of a file operation means for the event at hand. */
enum mst_status mst_file_failed(struct mst_error *err, int code,
                                const char *doing,
                                const struct mst_file_place *place,
                                const char *name);

#endif
