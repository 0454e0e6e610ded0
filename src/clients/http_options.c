/* SPDX-License-Identifier: MIT */
/* Checks of addresses and of options that belong together. */
#include "clients/http_options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void
http_complain(struct mst_complaints *complaints, bool error, const char *key,
              const char *text)
{
    struct mst_error err;
    mst_error_clear(&err);
    (void)mst_fail(&err, MST_FATAL, "http", 0, "%s", text);
    complaints->add(complaints, error, key, &err);
}

void
mst_http_check_file(struct mst_complaints *complaints, const char *key,
                    const char *path)
{
    if (path != NULL && access(path, R_OK) != 0) {
        http_complain(complaints, true, key, "the file can not be read");
    }
}

void
mst_http_options_check(const struct mst_http_options *options,
                       struct mst_complaints *complaints)
{
    if (options->password != NULL && options->username == NULL) {
        http_complain(complaints, true, "password",
                      "'password' has no effect without 'username'");
    }
    if (options->token != NULL && options->username != NULL) {
        http_complain(complaints, true, "token",
                      "either 'token' or 'username', not both");
    }
    if (options->key_file != NULL && options->certificate_file == NULL) {
        http_complain(complaints, true, "tls_key_file",
                      "'tls_key_file' has no effect without "
                      "'tls_certificate_file'");
    }
    mst_http_check_file(complaints, "tls_ca_file", options->ca_file);
    mst_http_check_file(complaints, "tls_certificate_file",
                        options->certificate_file);
    mst_http_check_file(complaints, "tls_key_file", options->key_file);
    if (options->insecure) {
        http_complain(complaints, false, "tls_insecure",
                      "the server's certificate is not checked: who stands "
                      "between can read and change everything");
    }
}

/* Behind "http://" or "https://"; NULL: it is neither. */
static const char *
http_url_host(const char *url)
{
    if (strncasecmp(url, "http://", 7) == 0) {
        return url + 7;
    }
    return strncasecmp(url, "https://", 8) == 0 ? url + 8 : NULL;
}

enum mst_status
mst_http_url_check(const char *url, struct mst_error *err)
{
    const char *host = http_url_host(url);
    size_t len = host == NULL ? 0 : strcspn(host, "/?#");
    if (len == 0) {
        return mst_fail(err, MST_REJECTED, "http", 0,
                        "an address begins with http:// or https:// and a "
                        "host");
    }
    if (memchr(host, '@', len) != NULL) {
        (void)mst_fail(err, MST_REJECTED, "http", 0,
                       "an address has no login in it");
        mst_error_hint(err, "use the keys 'username' and 'password'");
        return MST_REJECTED;
    }
    for (const char *at = url; *at != '\0'; at++) {
        if (*at == '?' || *at == '#' || (unsigned char)*at <= ' '
            || (unsigned char)*at >= 0x7f) {
            return mst_fail(err, MST_REJECTED, "http", 0,
                            "an address has no query, fragment, white space "
                            "or control characters");
        }
    }
    return MST_OK;
}

void
mst_http_url_show(const char *url, char out[MST_HTTP_URL_SHOWN_MAX])
{
    const char *host = http_url_host(url);
    host = host == NULL ? url : host;
    const char *login = memrchr(host, '@', strcspn(host, "/?#"));
    size_t scheme = (size_t)(host - url);
    host = login == NULL ? host : login + 1;
    (void)snprintf(out, MST_HTTP_URL_SHOWN_MAX, "%.*s%.*s", (int)scheme, url,
                   (int)strcspn(host, "?#"), host);
}
