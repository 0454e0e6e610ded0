/* SPDX-License-Identifier: MIT */
/*
 * Headers of Kafka messages as attributes of events, and back, without loss.
 *
 * An attribute is UTF-8 text; a header's value is bytes, or nothing at all.
 * Text stands for itself. Other bytes are "base64:" and their base64, a value
 * that is not there is "null:", and text that could be taken for one of the
 * two is written as base64, too. Names are written in the same way.
 */
#ifndef MST_CLIENTS_KAFKA_HEADER_H
#define MST_CLIENTS_KAFKA_HEADER_H

#include "base/arena.h"
#include "core/event.h"

/* ret_text is bytes itself where that will do, else in arena. MST_FATAL
 * without memory. */
MST_MUST_CHECK enum mst_status
mst_kafka_header_text(struct mst_arena *arena, struct mst_slice bytes,
                      struct mst_slice *ret_text);

/* ret_bytes is text itself, in scratch, or without data for "null:". What
 * mst_kafka_header_text never writes stands for itself. */
MST_MUST_CHECK enum mst_status
mst_kafka_header_bytes(struct mst_slice text, struct mst_buf *scratch,
                       struct mst_slice *ret_bytes);

/* True: the attributes came from a Kafka message, so that headers are written
 * as above. */
bool mst_kafka_header_is_ours(const struct mst_event *event);

#endif
