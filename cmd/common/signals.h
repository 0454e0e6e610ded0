/* SPDX-License-Identifier: MIT */
/* Signals that the main thread takes when it asks for them. */
#ifndef MST_CMD_SIGNALS_H
#define MST_CMD_SIGNALS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mst_cmd_signals {
    int last; /* 0: none yet */
    int last_code;
    pid_t last_sender;
    int64_t last_ms; /* monotonic */
};

/* Blocks SIGTERM, SIGINT and SIGHUP; before any thread starts, so that all
 * inherit it. A SIGHUP that whoever started us ignores (nohup) is left so when
 * keep_ignored. */
void mst_cmd_signals_block(bool keep_ignored);

/* The next one; 0: none within the time. What the same sender sends twice at
 * once is one: timeout(1) signals its child, then the group with that child in
 * it. */
int mst_cmd_signals_wait(struct mst_cmd_signals *signals, int timeout_ms);

/* Thread: any. Who waits in `waiter` goes on at once, as if the time were
 * over. */
void mst_cmd_signals_wake(pthread_t waiter);

#endif
