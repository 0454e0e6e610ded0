/* SPDX-License-Identifier: MIT */
/* The keys of `auth`, and which of them belong together. */
#include <strings.h>
#include <unistd.h>

#include "clients/http_auth.h"

#define AT(field) offsetof(struct mst_http_auth_options, field)

static const char *const auth_kinds[] = {"none",    "basic",  "bearer",
                                         "api_key", "oauth2", NULL};
static const char *const auth_clients[] = {"basic", "body", NULL};

const struct mst_option mst_http_auth_options[MST_HTTP_AUTH_OPTIONS] = {
    {.name = "kind",
     .type = MST_OPTION_ENUM,
     .offset = AT(kind),
     .def = "none",
     .choices = auth_kinds,
     .help = "How requests log in; oauth2 is the grant of client credentials."},
    {.name = "username",
     .type = MST_OPTION_STRING,
     .offset = AT(username),
     .help = "Of basic: the name."},
    {.name = "password",
     .type = MST_OPTION_STRING,
     .offset = AT(password),
     .flags = MST_OPTION_SECRET,
     .help = "Of basic: the password."},
    {.name = "token",
     .type = MST_OPTION_STRING,
     .offset = AT(token),
     .flags = MST_OPTION_SECRET,
     .help = "Of bearer: the token."},
    {.name = "token_file",
     .type = MST_OPTION_STRING,
     .offset = AT(token_file),
     .help = "Of bearer: a file with the token, read again when it changes."},
    {.name = "header",
     .type = MST_OPTION_STRING,
     .offset = AT(header),
     .def = "X-Api-Key",
     .help = "Of api_key: the header that the key stands in."},
    {.name = "key",
     .type = MST_OPTION_STRING,
     .offset = AT(key),
     .flags = MST_OPTION_SECRET,
     .help = "Of api_key: the key."},
    {.name = "token_url",
     .type = MST_OPTION_STRING,
     .offset = AT(token_url),
     .help = "Of oauth2: where tokens are asked for."},
    {.name = "client_id",
     .type = MST_OPTION_STRING,
     .offset = AT(client_id),
     .help = "Of oauth2: the client's name."},
    {.name = "client_secret",
     .type = MST_OPTION_STRING,
     .offset = AT(client_secret),
     .flags = MST_OPTION_SECRET,
     .help = "Of oauth2: the client's secret."},
    {.name = "scope",
     .type = MST_OPTION_STRING,
     .offset = AT(scope),
     .help = "Of oauth2: the scope, where the server wants one."},
    {.name = "audience",
     .type = MST_OPTION_STRING,
     .offset = AT(audience),
     .help = "Of oauth2: the audience, where the server wants one."},
    {.name = "client_auth",
     .type = MST_OPTION_ENUM,
     .offset = AT(client_auth),
     .def = "basic",
     .choices = auth_clients,
     .help = "Of oauth2: whether client_id and client_secret go in a header "
             "(basic) or in the body."},
};

static void
auth_complain(struct mst_complaints *complaints, bool error, const char *text)
{
    struct mst_error err;
    mst_error_clear(&err);
    (void)mst_fail(&err, MST_FATAL, "http", 0, "%s", text);
    complaints->add(complaints, error, "auth", &err);
}

static void
auth_want(struct mst_complaints *complaints, bool there, const char *text)
{
    if (!there) {
        auth_complain(complaints, true, text);
    }
}

static void
auth_check_bearer(const struct mst_http_auth_options *options,
                  struct mst_complaints *complaints)
{
    auth_want(complaints,
              (options->token == NULL) != (options->token_file == NULL),
              "kind = \"bearer\" needs one of 'token' and 'token_file'");
    auth_want(complaints,
              options->token_file == NULL
                  || access(options->token_file, R_OK) == 0,
              "'token_file' can not be read");
}

static void
auth_check_oauth2(const struct mst_http_auth_options *options,
                  struct mst_complaints *complaints)
{
    struct mst_error err;
    auth_want(complaints,
              options->token_url != NULL && options->client_id != NULL
                  && options->client_secret != NULL,
              "kind = \"oauth2\" needs 'token_url', 'client_id' and "
              "'client_secret'");
    if (options->token_url == NULL) {
        return;
    }
    mst_error_clear(&err);
    if (mst_http_url_check(options->token_url, &err) != MST_OK) {
        mst_error_prefix(&err, "token_url: ");
        complaints->add(complaints, true, "auth", &err);
    } else if (strncasecmp(options->token_url, "https://", 8) != 0) {
        auth_complain(complaints, false,
                      "the client's secret goes to 'token_url' in the clear");
    }
}

/* Whether it may be the value of a header. */
static bool
auth_is_line(const char *text)
{
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Whether it may be the name of a header. */
static bool
auth_is_name(const char *text)
{
    return text != NULL && text[0] != '\0'
           && mst_http_is_token(mst_slice_str(text));
}

void
mst_http_auth_check(const struct mst_http_auth_options *options,
                    struct mst_complaints *complaints)
{
    switch ((enum mst_http_auth_kind)options->kind) {
    case MST_HTTP_AUTH_NONE:
        auth_want(complaints,
                  options->token == NULL && options->username == NULL
                      && options->key == NULL && options->client_id == NULL
                      && options->token_file == NULL,
                  "'kind' is missing: basic, bearer, api_key or oauth2");
        break;
    case MST_HTTP_AUTH_BASIC:
        auth_want(complaints, options->username != NULL,
                  "kind = \"basic\" needs 'username'");
        break;
    case MST_HTTP_AUTH_BEARER:
        auth_check_bearer(options, complaints);
        break;
    case MST_HTTP_AUTH_API_KEY:
        auth_want(complaints, options->key != NULL,
                  "kind = \"api_key\" needs 'key'");
        auth_want(complaints, auth_is_name(options->header),
                  "'header' can not be the name of a header");
        break;
    case MST_HTTP_AUTH_OAUTH2:
        auth_check_oauth2(options, complaints);
        break;
    }
    auth_want(complaints,
              auth_is_line(options->token) && auth_is_line(options->key),
              "a token or key has a line break or another control character "
              "in it");
}
