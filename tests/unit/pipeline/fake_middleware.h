/* SPDX-License-Identifier: MIT */
/* What the middleware of a fake world is told to do. */
#ifndef MST_TESTS_PIPELINE_FAKE_MIDDLEWARE_H
#define MST_TESTS_PIPELINE_FAKE_MIDDLEWARE_H

#include <stdbool.h>
#include <stdint.h>

enum { FAKE_SCRIPT_HASH = 4711 };

/* Event n ends in 3: dropped; in 5: becomes FAKE_MANY; is 100 k + 7: refused. */
struct fake_middleware_script {
    bool works;          /* the job has two of them */
    bool batches;        /* the first takes events together */
    unsigned retry;      /* per mille of calls */
    unsigned disconnect; /* likewise */
    unsigned open_fails;
    unsigned emits_first; /* of these, per mille that emitted before */
    uint64_t fatal;       /* says FATAL of this event */
    uint64_t stuck;       /* does not come back from it until interrupted */
    uint64_t busy;        /* this event can not be had for ever */
};

#endif
