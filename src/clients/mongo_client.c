/* SPDX-License-Identifier: MIT */
/* Clients and pools of libmongoc made from a service's options. */
#include "clients/mongo_client.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clients/mongo_dial.h"
#include "log/log.h"

#define ORIGIN "mongodb"

static void
mongo_log(mongoc_log_level_t level, const char *domain, const char *message,
          void *user_data)
{
    (void)user_data;
    /* Failures come back as errors too and are logged where they are decided
     * about; the library's own words are for debugging. */
    bool bad =
        level == MONGOC_LOG_LEVEL_ERROR || level == MONGOC_LOG_LEVEL_CRITICAL;
    mst_log_write(bad ? MST_LOG_WARN : MST_LOG_DEBUG, ORIGIN, NULL, 0, "%s: %s",
                  domain, message);
}

static void
mongo_init_once(void)
{
    mongoc_log_set_handler(mongo_log, NULL);
    mongoc_init();
}

void
mst_mongo_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, mongo_init_once);
}

static void
mongo_put(char *out, size_t size, size_t *at, const char *text, size_t len)
{
    for (size_t i = 0; i < len && *at + 1 < size; i++) {
        out[(*at)++] = text[i];
    }
}

/* Query options whose values are secrets. */
static bool
mongo_is_secret_option(const char *name, size_t len)
{
    static const char *const secrets[] = {
        "authMechanismProperties", "tlsCertificateKeyFilePassword",
        "sslClientCertificateKeyPassword", "proxyPassword"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(secrets); i++) {
        if (strlen(secrets[i]) == len
            && strncasecmp(secrets[i], name, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Copies "a=1&b=2" with secret values masked. */
static void
mongo_redact_query(const char *query, char *out, size_t size, size_t *at)
{
    while (*query != '\0') {
        size_t len = strcspn(query, "&;");
        size_t name = strcspn(query, "=&;");
        if (name < len && mongo_is_secret_option(query, name)) {
            mongo_put(out, size, at, query, name);
            mongo_put(out, size, at, "=***", 4);
        } else {
            mongo_put(out, size, at, query, len);
        }
        query += len;
        if (*query != '\0') {
            mongo_put(out, size, at, query, 1);
            query++;
        }
    }
}

char *
mst_mongo_redact(const char *connection_string, char *out, size_t size)
{
    if (size == 0) {
        return out;
    }
    size_t at = 0;
    const char *rest = connection_string;
    const char *scheme = strstr(rest, "://");
    if (scheme != NULL) {
        mongo_put(out, size, &at, rest, (size_t)(scheme + 3 - rest));
        rest = scheme + 3;
    }
    /* The last '@' before the query: a password with an unescaped '@' or '/'
     * is not legal, but it is what people write. */
    size_t authority = strcspn(rest, "?");
    const char *last = memrchr(rest, '@', authority);
    if (last == NULL) {
        /* Nor is '?': then everything before the last '@' is suspect. */
        last = strchr(rest, '@') == NULL ? NULL : strrchr(rest, '@');
    }
    if (last != NULL) {
        size_t user = strcspn(rest, ":@");
        mongo_put(out, size, &at, rest, user);
        if (rest[user] == ':') {
            mongo_put(out, size, &at, ":***", 4);
        }
        rest = last;
    }
    size_t plain = strcspn(rest, "?");
    if (rest[plain] == '?') {
        plain++;
    }
    mongo_put(out, size, &at, rest, plain);
    mongo_redact_query(rest + plain, out, size, &at);
    out[at] = '\0';
    return out;
}

static bool
mongo_set_int(mongoc_uri_t *uri, const char *option, int64_t value)
{
    return mongoc_uri_has_option(uri, option)
           || mongoc_uri_set_option_as_int32(uri, option, (int32_t)value);
}

static bool
mongo_set_text(mongoc_uri_t *uri, const char *option, const char *value)
{
    return value == NULL || mongoc_uri_has_option(uri, option)
           || mongoc_uri_set_option_as_utf8(uri, option, value);
}

static bool
mongo_set_tls(mongoc_uri_t *uri, const struct mst_mongo_options *options)
{
    bool wanted = options->tls || options->tls_ca_file != NULL
                  || options->tls_certificate_key_file != NULL
                  || options->tls_insecure;
    if (!wanted) {
        return true;
    }
    bool ok = mongoc_uri_has_option(uri, MONGOC_URI_TLS)
              || mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLS, true);
    ok = ok && mongo_set_text(uri, MONGOC_URI_TLSCAFILE, options->tls_ca_file)
         && mongo_set_text(uri, MONGOC_URI_TLSCERTIFICATEKEYFILE,
                           options->tls_certificate_key_file)
         && mongo_set_text(uri, MONGOC_URI_TLSCERTIFICATEKEYFILEPASSWORD,
                           options->tls_certificate_key_password);
    if (ok && options->tls_insecure) {
        ok = mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLSINSECURE, true);
    }
    return ok;
}

static bool
mongo_set_all(mongoc_uri_t *uri, const struct mst_mongo_options *options,
              int64_t socket_timeout_ms)
{
    return mongo_set_int(uri, MONGOC_URI_CONNECTTIMEOUTMS,
                         options->connect_timeout_ms)
           && mongo_set_int(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
                            options->server_selection_timeout_ms)
           && mongo_set_int(uri, MONGOC_URI_SOCKETTIMEOUTMS,
                            socket_timeout_ms > 0 ? socket_timeout_ms
                                                  : options->socket_timeout_ms)
           && mongo_set_tls(uri, options);
}

/* The library says nothing useful about a file that it can not read. */
static enum mst_status
mongo_check_file(const char *key, const char *path, struct mst_error *err)
{
    if (path == NULL || access(path, R_OK) == 0) {
        return MST_OK;
    }
    int code = errno;
    return mst_fail(err, MST_FATAL, ORIGIN, code, "%s '%s' can not be read: %s",
                    key, path,
                    code == ENOENT ? "no such file" : "no permission");
}

static enum mst_status
mongo_check_files(const struct mst_mongo_options *options, const char **ret_key,
                  struct mst_error *err)
{
    *ret_key = "tls_ca_file";
    enum mst_status status =
        mongo_check_file(*ret_key, options->tls_ca_file, err);
    if (status == MST_OK) {
        *ret_key = "tls_certificate_key_file";
        status =
            mongo_check_file(*ret_key, options->tls_certificate_key_file, err);
    }
    return status;
}

/* The library names an application only up to this length. */
static void
mongo_set_app(mongoc_uri_t *uri, const char *app_name)
{
    char name[MONGOC_HANDSHAKE_APPNAME_MAX];
    size_t at = 0;
    mongo_put(name, sizeof(name), &at, app_name, strlen(app_name));
    name[at] = '\0';
    if (mongoc_uri_get_appname(uri) == NULL) {
        /* A name that is refused (not UTF-8) is left out: it only helps. */
        (void)mongoc_uri_set_appname(uri, name);
    }
}

static mongoc_uri_t *
mongo_parse(const char *connection_string, const char *shown,
            struct mst_error *err)
{
    bson_error_t error;
    mongoc_uri_t *uri = mongoc_uri_new_with_error(connection_string, &error);
    if (uri == NULL) {
        /* The library's message may quote the part at fault: a secret. */
        (void)mst_fail(err, MST_FATAL, ORIGIN, error.code,
                       "connection_string '%s' is not a MongoDB connection "
                       "string",
                       shown);
        mst_error_hint(err,
                       "mongodb://user:password@host:27017/?replicaSet=rs0; "
                       "escape : / ? # [ ] @ %% in user and password as %%XX");
    }
    return uri;
}

/* *ret_key: the key of the service at fault, when it fails. */
static enum mst_status
mongo_uri(const struct mst_mongo_options *options, const char *app_name,
          int64_t socket_timeout_ms, mongoc_uri_t **ret_uri,
          const char **ret_key, struct mst_error *err)
{
    mst_mongo_init();
    enum mst_status status = mongo_check_files(options, ret_key, err);
    if (status != MST_OK) {
        return status;
    }
    *ret_key = "connection_string";
    char shown[512];
    (void)mst_mongo_redact(options->connection_string, shown, sizeof(shown));
    mongoc_uri_t *uri = mongo_parse(options->connection_string, shown, err);
    if (uri == NULL) {
        return MST_FATAL;
    }
    if (!mongo_set_all(uri, options, socket_timeout_ms)) {
        mongoc_uri_destroy(uri);
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "connection_string '%s' and the tls or time-out keys "
                        "of the service do not fit together",
                        shown);
    }
    mongo_set_app(uri, app_name);
    *ret_uri = uri;
    return MST_OK;
}

enum mst_status
mst_mongo_check(const struct mst_mongo_options *options, const char **ret_key,
                struct mst_error *err)
{
    mongoc_uri_t *uri = NULL;
    enum mst_status status =
        mongo_uri(options, "mstream", 0, &uri, ret_key, err);
    if (uri != NULL) {
        mongoc_uri_destroy(uri);
    }
    return status;
}

static enum mst_status
mongo_fail_create(struct mst_error *err, const bson_error_t *error)
{
    return mst_fail(err, MST_FATAL, ORIGIN, error->code,
                    "the MongoDB client could not be made: %s",
                    error->code == 0 ? "check the TLS files" : error->message);
}

enum mst_status
mst_mongo_pool_create(const struct mst_mongo_options *options,
                      const char *app_name, mongoc_client_pool_t **ret_pool,
                      struct mst_error *err)
{
    mongoc_uri_t *uri = NULL;
    const char *key = NULL;
    enum mst_status status = mongo_uri(options, app_name, 0, &uri, &key, err);
    if (status != MST_OK) {
        return status;
    }
    bson_error_t error = {0};
    mongoc_client_pool_t *pool = mongoc_client_pool_new_with_error(uri, &error);
    mongoc_uri_destroy(uri);
    if (pool == NULL) {
        return mongo_fail_create(err, &error);
    }
    (void)mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
    *ret_pool = pool;
    return MST_OK;
}

void
mst_mongo_pool_destroy(mongoc_client_pool_t *pool)
{
    if (pool != NULL) {
        mongoc_client_pool_destroy(pool);
    }
}

mongoc_client_t *
mst_mongo_pool_pop(mongoc_client_pool_t *pool)
{
    return mongoc_client_pool_pop(pool);
}

void
mst_mongo_pool_push(mongoc_client_pool_t *pool, mongoc_client_t *client)
{
    if (client != NULL) {
        mongoc_client_pool_push(pool, client);
    }
}

/* TLS options that only libmongoc's own connections can have. */
static bool
mongo_has_special_tls(const mongoc_client_t *client)
{
    const mongoc_uri_t *uri = mongoc_client_get_uri(client);
    return mongoc_uri_has_option(
               uri, MONGOC_URI_TLSDISABLECERTIFICATEREVOCATIONCHECK)
           || mongoc_uri_has_option(uri,
                                    MONGOC_URI_TLSDISABLEOCSPENDPOINTCHECK);
}

enum mst_status
mst_mongo_client_create(const struct mst_mongo_options *options,
                        const char *app_name, int64_t socket_timeout_ms,
                        struct mst_mongo_cancel *cancel,
                        mongoc_client_t **ret_client, struct mst_error *err)
{
    mongoc_uri_t *uri = NULL;
    const char *key = NULL;
    enum mst_status status =
        mongo_uri(options, app_name, socket_timeout_ms, &uri, &key, err);
    if (status != MST_OK) {
        return status;
    }
    bson_error_t error = {0};
    mongoc_client_t *client =
        mongoc_client_new_from_uri_with_error(uri, &error);
    mongoc_uri_destroy(uri);
    if (client == NULL) {
        return mongo_fail_create(err, &error);
    }
    (void)mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
    if (cancel != NULL && !mongo_has_special_tls(client)) {
        mongoc_client_set_stream_initiator(client, mst_mongo_dial, cancel);
    }
    *ret_client = client;
    return MST_OK;
}
