/* SPDX-License-Identifier: MIT */
/*
 * Debian's libcivetweb loads OpenSSL by names that OpenSSL 3 does not have:
 * "libssl.so" is there with the development package only, and
 * SSL_get_peer_certificate is called SSL_get1_peer_certificate. Without this
 * the daemon can not serve TLS. Calls of other libraries pass unchanged.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

typedef void *(*names_open)(const char *name, int flags);
typedef void *(*names_symbol)(void *handle, const char *symbol);

/* These are dlopen and dlsym for the program and all of its libraries. */
void *mst_names_dlopen(const char *name, int flags) __asm__("dlopen");
void *mst_names_dlsym(void *handle, const char *symbol) __asm__("dlsym");

/* The real one; dlvsym is the one that is not replaced here. */
static void *
names_real(const char *symbol)
{
    return dlvsym(RTLD_NEXT, symbol, "GLIBC_2.34");
}

void *
mst_names_dlopen(const char *name, int flags)
{
    names_open real = NULL;
    void *found = names_real("dlopen");
    memcpy(&real, &found, sizeof(real));
    if (real == NULL) {
        return NULL;
    }
    if (name != NULL && strcmp(name, "libssl.so") == 0) {
        name = "libssl.so.3";
    } else if (name != NULL && strcmp(name, "libcrypto.so") == 0) {
        name = "libcrypto.so.3";
    }
    return real(name, flags);
}

void *
mst_names_dlsym(void *handle, const char *symbol)
{
    names_symbol real = NULL;
    void *found = names_real("dlsym");
    memcpy(&real, &found, sizeof(real));
    if (real == NULL) {
        return NULL;
    }
    if (strcmp(symbol, "SSL_get_peer_certificate") == 0) {
        symbol = "SSL_get1_peer_certificate";
    }
    return real(handle, symbol);
}
