/* SPDX-License-Identifier: MIT */
/*
 * Changing subjects by the rules: a new version is a schema, keeps what the
 * level promises, and has the properties that the keys name. Over any store;
 * what several processes do at once is done one after the other.
 */
#ifndef MST_STATE_SUBJECT_REGISTRY_H
#define MST_STATE_SUBJECT_REGISTRY_H

#include "schema/compatibility.h"

/* What is wanted. Borrowed. */
struct mst_subject_change {
    const char *subject;
    struct mst_slice text; /* data NULL: no new version */
    enum mst_schema_kind kind;
    const enum mst_schema_level *level; /* NULL: as it is; new: BACKWARD */
    /* NULL: as they are; an empty list takes them away. */
    const struct mst_subject_names *keys[MST_SUBJECT_KEYS];
    bool dry_run; /* nothing is written */
};

/* What became of it. */
struct mst_subject_result {
    uint32_t version; /* 0: the subject has none (level or keys alone) */
    uint32_t id;      /* 0: dry_run would have given one */
    bool is_new;      /* false: the subject had the text already */
};

/*
 * MST_REJECTED: no schema, no such property, or not compatible; then report
 * says all that stands against it. MST_END: no new version is wanted, and the
 * subject is none. MST_RETRY: see the store; also when others change the
 * subject without a pause.
 */
MST_MUST_CHECK enum mst_status
mst_subject_apply(struct mst_subject_store *store,
                  const struct mst_subject_change *change,
                  struct mst_compat_report *report,
                  struct mst_subject_result *ret, struct mst_error *err);

/* Takes one version away, with the last one the subject; 0: all of it, damaged
 * or not. MST_END: there is none. */
MST_MUST_CHECK enum mst_status
mst_subject_delete(struct mst_subject_store *store, const char *subject,
                   uint32_t version, struct mst_error *err);

#endif
