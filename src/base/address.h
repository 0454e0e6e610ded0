/* SPDX-License-Identifier: MIT */
/* Addresses of the internet, IPv4 and IPv6, as numbers: no name is looked up.
 */
#ifndef MST_BASE_ADDRESS_H
#define MST_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/macros.h"

enum { MST_ADDRESS_TEXT_MAX = 64 };

struct mst_address {
    struct sockaddr_storage name;
    socklen_t len;
};

/* "127.0.0.1", "::1", or "localhost", which is 127.0.0.1. False: none of
 * these; an IPv6 address stands without brackets. */
MST_MUST_CHECK bool mst_address_parse(const char *host, uint16_t port,
                                      struct mst_address *ret_address);
/* Whether only this machine reaches it. */
bool mst_address_is_loopback(const struct mst_address *address);
/* Whether the two are of one machine: the ports do not count. */
bool mst_address_same_host(const struct mst_address *a,
                           const struct mst_address *b);
uint16_t mst_address_port(const struct mst_address *address);
/* Without the port; an IPv4 address in IPv6 clothes as IPv4. */
void mst_address_text(const struct mst_address *address,
                      char ret_text[MST_ADDRESS_TEXT_MAX]);

#endif
