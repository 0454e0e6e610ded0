/* SPDX-License-Identifier: MIT */
/* Sends planned commands and settles their operations. */
#include "sinks/mongodb/mongodb_writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "clients/mongo_client.h"
#include "log/log.h"
#include "sinks/mongodb/mongodb_command.h"
#include "sinks/mongodb/mongodb_lookup.h"
#include "sinks/mongodb/mongodb_settle.h"

#define ORIGIN "mongodb"

enum { WRITER_KEEP = 4 * 1024 * 1024, WRITER_MISSING_MS = 60000 };

void
mst_mongosink_writer_init(struct mst_mongosink_writer *writer,
                          mongoc_client_t *client, const bson_t *options,
                          bool equal_is_ok)
{
    *writer = (struct mst_mongosink_writer){.client = client,
                                            .options = options,
                                            .equal_is_ok = equal_is_ok,
                                            .creates = {true},
                                            .others = {false}};
    mst_buf_init(&writer->command, MST_MONGOSINK_COMMAND_MAX);
    mst_buf_init(&writer->scratch, MST_MONGOSINK_COMMAND_MAX);
}

void
mst_mongosink_writer_clear(struct mst_mongosink_writer *writer)
{
    if (writer->missing > 0) {
        mst_log_warn(ORIGIN, "%llu more changes met no document",
                     (unsigned long long)writer->missing);
    }
    mst_mongosink_plan_clear(&writer->plan);
    mst_buf_clear(&writer->command);
    mst_buf_clear(&writer->scratch);
    free(writer->owners);
    *writer = (struct mst_mongosink_writer){0};
}

static enum mst_status
writer_send(struct mst_mongosink_writer *writer,
            const struct mst_mongosink_step *step, bson_t *reply,
            struct mst_error *err)
{
    const struct mst_mongosink_target *target = step->ops[0]->target;
    bson_t command;
    bson_error_t error = {0};
    enum mst_status status = mst_mongosink_command(step, &writer->command, err);
    if (status != MST_OK) {
        bson_init(reply);
        return status;
    }
    if (!bson_init_static(&command, writer->command.data,
                          writer->command.len)) {
        bson_init(reply);
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the write is no well-formed command");
    }
    /* Last of all: the process may have slept since the command before. */
    if (writer->may_write != NULL && !writer->may_write(writer->owner)) {
        bson_init(reply);
        return mst_fail(err, MST_RETRY, ORIGIN, 0,
                        "another process may have taken over the job");
    }
    if (!mongoc_client_write_command_with_opts(writer->client, target->database,
                                               &command, writer->options, reply,
                                               &error)) {
        char what[400];
        (void)snprintf(what, sizeof(what), "can not write to '%s.%s'",
                       target->database, target->collection);
        return mst_mongo_fail(err, &error, reply, what);
    }
    return MST_OK;
}

static enum mst_status writer_step(struct mst_mongosink_writer *writer,
                                   const struct mst_mongosink_step *step,
                                   struct mst_error *err);

/* The command as a whole was refused: the document at fault is found by
 * halving, so that its neighbours are delivered. */
static enum mst_status
writer_halve(struct mst_mongosink_writer *writer,
             const struct mst_mongosink_step *step, struct mst_error *err)
{
    if (step->len == 1) {
        mst_mongosink_op_refuse(step->ops[0], err);
        return MST_OK;
    }
    struct mst_mongosink_step half = *step;
    half.len = step->len / 2;
    enum mst_status status = writer_step(writer, &half, err);
    if (status == MST_OK) {
        half.ops = step->ops + half.len;
        half.len = step->len - half.len;
        status = writer_step(writer, &half, err);
    }
    return status;
}

struct writer_compare {
    struct mst_mongosink_writer *writer;
    struct mst_error err;
};

