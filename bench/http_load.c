/* SPDX-License-Identifier: MIT */
/*
 * What libcurl's multi interface does by itself: POSTs of one body, so many
 * at once, on kept connections, each confirmed by its answer.
 *
 *   http_load URL COUNT CONCURRENCY BYTES
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"

enum { LOAD_BODY_MAX = 65536, LOAD_SLOTS_MAX = 256, LOAD_WAIT_MS = 1000 };

struct load {
    CURLM *multi;
    const char *url;
    long long left; /* to be sent */
    long long under_way;
    long long good;
    struct curl_slist *headers;
    char body[LOAD_BODY_MAX];
    size_t bytes;
};

static size_t
load_drop(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return size * n;
}

static bool
load_send(struct load *load, CURL *easy)
{
    load->left--;
    load->under_way++;
    return curl_easy_setopt(easy, CURLOPT_URL, load->url) == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)load->bytes)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_POSTFIELDS, load->body) == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, load->headers)
                  == CURLE_OK
           && curl_multi_add_handle(load->multi, easy) == CURLM_OK;
}

static bool
load_begin(struct load *load, CURL *easy)
{
    return easy != NULL
           && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, load_drop)
                  == CURLE_OK
           && load_send(load, easy);
}

static bool
load_take(struct load *load)
{
    int more = 0;
    CURLMsg *message = curl_multi_info_read(load->multi, &more);
    while (message != NULL) {
        CURL *easy = message->easy_handle;
        long status = 0;
        bool came = message->data.result == CURLE_OK;
        load->under_way--;
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        load->good += came && status >= 200 && status < 300 ? 1 : 0;
        (void)curl_multi_remove_handle(load->multi, easy);
        if (load->left > 0 && !load_send(load, easy)) {
            return false;
        }
        message = curl_multi_info_read(load->multi, &more);
    }
    return true;
}

static bool
load_run(struct load *load, size_t slots, CURL **easies)
{
    int running = 0;
    bool good = true;
    for (size_t i = 0; i < slots && load->left > 0 && good; i++) {
        easies[i] = curl_easy_init();
        good = load_begin(load, easies[i]);
    }
    while (good && load->under_way > 0) {
        good = curl_multi_perform(load->multi, &running) == CURLM_OK
               && load_take(load);
        if (good && load->under_way > 0) {
            good = curl_multi_poll(load->multi, NULL, 0, LOAD_WAIT_MS, NULL)
                   == CURLM_OK;
        }
    }
    return good;
}

int
main(int argc, char **argv)
{
    static struct load load;
    static CURL *easies[LOAD_SLOTS_MAX];
    struct rusage usage;
    if (argc != 5) {
        (void)fprintf(stderr, "usage: http_load URL COUNT CONCURRENCY BYTES\n");
        return 2;
    }
    long long count = strtoll(argv[2], NULL, 10);
    size_t slots = strtoul(argv[3], NULL, 10);
    load.bytes = strtoul(argv[4], NULL, 10);
    if (slots > LOAD_SLOTS_MAX || load.bytes > sizeof(load.body)) {
        return 2;
    }
    memset(load.body, 'x', load.bytes);
    load.url = argv[1];
    load.left = count;
    load.multi = curl_multi_init();
    load.headers = curl_slist_append(NULL, "Expect:");
    load.headers = curl_slist_append(load.headers, "X-op: create");
    load.headers =
        curl_slist_append(load.headers, "Content-Type: application/json");
    int64_t before = mst_clock_ns();
    bool good = load_run(&load, slots, easies);
    double seconds = (double)(mst_clock_ns() - before) / 1e9;
    (void)getrusage(RUSAGE_SELF, &usage);
    double cpu =
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    (void)printf("{\"good\": %lld, \"seconds\": %.3f, \"cpu\": %.3f}\n",
                 load.good, seconds, cpu);
    return good && load.good == count ? 0 : 1;
}
