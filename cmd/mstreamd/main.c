/* SPDX-License-Identifier: MIT */
/* Entry of the daemon: options, signals, then its life. */
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>

#include "daemon.h"
#include "signals.h"

static void
main_set_signals(void)
{
    mst_cmd_signals_block(false);
    /* Errors of a write, with a message, not the end of the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

/* Batches come and go in blocks of one or two MiB. Taken from the heap they
 * are reused; as mappings of their own, each would be faulted in page by page
 * again. Few arenas and a bounded rest at the top keep memory flat. */
static void
main_tune_memory(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
}

int
main(int argc, char **argv)
{
    struct mst_daemon_options options;
    enum mst_daemon_start start =
        mst_daemon_options_parse(argc, argv, &options);
    int code = start == MST_DAEMON_USAGE ? 2 : 0;
    if (start == MST_DAEMON_GO) {
        main_set_signals();
        main_tune_memory();
        code = mst_daemon_run(&options);
    }
    free(options.sets);
    return code;
}