static void
writer_compare_one(void *arg, struct mst_mongosink_op *op, struct mst_slice doc)
{
    struct writer_compare *compare = arg;
    struct mst_buf *ours = &compare->writer->scratch;
    mst_buf_reset(ours);
    struct mst_bson_writer out;
    mst_bson_writer_init(&out, ours);
    mst_mongosink_write_document(&out, "d", op);
    /* Around it: length, type, "d", NUL ... NUL. */
    enum mst_status status = mst_bson_writer_finish(&out, NULL);
    if (status == MST_OK && ours->len > 8
        && mst_slice_equal(doc, mst_slice_of(ours->data + 7, ours->len - 8))) {
        op->state = MST_MONGOSINK_DONE;
        return;
    }
    (void)mst_fail(&compare->err, MST_REJECTED, ORIGIN, 11000,
                   "duplicate _id in '%s.%s': a different document is stored",
                   op->target->database, op->target->collection);
    mst_error_hint(&compare->err,
                   "write_mode = \"apply\" or \"replace\" overwrites it");
    mst_mongosink_op_refuse(op, &compare->err);
}

/* ADD operations whose _id exists: a replay, or a real conflict. */
static enum mst_status
writer_compare(struct mst_mongosink_writer *writer,
               struct mst_mongosink_op **ops, size_t n, struct mst_error *err)
{
    struct writer_compare compare = {.writer = writer};
    if (n == 0) {
        return MST_OK;
    }
    const struct mst_mongosink_lookup wanted = {.each = writer_compare_one,
                                                .arg = &compare};
    enum mst_status status =
        mst_mongosink_lookup(writer->client, ops, n, &wanted, err);
    if (status != MST_OK) {
        return status;
    }
    /* Those that are gone again since: once more. */
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->state == MST_MONGOSINK_WAITING) {
            ops[i]->held = false;
            ops[left++] = ops[i];
        }
    }
    if (left == 0) {
        return MST_OK;
    }
    struct mst_mongosink_step step = {MST_MONGOSINK_INSERTS, false, ops, left};
    return writer_step(writer, &step, err);
}

