/* SPDX-License-Identifier: MIT */
/*
 * Log lines with fields, to stderr as text or JSON, and to a ring that the
 * API reads later.
 *
 * An error is logged once, by the function that decides what to do about it.
 * A field's value is never a secret.
 */
#ifndef MST_LOG_LOG_H
#define MST_LOG_LOG_H

#include <stdbool.h>

#include "base/error.h"

enum mst_log_level {
    MST_LOG_DEBUG,
    MST_LOG_INFO,
    MST_LOG_WARN,
    MST_LOG_ERROR,
    MST_LOG_OFF
};

struct mst_log_field {
    const char *name;
    const char *text; /* NULL: number */
    int64_t number;
};

#define MST_LOG_STR(n, v) ((struct mst_log_field){(n), (v), 0})
#define MST_LOG_NUM(n, v) ((struct mst_log_field){(n), NULL, (int64_t)(v)})

/* Thread: any; atomic. */
void mst_log_set_level(enum mst_log_level level);
void mst_log_set_json(bool json);
/* Every line goes there too; NULL: to none. It must outlive what logs. */
struct mst_log_ring;
void mst_log_set_ring(struct mst_log_ring *ring);
bool mst_log_enabled(enum mst_log_level level);
/* "debug", ... Never NULL. */
const char *mst_log_level_name(enum mst_log_level level);
/* False: not a level's name. */
bool mst_log_parse_level(const char *name, enum mst_log_level *ret_level);

/* Writes one line. area: "job", "config", "kafka" ... A line of a thread that
 * works for a job (base/thread.h) has the field "job". Thread: any. */
void mst_log_write(enum mst_log_level level, const char *area,
                   const struct mst_log_field *fields, size_t n,
                   const char *fmt, ...) MST_PRINTF(5, 6);

#define mst_log_debug(area, ...)                                               \
    mst_log_write(MST_LOG_DEBUG, area, NULL, 0, __VA_ARGS__)
#define mst_log_info(area, ...)                                                \
    mst_log_write(MST_LOG_INFO, area, NULL, 0, __VA_ARGS__)
#define mst_log_warn(area, ...)                                                \
    mst_log_write(MST_LOG_WARN, area, NULL, 0, __VA_ARGS__)
#define mst_log_error(area, ...)                                               \
    mst_log_write(MST_LOG_ERROR, area, NULL, 0, __VA_ARGS__)

/* The text and hint of err, one line. */
void mst_log_failure(enum mst_log_level level, const char *area,
                     const char *job, const struct mst_error *err);

#endif
