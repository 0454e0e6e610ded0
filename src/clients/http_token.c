/* SPDX-License-Identifier: MIT */
/* Reads tokens. */
#include "clients/http_token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "clients/registry_json.h"

enum { TOKEN_TEXT_MAX = 32 * 1024, TOKEN_ANSWER_MAX = 64 * 1024 };

enum mst_status
mst_http_token_basic(const char *name, const char *password,
                     struct mst_buf *out, struct mst_error *err)
{
    struct mst_buf pair;
    mst_buf_init(&pair, TOKEN_TEXT_MAX);
    enum mst_status status =
        mst_buf_printf(&pair, "%s:%s", name == NULL ? "" : name,
                       password == NULL ? "" : password);
    if (status == MST_OK) {
        status = mst_base64_encode(mst_buf_slice(&pair), out);
    }
    mst_buf_clear(&pair);
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, MST_FATAL, "http", 0, "the login is too long");
}

/* False: a header can not hold it. */
static bool
token_is_word(struct mst_slice token)
{
    for (size_t i = 0; i < token.len; i++) {
        if (token.data[i] <= ' ' || token.data[i] >= 0x7f) {
            return false;
        }
    }
    return token.len > 0;
}

static struct mst_slice
token_trim(struct mst_slice text)
{
    while (text.len > 0 && text.data[text.len - 1] <= ' ') {
        text.len--;
    }
    while (text.len > 0 && text.data[0] <= ' ') {
        text.data++;
        text.len--;
    }
    return text;
}

enum mst_status
mst_http_token_read(const char *path, struct mst_buf *out,
                    struct mst_error *err)
{
    char text[TOKEN_TEXT_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));
    int code = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (len < 0) {
        return mst_fail(err, MST_RETRY, "http", code,
                        "auth.token_file '%s' can not be read: %s", path,
                        strerrordesc_np(code));
    }
    struct mst_slice token = token_trim(mst_slice_of(text, (size_t)len));
    if (!token_is_word(token) || (size_t)len == sizeof(text)) {
        return mst_fail(err, MST_RETRY, "http", 0,
                        "auth.token_file '%s' holds no token", path);
    }
    return mst_buf_append(out, token.data, token.len) == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "http");
}

static enum mst_status
token_add_field(struct mst_buf *form, const char *name, const char *value)
{
    if (value == NULL) {
        return MST_OK;
    }
    enum mst_status status =
        mst_buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
    return status == MST_OK
               ? mst_http_append_escaped(form, mst_slice_str(value))
               : status;
}

static enum mst_status
token_make_form(const struct mst_http_auth_options *options,
                struct mst_buf *form)
{
    bool in_body = options->client_auth == 1;
    enum mst_status status =
        token_add_field(form, "grant_type", "client_credentials");
    if (status == MST_OK) {
        status = token_add_field(form, "scope", options->scope);
    }
    if (status == MST_OK) {
        status = token_add_field(form, "audience", options->audience);
    }
    if (status == MST_OK && in_body) {
        status = token_add_field(form, "client_id", options->client_id);
    }
    if (status == MST_OK && in_body) {
        status = token_add_field(form, "client_secret", options->client_secret);
    }
    return status;
}

/* RFC 6749 2.3.1 wants both parts form-encoded before they are joined. */
static enum mst_status
token_make_login(const struct mst_http_auth_options *options,
                 struct mst_buf *line, struct mst_error *err)
{
    struct mst_buf name;
    struct mst_buf secret;
    mst_buf_init(&name, TOKEN_TEXT_MAX);
    mst_buf_init(&secret, TOKEN_TEXT_MAX);
    enum mst_status status = mst_buf_append_str(line, "Authorization: Basic ");
    if (status == MST_OK) {
        status =
            mst_http_append_escaped(&name, mst_slice_str(options->client_id));
    }
    if (status == MST_OK && options->client_secret != NULL) {
        status = mst_http_append_escaped(&secret,
                                         mst_slice_str(options->client_secret));
    }
    const char *left = mst_buf_text(&name);
    const char *right = mst_buf_text(&secret);
    if (status == MST_OK && left != NULL && right != NULL) {
        status = mst_http_token_basic(left, right, line, err);
    }
    mst_buf_clear(&name);
    mst_buf_clear(&secret);
    return status;
}

