/* SPDX-License-Identifier: MIT */
/* The option table of registries, and a look at one. */
#include "clients/registry_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clients/schema_registry.h"
#include "clients/tls_expiry.h"

enum { REGISTRY_HOST_MAX = 256 };

#define AT(field) offsetof(struct registry_service, field)

const struct mst_option registry_service_options[REGISTRY_SERVICE_OPTIONS] = {
    {.name = "url",
     .type = MST_OPTION_STRING_LIST,
     .offset = AT(urls),
     .flags = MST_OPTION_REQUIRED | MST_OPTION_ONE_OR_LIST,
     .help = "Address, http://... or https://..., with the path if it has one; "
             "of several that are the same registry, each is tried."},
    MST_HTTP_OPTION_ENTRIES(AT(http)),
    {.name = "latest_max_age",
     .type = MST_OPTION_DURATION,
     .offset = AT(latest_max_age_ms),
     .def = "5m",
     .min = 0,
     .max = INT64_C(30) * 24 * 3600 * 1000,
     .help = "How long the latest version of a subject is believed to be the "
             "latest; looked at when a job starts. What has a number never "
             "changes and is asked for once."},
};

static void
registry_check(const void *service, struct mst_complaints *complaints)
{
    const struct registry_service *registry = service;
    struct mst_error err;
    bool plain = false;
    mst_error_clear(&err);
    if (registry->urls.len == 0) {
        (void)mst_fail(&err, MST_FATAL, "registry", 0, "'url' is empty");
        complaints->add(complaints, true, "url", &err);
    }
    for (size_t i = 0; i < registry->urls.len; i++) {
        const char *url = registry->urls.items[i];
        if (mst_http_url_check(url, &err) != MST_OK) {
            complaints->add(complaints, true, "url", &err);
        }
        plain = plain || strncasecmp(url, "https://", 8) != 0;
    }
    if (plain
        && (registry->http.token != NULL || registry->http.password != NULL)) {
        mst_error_clear(&err);
        (void)mst_fail(&err, MST_FATAL, "registry", 0,
                       "the login goes over the network in the clear");
        mst_error_hint(&err, "use https://");
        complaints->add(complaints, false, "url", &err);
    }
    mst_http_options_check(&registry->http, complaints);
}

static void
registry_doctor_tls(const struct registry_service *registry, int timeout_ms,
                    struct mst_findings *findings)
{
    const char *file = registry->http.certificate_file;
    int64_t end_ms = 0;
    for (size_t i = 0; i < registry->urls.len; i++) {
        char host[REGISTRY_HOST_MAX];
        uint16_t port = 0;
        if (mst_tls_expiry_place(registry->urls.items[i], host, sizeof(host),
                                 &port)
            && mst_tls_expiry_server(host, port, timeout_ms, &end_ms, NULL)
                   == MST_OK) {
            mst_tls_expiry_tell(findings, host, end_ms);
        }
    }
    if (file != NULL && mst_tls_expiry_file(file, &end_ms, NULL) == MST_OK) {
        mst_tls_expiry_tell(findings, file, end_ms);
    }
}

/* Counts subjects. */
struct registry_count {
    struct mst_schema_list list; /* first: add casts back */
    size_t subjects;
};

static enum mst_status
registry_count_one(struct mst_schema_list *list, const char *subject,
                   uint32_t version)
{
    (void)subject;
    (void)version;
    ((struct registry_count *)list)->subjects++;
    return MST_OK;
}

/* Each address by itself: one that does not work is not hidden by others. */
static void
registry_doctor_url(const char *name, const struct registry_service *registry,
                    size_t i, struct mst_findings *findings)
{
    struct registry_service one = *registry;
    const struct mst_schema_store_args args = {.service_name = name,
                                               .service = &one};
    struct registry_count count = {.list = {.add = registry_count_one}};
    char url[MST_HTTP_URL_SHOWN_MAX];
    char text[MST_HTTP_URL_SHOWN_MAX + 64];
    struct mst_error err;
    void *store = NULL;
    one.urls.items = &registry->urls.items[i];
    one.urls.len = 1;
    mst_error_clear(&err);
    enum mst_status status = mst_schema_registry.open(&store, &args, &err);
    if (status == MST_OK) {
        status = mst_schema_registry.list(store, NULL, &count.list, &err);
        mst_schema_registry.close(store);
    }
    if (status != MST_OK) {
        findings->add(findings, MST_FINDING_FAIL, "reachable", err.text,
                      err.hint);
        return;
    }
    mst_http_url_show(registry->urls.items[i], url);
    (void)snprintf(text, sizeof(text), "%s answers, it has %zu subject%s", url,
                   count.subjects, count.subjects == 1 ? "" : "s");
    findings->add(findings, MST_FINDING_OK, "reachable", text, NULL);
}

static void
registry_look(const char *name, const void *service, int timeout_ms,
              struct mst_findings *findings)
{
    struct registry_service registry =
        *(const struct registry_service *)service;
    if (registry.http.timeout_ms > timeout_ms) {
        registry.http.timeout_ms = timeout_ms;
    }
    for (size_t i = 0; i < registry.urls.len; i++) {
        registry_doctor_url(name, &registry, i, findings);
    }
    registry_doctor_tls(&registry, timeout_ms, findings);
}

const struct mst_inspect registry_service_inspect = {
    .check = registry_check,
    .service = registry_look,
};
