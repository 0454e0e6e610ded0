/* SPDX-License-Identifier: MIT */
/*
 * A world in which a pipeline can be tried: a source that counts, sinks that
 * answer as their script says, a store in memory, and a judge that knows what
 * may never happen.
 */
#ifndef MST_TESTS_PIPELINE_FAKES_H
#define MST_TESTS_PIPELINE_FAKES_H

#include <pthread.h>
#include <stdatomic.h>

#include "fake_middleware.h"
#include "pipeline/pipeline.h"

enum { FAKE_SINKS = 3, FAKE_LANES = 4, FAKE_MANY = 3 };

/* Chances are per mille, per event or per call. */
struct fake_source_script {
    uint64_t total; /* events, numbered 1..total */
    unsigned keys;  /* key of event n: n % keys; 0: no keys */
    unsigned disconnect;
    unsigned retry;
    unsigned again;
    unsigned open_fails;
    unsigned end_marks; /* empty batches with only an end mark */
    unsigned flush;
    bool knows_start; /* has a position before anything was settled */
    int slow_ms;      /* each read takes so long */
};

struct fake_sink_script {
    bool async;      /* confirms from a thread of its own */
    unsigned full;   /* write says AGAIN */
    unsigned retry;  /* an event is confirmed RETRY */
    unsigned drop;   /* the connection is lost */
    unsigned reject; /* events with n % 1000 < reject are refused */
    bool never;      /* takes nothing, ever */
    bool chatty;     /* calls ready() when nobody waits for it */
    bool fatal;      /* write says FATAL */
};

struct fake_world;

struct fake_lane {
    struct mst_delivery **items;
    size_t len;
    size_t cap;
    bool failed; /* answers RETRY to all until drained */
};

struct fake_sink {
    struct fake_world *world;
    unsigned index;
    struct fake_sink_script script;
    const struct mst_sink_host *host;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct fake_lane lanes[FAKE_LANES];
    size_t queued;
    bool open;
    bool quit;
    bool lost;
    pthread_t thread;
    bool started;
    unsigned seed;
    pthread_t opener;           /* the thread that opened it */
    uint64_t written_by_others; /* calls of write by another thread */
    uint64_t together;          /* calls of write, drain beside another one */
    atomic_bool inside;
};

struct fake_world {
    struct mst_store store; /* first: the store's functions cast back */
    pthread_mutex_t mutex;
    struct fake_source_script source;
    struct fake_middleware_script middleware;
    atomic_size_t groups;   /* of several events, taken together to the end */
    size_t with_script;     /* letters that name the script */
    atomic_size_t shown[2]; /* [1]: events that a middleware saw coming; [0]:
                             * those it did not, or not in this order */
    atomic_bool stuck;      /* a middleware is in the event that is `stuck` */
    struct mst_pipeline_middleware middlewares[2];
    struct fake_sink sinks[FAKE_SINKS];
    size_t sinks_len;
    unsigned seed;

    uint64_t next;    /* event that the source gives next */
    uint64_t settled; /* newest mark settled, as the source sees it */
    bool has_settled;
    bool interrupted;
    uint64_t committed; /* newest position told to the origin */

    /* What came out. done[s][n]: how often event n ended well at sink s. */
    uint8_t *done[FAKE_SINKS];
    uint8_t *letters[FAKE_SINKS];
    uint64_t *last_of_key[FAKE_SINKS];
    uint64_t out_of_order;
    uint64_t run_first; /* events before were given in earlier runs too */

    uint64_t saved; /* position in the store */
    bool has_saved;
    uint64_t saved_events;
    uint64_t fence;            /* of the lease in the store */
    unsigned store_fails;      /* per mille */
    unsigned renew_fails_from; /* these calls of renew fail: number from ... */
    unsigned renew_fails_upto; /* ... to number */
    unsigned renews;           /* calls so far */
    int64_t lease_until_ms;    /* monotonic; 0: never renewed */
    uint64_t unsaved_writes;   /* calls of a sink's write before any save */
    uint64_t unleased_writes;  /* calls of a sink's write beyond that */
    bool letters_full;
    uint64_t turned_letters; /* stored behind a later one of the same call */
    uint64_t letters_max;    /* that fit; 0: no limit */
    uint64_t letters_kept;
    uint64_t bad_saves; /* checkpoints that passed an unconfirmed event */
    uint64_t saves;
};

void fake_world_init(struct fake_world *world, unsigned seed,
                     const struct fake_source_script *source,
                     const struct fake_sink_script *sinks, size_t sinks_len);
void fake_world_clear(struct fake_world *world);

/* Where a new run begins: forgets what a process would forget. */
void fake_world_restart(struct fake_world *world);

/* A spec on this world with quick time-outs; args point into world. */
void fake_world_spec(struct fake_world *world, struct mst_pipeline_sink *sinks,
                     struct mst_pipeline_spec *ret_spec);

/* One whole run; change may alter its spec before. */
enum mst_pipeline_end
fake_world_run(struct fake_world *world,
               void (*change)(struct mst_pipeline_spec *spec),
               struct mst_error *err);

/* How often event n is to end at each sink, unless it is refused. */
unsigned fake_world_expected(const struct fake_world *world, uint64_t n);

/* Random number below n from the world's seed. Lock: world->mutex held. */
unsigned fake_random(unsigned *seed, unsigned n);

/* Events 1..upto that are missing at some sink and in its letters. */
uint64_t fake_world_missing(const struct fake_world *world, uint64_t upto);
/* Events that ended more than once at one sink. */
uint64_t fake_world_repeated(const struct fake_world *world);

#endif
