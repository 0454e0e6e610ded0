/* SPDX-License-Identifier: MIT */
/*
 * The jobs and services that there shall be: those of the file, and those
 * that people made over the API, which are kept as records. Every change is
 * checked as the file is, saved durably, and only then carried out; who dies
 * in between leaves the world of before or the one of after.
 *
 *   put ── check with all others ── save ── mst_manager_update ── answer
 *   another daemon's change ── seen within seconds ── the same
 *
 * Threads: any, where nothing else is said.
 */
#ifndef MST_JOBS_CATALOG_H
#define MST_JOBS_CATALOG_H

#include "config/load.h"
#include "core/record_store.h"
#include "jobs/control.h"
#include "jobs/scripts.h"

/* Makes unreadable what the records of services hold. NULL functions: they
 * are kept as they are. `out` is wiped by the caller. */
struct mst_catalog_seal {
    enum mst_status (*close)(void *arg, const struct mst_record *record,
                             struct mst_slice plain, struct mst_buf *out,
                             struct mst_error *err);
    enum mst_status (*open)(void *arg, const struct mst_record *record,
                            struct mst_buf *out, struct mst_error *err);
    void *arg;
};

/* Borrowed for as long as the catalog is there. */
struct mst_catalog_args {
    struct mst_manager *manager;
    struct mst_record_store *records;
    struct mst_catalog_seal seal;
    struct mst_scripts *scripts; /* are looked at likewise; may be NULL */
    const struct mst_registry *registry;
    const char *path; /* of the file; NULL: there is none */
    const char *const *sets;
    size_t sets_len;
    bool remote; /* the records are on a server: nobody waits for it */
    /* The file was read again; not good: nothing changed. Any thread; may be
     * NULL. */
    void (*reloaded)(void *arg, const struct mst_problems *problems, bool good);
    void *arg;
};

struct mst_catalog;

MST_MUST_CHECK enum mst_status
mst_catalog_create(const struct mst_catalog_args *args,
                   struct mst_catalog **ret_catalog, struct mst_error *err);

/* Starts the jobs. text is the file's, config what it says; both are taken
 * over, also when it fails. Thread: the owner's, once, before others come. */
MST_MUST_CHECK enum mst_status mst_catalog_begin(struct mst_catalog *catalog,
                                                 char *text, size_t text_len,
                                                 struct mst_config *config,
                                                 struct mst_error *err);

/* No more changes are looked for. */
void mst_catalog_stop(struct mst_catalog *catalog);
/* Whether its thread has ended; until then destroy waits for a server. */
bool mst_catalog_has_ended(struct mst_catalog *catalog);
void mst_catalog_destroy(struct mst_catalog *catalog); /* NULL is fine */

/* Reads the file again. MST_REJECTED: problems says why nothing changed. */
MST_MUST_CHECK enum mst_status mst_catalog_reload(struct mst_catalog *catalog,
                                                  struct mst_problems *problems,
                                                  struct mst_error *err);
/* The same by the catalog's own thread, soon. */
void mst_catalog_ask_reload(struct mst_catalog *catalog);

/* The code of errors that say: what has to be so is not. */
enum { MST_CATALOG_UNMET = 1 };

/* What has to be so for a change to be made. */
struct mst_catalog_match {
    bool must_exist;
    bool must_not_exist;
    bool has_revision;
    uint64_t revision;
};

/* Borrowed. */
struct mst_catalog_write {
    enum mst_definition_kind kind;
    const char *name; /* NULL: the text says */
    struct mst_slice text;
    struct mst_catalog_match match;
    const char *who; /* for people */
    bool only_check; /* nothing is changed */
};

struct mst_catalog_result {
    char name[MST_DEFINITION_NAME_MAX + 1];
    uint64_t revision;
    bool created;
    bool changed; /* else it was so already */
};

/* Statuses: OK (durable, and carried out as far as that does not wait),
 * MST_REJECTED (problems says why, and err when there is none: it can not be
 * changed here), MST_AGAIN (it does not match), MST_RETRY (the state can not
 * be reached), MST_FATAL. */
MST_MUST_CHECK enum mst_status
mst_catalog_put(struct mst_catalog *catalog,
                const struct mst_catalog_write *write,
                struct mst_problems *problems,
                struct mst_catalog_result *ret_result, struct mst_error *err);

struct mst_catalog_removal {
    enum mst_definition_kind kind;
    const char *name;
    struct mst_catalog_match match;
    const char *who;
    bool only_check; /* nothing is changed */
};

/* Likewise; MST_END: there is none. MST_REJECTED: it is the file's, or jobs
 * use it. */
MST_MUST_CHECK enum mst_status
mst_catalog_remove(struct mst_catalog *catalog,
                   const struct mst_catalog_removal *removal,
                   struct mst_error *err);

/* As mst_manager_act, but first the wish is saved: it outlives the daemon. */
MST_MUST_CHECK enum mst_status mst_catalog_act(struct mst_catalog *catalog,
                                               const char *name,
                                               enum mst_job_action action,
                                               int wait_ms, const char *who,
                                               struct mst_error *err);

/* Other middlewares for a job, to be tried beside its own. Borrowed. */
struct mst_catalog_shadow {
    const char *name;                 /* of the job */
    struct mst_slice middlewares;     /* a JSON array, as in its definition */
    const struct mst_slice *services; /* definitions that there are not yet */
    size_t services_len;
    uint64_t events;
    int64_t duration_ms;
    const char *const *ignore;
    size_t ignore_len;
    size_t samples;
};

/* Starts the shadow (jobs/job_shadow.h). Statuses: as put's, and MST_END:
 * there is no such job. */
MST_MUST_CHECK enum mst_status
mst_catalog_shadow_start(struct mst_catalog *catalog,
                         const struct mst_catalog_shadow *what,
                         struct mst_problems *problems, struct mst_error *err);

struct mst_catalog_switch {
    const char *name;
    int64_t max_different; /* events; -1: any number */
    const char *who;
};

/* Makes the shadow's definition the job's, at one position, which is saved:
 * what was read before went through the old middlewares, what comes after goes
 * through the new ones. Ends the shadow. Waits until the job has drained.
 * Statuses: as put's; MST_END: there is no job, or it has no shadow. Unless
 * OK, the job goes on as it was. The boundary is written to position as text.
 */
MST_MUST_CHECK enum mst_status mst_catalog_shadow_switch(
    struct mst_catalog *catalog, const struct mst_catalog_switch *what,
    struct mst_problems *problems, struct mst_catalog_result *ret_result,
    struct mst_buf *position, struct mst_error *err);

/* For mst_manager_args.wanted; arg is a struct mst_catalog **, NULL inside
 * before there is one. */
enum mst_job_desired mst_catalog_wanted(void *arg, const char *job);

/* As mst_manager_each, and with those between them that are set aside because
 * something is wrong with their definition. */
MST_MUST_CHECK enum mst_status mst_catalog_each(struct mst_catalog *catalog,
                                                const char *after,
                                                mst_job_each each, void *arg);
/* Likewise mst_manager_one. */
MST_MUST_CHECK enum mst_status mst_catalog_one(struct mst_catalog *catalog,
                                               const char *name,
                                               mst_job_each each, void *arg);

#endif
