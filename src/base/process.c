/* SPDX-License-Identifier: MIT */
/* Naming a process, and finding out whether a named one has ended. */
#include "base/process.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/hash.h"

/* What a tag says. */
struct process_name {
    char host[64];
    long pid;
    char boot[9];   /* first 8 characters of the boot id */
    char space[16]; /* inode of the process id namespace */
    uint64_t start; /* clock ticks after the boot, 0: not known */
};

/* First line of a small file of /proc; false when it can not be read. */
static bool
process_read(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t len = fread(out, 1, size - 1, file);
    (void)fclose(file); /* opened for reading only */
    out[len] = '\0';
    return len > 0;
}

/* Start time and state letter of a process; false when not known. */
static bool
process_stat(long pid, uint64_t *ret_start, char *ret_state)
{
    char path[40];
    char text[1024];
    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    if (!process_read(path, text, sizeof(text))) {
        return false;
    }
    /* The name in brackets may hold anything, brackets too. */
    const char *at = strrchr(text, ')');
    if (at == NULL) {
        return false;
    }
    char state = '?';
    uint64_t start = 0;
    if (sscanf(at + 1,
               " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
               "%*s %*s %*s %*s %" SCNu64,
               &state, &start)
        != 2) {
        return false;
    }
    *ret_start = start;
    *ret_state = state;
    return true;
}

static void
process_self(struct process_name *self)
{
    memset(self, 0, sizeof(*self));
    if (gethostname(self->host, sizeof(self->host) - 1) != 0
        || self->host[0] == '\0') {
        (void)snprintf(self->host, sizeof(self->host), "localhost");
    }
    for (char *c = self->host; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            *c = '_';
        }
    }
    self->pid = (long)getpid();
    if (!process_read("/proc/sys/kernel/random/boot_id", self->boot,
                      sizeof(self->boot))) {
        (void)snprintf(self->boot, sizeof(self->boot), "-");
    }
    char link[64];
    ssize_t len = readlink("/proc/self/ns/pid", link, sizeof(link) - 1);
    link[len > 0 ? (size_t)len : 0] = '\0';
    if (sscanf(link, "pid:[%15[0-9]]", self->space) != 1) {
        (void)snprintf(self->space, sizeof(self->space), "-");
    }
    char state;
    (void)process_stat(self->pid, &self->start, &state); /* else 0 */
}

static bool
process_parse(const char *tag, struct process_name *name)
{
    memset(name, 0, sizeof(*name));
    char random[9];
    return sscanf(tag, "%63s pid %10ld %8[^. ].%15[^. ].%" SCNu64 ".%8s",
                  name->host, &name->pid, name->boot, name->space, &name->start,
                  random)
               == 6
           && name->pid > 0;
}

void
mst_process_tag(char out[MST_PROCESS_TAG_MAX])
{
    struct process_name self;
    process_self(&self);
    (void)snprintf(out, MST_PROCESS_TAG_MAX,
                   "%.50s pid %ld %s.%s.%" PRIu64 ".%08" PRIx64, self.host,
                   self.pid, self.boot, self.space, self.start,
                   mst_random_below(UINT64_C(1) << 32));
}

bool
mst_process_is_gone(const char *tag)
{
    struct process_name self;
    struct process_name other;
    process_self(&self);
    self.host[50] = '\0'; /* as mst_process_tag cuts it */
    if (!process_parse(tag, &other) || strcmp(self.host, other.host) != 0
        || self.boot[0] == '-' || strcmp(self.boot, other.boot) != 0
        || self.space[0] == '-' || strcmp(self.space, other.space) != 0) {
        return false;
    }
    if (kill((pid_t)other.pid, 0) != 0) {
        return errno == ESRCH;
    }
    uint64_t start;
    char state;
    if (!process_stat(other.pid, &start, &state)) {
        return false;
    }
    return state == 'Z' || state == 'X'
           || (other.start != 0 && start != other.start);
}
