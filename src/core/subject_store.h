/* SPDX-License-Identifier: MIT */
/*
 * The contract of what keeps schemas by subject: each subject has versions,
 * rules for the next one, and keys. Implemented by the embedded SQLite store
 * and by MongoDB.
 *
 *   load ── change ── save ──► MST_AGAIN: somebody else did too; load again
 *
 * Threads: any; implementations lock. Errors as in core/store.h: MST_RETRY
 * (busy, away), MST_FATAL (damaged, no right).
 */
#ifndef MST_CORE_SUBJECT_STORE_H
#define MST_CORE_SUBJECT_STORE_H

#include "core/encoding.h"

enum {
    MST_SCHEMA_HASH_LEN = 32,
    MST_SUBJECT_NAME_MAX = 255,
    /* All texts of a subject: what one document of MongoDB holds. */
    MST_SUBJECT_BYTES_MAX = 8 * 1024 * 1024
};

/* What a new version owes to those before it. */
enum mst_schema_level {
    MST_LEVEL_NONE,
    MST_LEVEL_BACKWARD,            /* the new one reads data of the last one */
    MST_LEVEL_BACKWARD_TRANSITIVE, /* ... of all */
    MST_LEVEL_FORWARD,             /* the last one reads data of the new one */
    MST_LEVEL_FORWARD_TRANSITIVE,
    MST_LEVEL_FULL, /* both */
    MST_LEVEL_FULL_TRANSITIVE
};

enum { MST_LEVELS = 7 };

/* What a subject's keys are for. */
enum mst_subject_key {
    MST_SUBJECT_KEY_PROPERTIES, /* they form the key of an event */
    MST_SUBJECT_UNIQUE_BY,      /* no two records have the same ones */
    MST_SUBJECT_SORT_BY         /* a hint: "name", "-name" for descending */
};

enum { MST_SUBJECT_KEYS = 3 };

/* Paths of properties, as "a.b". All memory is its own. */
struct mst_subject_names {
    char **names;
    size_t len;
};

struct mst_schema_version {
    uint32_t number; /* 1, 2, ...; one that was deleted never returns */
    uint32_t id;     /* the same for the same text; 0: not given yet */
    enum mst_schema_kind kind;
    struct mst_slice text;             /* owned, as it was registered */
    uint8_t hash[MST_SCHEMA_HASH_LEN]; /* of kind and text, see docs */
    int64_t created_ms;                /* wall clock */
};

/* Ownership: texts and arrays are malloc'ed and the caller's;
 * mst_subject_clear (schema/subject.h) frees them. */
struct mst_subject {
    char *name;
    enum mst_schema_level level;
    struct mst_subject_names keys[MST_SUBJECT_KEYS];
    struct mst_schema_version *versions; /* by number */
    size_t versions_len;
    uint32_t last;     /* number that was given last */
    uint64_t revision; /* grows with each save; 0: not stored yet */
};

struct mst_subject_store;

struct mst_subject_store_type {
    const char *name;
    /* MST_END: there is none. MST_FATAL: damaged, with what to do. */
    enum mst_status (*load)(struct mst_subject_store *store, const char *name,
                            struct mst_subject *ret, struct mst_error *err);
    /* One that has a version of this id. Otherwise as load. */
    enum mst_status (*find)(struct mst_subject_store *store, uint32_t id,
                            struct mst_subject *ret, struct mst_error *err);
    /* Writes all of the subject in one step, durably, and sets its revision
     * and the ids of versions that have none: that of the same hash where
     * there was one ever. MST_AGAIN: it is not as it was loaded; nothing was
     * written. */
    enum mst_status (*save)(struct mst_subject_store *store,
                            struct mst_subject *subject, struct mst_error *err);
    /* With all versions. MST_AGAIN as above; revision 0 removes it however
     * it is, damaged ones too. MST_END: there is none. Ids are not given
     * again. */
    enum mst_status (*remove)(struct mst_subject_store *store,
                              const struct mst_subject *subject,
                              struct mst_error *err);
    /* By name. Holds no lock while each runs; damaged ones are left out and
     * reported at the end, as MST_FATAL. */
    enum mst_status (*list)(
        struct mst_subject_store *store,
        enum mst_status (*each)(void *arg, const struct mst_subject *one),
        void *arg, struct mst_error *err);
    void (*destroy)(struct mst_subject_store *store);
};

/* First member of every implementation's own struct. */
struct mst_subject_store {
    const struct mst_subject_store_type *type;
};

#endif
