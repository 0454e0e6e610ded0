/* SPDX-License-Identifier: MIT */
/*
 * Carries out operations on one connection: plans them, sends the commands,
 * and finds out from the replies what became of each.
 */
#ifndef MST_SINKS_MONGODB_WRITER_H
#define MST_SINKS_MONGODB_WRITER_H

#include <mongoc/mongoc.h>

#include "sinks/mongodb/mongodb_plan.h"

/* What writes of one class met lately: decides whether the next whole
 * document is tried as an insert or as a replacement. A wrong guess costs
 * time, never correctness. */
struct mst_mongosink_guess {
    bool insert_first;
};

/* Thread: one at a time. */
struct mst_mongosink_writer {
    mongoc_client_t *client; /* borrowed */
    const bson_t *options;   /* writeConcern; borrowed */
    bool equal_is_ok;        /* duplicate = "ok_if_equal" */
    /* Asked before each command; NULL: it may. */
    bool (*may_write)(void *owner);
    void *owner;
    struct mst_mongosink_guess creates;
    struct mst_mongosink_guess others;
    struct mst_mongosink_plan plan;
    struct mst_buf command;
    struct mst_buf scratch;
    /* The owner of each statement of the command that is out. */
    struct mst_mongosink_op **owners;
    size_t owners_len;
    size_t owners_cap;
    /* Deltas that met no document: not said yet, and when to say it. */
    uint64_t missing;
    int64_t missing_due_ms;
};

void mst_mongosink_writer_init(struct mst_mongosink_writer *writer,
                               mongoc_client_t *client, const bson_t *options,
                               bool equal_is_ok);
void mst_mongosink_writer_clear(struct mst_mongosink_writer *writer);

/* Returns when each operation is DONE or REFUSED (MST_OK), or when the server
 * can not go on (MST_RETRY, MST_DISCONNECTED, MST_FATAL): operations that are still
 * WAITING then may or may not have been written, the others have their end;
 * of one document, only the last ones wait. */
MST_MUST_CHECK enum mst_status
mst_mongosink_writer_run(struct mst_mongosink_writer *writer,
                         struct mst_mongosink_op *const *ops, size_t n,
                         struct mst_error *err);

#endif
