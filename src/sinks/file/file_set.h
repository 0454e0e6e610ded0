/* SPDX-License-Identifier: MIT */
/*
 * All files of one sink. A base (path with a place for the number) has at
 * most one file that takes events, and sealed ones that wait for a checkpoint
 * to get their final names. docs/files.md says what happens at every crash.
 */
#ifndef MST_SINKS_FILE_FILE_SET_H
#define MST_SINKS_FILE_FILE_SET_H

#include <pthread.h>

#include "sinks/file/file_part.h"
#include "sinks/file/file_path.h"

enum {
    MST_FILE_BASES_MAX = 2000, /* known at once; more seal the oldest */
    MST_FILE_BUCKETS = 512
};

enum mst_file_fsync {
    MST_FILE_FSYNC_CHECKPOINT, /* before a checkpoint tells a length */
    MST_FILE_FSYNC_ROLL,       /* when a file takes no more */
    MST_FILE_FSYNC_NEVER
};

/* Where a record ends. */
enum mst_file_framing { MST_FILE_LINES, MST_FILE_DOCUMENTS, MST_FILE_CSV };

struct mst_file_limits {
    uint64_t roll_bytes; /* 0: no limit; likewise below */
    uint64_t roll_events;
    int64_t roll_age_ms;
    int64_t idle_ms;
    uint64_t max_open;
    enum mst_file_fsync fsync;
};

struct mst_file_base {
    struct mst_file_base *next;  /* in its bucket */
    char *text;                  /* see file_path.h */
    uint64_t next_number;        /* of the next file; 0: look what is there */
    struct mst_file_part *parts; /* newest first; only that may be unsealed */
};

/* Lock: `lock` guards everything. The runner's thread holds it while it
 * writes; the commit thread takes it to look and to publish, never while it
 * syncs. */
struct mst_file_set {
    pthread_mutex_t lock;
    struct mst_file_place place;
    struct mst_file_limits limits;
    bool ready;  /* brought back to the mark of the run's start */
    bool marked; /* the engine asks for marks, or did in the run before */
    enum mst_file_framing framing;
    struct mst_file_base *buckets[MST_FILE_BUCKETS];
    struct mst_file_base *last; /* the one used last */
    size_t bases;
    size_t open_fds;
    uint64_t pending_bytes;
    int64_t ticked_ms;
    struct mst_buf name; /* scratch */
};

/* Goes through the files: start with a zeroed cursor; NULL at the end.
 * Nothing may be added or removed meanwhile. */
struct mst_file_cursor {
    size_t bucket;
    struct mst_file_base *base;
    struct mst_file_part *part;
};

struct mst_file_part *mst_file_set_next(const struct mst_file_set *set,
                                        struct mst_file_cursor *cursor);

MST_MUST_CHECK bool mst_file_set_init(struct mst_file_set *set);
void mst_file_set_clear(struct mst_file_set *set);
/* Forgets all files; they stay as they are. */
void mst_file_set_forget(struct mst_file_set *set);

/* The base with that text, made when it is new. NULL without memory. */
struct mst_file_base *mst_file_set_base(struct mst_file_set *set,
                                        const char *text);

/* The base's file that takes events, opened or made, with room for bytes
 * more. May flush and seal. MST_REJECTED: this path can not be. */
MST_MUST_CHECK enum mst_status
mst_file_set_part(struct mst_file_set *set, struct mst_file_base *base,
                  size_t bytes, struct mst_file_part **ret_part,
                  struct mst_error *err);

/* Writes everything pending. On failure all that is left is given back with
 * that status, so that no later event of a key passes an earlier one. */
MST_MUST_CHECK enum mst_status mst_file_set_flush(struct mst_file_set *set,
                                                  struct mst_error *err);
/* Gives everything pending back. */
void mst_file_set_fail(struct mst_file_set *set, enum mst_status status,
                       const struct mst_error *err);

/* Seals files that are old or idle. Nothing may be pending. */
void mst_file_set_tick(struct mst_file_set *set);

/* True: a file is complete and waits for its name. */
bool mst_file_set_has_sealed(const struct mst_file_set *set);

/* Which files get their final names. */
enum mst_file_publish {
    MST_FILE_PUBLISH_COMPLETE, /* complete ones that a mark covers */
    MST_FILE_PUBLISH_COVERED,  /* all that a mark covers to their end */
    MST_FILE_PUBLISH_ALL
};

/* Renames and forgets them. Failures are logged: the next call tries again.
 */
void mst_file_set_publish(struct mst_file_set *set, enum mst_file_publish what);

/* fsync of everything written since the last time. Takes the lock itself. */
MST_MUST_CHECK enum mst_status mst_file_set_sync(struct mst_file_set *set,
                                                 struct mst_error *err);

#endif
