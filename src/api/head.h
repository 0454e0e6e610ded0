/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.1 request, read strictly: what two programs could
 * understand differently is refused, and never guessed at.
 */
#ifndef MST_API_HEAD_H
#define MST_API_HEAD_H

#include "api/http.h"

enum { MST_API_HEAD_MAX = 16 * 1024, MST_API_HEADERS_MAX = 63 };

/* How the body comes, and what is to happen behind the answer. */
struct mst_api_framing {
    uint64_t length; /* of the body */
    bool headless;   /* HEAD: the answer goes without its body */
    bool expects;    /* the client waits for "100 Continue" */
    bool close;      /* the connection ends with the answer */
};

/* Length of the head with the empty line that ends it; 0: it is not whole. */
size_t mst_api_head_end(const char *text, size_t len);

/* Reads a head that is whole; its text is cut into pieces, which the request
 * borrows. HEAD becomes GET. False: refused, and the connection can not be
 * used any more. */
bool mst_api_head_read(char *text, size_t len, struct mst_api_request *request,
                       struct mst_api_framing *ret_framing,
                       struct mst_api_answer *answer);

#endif
