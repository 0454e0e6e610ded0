/* SPDX-License-Identifier: MIT */
/* Header lines of logins, and their renewal. */
#include "clients/http_auth.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "clients/http_token.h"

enum {
    AUTH_LINE_MAX = 64 * 1024,
    AUTH_LOOK_MS = 1000,    /* how often the file is looked at */
    AUTH_MARGIN_MS = 30000, /* renewed so long before its end */
    AUTH_SECRET_MIN = 4,
    AUTH_SECRETS = 5
};

struct mst_http_auth {
    const struct mst_http_auth_options *options;
    const struct mst_http_options *http;
    struct mst_http *client; /* to the token server, or NULL */
    struct mst_buf line;     /* ends with a NUL that is counted */
    struct mst_buf token;    /* renewed ones */
    bool has_line;
    int64_t made_ms;
    int64_t due_ms;
    int64_t look_ms;
    struct stat seen; /* of the file */
    /* 401 came, and no other answer since the login that it refused. */
    bool doubted;
};

static bool
auth_is_renewable(const struct mst_http_auth *auth)
{
    return auth->options->kind == MST_HTTP_AUTH_OAUTH2
           || (auth->options->kind == MST_HTTP_AUTH_BEARER
               && auth->options->token_file != NULL);
}

static enum mst_status
auth_set_line(struct mst_http_auth *auth, const char *name, const char *scheme,
              struct mst_slice value, struct mst_error *err)
{
    mst_buf_reset(&auth->line);
    enum mst_status status =
        mst_buf_printf(&auth->line, "%s: %s%.*s", name, scheme, (int)value.len,
                       (const char *)value.data);
    if (status == MST_OK) {
        status = mst_buf_append_char(&auth->line, '\0');
    }
    auth->has_line = status == MST_OK;
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, MST_FATAL, "http", 0, "the login is too long");
}

static enum mst_status
auth_make_basic(struct mst_http_auth *auth, struct mst_error *err)
{
    struct mst_buf coded;
    mst_buf_init(&coded, AUTH_LINE_MAX);
    enum mst_status status = mst_http_token_basic(
        auth->options->username, auth->options->password, &coded, err);
    if (status == MST_OK) {
        status = auth_set_line(auth, "Authorization", "Basic ",
                               mst_buf_slice(&coded), err);
    }
    mst_buf_clear(&coded);
    return status;
}

/* What never changes. */
static enum mst_status
auth_make_line(struct mst_http_auth *auth, struct mst_error *err)
{
    const struct mst_http_auth_options *options = auth->options;
    switch ((enum mst_http_auth_kind)options->kind) {
    case MST_HTTP_AUTH_BASIC:
        return auth_make_basic(auth, err);
    case MST_HTTP_AUTH_BEARER:
        return options->token == NULL
                   ? MST_OK
                   : auth_set_line(auth, "Authorization", "Bearer ",
                                   mst_slice_str(options->token), err);
    case MST_HTTP_AUTH_API_KEY:
        return auth_set_line(
            auth, options->header, "",
            mst_slice_str(options->key == NULL ? "" : options->key), err);
    case MST_HTTP_AUTH_NONE:
    case MST_HTTP_AUTH_OAUTH2:
        break;
    }
    return MST_OK;
}

enum mst_status
mst_http_auth_create(const struct mst_http_auth_options *options,
                     const struct mst_http_options *http,
                     struct mst_http_auth **ret_auth, struct mst_error *err)
{
    struct mst_http_auth *auth = calloc(1, sizeof(*auth));
    if (auth == NULL) {
        return mst_fail_memory(err, "http");
    }
    auth->options = options;
    auth->http = http;
    mst_buf_init(&auth->line, AUTH_LINE_MAX);
    mst_buf_init(&auth->token, AUTH_LINE_MAX / 2);
    enum mst_status status = auth_make_line(auth, err);
    if (status == MST_OK && options->kind == MST_HTTP_AUTH_OAUTH2) {
        status = mst_http_create(http, &auth->client, err);
    }
    if (status != MST_OK) {
        mst_http_auth_destroy(auth);
        return status;
    }
    *ret_auth = auth;
    return MST_OK;
}

void
mst_http_auth_destroy(struct mst_http_auth *auth)
{
    if (auth != NULL) {
        mst_http_destroy(auth->client);
        mst_buf_clear(&auth->line);
        mst_buf_clear(&auth->token);
        free(auth);
    }
}

