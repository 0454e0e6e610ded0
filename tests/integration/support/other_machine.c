/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program, it makes that think it runs on another machine:
 * one of the name OTHER_HOST, whose clock is OTHER_SKEW seconds off.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*clock_function)(clockid_t id, struct timespec *at);

static time_t
other_skew(void)
{
    const char *text = getenv("OTHER_SKEW");
    return text == NULL ? 0 : (time_t)strtol(text, NULL, 10);
}

int
gethostname(char *name, size_t len)
{
    const char *host = getenv("OTHER_HOST");
    (void)snprintf(name, len, "%s", host == NULL ? "other" : host);
    return 0;
}

int
clock_gettime(clockid_t id, struct timespec *at)
{
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");
    clock_function real = *(clock_function *)&symbol;
    int result = real(id, at);
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        at->tv_sec += other_skew();
    }
    return result;
}

int
gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t
time(time_t *at)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (at != NULL) {
        *at = now.tv_sec;
    }
    return now.tv_sec;
}
