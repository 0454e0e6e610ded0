/* SPDX-License-Identifier: MIT */
/* Options of libcurl, and its errors in our words. */
#include "clients/http_easy.h"

#include <stdio.h>
#include <string.h>

enum { HTTP_RETRY_AFTER_MAX_S = 3600 };

bool
mst_http_easy_text(CURL *easy, CURLoption option, const char *text)
{
    return text == NULL || curl_easy_setopt(easy, option, text) == CURLE_OK;
}

bool
mst_http_easy_number(CURL *easy, CURLoption option, int64_t number)
{
    return curl_easy_setopt(easy, option, (long)number) == CURLE_OK;
}

static bool
http_set_login(CURL *easy, const struct mst_http_options *options)
{
    if (options->token != NULL) {
        return mst_http_easy_number(easy, CURLOPT_HTTPAUTH,
                                    (int64_t)CURLAUTH_BEARER)
               && mst_http_easy_text(easy, CURLOPT_XOAUTH2_BEARER,
                                     options->token);
    }
    if (options->username != NULL) {
        const char *password = options->password;
        return mst_http_easy_number(easy, CURLOPT_HTTPAUTH,
                                    (int64_t)CURLAUTH_BASIC)
               && mst_http_easy_text(easy, CURLOPT_USERNAME, options->username)
               && mst_http_easy_text(easy, CURLOPT_PASSWORD,
                                     password == NULL ? "" : password);
    }
    return true;
}

static bool
http_set_tls(CURL *easy, const struct mst_http_options *options)
{
    const char *key = options->key_file != NULL ? options->key_file
                                                : options->certificate_file;
    return mst_http_easy_text(easy, CURLOPT_CAINFO, options->ca_file)
           && mst_http_easy_text(easy, CURLOPT_SSLCERT,
                                 options->certificate_file)
           && mst_http_easy_text(easy, CURLOPT_SSLKEY, key)
           && mst_http_easy_text(easy, CURLOPT_KEYPASSWD, options->key_password)
           && mst_http_easy_number(easy, CURLOPT_SSLVERSION,
                                   CURL_SSLVERSION_TLSv1_2)
           && mst_http_easy_number(easy, CURLOPT_SSL_VERIFYPEER,
                                   options->insecure ? 0 : 1)
           && mst_http_easy_number(easy, CURLOPT_SSL_VERIFYHOST,
                                   options->insecure ? 0 : 2);
}

/* "" is no proxy, and libcurl looks into the environment when none is set. */
static bool
http_set_proxy(CURL *easy, const char *proxy)
{
    if (proxy != NULL && strcmp(proxy, "environment") == 0) {
        return true;
    }
    return mst_http_easy_text(easy, CURLOPT_PROXY, proxy == NULL ? "" : proxy);
}

static bool
http_set_keepalive(CURL *easy, int64_t keepalive_ms)
{
    int64_t seconds = keepalive_ms / 1000;
    return seconds == 0
           || (mst_http_easy_number(easy, CURLOPT_TCP_KEEPALIVE, 1)
               && mst_http_easy_number(easy, CURLOPT_TCP_KEEPIDLE, seconds)
               && mst_http_easy_number(easy, CURLOPT_TCP_KEEPINTVL, seconds));
}

/* QUICK_EXIT: a name that is still being looked up holds up nobody. */
bool
mst_http_easy_set_up(CURL *easy, const struct mst_http_options *options,
                     const char *url)
{
    return mst_http_easy_number(easy, CURLOPT_NOSIGNAL, 1)
           && mst_http_easy_number(easy, CURLOPT_QUICK_EXIT, 1)
           && mst_http_easy_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
           && mst_http_easy_text(easy, CURLOPT_USERAGENT, "mstream")
           && mst_http_easy_number(easy, CURLOPT_FOLLOWLOCATION, 0)
           && mst_http_easy_number(easy, CURLOPT_CONNECTTIMEOUT_MS,
                                   options->connect_timeout_ms)
           && mst_http_easy_number(easy, CURLOPT_TIMEOUT_MS,
                                   options->timeout_ms)
           && mst_http_easy_text(easy, CURLOPT_URL, url)
           && http_set_proxy(easy, options->proxy)
           && http_set_keepalive(easy, options->keepalive_ms)
           && http_set_tls(easy, options) && http_set_login(easy, options);
}

/* Whether no time heals it. */
static bool
http_is_for_a_person(CURLcode code)
{
    switch ((int)code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return true;
    default:
        return false;
    }
}

bool
mst_http_easy_head(const char *line, size_t len, bool was)
{
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        return false;
    }
    return was || (len > 0 && (line[0] == '\r' || line[0] == '\n'));
}

enum mst_status
mst_http_easy_fail(CURLcode code, const char *said, const char *url,
                   struct mst_error *err)
{
    char shown[MST_HTTP_URL_SHOWN_MAX];
    mst_http_url_show(url, shown);
    if (code == CURLE_OK) {
        return mst_fail(err, MST_RETRY, "http", 0,
                        "%s: the connection was closed within the head of the "
                        "answer",
                        shown);
    }
    if (code == CURLE_OUT_OF_MEMORY) {
        /* libcurl says the same of a header line above its limit. */
        return mst_fail(err, MST_RETRY, "http", (int64_t)code,
                        "%s: a header of the answer is too long, or there is "
                        "no memory for it",
                        shown);
    }
    enum mst_status status = http_is_for_a_person(code) ? MST_FATAL : MST_RETRY;
    (void)mst_fail(err, status, "http", (int64_t)code, "%s: %s", shown,
                   said[0] != '\0' ? said : curl_easy_strerror(code));
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        mst_error_hint(err, "check the file of authorities (tls), and that "
                            "the certificate is for this host");
    }
    return status;
}

void
mst_http_easy_answer(CURL *easy, struct mst_http_answer *answer)
{
    const char *type = NULL;
    struct curl_header *coding = NULL;
    curl_off_t seconds = 0;
    answer->status = 0;
    answer->content_type[0] = '\0';
    answer->content_encoding[0] = '\0';
    answer->retry_after_ms = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
    if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK
        && type != NULL && strlen(type) < MST_HTTP_CONTENT_TYPE_MAX) {
        memcpy(answer->content_type, type, strlen(type) + 1);
    }
    if (curl_easy_header(easy, "Content-Encoding", 0, CURLH_HEADER, -1, &coding)
        == CURLHE_OK) {
        (void)snprintf(answer->content_encoding, MST_HTTP_CODING_MAX, "%s",
                       coding->value);
    }
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK
        && seconds > 0) {
        seconds =
            seconds < HTTP_RETRY_AFTER_MAX_S ? seconds : HTTP_RETRY_AFTER_MAX_S;
        answer->retry_after_ms = (int64_t)seconds * 1000;
    }
}
