/* SPDX-License-Identifier: MIT */
/* The daemon's command line. */
#ifndef MST_MSTREAMD_OPTIONS_H
#define MST_MSTREAMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "log/log.h"

struct mst_daemon_options {
    const char *config; /* NULL: defaults only */
    bool check;
    const char **sets; /* "section.key=value" */
    size_t sets_len;
    bool has_level;
    enum mst_log_level level;
};

enum mst_daemon_start {
    MST_DAEMON_GO,
    MST_DAEMON_DONE, /* --help, --version: said, exit 0 */
    MST_DAEMON_USAGE /* said what is wrong: exit 2 */
};

/* Ownership: sets is the caller's to free; texts are argv's. */
enum mst_daemon_start
mst_daemon_options_parse(int argc, char **argv,
                         struct mst_daemon_options *ret_options);

#endif
