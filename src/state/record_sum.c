/* SPDX-License-Identifier: MIT */
/* Sums, copies and errors of records. */
#include "state/record_sum.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "state/sum.h"

#define ORIGIN "state"

const char *
mst_record_kind_name(enum mst_record_kind kind)
{
    static const char *const names[MST_RECORD_KINDS] = {
        [MST_RECORD_SERVICE] = "service",     [MST_RECORD_JOB] = "job",
        [MST_RECORD_DESIRED] = "state",       [MST_RECORD_SUITE] = "test suite",
        [MST_RECORD_WORKSPACE] = "workspace", [MST_RECORD_SCRIPT] = "script",
    };
    return names[kind];
}

uint32_t
mst_record_sum(enum mst_record_kind kind, const struct mst_record *record)
{
    uint32_t sum = mst_sum_number(0, (uint64_t)kind);
    sum = mst_sum_bytes(sum, mst_slice_str(record->name));
    sum = mst_sum_number(sum, record->revision);
    sum = mst_sum_number(sum, (uint64_t)record->changed_ms);
    sum = mst_sum_bytes(sum, mst_slice_str(record->changed_by));
    /* Stores do not tell none from empty. */
    return mst_sum_bytes(sum, record->body.data == NULL ? MST_SLICE_LIT("")
                                                        : record->body);
}

bool
mst_record_name_is_good(const char *name)
{
    size_t len = strnlen(name, MST_RECORD_NAME_MAX + 1);
    return len > 0 && len <= MST_RECORD_NAME_MAX
           && mst_utf8_valid((const uint8_t *)name, len) == len;
}

enum mst_status
mst_record_check(enum mst_record_kind kind, const struct mst_record *record,
                 struct mst_error *err)
{
    const char *what = mst_record_kind_name(kind);
    if (!mst_record_name_is_good(record->name)) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the name of a %s is UTF-8 of 1 to %d bytes", what,
                        (int)MST_RECORD_NAME_MAX);
    }
    if (record->body.len > MST_RECORD_BODY_MAX) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "%s '%s' has %zu bytes; %d can be stored", what,
                        record->name, record->body.len,
                        (int)MST_RECORD_BODY_MAX);
    }
    return MST_OK;
}

enum mst_status
mst_record_copy(const struct mst_record *record, struct mst_record *ret,
                struct mst_error *err)
{
    struct mst_record copy = *record;
    /* A NUL behind it, for those who read text. */
    uint8_t *body = malloc(record->body.len + 1);
    copy.name = strdup(record->name);
    copy.changed_by = strdup(record->changed_by);
    copy.body = mst_slice_of(body, record->body.len);
    if (body == NULL || copy.name == NULL || copy.changed_by == NULL) {
        mst_record_clear(&copy);
        return mst_fail_memory(err, ORIGIN);
    }
    if (record->body.len > 0) {
        memcpy(body, record->body.data, record->body.len);
    }
    body[record->body.len] = '\0';
    *ret = copy;
    return MST_OK;
}

enum mst_status
mst_record_fail_none(struct mst_error *err, enum mst_record_kind kind,
                     const char *name)
{
    return kind == MST_RECORD_DESIRED
               ? mst_fail(err, MST_END, ORIGIN, 0,
                          "nothing is stored of the state of job '%s'", name)
               : mst_fail(err, MST_END, ORIGIN, 0, "there is no %s '%s'",
                          mst_record_kind_name(kind), name);
}

enum mst_status
mst_record_fail_changed(struct mst_error *err, enum mst_record_kind kind,
                        const char *name)
{
    return mst_fail(err, MST_AGAIN, ORIGIN, 0,
                    "%s%s '%s' was changed by somebody else meanwhile",
                    mst_record_kind_name(kind),
                    kind == MST_RECORD_DESIRED ? " of job" : "", name);
}

enum mst_status
mst_record_fail_damaged(struct mst_error *err, enum mst_record_kind kind,
                        const char *name, const char *place)
{
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                   "%s%s '%s' in '%s' is damaged: its check sum does not fit",
                   mst_record_kind_name(kind),
                   kind == MST_RECORD_DESIRED ? " of job" : "", name, place);
    mst_error_hint(err,
                   "restore a copy of the store, or delete the %s and "
                   "make it again",
                   kind == MST_RECORD_DESIRED ? "job"
                                              : mst_record_kind_name(kind));
    mst_error_lasts(err);
    return MST_FATAL;
}
