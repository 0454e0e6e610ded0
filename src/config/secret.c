/* SPDX-License-Identifier: MIT */
/* What must not be shown, and how the rest of it is. */
#include "config/secret.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/env.h"

static bool
secret_ends(const char *name, size_t len, const char *end)
{
    size_t more = strlen(end);
    return len >= more && strcmp(name + len - more, end) == 0;
}

bool
mst_secret_key(const char *name)
{
    static const char *const parts[] = {
        "password",   "passwd",  "secret",     "token",  "jaas",
        "credential", "key.pem", "passphrase", "apikey", "api_key"};
    char lower[128];
    size_t len = strnlen(name, sizeof(lower) - 1);
    for (size_t i = 0; i < len; i++) {
        lower[i] = name[i];
        if (name[i] >= 'A' && name[i] <= 'Z') {
            lower[i] = (char)(name[i] - 'A' + 'a');
        }
    }
    lower[len] = '\0';
    /* These say where a secret is, and are none themselves. */
    if (secret_ends(lower, len, ".location") || secret_ends(lower, len, "_file")
        || secret_ends(lower, len, "_path") || secret_ends(lower, len, ".url")
        || secret_ends(lower, len, "_url")) {
        return false;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(parts); i++) {
        if (strstr(lower, parts[i]) != NULL) {
            return true;
        }
    }
    return secret_ends(lower, len, ".key");
}

/* The first ':' of the user information that no reference holds. */
static size_t
secret_colon(const char *text, size_t len)
{
    int depth = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '$' && i + 1 < len && text[i + 1] == '{') {
            depth++;
        } else if (text[i] == '}' && depth > 0) {
            depth--;
        } else if (text[i] == ':' && depth == 0) {
            return i;
        }
    }
    return len;
}

static enum mst_status
secret_mask(const char *text, size_t len, struct mst_buf *out)
{
    char *copy = strndup(text, len);
    if (copy == NULL) {
        return MST_FATAL;
    }
    enum mst_status status = mst_env_mask(copy, out);
    free(copy);
    return status;
}

enum mst_status
mst_secret_redact(const char *text, struct mst_buf *out)
{
    for (;;) {
        const char *scheme = strstr(text, "://");
        if (scheme == NULL) {
            return mst_buf_append_str(out, text);
        }
        const char *user = scheme + 3;
        /* Passwords that were not escaped may hold anything but blanks. */
        size_t len = strcspn(user, " \t\r\n");
        const char *at = memrchr(user, '@', len);
        size_t colon = at == NULL ? 0 : secret_colon(user, (size_t)(at - user));
        enum mst_status status;
        if (at == NULL || user + colon == at) {
            status = mst_buf_append(out, text, (size_t)(user + len - text));
            text = user + len;
        } else {
            const char *password = user + colon + 1;
            status = mst_buf_append(out, text, (size_t)(password - text));
            if (status == MST_OK) {
                status = secret_mask(password, (size_t)(at - password), out);
            }
            text = at;
        }
        if (status != MST_OK) {
            return status;
        }
    }
}

void
mst_secret_shown(const char *text, char out[MST_SECRET_SHOWN_MAX])
{
    struct mst_buf buf;
    mst_buf_init(&buf, MST_ENV_MAX_VALUE);
    (void)snprintf(out, MST_SECRET_SHOWN_MAX, "...");
    if (mst_secret_redact(text, &buf) == MST_OK && mst_buf_text(&buf) != NULL) {
        int len = snprintf(out, MST_SECRET_SHOWN_MAX, "%s", buf.data);
        if (len >= MST_SECRET_SHOWN_MAX) {
            memcpy(out + MST_SECRET_SHOWN_MAX - 4, "...", 4);
        }
        for (char *at = out; *at != '\0'; at++) {
            if (iscntrl((unsigned char)*at)) {
                *at = '?';
            }
        }
    }
    mst_buf_clear(&buf);
}
