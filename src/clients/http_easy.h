/* SPDX-License-Identifier: MIT */
/* How handles of libcurl are set up and what their results mean: for the
 * files of this folder that drive them. */
#ifndef MST_CLIENTS_HTTP_EASY_H
#define MST_CLIENTS_HTTP_EASY_H

#include <curl/curl.h>

#include "clients/http_client.h"

enum { MST_HTTP_HEADERS_MAX = 256 * 1024 /* bytes of all header lines */ };

/* False: libcurl did not take it. NULL texts are left as they are. */
MST_MUST_CHECK bool mst_http_easy_text(CURL *easy, CURLoption option,
                                       const char *text);
MST_MUST_CHECK bool mst_http_easy_number(CURL *easy, CURLoption option,
                                         int64_t number);

/* Everything that holds for all requests of a service. */
MST_MUST_CHECK bool mst_http_easy_set_up(CURL *easy,
                                         const struct mst_http_options *options,
                                         const char *url);

/* Whether the head of an answer is whole with this line; was: before it. What
 * comes behind a 100 begins anew. */
bool mst_http_easy_head(const char *line, size_t len, bool was);

/* What ended a request without an answer; CURLE_OK: in its head. said: libcurl's own words, may be
 * empty. MST_RETRY or MST_FATAL. */
enum mst_status mst_http_easy_fail(CURLcode code, const char *said,
                                   const char *url, struct mst_error *err);

/* Status, type and Retry-After of the answer that came. */
void mst_http_easy_answer(CURL *easy, struct mst_http_answer *answer);

#endif
