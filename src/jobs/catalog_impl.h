/* SPDX-License-Identifier: MIT */
/* The catalog's own parts. */
#ifndef MST_JOBS_CATALOG_IMPL_H
#define MST_JOBS_CATALOG_IMPL_H

#include <pthread.h>

#include "jobs/catalog.h"

/* What is known of a record. */
struct catalog_record {
    enum mst_record_kind kind;
    struct mst_record record;
    char *why;      /* set aside because of this; NULL: it is not */
    char *why_next; /* found while loading, not yet in force */
};

/* Sorted by kind, then by name. Zeroed: empty. */
struct catalog_table {
    struct catalog_record *items;
    size_t len;
    size_t cap;
};

/* A change that is not made yet. Borrowed. */
struct catalog_change {
    enum mst_record_kind kind;
    const char *name;
    bool remove;
    uint64_t revision;
    struct mst_slice text; /* the definition */
};

/* How the file and the records go together. */
enum catalog_mode {
    CATALOG_SIDE_BY_SIDE,
    CATALOG_SEED,  /* the file fills an empty store, and is ignored then */
    CATALOG_FORCE, /* the file wins at every start */
    CATALOG_KEEP   /* the file's jobs are ignored */
};

struct mst_catalog {
    struct mst_catalog_args args;
    enum catalog_mode mode;

    /* One change at a time; held while the store is waited for, so nothing
     * that only reads may take it. Order: this, then `lock`, or the manager's
     * own; never `lock` around the manager's. */
    pthread_mutex_t writing;
    char *text; /* of the file, as loaded last; Lock: writing */
    size_t text_len;

    pthread_mutex_t lock; /* guards what follows; never held for long */
    pthread_cond_t changed;
    struct catalog_table table;
    uint64_t generation; /* of the table: counts own changes */
    bool adopted;        /* the records have been read */
    bool away;           /* they could not be read the last time: said */
    bool reload;         /* asked for */
    bool quit;
    bool started; /* the thread is there */
    bool ended;   /* and through */
    pthread_t thread;
};

/* --- the table (catalog_table.c) ---------------------------------------- */
struct catalog_record *catalog_table_find(const struct catalog_table *table,
                                          enum mst_record_kind kind,
                                          const char *name);
/* Moves record in, in the place of what is there. False: no memory. */
MST_MUST_CHECK bool catalog_table_put(struct catalog_table *table,
                                      enum mst_record_kind kind,
                                      struct mst_record *record);
void catalog_table_drop(struct catalog_table *table, enum mst_record_kind kind,
                        const char *name);
void catalog_table_clear(struct catalog_table *table);
/* The same records, in the same revisions. */
bool catalog_table_same(const struct catalog_table *a,
                        const struct catalog_table *b);
/* All that the store has. MST_FATAL: the damaged ones are missing. */
MST_MUST_CHECK enum mst_status
catalog_table_read(struct mst_record_store *store, struct catalog_table *table,
                   struct mst_error *err);

/* --- configurations (catalog_load.c) ------------------------------------ */
/* The file alone. NULL: problems. */
struct mst_config *catalog_load_file(struct mst_catalog *catalog,
                                     const char *text, size_t text_len,
                                     struct mst_problems *problems);
/* All together, with the change if there is one. What is broken and was not
 * changed is set aside (why_next). MST_REJECTED: problems. Lock: writing. */
MST_MUST_CHECK enum mst_status catalog_load(struct mst_catalog *catalog,
                                            const struct catalog_change *change,
                                            struct mst_problems *problems,
                                            struct mst_config **ret_config,
                                            struct mst_error *err);
/* Puts what the last load found in force, and says what is new of it. */
void catalog_load_commit(struct mst_catalog *catalog);
/* The definition that a record holds. Lock: writing. */
MST_MUST_CHECK enum mst_status
catalog_unwrap(struct mst_catalog *catalog, const struct catalog_record *item,
               struct mst_buf *out, bool *ret_trusted, struct mst_error *err);
void catalog_wipe(struct mst_buf *buf);

/* --- saving (catalog_save.c) --------------------------------------------- */
/* Saves the definition in the place of the one known, and knows it then.
 * Lock: writing. MST_AGAIN: another one was faster. */
MST_MUST_CHECK enum mst_status catalog_save(struct mst_catalog *catalog,
                                            const struct catalog_change *change,
                                            bool trusted, const char *who,
                                            struct mst_error *err);
/* What a job shall do from now on; the last one to say it wins. Lock: writing.
 */
MST_MUST_CHECK enum mst_status
catalog_wish(struct mst_catalog *catalog, const char *name,
             enum mst_job_desired want, const char *who, struct mst_error *err);
/* Removes the record whatever it is. MST_OK also when there is none. */
MST_MUST_CHECK enum mst_status catalog_forget(struct mst_catalog *catalog,
                                              enum mst_record_kind kind,
                                              const char *name,
                                              struct mst_error *err);
/* It was removed. Lock: writing. */
void catalog_forgotten(struct mst_catalog *catalog, enum mst_record_kind kind,
                       const char *name);
enum mst_job_desired catalog_wanted(struct mst_catalog *catalog,
                                    const char *name);

/* --- changes by people (catalog_write.c) --------------------------------- */
/* MST_RETRY: the records have not been read yet. Lock: writing. */
MST_MUST_CHECK enum mst_status catalog_ready(struct mst_catalog *catalog,
                                             struct mst_error *err);
enum mst_record_kind catalog_kind(enum mst_definition_kind kind);
const char *catalog_word(enum mst_definition_kind kind);
/* MST_REJECTED: it is the file's. */
MST_MUST_CHECK enum mst_status catalog_guard(struct mst_catalog *catalog,
                                             enum mst_definition_kind kind,
                                             const char *name,
                                             struct mst_error *err);
/* As far as what is asked for depends on what there is; before: NULL, nothing.
 */
MST_MUST_CHECK enum mst_status
catalog_match(const struct mst_catalog_match *match,
              const struct catalog_record *before, const char *word,
              const char *name, struct mst_error *err);
/* Durable is durable: what can not be carried out now is tried again. Lock:
 * writing. */
void catalog_carry_out(struct mst_catalog *catalog, struct mst_config *config);

/* --- the world (catalog_sync.c) ------------------------------------------ */
/* Makes the jobs those of config, which is taken over. Lock: writing. */
MST_MUST_CHECK enum mst_status catalog_apply(struct mst_catalog *catalog,
                                             struct mst_config *config,
                                             bool again, struct mst_error *err);
/* Jobs do what the records say. Lock: writing. */
void catalog_want_all(struct mst_catalog *catalog);
/* Reads the records for the first time and goes on with them. config: the
 * file's; NULL: it is loaded when needed. Lock: writing. */
MST_MUST_CHECK enum mst_status catalog_adopt(struct mst_catalog *catalog,
                                             struct catalog_table *table,
                                             struct mst_error *err);
void *catalog_thread(void *arg);

/* --- the file's jobs as records (catalog_import.c) ----------------------- */
/* Makes the records those of the file, where the mode says so. Lock: writing.
 */
MST_MUST_CHECK enum mst_status catalog_import(struct mst_catalog *catalog,
                                              struct mst_error *err);

#endif
