/* SPDX-License-Identifier: MIT */
/* An event descriptor and a deadline. */
#include "clients/mongo_cancel.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define ORIGIN "mongodb"

struct mst_mongo_cancel {
    int fd;
    atomic_bool now;
    atomic_bool met;
    _Atomic int64_t deadline_ms; /* monotonic */
    int silent_ms;               /* 0: nobody listens */
    mst_mongo_silence silence;
    void *arg;
};

enum mst_status
mst_mongo_cancel_create(struct mst_mongo_cancel **ret_cancel,
                        struct mst_error *err)
{
    struct mst_mongo_cancel *cancel = calloc(1, sizeof(*cancel));
    if (cancel == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->fd < 0) {
        int code = errno;
        free(cancel);
        return mst_fail(err, MST_FATAL, ORIGIN, code,
                        "no file descriptor is left (ulimit -n)");
    }
    atomic_init(&cancel->now, false);
    atomic_init(&cancel->met, false);
    atomic_init(&cancel->deadline_ms, INT64_MAX);
    *ret_cancel = cancel;
    return MST_OK;
}

void
mst_mongo_cancel_destroy(struct mst_mongo_cancel *cancel)
{
    if (cancel != NULL) {
        (void)close(cancel->fd);
        free(cancel);
    }
}

void
mst_mongo_cancel_now(struct mst_mongo_cancel *cancel)
{
    uint64_t one = 1;
    atomic_store(&cancel->now, true);
    /* Only a counter that is full already could refuse it. */
    ssize_t written = write(cancel->fd, &one, sizeof(one));
    (void)written;
}

void
mst_mongo_cancel_within(struct mst_mongo_cancel *cancel, int timeout_ms)
{
    atomic_store(&cancel->deadline_ms, mst_clock_ms() + timeout_ms);
}

void
mst_mongo_cancel_reset(struct mst_mongo_cancel *cancel)
{
    uint64_t count = 0;
    atomic_store(&cancel->now, false);
    atomic_store(&cancel->deadline_ms, INT64_MAX);
    ssize_t got = read(cancel->fd, &count, sizeof(count));
    (void)got; /* nothing to take back */
}

bool
mst_mongo_cancel_is_now(struct mst_mongo_cancel *cancel)
{
    return atomic_load(&cancel->now);
}

void
mst_mongo_cancel_watch(struct mst_mongo_cancel *cancel, int silent_ms,
                       mst_mongo_silence silence, void *arg)
{
    cancel->silent_ms = silent_ms;
    cancel->silence = silence;
    cancel->arg = arg;
}

int
mst_mongo_cancel_silent_ms(const struct mst_mongo_cancel *cancel)
{
    return cancel->silent_ms;
}

void
mst_mongo_cancel_tell(struct mst_mongo_cancel *cancel, bool is_silent)
{
    cancel->silence(cancel->arg, is_silent);
}

void
mst_mongo_cancel_met(struct mst_mongo_cancel *cancel)
{
    atomic_store(&cancel->met, true);
}

bool
mst_mongo_cancel_has_met(struct mst_mongo_cancel *cancel)
{
    return atomic_load(&cancel->met);
}

int
mst_mongo_cancel_fd(struct mst_mongo_cancel *cancel)
{
    return cancel->fd;
}

int
mst_mongo_cancel_wait(struct mst_mongo_cancel *cancel, int wait_ms)
{
    int64_t deadline = atomic_load(&cancel->deadline_ms);
    if (atomic_load(&cancel->now)) {
        return 0;
    }
    if (deadline == INT64_MAX) {
        return wait_ms;
    }
    int64_t left = deadline - mst_clock_ms();
    left = left < 0 ? 0 : left;
    return wait_ms >= 0 && wait_ms < left ? wait_ms : (int)left;
}
