/* SPDX-License-Identifier: MIT */
/* What must not be shown, and how the rest of it is. */
#ifndef MST_CONFIG_SECRET_H
#define MST_CONFIG_SECRET_H

#include <stdbool.h>

#include "base/buf.h"

enum { MST_SECRET_SHOWN_MAX = 96 };

/* True for names of keys whose values are secrets wherever they are
 * (password, secret, token, jaas, credential, *.key, *.key.pem). */
bool mst_secret_key(const char *name);

/* Appends text; the password of each scheme://user:password@ in it becomes
 * "****", references in it stay. */
MST_MUST_CHECK enum mst_status mst_secret_redact(const char *text,
                                                 struct mst_buf *out);

/* The same for a message: cut, control characters as '?'. */
void mst_secret_shown(const char *text, char out[MST_SECRET_SHOWN_MAX]);

#endif
