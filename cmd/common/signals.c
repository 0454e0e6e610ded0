/* SPDX-License-Identifier: MIT */
/* sigtimedwait, and which of two signals is the echo of the other. */
#include "signals.h"

#include <signal.h>
#include <time.h>

#include "base/clock.h"

enum {
    /* Nobody means two signals by this; two kill(2) in a row are closer. */
    SIGNALS_ECHO_MS = 100,
    SIGNALS_WAKE = SIGUSR1
};

static void
signals_set(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
    (void)sigaddset(set, SIGNALS_WAKE);
}

void
mst_cmd_signals_block(bool keep_ignored)
{
    sigset_t set;
    struct sigaction now;
    signals_set(&set);
    /* Linux keeps a blocked signal for who waits, also when it is ignored. */
    if (keep_ignored && sigaction(SIGHUP, NULL, &now) == 0
        && now.sa_handler == SIG_IGN) {
        (void)sigdelset(&set, SIGHUP);
    }
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool
signals_is_echo(const struct mst_cmd_signals *signals, const siginfo_t *info,
                int64_t now)
{
    return info->si_signo != SIGHUP && info->si_signo == signals->last
           && info->si_code == SI_USER && signals->last_code == SI_USER
           && info->si_pid == signals->last_sender
           && now - signals->last_ms < SIGNALS_ECHO_MS;
}

int
mst_cmd_signals_wait(struct mst_cmd_signals *signals, int timeout_ms)
{
    sigset_t set;
    siginfo_t info;
    const struct timespec wait = {.tv_sec = timeout_ms / 1000,
                                  .tv_nsec =
                                      (long)(timeout_ms % 1000) * 1000000L};
    signals_set(&set);
    int sig = sigtimedwait(&set, &info, &wait);
    int64_t now = mst_clock_ms();
    if (sig <= 0 || sig == SIGNALS_WAKE
        || signals_is_echo(signals, &info, now)) {
        return 0;
    }
    *signals = (struct mst_cmd_signals){.last = sig,
                                        .last_code = info.si_code,
                                        .last_sender = info.si_pid,
                                        .last_ms = now};
    return sig;
}

void
mst_cmd_signals_wake(pthread_t waiter)
{
    (void)pthread_kill(waiter, SIGNALS_WAKE);
}
