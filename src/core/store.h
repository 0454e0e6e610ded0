/* SPDX-License-Identifier: MIT */
/*
 * The contract of a state store: checkpoints, leases, dead letters, runs.
 * Implemented by the embedded SQLite store and by MongoDB.
 *
 * Threads: every function may be called from any thread; implementations
 * lock. Errors: MST_RETRY (busy, disk full, server away: try again),
 * MST_FATAL (damaged, no right), MST_REJECTED (fenced: see checkpoint_save).
 * Lists hold no lock while `each` runs: it may call the store. `each` ends
 * the list with any status but MST_OK; the list returns that status.
 */
#ifndef MST_CORE_STORE_H
#define MST_CORE_STORE_H

#include "core/letter.h"
#include "core/position.h"

/* A saved position. Ownership: texts and bytes are malloc'ed and the
 * caller's; mst_checkpoint_clear frees them. */
struct mst_checkpoint {
    char *job;
    char *identity;             /* of the origin; a foreign one is refused */
    struct mst_slice position;  /* owned */
    struct mst_slice sink_mark; /* owned; opaque to stores, may be binary */
    enum mst_position_origin origin;
    int64_t saved_ms; /* wall clock */
    uint64_t events;  /* confirmed since the job was made */
    uint64_t fence;   /* of the lease that wrote it */
};

void mst_checkpoint_clear(struct mst_checkpoint *checkpoint);

/* Exclusive right to run a job, for a while. */
struct mst_lease {
    char holder[128]; /* of mst_process_tag: host, process id, random part */
    uint64_t fence;   /* grows with every holder */
    int64_t expires_ms;
    uint32_t holds; /* jobs that its holder has, as that says itself */
    bool asked;     /* a renewal found somebody who asks for the job */
    uint32_t asker_holds;
};

/* Texts may be NULL but for job. */
struct mst_run_record {
    uint64_t id;
    char *job; /* owned, as the other texts */
    int64_t start_ms;
    int64_t end_ms; /* 0: still running, or it died */
    char *reason;   /* why it ended */
    char *state;    /* state that it ended in */
    uint64_t events_in;
    uint64_t events_out;
    uint64_t rejected;
    uint64_t bytes;
    char *first_position;
    char *last_position;
};

void mst_run_record_clear(struct mst_run_record *run);

struct mst_store;

struct mst_store_type {
    const char *name;

    /* --- checkpoints ------------------------------------------------- */
    /* MST_END: none. MST_FATAL: damaged, with what to do. */
    enum mst_status (*checkpoint_load)(struct mst_store *store, const char *job,
                                       struct mst_checkpoint *ret,
                                       struct mst_error *err);
    /* MST_REJECTED: the job's lease has a higher fence than checkpoint->fence
     * (another process took over); nothing was written. fence 0 is a person
     * working on a stopped job: MST_REJECTED while somebody holds the lease.
     */
    enum mst_status (*checkpoint_save)(struct mst_store *store,
                                       const struct mst_checkpoint *checkpoint,
                                       struct mst_error *err);
    /* All of a job. Guarded as a save with fence 0. */
    enum mst_status (*checkpoint_delete)(struct mst_store *store,
                                         const char *job,
                                         struct mst_error *err);
    /* Newest first; the store keeps about 20 per job. job NULL: the newest
     * of every job. Damaged ones are left out and reported at the end, as
     * MST_FATAL. */
    enum mst_status (*checkpoint_list)(
        struct mst_store *store, const char *job,
        enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
        void *arg, struct mst_error *err);

    /* --- leases ------------------------------------------------------ */
    /* MST_AGAIN: somebody else holds it; ret then says who and until when.
     * One that expired, and one whose holder has surely ended
     * (mst_process_is_gone), is taken over. The fence grows each time. What
     * ret->holds is before says how many jobs `holder` has; so it does when
     * a lease is renewed. */
    enum mst_status (*lease_acquire)(struct mst_store *store, const char *job,
                                     const char *holder, int64_t ttl_ms,
                                     struct mst_lease *ret,
                                     struct mst_error *err);
    /* MST_REJECTED: lost. */
    enum mst_status (*lease_renew)(struct mst_store *store, const char *job,
                                   struct mst_lease *lease, int64_t ttl_ms,
                                   struct mst_error *err);
    /* One that was lost meanwhile is left alone: MST_OK. */
    enum mst_status (*lease_release)(struct mst_store *store, const char *job,
                                     const struct mst_lease *lease,
                                     struct mst_error *err);
    /* Asks the holder of `held`, as a try to acquire told of it, to give the
     * job to `asker`, who has `holds` jobs. It lasts a few seconds, in which
     * nobody else can take the job; the holder is told when it renews. NULL:
     * a store that one process has for itself. */
    enum mst_status (*lease_ask)(struct mst_store *store, const char *job,
                                 const struct mst_lease *held,
                                 const char *asker, uint32_t holds,
                                 struct mst_error *err);

    /* --- dead letters ------------------------------------------------ */
    /* Durable when it returns. MST_AGAIN: full (the job stops, no letter is
     * dropped). All letters or none are written; the ids in them are not
     * used. What is older than max_age_ms makes room first. */
    enum mst_status (*letters_put)(struct mst_store *store,
                                   const struct mst_letter *letters, size_t n,
                                   const struct mst_letter_limits *limits,
                                   struct mst_error *err);
    /* In the order of their ids. Damaged ones are left out and reported at
     * the end, as MST_FATAL. */
    enum mst_status (*letters_list)(
        struct mst_store *store, const struct mst_letter_filter *filter,
        enum mst_status (*each)(void *arg, const struct mst_letter *one),
        void *arg, struct mst_error *err);
    enum mst_status (*letters_delete)(struct mst_store *store,
                                      const struct mst_letter_filter *filter,
                                      uint64_t *ret_deleted,
                                      struct mst_error *err);

    /* job NULL: all jobs together. */
    enum mst_status (*letters_count)(struct mst_store *store, const char *job,
                                     struct mst_letter_totals *ret,
                                     struct mst_error *err);
    /* Removes what is older than max_age_ms (> 0), and counts it. */
    enum mst_status (*letters_expire)(struct mst_store *store, const char *job,
                                      int64_t max_age_ms, uint64_t *ret_expired,
                                      struct mst_error *err);

    /* --- runs -------------------------------------------------------- */
    /* Closes earlier runs of the job that never ended, as state "died".
     * The last 100 of a job are kept. */
    enum mst_status (*run_begin)(struct mst_store *store,
                                 struct mst_run_record *run /* id is set */,
                                 struct mst_error *err);
    enum mst_status (*run_end)(struct mst_store *store,
                               const struct mst_run_record *run,
                               struct mst_error *err);
    /* Newest first. job NULL: of all jobs; limit 0: no limit. */
    enum mst_status (*run_list)(
        struct mst_store *store, const char *job, size_t limit,
        enum mst_status (*each)(void *arg, const struct mst_run_record *one),
        void *arg, struct mst_error *err);

    void (*destroy)(struct mst_store *store);
};

/* First member of every implementation's own struct. */
struct mst_store {
    const struct mst_store_type *type;
};

#endif
