/* SPDX-License-Identifier: MIT */
/* A circle of lines that are rendered when they come in. */
#include "log/ring.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

enum {
    RING_LINE_MAX = 16 * 1024,
    RING_LINES_PER_MS = 1000 /* more than can be written; below 2^53 for JSON */
};

struct ring_line {
    int64_t time_ms;
    enum mst_log_level level;
    size_t job_len; /* the job's name, then the rest; 0: of no job */
    size_t len;
    char text[];
};

struct mst_log_ring {
    pthread_mutex_t mutex;
    struct ring_line **lines;
    size_t capacity;
    size_t len;
    size_t bytes;
    uint64_t first;  /* numbers are above that one */
    uint64_t newest; /* number of the last one; the oldest is newest-len+1 */
};

enum mst_status
mst_log_ring_create(size_t capacity, struct mst_log_ring **ret,
                    struct mst_error *err)
{
    struct mst_log_ring *ring = calloc(1, sizeof(*ring));
    struct ring_line **lines = calloc(capacity + 1, sizeof(struct ring_line *));
    if (ring == NULL || lines == NULL
        || pthread_mutex_init(&ring->mutex, NULL) != 0) {
        free(ring);
        free(lines);
        return mst_fail_memory(err, "log");
    }
    ring->lines = lines;
    ring->capacity = capacity;
    *ret = ring;
    return MST_OK;
}

void
mst_log_ring_begin(struct mst_log_ring *ring, int64_t wall_ms)
{
    mst_mutex_lock(&ring->mutex);
    ring->first = (uint64_t)wall_ms * RING_LINES_PER_MS;
    ring->newest = ring->first;
    mst_mutex_unlock(&ring->mutex);
}

static struct ring_line **
ring_at(struct mst_log_ring *ring, uint64_t number)
{
    return &ring->lines[number % (ring->capacity + 1)];
}

/* Lock: mutex held. */
static void
ring_drop_oldest(struct mst_log_ring *ring)
{
    struct ring_line **slot = ring_at(ring, ring->newest - ring->len + 1);
    ring->bytes -= sizeof(**slot) + (*slot)->len;
    free(*slot);
    *slot = NULL;
    ring->len--;
}

void
mst_log_ring_destroy(struct mst_log_ring *ring)
{
    if (ring == NULL) {
        return;
    }
    while (ring->len > 0) {
        ring_drop_oldest(ring);
    }
    free(ring->lines);
    (void)pthread_mutex_destroy(&ring->mutex);
    free(ring);
}

static const char *
ring_job(const struct mst_log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, "job") == 0 && fields[i].text != NULL) {
            return fields[i].text;
        }
    }
    return "";
}

/* All but the job, which has a name of its own. */
static void
ring_fields(struct mst_json *json, const struct mst_log_field *fields, size_t n)
{
    mst_json_open(json, "fields", '{');
    for (size_t i = 0; i < n; i++) {
        if (fields[i].text == NULL) {
            mst_json_number(json, fields[i].name, fields[i].number);
        } else if (strcmp(fields[i].name, "job") != 0) {
            mst_json_str(json, fields[i].name, fields[i].text);
        }
    }
    mst_json_close(json, '}');
}

static void
ring_head(struct mst_json *json, int64_t now, enum mst_log_level level,
          const char *area, const char *message)
{
    mst_json_time(json, "timestamp", now);
    mst_json_str(json, "level", mst_log_level_name(level));
    mst_json_str(json, "message", message);
    mst_json_str(json, "target", area);
}

void
mst_log_ring_add(struct mst_log_ring *ring, enum mst_log_level level,
                 const char *area, const struct mst_log_field *fields, size_t n,
                 const char *message)
{
    int64_t now = mst_clock_wall_ms();
    const char *job = ring_job(fields, n);
    size_t job_len = strlen(job);
    struct mst_json json;
    mst_json_init(&json, RING_LINE_MAX);
    ring_head(&json, now, level, area, message);
    ring_fields(&json, fields, n);
    if (job_len > 0) {
        mst_json_str(&json, "job_name", job);
    }
    struct ring_line *line =
        json.failed ? NULL : malloc(sizeof(*line) + job_len + json.buf.len);
    if (line != NULL) {
        *line = (struct ring_line){.time_ms = now,
                                   .level = level,
                                   .job_len = job_len,
                                   .len = job_len + json.buf.len};
        memcpy(line->text, job, job_len);
        memcpy(line->text + job_len, json.buf.data, json.buf.len);
    }
    mst_json_clear(&json);
    if (line == NULL) {
        return; /* it is on stderr all the same */
    }
    mst_mutex_lock(&ring->mutex);
    ring->bytes += sizeof(*line) + line->len;
    *ring_at(ring, ++ring->newest) = line;
    ring->len++;
    while (ring->len > ring->capacity
           || (ring->len > 1 && ring->bytes > MST_LOG_RING_BYTES_MAX)) {
        ring_drop_oldest(ring);
    }
    mst_mutex_unlock(&ring->mutex);
}

static bool
ring_matches(const struct ring_line *line, const struct mst_log_filter *filter)
{
    return line->level >= filter->level && line->time_ms >= filter->since_ms
           && (filter->job == NULL
               || (strlen(filter->job) == line->job_len
                   && memcmp(filter->job, line->text, line->job_len) == 0));
}

/* The first number to be shown, so that at most filter->limit are. */
static uint64_t
ring_first(struct mst_log_ring *ring, const struct mst_log_filter *filter,
           uint64_t oldest)
{
    size_t seen = 0;
    uint64_t first = ring->newest + 1;
    for (uint64_t at = ring->newest; at >= oldest && seen < filter->limit;
         at--) {
        if (ring_matches(*ring_at(ring, at), filter)) {
            seen++;
            first = at;
        }
    }
    return first;
}

static void
ring_show(const struct ring_line *line, uint64_t number, bool event,
          struct mst_json *out)
{
    if (event) {
        mst_json_did(out, mst_buf_printf(&out->buf, "id: %llu\ndata: ",
                                         (unsigned long long)number));
    }
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "id", (int64_t)number);
    mst_json_raw(
        out, NULL,
        mst_slice_of(line->text + line->job_len, line->len - line->job_len));
    mst_json_close(out, '}');
    if (event) {
        mst_json_newline(out);
        mst_json_newline(out);
    }
}

uint64_t
mst_log_ring_read(struct mst_log_ring *ring,
                  const struct mst_log_filter *filter, struct mst_json *out,
                  uint64_t *ret_missed)
{
    mst_mutex_lock(&ring->mutex);
    uint64_t newest = ring->newest;
    uint64_t oldest = newest - ring->len + 1;
    uint64_t after = filter->after > ring->first ? filter->after : ring->first;
    *ret_missed = after + 1 < oldest ? oldest - after - 1 : 0;
    if (filter->after >= oldest) {
        oldest = filter->after + 1;
    }
    for (uint64_t at = ring_first(ring, filter, oldest); at <= newest; at++) {
        const struct ring_line *line = *ring_at(ring, at);
        if (ring_matches(line, filter)) {
            ring_show(line, at, filter->events, out);
            if (filter->enough > 0 && out->buf.len >= filter->enough) {
                newest = at;
            }
        }
    }
    mst_mutex_unlock(&ring->mutex);
    return newest;
}