/* The members of the answer that matter. */
static enum mst_status
token_take_answer(const struct mst_http_answer *answer, struct mst_buf *out,
                  int64_t *ret_lasts_ms)
{
    struct registry_json json;
    struct mst_slice name;
    struct mst_slice value;
    uint32_t seconds = 0;
    enum mst_status status = MST_REJECTED;
    if (!registry_json_begin(&json, mst_buf_slice(&answer->body), '{')) {
        return MST_REJECTED;
    }
    while (registry_json_next(&json, &name, &value)) {
        if (mst_slice_is(name, "access_token")) {
            status = registry_json_string(value, out);
        } else if (mst_slice_is(name, "expires_in")
                   && !registry_json_number(value, &seconds)) {
            seconds = 0;
        }
    }
    *ret_lasts_ms = (int64_t)seconds * 1000;
    return status == MST_OK && token_is_word(mst_buf_slice(out)) ? MST_OK
                                                                 : MST_REJECTED;
}

/* "invalid_client" and the like; nothing else of the answer is shown. */
static void
token_take_reason(const struct mst_http_answer *answer, struct mst_buf *out)
{
    struct registry_json json;
    struct mst_slice name;
    struct mst_slice value;
    bool some = registry_json_begin(&json, mst_buf_slice(&answer->body), '{');
    while (some && registry_json_next(&json, &name, &value)) {
        if (mst_slice_is(name, "error")
            && registry_json_string(value, out) != MST_OK) {
            mst_buf_reset(out);
        }
    }
}

static enum mst_status
token_refuse(const struct mst_http_answer *answer,
             const struct mst_http_auth_options *options, struct mst_error *err)
{
    char url[MST_HTTP_URL_SHOWN_MAX];
    struct mst_buf reason;
    mst_http_url_show(options->token_url, url);
    if (answer->status == 429 || answer->status == 408
        || answer->status >= 500) {
        (void)mst_fail(err, MST_RETRY, "http", (int64_t)answer->status,
                       "%s gives no token now: status %ld", url,
                       answer->status);
        if (err != NULL) {
            err->retry_after_ms = answer->retry_after_ms;
        }
        return MST_RETRY;
    }
    mst_buf_init(&reason, 256);
    token_take_reason(answer, &reason);
    (void)mst_fail(err, MST_FATAL, "http", (int64_t)answer->status,
                   "%s gives no token: status %ld%s%.*s", url, answer->status,
                   reason.len > 0 ? ", " : "", (int)reason.len,
                   reason.data == NULL ? "" : (const char *)reason.data);
    mst_error_hint(err, "check auth.token_url, client_id, client_secret and "
                        "scope");
    mst_buf_clear(&reason);
    return MST_FATAL;
}

static enum mst_status
token_run(struct mst_http *client, const struct mst_http_auth_options *options,
          const char *login, struct mst_slice form,
          struct mst_http_answer *answer, struct mst_error *err)
{
    const char *headers[] = {"Content-Type: application/x-www-form-urlencoded",
                             "Accept: application/json", login, NULL};
    const struct mst_http_request request = {.method = "POST",
                                             .url = options->token_url,
                                             .headers = headers,
                                             .body = form};
    enum mst_status status = mst_http_run(client, &request, answer, err);
    if (status != MST_OK) {
        return status;
    }
    return answer->status == 200 ? MST_OK : token_refuse(answer, options, err);
}

enum mst_status
mst_http_token_ask(struct mst_http *client,
                   const struct mst_http_auth_options *options,
                   struct mst_buf *out, int64_t *ret_lasts_ms,
                   struct mst_error *err)
{
    struct mst_http_answer answer = {0};
    struct mst_buf form;
    struct mst_buf login;
    mst_buf_init(&answer.body, TOKEN_ANSWER_MAX);
    mst_buf_init(&form, TOKEN_TEXT_MAX);
    mst_buf_init(&login, TOKEN_TEXT_MAX);
    enum mst_status status = token_make_form(options, &form);
    if (status == MST_OK && options->client_auth == 0) {
        status = token_make_login(options, &login, err);
    }
    const char *line = login.len > 0 ? mst_buf_text(&login) : NULL;
    if (status != MST_OK) {
        status = mst_fail(err, MST_FATAL, "http", 0,
                          "the login for the token server is too long");
    } else {
        status = token_run(client, options, line, mst_buf_slice(&form), &answer,
                           err);
    }
    if (status == MST_OK
        && token_take_answer(&answer, out, ret_lasts_ms) != MST_OK) {
        char url[MST_HTTP_URL_SHOWN_MAX];
        mst_http_url_show(options->token_url, url);
        status = mst_fail(err, MST_RETRY, "http", 0,
                          "the answer of %s holds no token", url);
    }
    mst_buf_clear(&answer.body);
    mst_buf_clear(&form);
    mst_buf_clear(&login);
    return status;
}
