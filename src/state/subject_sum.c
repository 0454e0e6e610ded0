/* SPDX-License-Identifier: MIT */
/* Summing up a subject and its versions, field by field. */
#include "state/subject_sum.h"

#include <stdio.h>

#include "state/sum.h"

uint32_t
mst_subject_sum(const struct mst_subject *subject)
{
    uint32_t sum = mst_sum_bytes(0, mst_slice_str(subject->name));
    sum = mst_sum_number(sum, (uint64_t)subject->level);
    sum = mst_sum_number(sum, subject->last);
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        sum = mst_sum_number(sum, subject->keys[i].len);
        for (size_t j = 0; j < subject->keys[i].len; j++) {
            sum = mst_sum_bytes(sum, mst_slice_str(subject->keys[i].names[j]));
        }
    }
    return sum;
}

uint32_t
mst_schema_version_sum(const char *subject,
                       const struct mst_schema_version *version, uint32_t id)
{
    uint32_t sum = mst_sum_bytes(0, mst_slice_str(subject));
    sum = mst_sum_number(sum, version->number);
    sum = mst_sum_number(sum, id);
    sum = mst_sum_number(sum, (uint64_t)version->kind);
    sum = mst_sum_number(sum, (uint64_t)version->created_ms);
    sum =
        mst_sum_bytes(sum, mst_slice_of(version->hash, sizeof(version->hash)));
    return mst_sum_bytes(sum, version->text);
}

enum mst_status
mst_subject_fail_damaged(struct mst_error *err, const char *subject,
                         uint32_t number, const char *place)
{
    char which[32] = "";
    if (number != 0) {
        (void)snprintf(which, sizeof(which), "version %u of ", number);
    }
    (void)mst_fail(err, MST_FATAL, "state", 0,
                   "%ssubject '%s' in '%s' is damaged: its check sum does not "
                   "fit",
                   which, subject, place);
    mst_error_hint(err, "restore a copy of the store, or delete the subject "
                        "and register its schemas again");
    mst_error_lasts(err);
    return MST_FATAL;
}
