/* SPDX-License-Identifier: MIT */
/*
 * What a connector can tell a person without moving events: `mstream doctor`
 * and `mstream explain`.
 */
#ifndef MST_CORE_INSPECT_H
#define MST_CORE_INSPECT_H

#include "base/buf.h"
#include "base/error.h"

enum mst_finding_level { MST_FINDING_OK, MST_FINDING_WARN, MST_FINDING_FAIL };

/* Receives findings; text and hint (may be NULL) are borrowed. */
struct mst_findings {
    void (*add)(struct mst_findings *self, enum mst_finding_level level,
                const char *what, const char *text, const char *hint);
};

/* Receives what is wrong with the keys of a service, or unwise (no error); key
 * NULL: none of them. All is borrowed. */
struct mst_complaints {
    void (*add)(struct mst_complaints *self, bool error, const char *key,
                const struct mst_error *err);
};

struct mst_inspect {
    /* Optional. Everything about a service (its options struct) that the
     * option table can not check, all in one go. No network. */
    void (*check)(const void *service, struct mst_complaints *complaints);
    /* Optional. Connects to a service that no job uses; otherwise as doctor.
     */
    void (*service)(const char *name, const void *service, int timeout_ms,
                    struct mst_findings *findings);
    /* Optional. args is the struct mst_source_args or mst_sink_args of the
     * step. Connects with short time-outs, at most timeout_ms in all, and
     * reports what it finds: reachability, version, privileges, topics,
     * replica set, oplog window, certificates. Never changes anything. */
    void (*doctor)(const void *args, int timeout_ms,
                   struct mst_findings *findings);
    /* Optional. Appends what would be sent to the server (the aggregate, the
     * client properties with secrets masked), as text for people. */
    enum mst_status (*explain)(const void *args, struct mst_buf *out,
                               struct mst_error *err);
};

#endif
