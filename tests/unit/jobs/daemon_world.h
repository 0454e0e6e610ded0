/* SPDX-License-Identifier: MIT */
/* A manager with real jobs that need no server, and the thread that a daemon
 * would settle it by. */
#ifndef MST_TESTS_DAEMON_WORLD_H
#define MST_TESTS_DAEMON_WORLD_H

#include <pthread.h>
#include <stdatomic.h>

#include "unit/folder.h"

#include "jobs/catalog.h"

struct daemon_world {
    struct mst_store *store;
    struct mst_manager *manager;
    struct mst_record_store *records; /* NULL: opened without */
    struct mst_catalog *catalog;
    pthread_t thread;
    atomic_bool quit;
    struct mst_config *_Atomic next; /* to be applied */
    atomic_int applied;
    char directory[TEST_FOLDER_MAX];
};

/* Fails the test when it can not. */
void daemon_world_open(struct daemon_world *world, const char *toml);
/* With a catalog, which keeps its records in memory. */
void daemon_world_open_kept(struct daemon_world *world, const char *toml);
/* Loads it as a reload does, and waits until that is done. */
void daemon_world_reload(struct daemon_world *world, const char *toml);
void daemon_world_close(struct daemon_world *world);

/* One connector that counts, 100 a second, to a file that ends with the world.
 */
#define DAEMON_WORLD_SERVICES                                                  \
    "[[services]]\nprovider = \"generate\"\nname = \"made\"\n"                 \
    "[[services]]\nprovider = \"file\"\nname = \"disk\"\npath = "              \
    "\"${DAEMON_WORLD}\"\n"
#define DAEMON_WORLD_JOB(name, more)                                           \
    "[[connectors]]\nname = \"" name "\"\n"                                    \
    "source = { service_name = \"made\", resource = \"n\", rate = 100" more    \
    " }\nsinks = [ { service_name = \"disk\", resource = \"" name              \
    ".jsonl\" } ]\n"

/* Waits up to 20 s for the job to be in that state. */
void daemon_world_wait(struct daemon_world *world, const char *job,
                       enum mst_job_state state);
/* Its state now. */
struct mst_job_status daemon_world_status(struct daemon_world *world,
                                          const char *job);

#endif
