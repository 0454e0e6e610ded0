/* SPDX-License-Identifier: MIT */
/*
 * How requests log in: the keys of `auth`, and the header line that they give.
 * Tokens of files and of OAuth 2 servers are renewed.
 */
#ifndef MST_CLIENTS_HTTP_AUTH_H
#define MST_CLIENTS_HTTP_AUTH_H

#include "clients/http_client.h"

enum mst_http_auth_kind {
    MST_HTTP_AUTH_NONE = 0,
    MST_HTTP_AUTH_BASIC,
    MST_HTTP_AUTH_BEARER,
    MST_HTTP_AUTH_API_KEY,
    MST_HTTP_AUTH_OAUTH2
};

struct mst_http_auth_options {
    int kind; /* enum mst_http_auth_kind */
    char *username;
    char *password;
    char *token;
    char *token_file; /* read anew when it changes */
    char *header;     /* of API_KEY */
    char *key;
    char *token_url; /* of OAUTH2, client credentials */
    char *client_id;
    char *client_secret;
    char *scope;
    char *audience;
    int client_auth; /* 0: basic, 1: in the body */
};

enum { MST_HTTP_AUTH_OPTIONS = 13 };
extern const struct mst_option mst_http_auth_options[MST_HTTP_AUTH_OPTIONS];

/* Says what is missing or contradicts itself. No network. */
void mst_http_auth_check(const struct mst_http_auth_options *options,
                         struct mst_complaints *complaints);

/* Thread: one at a time. */
struct mst_http_auth;

/* Both outlive it; http says how token servers are reached. */
MST_MUST_CHECK enum mst_status
mst_http_auth_create(const struct mst_http_auth_options *options,
                     const struct mst_http_options *http,
                     struct mst_http_auth **ret_auth, struct mst_error *err);
/* NULL is fine. */
void mst_http_auth_destroy(struct mst_http_auth *auth);

/* True: mst_http_auth_renew is to be called before the next request. */
bool mst_http_auth_is_due(struct mst_http_auth *auth);
/* Reads the file or asks the server, which may take a while. MST_RETRY: not
 * now; MST_FATAL: a person has to do something. */
MST_MUST_CHECK enum mst_status mst_http_auth_renew(struct mst_http_auth *auth,
                                                   struct mst_error *err);
/* Thread: any. As mst_http_interrupt. */
void mst_http_auth_interrupt(struct mst_http_auth *auth, bool on);

/* "Name: value", NULL: none is needed. Valid until the next renew. */
const char *mst_http_auth_line(const struct mst_http_auth *auth);

/* A request that was started at that time (mst_clock_ms) was answered with
 * 401. True: another login may be taken, so it is to be sent again. */
bool mst_http_auth_refused(struct mst_http_auth *auth, int64_t started_ms);
/* A request was answered with another status. */
void mst_http_auth_accepted(struct mst_http_auth *auth);

/* Puts stars over the login wherever text has it: servers echo. */
void mst_http_auth_conceal(const struct mst_http_auth *auth,
                           struct mst_error *err);

#endif
