/* SPDX-License-Identifier: MIT */
/* Both families behind one face. */
#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* By copy: a sockaddr_storage may not be read as something else. */
static struct sockaddr_in
address_v4(const struct mst_address *address)
{
    struct sockaddr_in v4;
    memcpy(&v4, &address->name, sizeof(v4));
    return v4;
}

static struct sockaddr_in6
address_v6(const struct mst_address *address)
{
    struct sockaddr_in6 v6;
    memcpy(&v6, &address->name, sizeof(v6));
    return v6;
}

bool
mst_address_parse(const char *host, uint16_t port,
                  struct mst_address *ret_address)
{
    struct mst_address address = {.len = 0};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(port)};
    if (strcmp(host, "localhost") == 0) {
        host = "127.0.0.1";
    }
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(&address.name, &v4, sizeof(v4));
        address.len = sizeof(v4);
    } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(&address.name, &v6, sizeof(v6));
        address.len = sizeof(v6);
    } else {
        return false;
    }
    *ret_address = address;
    return true;
}

/* Its 16 bytes; those of IPv4 stand behind the prefix that maps them. */
static void
address_bytes(const struct mst_address *address, uint8_t ret[16])
{
    memset(ret, 0, 16);
    if (address->name.ss_family == AF_INET6) {
        struct sockaddr_in6 v6 = address_v6(address);
        memcpy(ret, &v6.sin6_addr, 16);
    } else if (address->name.ss_family == AF_INET) {
        struct sockaddr_in v4 = address_v4(address);
        ret[10] = 0xFF;
        ret[11] = 0xFF;
        memcpy(ret + 12, &v4.sin_addr, 4);
    }
}

static bool
address_is_mapped(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = {[10] = 0xFF, [11] = 0xFF};
    return memcmp(bytes, prefix, sizeof(prefix)) == 0;
}

bool
mst_address_is_loopback(const struct mst_address *address)
{
    static const uint8_t one[16] = {[15] = 1};
    uint8_t bytes[16];
    address_bytes(address, bytes);
    return address_is_mapped(bytes) ? bytes[12] == 127
                                    : memcmp(bytes, one, sizeof(one)) == 0;
}

bool
mst_address_same_host(const struct mst_address *a, const struct mst_address *b)
{
    uint8_t left[16];
    uint8_t right[16];
    address_bytes(a, left);
    address_bytes(b, right);
    return memcmp(left, right, sizeof(left)) == 0;
}

uint16_t
mst_address_port(const struct mst_address *address)
{
    return ntohs(address->name.ss_family == AF_INET6
                     ? address_v6(address).sin6_port
                     : address_v4(address).sin_port);
}

void
mst_address_text(const struct mst_address *address,
                 char ret_text[MST_ADDRESS_TEXT_MAX])
{
    uint8_t bytes[16];
    address_bytes(address, bytes);
    bool mapped = address_is_mapped(bytes);
    if (inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? bytes + 12 : bytes,
                  ret_text, MST_ADDRESS_TEXT_MAX)
        == NULL) {
        (void)snprintf(ret_text, MST_ADDRESS_TEXT_MAX, "-");
    }
}