/* Tries the operations in `again` in their new form. */
static enum mst_status
writer_again(struct mst_mongosink_writer *writer,
             struct mst_mongosink_settled *settled, struct mst_error *err)
{
    size_t adds = 0;
    size_t others = 0;
    struct mst_mongosink_op **ops = settled->again;
    struct mst_mongosink_op **added =
        malloc((settled->again_len + 1) * sizeof(*added));
    if (added == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    for (size_t i = 0; i < settled->again_len; i++) {
        if (ops[i]->kind == MST_MONGOSINK_ADD) {
            added[adds++] = ops[i];
        } else {
            ops[i]->held = false;
            ops[others++] = ops[i];
        }
    }
    enum mst_status status = writer_compare(writer, added, adds, err);
    free(added);
    if (status == MST_OK && others > 0) {
        struct mst_mongosink_step step = {MST_MONGOSINK_UPDATES, false, ops,
                                          others};
        status = writer_step(writer, &step, err);
    }
    return status;
}

static void
writer_found(void *arg, struct mst_mongosink_op *op, struct mst_slice doc)
{
    (void)arg;
    (void)doc;
    op->held = true;
}

/* Says how many deltas met no document, at most once a minute. */
static void
writer_say_missing(struct mst_mongosink_writer *writer,
                   const struct mst_mongosink_op *op, uint64_t more)
{
    int64_t now = mst_clock_ms();
    writer->missing += more;
    if (writer->missing == 0 || now < writer->missing_due_ms) {
        return;
    }
    mst_log_warn(ORIGIN,
                 "%llu changes met no document, the last one in '%s.%s': "
                 "deleted since, or never copied. Nothing was written; the "
                 "source's full_document would give them a whole one",
                 (unsigned long long)writer->missing, op->target->database,
                 op->target->collection);
    writer->missing = 0;
    writer->missing_due_ms = now + WRITER_MISSING_MS;
}

/* The deltas of a step that may have met no document. */
static size_t
writer_missed(const struct mst_mongosink_step *step,
              struct mst_mongosink_op **ops)
{
    size_t n = 0;
    for (size_t i = 0; i < step->len; i++) {
        struct mst_mongosink_op *op = step->ops[i];
        op->held = false;
        if (op->kind == MST_MONGOSINK_DELTA
            && op->state == MST_MONGOSINK_DONE) {
            ops[n++] = op;
        }
    }
    return n;
}

/* Deltas that met no document: those that carry the whole one write it. */
static enum mst_status
writer_missing(struct mst_mongosink_writer *writer,
               const struct mst_mongosink_step *step, struct mst_error *err)
{
    struct mst_mongosink_op **ops = malloc(step->len * sizeof(*ops));
    if (ops == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    size_t n = writer_missed(step, ops);
    const struct mst_mongosink_lookup wanted = {.only_ids = true,
                                                .each = writer_found};
    enum mst_status status = MST_OK;
    if (n > 0) {
        status = mst_mongosink_lookup(writer->client, ops, n, &wanted, err);
    }
    size_t left = 0;
    uint64_t without = 0;
    for (size_t i = 0; i < n; i++) {
        struct mst_mongosink_op *op = ops[i];
        if (status != MST_OK) {
            op->state = MST_MONGOSINK_WAITING; /* not known: once more */
        } else if (!op->held && op->doc.data != NULL) {
            op->kind = MST_MONGOSINK_PUT;
            op->state = MST_MONGOSINK_WAITING;
            ops[left++] = op;
        } else if (!op->held) {
            without++;
        }
        op->held = false;
    }
    writer_say_missing(writer, step->ops[0], without);
    if (status == MST_OK && left > 0) {
        struct mst_mongosink_step put = {MST_MONGOSINK_UPDATES, true, ops,
                                         left};
        status = writer_step(writer, &put, err);
    }
    free(ops);
    return status;
}

static enum mst_status
writer_step(struct mst_mongosink_writer *writer,
            const struct mst_mongosink_step *step, struct mst_error *err)
{
    struct mst_mongosink_step rest = *step;
    enum mst_status status = MST_OK;
    while (rest.len > 0 && status == MST_OK) {
        bson_t reply;
        status = writer_send(writer, &rest, &reply, err);
        if (status == MST_REJECTED) {
            bson_destroy(&reply);
            return writer_halve(writer, &rest, err);
        }
        struct mst_mongosink_settled settled = {0};
        if (status == MST_OK) {
            struct mst_slice bytes = {bson_get_data(&reply), reply.len};
            status = mst_mongosink_settle(writer, &rest, bytes, &settled, err);
        }
        bson_destroy(&reply);
        if (settled.again_len > 0 && status == MST_OK) {
            status = writer_again(writer, &settled, err);
        }
        if (settled.missed && status == MST_OK) {
            struct mst_mongosink_step ran = rest;
            ran.len = settled.ran;
            status = writer_missing(writer, &ran, err);
        }
        free(settled.again);
        rest.ops += settled.ran;
        rest.len -= settled.ran;
    }
    return status;
}

enum mst_status
mst_mongosink_writer_run(struct mst_mongosink_writer *writer,
                         struct mst_mongosink_op *const *ops, size_t n,
                         struct mst_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->kind == MST_MONGOSINK_PUT) {
            ops[i]->is_fresh = ops[i]->is_create ? writer->creates.insert_first
                                                 : writer->others.insert_first;
        }
    }
    enum mst_status status =
        mst_mongosink_plan_make(&writer->plan, ops, n, err);
    for (size_t i = 0; i < writer->plan.steps_len && status == MST_OK; i++) {
        status = writer_step(writer, &writer->plan.steps[i], err);
    }
    if (writer->command.cap > WRITER_KEEP) {
        mst_buf_clear(&writer->command);
    }
    if (writer->scratch.cap > WRITER_KEEP) {
        mst_buf_clear(&writer->scratch);
    }
    /* A read-back that was refused: the operations stay undecided. */
    return status == MST_REJECTED ? MST_RETRY : status;
}
