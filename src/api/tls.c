/* SPDX-License-Identifier: MIT */
/* One OpenSSL context that stays, and the newest, which has the certificate
 * that a handshake shows. */
#include "api/tls.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"

enum { TLS_LOOK_MS = 1000 };

struct mst_api_tls {
    struct mst_config_api config; /* its texts outlive this */
    SSL_CTX *first;
    pthread_mutex_t mutex;
    SSL_CTX *newest;
    struct stat cert;
    struct stat key;
    int64_t looked_ms; /* monotonic */
};

static enum mst_status
tls_fail(struct mst_error *err, const char *key, const char *path)
{
    char why[128];
    unsigned long code = ERR_get_error();
    ERR_error_string_n(code, why, sizeof(why));
    ERR_clear_error();
    return mst_fail(err, MST_FATAL, "api", (int64_t)code,
                    "api.%s %s can not be used: %s", key, path,
                    code != 0 ? why : "unknown reason");
}

static enum mst_status
tls_load(const struct mst_config_api *config, SSL_CTX *context,
         struct mst_error *err)
{
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1
        || SSL_CTX_use_certificate_chain_file(context, config->tls_cert) != 1) {
        return tls_fail(err, "tls_cert", config->tls_cert);
    }
    if (SSL_CTX_use_PrivateKey_file(context, config->tls_key, SSL_FILETYPE_PEM)
            != 1
        || SSL_CTX_check_private_key(context) != 1) {
        return tls_fail(err, "tls_key", config->tls_key);
    }
    if (config->client_ca == NULL) {
        return MST_OK;
    }
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(config->client_ca);
    if (names == NULL
        || SSL_CTX_load_verify_locations(context, config->client_ca, NULL)
               != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return tls_fail(err, "client_ca", config->client_ca);
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context,
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return MST_OK;
}

static enum mst_status
tls_context(const struct mst_config_api *config, SSL_CTX **ret_context,
            struct mst_error *err)
{
    static const unsigned char id[] = "mstream-api";
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) {
        return mst_fail_memory(err, "api");
    }
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION
                                           | SSL_OP_NO_RENEGOTIATION
                                           | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_session_id_context(context, id, sizeof(id) - 1);
    enum mst_status status = tls_load(config, context, err);
    if (status != MST_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *ret_context = context;
    return MST_OK;
}

static bool
tls_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size
           && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Lock: mutex held. */
static void
tls_look_again(struct mst_api_tls *tls)
{
    int64_t now = mst_clock_ms();
    struct stat cert;
    struct stat key;
    SSL_CTX *context = NULL;
    struct mst_error err;
    if (now - tls->looked_ms < TLS_LOOK_MS) {
        return;
    }
    tls->looked_ms = now;
    if (stat(tls->config.tls_cert, &cert) != 0
        || stat(tls->config.tls_key, &key) != 0
        || (tls_same(&cert, &tls->cert) && tls_same(&key, &tls->key))) {
        return;
    }
    tls->cert = cert;
    tls->key = key;
    if (tls_context(&tls->config, &context, &err) == MST_OK) {
        SSL_CTX_free(tls->newest);
        tls->newest = context;
        mst_log_info("api", "the certificate was read again");
    } else {
        mst_error_hint(&err, "the one before is still in use");
        mst_log_failure(MST_LOG_ERROR, "api", NULL, &err);
    }
}

/* At the beginning of a handshake. */
static int
tls_choose(SSL *ssl, void *arg)
{
    struct mst_api_tls *tls = arg;
    mst_mutex_lock(&tls->mutex);
    tls_look_again(tls);
    SSL_CTX *newest = tls->newest;
    bool chosen = newest == NULL || SSL_set_SSL_CTX(ssl, newest) != NULL;
    mst_mutex_unlock(&tls->mutex);
    return chosen ? 1 : 0;
}

enum mst_status
mst_api_tls_create(const struct mst_config_api *config,
                   struct mst_api_tls **ret_tls, struct mst_error *err)
{
    struct mst_api_tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL || pthread_mutex_init(&tls->mutex, NULL) != 0) {
        free(tls);
        return mst_fail_memory(err, "api");
    }
    tls->config = *config;
    tls->looked_ms = mst_clock_ms();
    enum mst_status status = tls_context(config, &tls->first, err);
    if (status != MST_OK || stat(config->tls_cert, &tls->cert) != 0
        || stat(config->tls_key, &tls->key) != 0) {
        mst_api_tls_destroy(tls);
        return status != MST_OK ? status
                                : mst_fail(err, MST_FATAL, "api", 0,
                                           "the certificate went away");
    }
    SSL_CTX_set_cert_cb(tls->first, tls_choose, tls);
    *ret_tls = tls;
    return MST_OK;
}

SSL_CTX *
mst_api_tls_context(struct mst_api_tls *tls)
{
    return tls->first;
}

void
mst_api_tls_destroy(struct mst_api_tls *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->newest);
        SSL_CTX_free(tls->first);
        (void)pthread_mutex_destroy(&tls->mutex);
        free(tls);
    }
}