/* False: it is as it was when it was read. */
static bool
auth_file_changed(struct mst_http_auth *auth, int64_t now)
{
    struct stat info;
    if (now < auth->look_ms) {
        return false;
    }
    auth->look_ms = now + AUTH_LOOK_MS;
    return stat(auth->options->token_file, &info) == 0
           && (info.st_mtim.tv_sec != auth->seen.st_mtim.tv_sec
               || info.st_mtim.tv_nsec != auth->seen.st_mtim.tv_nsec
               || info.st_size != auth->seen.st_size
               || info.st_ino != auth->seen.st_ino);
}

bool
mst_http_auth_is_due(struct mst_http_auth *auth)
{
    if (!auth_is_renewable(auth)) {
        return false;
    }
    int64_t now = mst_clock_ms();
    if (!auth->has_line) {
        return true;
    }
    return auth->options->kind == MST_HTTP_AUTH_OAUTH2
               ? now >= auth->due_ms
               : auth_file_changed(auth, now);
}

enum mst_status
mst_http_auth_renew(struct mst_http_auth *auth, struct mst_error *err)
{
    int64_t lasts_ms = 0;
    enum mst_status status = MST_OK;
    mst_buf_reset(&auth->token);
    if (auth->options->kind == MST_HTTP_AUTH_OAUTH2) {
        status = mst_http_token_ask(auth->client, auth->options, &auth->token,
                                    &lasts_ms, err);
    } else {
        /* Looked at before it is read: a change in between is seen. */
        (void)stat(auth->options->token_file, &auth->seen);
        status =
            mst_http_token_read(auth->options->token_file, &auth->token, err);
    }
    if (status == MST_OK) {
        status = auth_set_line(auth, "Authorization", "Bearer ",
                               mst_buf_slice(&auth->token), err);
    }
    if (status != MST_OK) {
        mst_http_auth_conceal(auth, err);
        return status;
    }
    int64_t margin =
        lasts_ms / 10 < AUTH_MARGIN_MS ? lasts_ms / 10 : AUTH_MARGIN_MS;
    auth->made_ms = mst_clock_ms();
    auth->due_ms = lasts_ms > 0 ? auth->made_ms + lasts_ms - margin : INT64_MAX;
    return MST_OK;
}

void
mst_http_auth_interrupt(struct mst_http_auth *auth, bool on)
{
    if (auth->client != NULL) {
        mst_http_interrupt(auth->client, on);
    }
}

const char *
mst_http_auth_line(const struct mst_http_auth *auth)
{
    return auth->has_line ? (const char *)auth->line.data : NULL;
}

bool
mst_http_auth_refused(struct mst_http_auth *auth, int64_t started_ms)
{
    if (!auth_is_renewable(auth)) {
        return false;
    }
    if (!auth->has_line || started_ms < auth->made_ms) {
        return true; /* that was the login before this one */
    }
    if (auth->doubted) {
        return false;
    }
    auth->doubted = true;
    auth->has_line = false;
    return true;
}

void
mst_http_auth_accepted(struct mst_http_auth *auth)
{
    auth->doubted = false;
}

/* Also where the text ends within it. */
static void
auth_star(char *text, struct mst_slice secret)
{
    size_t len = strlen(text);
    if (secret.len < AUTH_SECRET_MIN) {
        return;
    }
    for (size_t at = 0; at + AUTH_SECRET_MIN <= len; at++) {
        size_t n = secret.len < len - at ? secret.len : len - at;
        if (memcmp(text + at, secret.data, n) == 0) {
            memset(text + at, '*', n);
        }
    }
}

void
mst_http_auth_conceal(const struct mst_http_auth *auth, struct mst_error *err)
{
    const struct mst_http_auth_options *options = auth->options;
    const char *texts[AUTH_SECRETS] = {options->password, options->token,
                                       options->key, options->client_secret,
                                       NULL};
    const char *line = mst_http_auth_line(auth);
    if (err == NULL) {
        return;
    }
    if (line != NULL && strchr(line, ' ') != NULL) {
        /* Behind the name and, where there is one, the scheme. */
        texts[AUTH_SECRETS - 1] = strrchr(line, ' ') + 1;
    }
    for (size_t i = 0; i < AUTH_SECRETS; i++) {
        if (texts[i] != NULL) {
            auth_star(err->text, mst_slice_str(texts[i]));
            auth_star(err->hint, mst_slice_str(texts[i]));
        }
    }
    if (auth->token.len > 0) {
        auth_star(err->text, mst_buf_slice(&auth->token));
    }
}
