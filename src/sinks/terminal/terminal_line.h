/* SPDX-License-Identifier: MIT */
/* What the terminal sink writes for one event. */
#ifndef MST_SINKS_TERMINAL_TERMINAL_LINE_H
#define MST_SINKS_TERMINAL_TERMINAL_LINE_H

#include "core/event.h"

/* Appends the payload and a newline. Line breaks and other control
 * characters in it become spaces and escapes, so that one event is one line
 * and no event can steer the terminal. */
MST_MUST_CHECK enum mst_status
mst_terminal_payload_line(const struct mst_delivery *delivery,
                          struct mst_buf *out);

/* Appends time, operation, key, attributes and payload, and a newline. */
MST_MUST_CHECK enum mst_status
mst_terminal_pretty_line(const struct mst_delivery *delivery, bool color,
                         struct mst_buf *out);

#endif
