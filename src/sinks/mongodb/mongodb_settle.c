/* SPDX-License-Identifier: MIT */
/* From writeErrors to operations. */
#include "sinks/mongodb/mongodb_settle.h"

#include <stdlib.h>

#include "clients/mongo_client.h"
#include "sinks/mongodb/mongodb_command.h"
#include "sinks/mongodb/mongodb_reply.h"

#define ORIGIN "mongodb"

/* Names as in the server's error_codes.yml. */
enum {
    SETTLE_UNAUTHORIZED = 13,
    SETTLE_AUTHENTICATION_FAILED = 18,
    SETTLE_DOLLAR_PREFIXED = 52
};

enum {
    SETTLE_REDO_MAX = 5, /* races lost in a row */
    SETTLE_GUESS_MIN = 16
};

/* Counts of one class of PUT in one command. */
struct settle_count {
    size_t tried;
    size_t wrong;
};

struct settle {
    struct mst_mongosink_writer *writer;
    const struct mst_mongosink_step *step;
    struct mst_mongosink_settled *out;
    struct settle_count creates;
    struct settle_count others;
    size_t errors;
};

static bool
settle_own(struct mst_mongosink_writer *writer,
           const struct mst_mongosink_step *step)
{
    size_t n = 0;
    for (size_t i = 0; i < step->len; i++) {
        n += mst_mongosink_statements(step->ops[i]);
    }
    if (n > writer->owners_cap) {
        struct mst_mongosink_op **owners = malloc(n * sizeof(*owners));
        if (owners == NULL) {
            return false;
        }
        free(writer->owners);
        writer->owners = owners;
        writer->owners_cap = n;
    }
    writer->owners_len = 0;
    for (size_t i = 0; i < step->len; i++) {
        size_t statements = mst_mongosink_statements(step->ops[i]);
        for (size_t j = 0; j < statements; j++) {
            writer->owners[writer->owners_len++] = step->ops[i];
        }
    }
    return true;
}

static enum mst_status
settle_again(struct settle *settle, struct mst_mongosink_op *op,
             struct mst_error *err)
{
    struct mst_mongosink_settled *out = settle->out;
    if (out->again == NULL) {
        out->again = malloc(settle->step->len * sizeof(*out->again));
        if (out->again == NULL) {
            return mst_fail_memory(err, ORIGIN);
        }
    }
    op->is_fresh = false;
    out->again[out->again_len++] = op;
    return MST_OK;
}

static enum mst_status
settle_describe(const struct mst_mongosink_op *op,
                const struct mst_mongosink_write_error *error,
                enum mst_status status, struct mst_error *err)
{
    int len = (int)(error->message.len > 600 ? 600 : error->message.len);
    if (error->is_duplicate && error->index_name.data != NULL) {
        (void)mst_fail(err, status, ORIGIN, error->code,
                       "duplicate key in the unique index '%.*s' of '%s.%s' "
                       "(code %lld)",
                       (int)error->index_name.len,
                       (const char *)error->index_name.data,
                       op->target->database, op->target->collection,
                       (long long)error->code);
        return status;
    }
    return mst_fail(err, status, ORIGIN, error->code,
                    "'%s.%s' refused the %s: %.*s (code %lld)",
                    op->target->database, op->target->collection,
                    mst_mongosink_kind_name(op->kind), len,
                    (const char *)error->message.data, (long long)error->code);
}

/* The _id is taken. */
static enum mst_status
settle_duplicate(struct settle *settle, struct mst_mongosink_op *op,
                 const struct mst_mongosink_write_error *error,
                 struct mst_error *err)
{
    bool was_insert = settle->step->family == MST_MONGOSINK_INSERTS;
    if (op->kind == MST_MONGOSINK_ADD) {
        if (!settle->writer->equal_is_ok) {
            (void)settle_describe(op, error, MST_REJECTED, err);
            mst_mongosink_op_refuse(op, err);
            return MST_OK;
        }
    } else if (!was_insert && op->has_guard) {
        /* The filter did not match: what is stored is newer. */
        op->state = MST_MONGOSINK_DONE;
        return MST_OK;
    }
    if (!was_insert || op->kind == MST_MONGOSINK_ADD) {
        op->redone++;
    }
    if (op->redone > SETTLE_REDO_MAX) {
        return settle_describe(op, error, MST_RETRY, err);
    }
    return settle_again(settle, op, err);
}

