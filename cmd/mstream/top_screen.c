/* SPDX-License-Identifier: MIT */
/* Plain ANSI sequences and termios. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "top.h"

enum { SCREEN_WIDTH = 80, SCREEN_ROWS = 24, SCREEN_CTRL_C = 3 };

static void
screen_write(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, len);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return; /* the terminal is gone, and the next key says so */
        }
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

static void
screen_say(const char *text)
{
    screen_write(text, strlen(text));
}

bool
mst_top_screen_open(struct mst_top_screen *screen)
{
    struct termios raw;
    sigset_t taken;
    *screen = (struct mst_top_screen){.signals = -1};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)
        || tcgetattr(STDIN_FILENO, &screen->before) != 0) {
        return false;
    }
    (void)sigemptyset(&taken);
    (void)sigaddset(&taken, SIGINT);
    (void)sigaddset(&taken, SIGTERM);
    (void)sigaddset(&taken, SIGHUP);
    (void)sigaddset(&taken, SIGWINCH);
    (void)pthread_sigmask(SIG_BLOCK, &taken, NULL);
    screen->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    raw = screen->before;
    raw.c_lflag &= ~((tcflag_t)ICANON | (tcflag_t)ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    if (screen->signals < 0 || tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) != 0) {
        mst_top_screen_close(screen);
        return false;
    }
    screen->open = true;
    screen_say("\033[?1049h\033[?25l");
    return true;
}

void
mst_top_screen_close(struct mst_top_screen *screen)
{
    if (screen->open) {
        screen_say("\033[?25h\033[?1049l");
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen->before);
        screen->open = false;
    }
    if (screen->signals >= 0) {
        (void)close(screen->signals);
        screen->signals = -1;
    }
}

void
mst_top_screen_size(size_t *ret_width, size_t *ret_rows)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    *ret_width = known && size.ws_col > 0 ? size.ws_col : SCREEN_WIDTH;
    *ret_rows = known && size.ws_row > 0 ? size.ws_row : SCREEN_ROWS;
}

void
mst_top_screen_show(const struct mst_buf *text)
{
    const char *at = (const char *)text->data;
    const char *end = at + text->len;
    screen_say("\033[H");
    while (at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((next != NULL ? next : end) - at);
        screen_write(at, len);
        /* A line break behind the last line would scroll. */
        bool last = next == NULL || next + 1 == end;
        screen_say(last ? "\033[K" : "\033[K\n");
        at += len + 1;
    }
    screen_say("\033[J");
}

static enum mst_top_key
screen_signal(const struct mst_top_screen *screen)
{
    struct signalfd_siginfo info;
    if (read(screen->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return MST_TOP_NONE;
    }
    return info.ssi_signo == SIGWINCH ? MST_TOP_DRAW : MST_TOP_QUIT;
}

static enum mst_top_key
screen_key(void)
{
    char key = 0;
    if (read(STDIN_FILENO, &key, 1) != 1) {
        return MST_TOP_QUIT; /* the terminal is gone */
    }
    if (key == 'q' || key == 'Q' || key == SCREEN_CTRL_C) {
        return MST_TOP_QUIT;
    }
    return key == 's' ? MST_TOP_SORT : MST_TOP_NONE;
}

enum mst_top_key
mst_top_screen_wait(struct mst_top_screen *screen, int ms)
{
    struct pollfd wait[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = screen->signals, .events = POLLIN}};
    if (poll(wait, 2, ms) <= 0) {
        return MST_TOP_NONE;
    }
    return wait[1].revents != 0 ? screen_signal(screen) : screen_key();
}
