/* SPDX-License-Identifier: MIT */
/* Weighing and summing up a dead letter. */
#include "state/letter_sum.h"

#include "state/sum.h"

static uint64_t
letter_text_bytes(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

uint64_t
mst_letter_bytes(const struct mst_letter *letter,
                 struct mst_slice packed_attributes)
{
    return letter->payload.len + letter->key.len + letter->position.len
           + packed_attributes.len + letter_text_bytes(letter->job)
           + letter_text_bytes(letter->sink) + letter_text_bytes(letter->stage)
           + letter_text_bytes(letter->reason) + letter_text_bytes(letter->hint)
           + letter_text_bytes(letter->script);
}

uint32_t
mst_letter_sum(const struct mst_letter *letter,
               struct mst_slice packed_attributes)
{
    uint32_t sum = mst_sum_bytes(0, mst_slice_str(letter->job));
    sum = mst_sum_number(sum, letter->connector_hash);
    sum = mst_sum_number(sum, letter->script_hash);
    sum = mst_sum_number(sum, (uint64_t)letter->encoding);
    sum = mst_sum_number(sum, (uint64_t)letter->op);
    sum = mst_sum_number(sum, (uint64_t)letter->key_kind);
    sum = mst_sum_number(sum, (uint64_t)letter->source_ts_ms);
    sum = mst_sum_bytes(sum, letter->position);
    sum = mst_sum_bytes(sum, packed_attributes);
    sum = mst_sum_bytes(sum, letter->key);
    return mst_sum_bytes(sum, letter->payload);
}
