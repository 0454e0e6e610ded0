/* SPDX-License-Identifier: MIT */
/* Lua's tokens with their places: what is looked at in a script that is not
 * run. Private. */
#ifndef MST_STUDIO_LEXER_H
#define MST_STUDIO_LEXER_H

#include "base/arena.h"

enum studio_token_kind {
    STUDIO_TOKEN_END,
    STUDIO_TOKEN_NAME,
    STUDIO_TOKEN_KEYWORD,
    STUDIO_TOKEN_TEXT,
    STUDIO_TOKEN_NUMBER,
    STUDIO_TOKEN_SYMBOL
};

/* Lines and columns count from 1, columns in characters. */
struct studio_token {
    enum studio_token_kind kind;
    struct mst_slice text; /* as it stands in the script */
    uint32_t line;
    uint32_t column;
    uint32_t end_line; /* behind it */
    uint32_t end_column;
};

/* All of them in arena's memory, the last one STUDIO_TOKEN_END. What is no Lua
 * becomes symbols. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status studio_lex(struct mst_slice text,
                                          struct mst_arena *arena,
                                          struct studio_token **ret_tokens,
                                          size_t *ret_len,
                                          struct mst_error *err);

static inline bool
studio_token_is(const struct studio_token *token, const char *text)
{
    return token->kind != STUDIO_TOKEN_TEXT && mst_slice_is(token->text, text);
}

#endif
