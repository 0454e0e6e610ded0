/* SPDX-License-Identifier: MIT */
/* A value on its way, for the files that read values only. */
#ifndef MST_CONFIG_VALUE_READ_H
#define MST_CONFIG_VALUE_READ_H

#include "config/value.h"

/* What was asked for, and where it stands. */
struct mst_value_read {
    struct mst_reader *reader;
    const struct mst_option *option;
    const struct mst_toml_node *node;
    const char *path;
};

/* All of the fail family add a problem and return false. */
bool mst_value_fail_memory(const struct mst_value_read *read);
bool mst_value_fail_type(const struct mst_value_read *read);
/* What the option takes, for messages. */
const char *mst_value_wanted(const struct mst_option *option);

/* The text of a string node with references resolved, the caller's to free.
 * NULL: a problem was added. */
MST_MUST_CHECK char *mst_value_text(const struct mst_value_read *read);

/* BOOL, INT, DOUBLE, SIZE, DURATION, ENUM. */
MST_MUST_CHECK bool mst_value_scalar(const struct mst_value_read *read,
                                     void *slot);
/* The same from text alone, without range. */
MST_MUST_CHECK bool mst_value_parse(const struct mst_option *option,
                                    const char *text, void *slot);

#endif
