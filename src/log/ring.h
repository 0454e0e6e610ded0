/* SPDX-License-Identifier: MIT */
/*
 * The newest log lines, kept in memory for who asks later or listens. The
 * oldest make room; each has a number that only grows, so that a listener
 * knows what it missed.
 */
#ifndef MST_LOG_RING_H
#define MST_LOG_RING_H

#include "base/json_write.h"
#include "log/log.h"

struct mst_log_ring;

enum { MST_LOG_RING_BYTES_MAX = 3 * 1024 * 1024 };

/* capacity: lines; fewer are kept when they are long. */
MST_MUST_CHECK enum mst_status mst_log_ring_create(size_t capacity,
                                                   struct mst_log_ring **ret,
                                                   struct mst_error *err);
/* Before the first line: numbers begin above all that a program gave which
 * began before that moment, so that who listened to it and comes back with its
 * last number misses none of ours. */
void mst_log_ring_begin(struct mst_log_ring *ring, int64_t wall_ms);
void mst_log_ring_destroy(struct mst_log_ring *ring);

/* Thread: any, from here on. */
void mst_log_ring_add(struct mst_log_ring *ring, enum mst_log_level level,
                      const char *area, const struct mst_log_field *fields,
                      size_t n, const char *message);

struct mst_log_filter {
    const char *job;          /* NULL: all, also those of no job */
    enum mst_log_level level; /* and above */
    int64_t since_ms;         /* wall clock; 0: all */
    uint64_t after;           /* numbers above this one */
    size_t limit;             /* the newest so many */
    bool events;              /* as server-sent events, not values */
    size_t enough;            /* no more lines behind so many bytes; 0: all */
};

/* Appends what matches, oldest first, as values of a JSON array:
 * {"id", "timestamp", "level", "message", "target", "job_name"?, "fields"?}.
 * As events: "id:" and "data:", each ended by an empty line.
 * Returns the number to go on behind: of the newest line there is, whether it
 * matches or not, or of the last one that was shown when that was enough. What
 * was dropped behind `after` is counted in ret_missed. */
uint64_t mst_log_ring_read(struct mst_log_ring *ring,
                           const struct mst_log_filter *filter,
                           struct mst_json *out, uint64_t *ret_missed);

#endif
