/* SPDX-License-Identifier: MIT */
/* What looks wrong in a script that compiles: names that nobody gives a
 * value, globals by mistake, a transform that does not see its event.
 * Private. */
#ifndef MST_STUDIO_LINT_H
#define MST_STUDIO_LINT_H

#include "studio/lexer.h"

/* Told in the order of the script. Not MST_OK: no more. */
typedef enum mst_status (*studio_lint_told)(void *arg,
                                            const struct studio_token *token,
                                            const char *message);

/* tokens: len of them, the last one the end. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status studio_lint(const struct studio_token *tokens,
                                           size_t len, struct mst_arena *arena,
                                           studio_lint_told told, void *arg,
                                           struct mst_error *err);

/* The name of a global function of the script that is nearest to word; "": none
 * is near. */
void studio_lint_nearest(const struct studio_token *tokens, size_t len,
                         const char *word, char out[64]);

/* Whether scripts have a global of that name; of a member of it, "string.rep".
 */
bool studio_lint_knows(struct mst_slice name);
bool studio_lint_knows_member(struct mst_slice table, struct mst_slice name);
/* Whether its members are known. */
bool studio_lint_has_members(struct mst_slice table);
/* What was probably meant; NULL: nothing is near. table NULL: a global. */
const char *studio_lint_guess(const char *table, struct mst_slice name);

#endif
