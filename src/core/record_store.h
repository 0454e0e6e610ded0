/* SPDX-License-Identifier: MIT */
/*
 * The contract of what keeps the records that people make over the API: the
 * definitions of jobs and services, what each job is wanted to do, scripts,
 * tests of scripts, and workspaces.
 * Implemented by the embedded SQLite store and by MongoDB.
 *
 *   load ── change ── save ──► MST_AGAIN: somebody else did too; load again
 *
 * Threads: any; implementations lock. Errors as in core/store.h: MST_RETRY
 * (busy, disk full, away), MST_FATAL (damaged, no right).
 */
#ifndef MST_CORE_RECORD_STORE_H
#define MST_CORE_RECORD_STORE_H

#include "base/error.h"
#include "base/slice.h"

enum {
    MST_RECORD_NAME_MAX = 255,
    MST_RECORD_BODY_MAX = 8 * 1024 * 1024 /* what a document of MongoDB holds */
};

enum mst_record_kind {
    MST_RECORD_SERVICE, /* sealed: see crypto/seal.h */
    MST_RECORD_JOB,     /* its definition, JSON */
    /* "running", "paused" or "stopped"; a record of its own, so that stopping
     * a job takes nobody's edit of its definition away. */
    MST_RECORD_DESIRED,
    MST_RECORD_SUITE,     /* of cases for a script, JSON */
    MST_RECORD_WORKSPACE, /* JSON */
    /* A script of a service, "service/name": its text. */
    MST_RECORD_SCRIPT
};

enum {
    MST_RECORD_KINDS = 6,
    MST_RECORD_CATALOG_KINDS = 3 /* the first: what jobs are made of */
};

/* Ownership: texts and bytes are malloc'ed and the caller's;
 * mst_record_clear frees them. */
struct mst_record {
    char *name;
    uint64_t revision;     /* never the same twice, not even for a name that
                            * was removed and made again; 0: not stored */
    struct mst_slice body; /* owned; opaque to stores */
    char *changed_by;      /* who saved it, for people; never NULL */
    int64_t created_ms;    /* wall clock */
    int64_t changed_ms;
};

struct mst_record_store;

struct mst_record_store_type {
    const char *name;
    /* MST_END: there is none. */
    enum mst_status (*load)(struct mst_record_store *store,
                            enum mst_record_kind kind, const char *name,
                            struct mst_record *ret, struct mst_error *err);
    /* Writes it, durably, with record->revision: mst_next_revision (core/revision.h)
     * of the one it replaces. MST_AGAIN: the stored revision is not `replaces`
     * (0: there must be none); nothing was written. created_ms is kept by the
     * first save. */
    enum mst_status (*save)(struct mst_record_store *store,
                            enum mst_record_kind kind,
                            const struct mst_record *record, uint64_t replaces,
                            struct mst_error *err);
    /* Durably. MST_AGAIN as above, but 0 removes it whatever it is. MST_END:
     * there is none. */
    enum mst_status (*remove)(struct mst_record_store *store,
                              enum mst_record_kind kind, const char *name,
                              uint64_t revision, struct mst_error *err);
    /* By name, as bytes. Holds no lock while each runs, and ends with what it
     * returned unless that is MST_OK. Damaged ones are left out and reported
     * at the end, as MST_FATAL. */
    enum mst_status (*list)(
        struct mst_record_store *store, enum mst_record_kind kind,
        enum mst_status (*each)(void *arg, const struct mst_record *one),
        void *arg, struct mst_error *err);
    void (*destroy)(struct mst_record_store *store);
};

/* First member of every implementation's own struct. */
struct mst_record_store {
    const struct mst_record_store_type *type;
};

/* Zeroed and cleared ones may be cleared. */
void mst_record_clear(struct mst_record *record);

#endif