static enum mst_status
settle_error(struct settle *settle, struct mst_mongosink_op *op,
             const struct mst_mongosink_write_error *error,
             struct mst_error *err)
{
    if (error->is_duplicate && error->is_on_id
        && op->kind != MST_MONGOSINK_DELTA) {
        return settle_duplicate(settle, op, error, err);
    }
    enum mst_status status = mst_mongo_classify_code(error->code);
    if (status == MST_DISCONNECTED || status == MST_RETRY) {
        return settle_describe(op, error, status, err);
    }
    if (error->code == SETTLE_UNAUTHORIZED
        || error->code == SETTLE_AUTHENTICATION_FAILED) {
        return settle_describe(op, error, MST_FATAL, err);
    }
    if (op->kind == MST_MONGOSINK_DELTA && op->doc.data != NULL
        && !error->is_duplicate) {
        /* It does not fit the stored document; the whole one does. */
        op->kind = MST_MONGOSINK_PUT;
        return settle_again(settle, op, err);
    }
    if (op->kind == MST_MONGOSINK_PUT && !op->as_literal
        && error->code == SETTLE_DOLLAR_PREFIXED) {
        op->as_literal = true;
        return settle_again(settle, op, err);
    }
    (void)settle_describe(op, error, MST_REJECTED, err);
    if (op->kind == MST_MONGOSINK_DELTA) {
        mst_error_hint(err, "a delta over a later state of its document does "
                            "not fit: guard = \"position\" skips old ones, "
                            "full_document at the source replaces instead");
    }
    mst_mongosink_op_refuse(op, err);
    return MST_OK;
}

static struct settle_count *
settle_class(struct settle *settle, const struct mst_mongosink_op *op)
{
    return op->is_create ? &settle->creates : &settle->others;
}

static enum mst_status
settle_errors(struct settle *settle, struct mst_slice reply,
              struct mst_error *err)
{
    enum mst_status result = MST_OK;
    struct mst_mongosink_write_errors errors;
    struct mst_mongosink_write_error error;
    mst_mongosink_errors_init(&errors, reply);
    while (mst_mongosink_errors_next(&errors, &error)) {
        if (error.statement < 0
            || (size_t)error.statement >= settle->writer->owners_len) {
            return mst_fail(err, MST_DISCONNECTED, ORIGIN, error.code,
                            "the server reports an error of a statement that "
                            "was not sent");
        }
        settle->errors++;
        struct mst_mongosink_op *op = settle->writer->owners[error.statement];
        if (op->held) {
            continue; /* another statement of it failed before */
        }
        op->held = true;
        if (op->kind == MST_MONGOSINK_PUT && error.is_duplicate) {
            settle_class(settle, op)->wrong++;
        }
        struct mst_error one;
        mst_error_clear(&one);
        enum mst_status status = settle_error(settle, op, &error, &one);
        if (status != MST_OK && result == MST_OK) {
            result = status;
            if (err != NULL) {
                *err = one;
            }
        }
    }
    return result;
}

static void
settle_upserted(void *arg, int64_t statement)
{
    struct settle *settle = arg;
    if (statement >= 0 && (size_t)statement < settle->writer->owners_len) {
        const struct mst_mongosink_op *op = settle->writer->owners[statement];
        settle_class(settle, op)->wrong++;
    }
}

/* More than half of the guesses wrong: guess the other way next time. */
static void
settle_learn(const struct settle_count *count,
             struct mst_mongosink_guess *guess)
{
    if (count->tried >= SETTLE_GUESS_MIN && count->wrong > count->tried / 2) {
        guess->insert_first = !guess->insert_first;
    }
}

/* What was not named in an error is done, as far as the command went. */
static void
settle_rest(struct settle *settle)
{
    const struct mst_mongosink_step *step = settle->step;
    size_t ran = 0;
    while (ran < step->len) {
        struct mst_mongosink_op *op = step->ops[ran];
        if (op->kind == MST_MONGOSINK_PUT) {
            settle_class(settle, op)->tried++;
        }
        ran++;
        if (op->held && step->ordered) {
            break;
        }
        if (!op->held && op->state == MST_MONGOSINK_WAITING) {
            op->state = MST_MONGOSINK_DONE;
        }
    }
    settle->out->ran = ran;
}

static bool
settle_missed(const struct settle *settle, struct mst_slice reply)
{
    size_t statements = 0;
    bool some = false;
    for (size_t i = 0; i < settle->out->ran; i++) {
        const struct mst_mongosink_op *op = settle->step->ops[i];
        if (op->held) {
            continue;
        }
        statements += mst_mongosink_statements(op);
        some = some || op->kind == MST_MONGOSINK_DELTA;
    }
    return some && mst_mongosink_reply_n(reply) < (int64_t)statements;
}

enum mst_status
mst_mongosink_settle(struct mst_mongosink_writer *writer,
                     const struct mst_mongosink_step *step,
                     struct mst_slice reply,
                     struct mst_mongosink_settled *ret_settled,
                     struct mst_error *err)
{
    struct settle settle = {.writer = writer, .step = step, .out = ret_settled};
    if (!settle_own(writer, step)) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = settle_errors(&settle, reply, err);
    settle_rest(&settle);
    if (step->family == MST_MONGOSINK_UPDATES) {
        mst_mongosink_reply_upserted(reply, settle_upserted, &settle);
        ret_settled->missed = settle_missed(&settle, reply);
    }
    /* A PUT that met a duplicate in an update lost a race; rare enough. */
    if (step->family != MST_MONGOSINK_DELETES) {
        settle_learn(&settle.creates, &writer->creates);
        settle_learn(&settle.others, &writer->others);
    }
    return status;
}
