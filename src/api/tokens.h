/* SPDX-License-Identifier: MIT */
/*
 * The tokens that may use the API. The file has one per line: its name, its
 * role, and the SHA-256 of the token in hex; what follows a # is for people.
 * Tokens are 256 random bits, so that a plain hash says nothing about them.
 */
#ifndef MST_API_TOKENS_H
#define MST_API_TOKENS_H

#include "api/http.h"

struct mst_api_tokens;

enum { MST_API_TOKEN_TEXT_MAX = 64, MST_API_TOKEN_NAME_MAX = 64 };

/* Reads the file; one that others may write to is refused. Read again when it
 * has changed; what is wrong with it then is logged, and what was known
 * before holds. */
MST_MUST_CHECK enum mst_status mst_api_tokens_open(const char *path,
                                                   struct mst_api_tokens **ret,
                                                   struct mst_error *err);
void mst_api_tokens_close(struct mst_api_tokens *tokens);

/* Thread: any. The role of the token with that hash, MST_API_ANYONE: it is not known. Takes
 * the same time whatever is wrong with it. */
enum mst_api_role mst_api_tokens_find(struct mst_api_tokens *tokens,
                                      const uint8_t hash[MST_API_HASH_LEN],
                                      char ret_name[MST_API_TOKEN_NAME_MAX]);
/* The SHA-256 of a text; false: no memory. */
MST_MUST_CHECK bool mst_api_token_hash(const char *text,
                                       uint8_t ret_hash[MST_API_HASH_LEN]);

/* "read", "operate", "admin"; "anyone". */
const char *mst_api_role_name(enum mst_api_role role);
/* MST_API_ANYONE: there is no such role for a token. */
enum mst_api_role mst_api_role_parse(const char *name);

/* A new token, and the line for it. */
MST_MUST_CHECK enum mst_status
mst_api_token_make(const char *name, enum mst_api_role role,
                   char ret_token[MST_API_TOKEN_TEXT_MAX],
                   struct mst_buf *ret_line, struct mst_error *err);

#endif
