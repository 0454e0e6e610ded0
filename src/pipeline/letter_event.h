/* SPDX-License-Identifier: MIT */
/*
 * A dead letter as an event for a sink: the bytes as they were read, and what
 * happened in attributes named `mstream.dlq.*`. A sink that does not carry
 * attributes, or can not take those bytes, gets a JSON object with all of it,
 * without a key of its own.
 */
#ifndef MST_PIPELINE_LETTER_EVENT_H
#define MST_PIPELINE_LETTER_EVENT_H

#include "pipeline/unit.h"

/* Makes a part with one delivery, whose `original` is the refused one. place:
 * where the event is at its origin, as JSON; data == NULL: not known.
 * Ownership: ends with mst_letter_event_destroy(&part->deliveries[0]). */
MST_MUST_CHECK enum mst_status
mst_letter_event_create(const struct mst_letter *letter,
                        const struct mst_pipeline_sink *sink,
                        struct mst_delivery *original, struct mst_slice place,
                        struct mst_part **ret_part, struct mst_error *err);
void mst_letter_event_destroy(struct mst_delivery *delivery);

/* The letter as one JSON object (the payload as text where it is JSON, else
 * base64), also used where letters are shown. place: where the event is at its
 * origin, as JSON; data == NULL: not known. */
MST_MUST_CHECK enum mst_status
mst_letter_to_json(const struct mst_letter *letter, struct mst_slice place,
                   struct mst_buf *out);

#endif
