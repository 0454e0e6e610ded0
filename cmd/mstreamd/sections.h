/* SPDX-License-Identifier: MIT */
/* The sections of a configuration that are read at the start only. */
#ifndef MST_MSTREAMD_SECTIONS_H
#define MST_MSTREAMD_SECTIONS_H

#include "config/config.h"

struct mst_daemon_sections {
    uint64_t state; /* fingerprints of what is in use */
    uint64_t system;
    uint64_t api;
};

void mst_daemon_sections_read(const struct mst_config *config,
                              struct mst_daemon_sections *ret_sections);

/* Logs one warning per section that differs from what is in use. */
void mst_daemon_sections_compare(const struct mst_daemon_sections *in_use,
                                 const struct mst_config *config);

#endif
