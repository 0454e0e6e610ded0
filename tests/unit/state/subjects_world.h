/* SPDX-License-Identifier: MIT */
/* Both stores of subjects behind one setup: each test runs on each. What
 * needs a server is skipped where MSTREAM_TEST_MONGODB names none. */
#ifndef MST_TESTS_SUBJECTS_WORLD_H
#define MST_TESTS_SUBJECTS_WORLD_H

#include "unit/state/place.h"

#include "state/subject_registry.h"

struct world {
    struct place place;
    struct mst_subject_store *store; /* NULL: no server */
};

int world_setup(void **state);
int world_teardown(void **state);

/* Skips the test where there is no server. */
struct world *world_of(void **state);

/* Another one on the same place. */
struct mst_subject_store *world_open(const struct world *world);

/* Makes the text of a version something else, behind the store's back. */
void world_damage(const struct world *world, const char *subject);
/* Writes a document as the published mstream does. */
void world_publish(const struct world *world, const char *json);
/* The document of a subject as relaxed Extended JSON; the caller frees it. */
char *world_document(const struct world *world, const char *id);

/* Registers text; what became of it. */
enum mst_status world_register(struct mst_subject_store *store,
                               const char *subject, const char *text,
                               struct mst_subject_result *ret,
                               struct mst_error *err);
/* The same, where it must work; the version. */
uint32_t world_add(struct mst_subject_store *store, const char *subject,
                   const char *text);

#define WORLD_TEST(f, kind) PLACE_TEST(f, world_setup, world_teardown, kind)
#define WORLD_TESTS(f)      WORLD_TEST(f, "sqlite"), WORLD_TEST(f, "mongodb")

#endif
