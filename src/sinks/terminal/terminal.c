/* SPDX-License-Identifier: MIT */
/*
 * The `terminal` sink. Standard output may be a terminal that a person has
 * stopped (Ctrl-S) or a pipe that nobody reads: it is never waited for
 * longer than TERMINAL_WAIT_MS, and interrupt ends even that.
 */
#include "sinks/terminal/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/inspect.h"
#include "sinks/terminal/terminal_line.h"

enum {
    TERMINAL_WAIT_MS = 100,
    TERMINAL_COMPLAIN_MS = 3000,
    TERMINAL_CHUNK = 64 * 1024,    /* text made before it is written */
    TERMINAL_BURST = 256,          /* deliveries in one chunk, at most */
    TERMINAL_LINE_MAX = 512 << 20, /* of one event's text */
    TERMINAL_PIPE_SAFE = 4096      /* poll promises room for so much */
};

struct terminal {
    const struct mst_terminal_options *options;
    const struct mst_sink_host *host;
    int fd; /* our own; -1: closed */
    int wake_fd;
    bool pretty;
    bool color;
    /* The text that is not out yet is text[written..]. When a write ends in
     * the middle of a line, only that line stays, with its delivery. */
    struct mst_buf text;
    size_t written;
    struct mst_delivery *partial;
    int64_t stuck_ms; /* since when nothing goes out; 0: it goes */
    bool complained;
};

/* --- writing ---------------------------------------------------------- */

static enum mst_status
terminal_failed(int code, struct mst_error *err)
{
    if (code == EPIPE) {
        (void)mst_fail(err, MST_FATAL, "terminal", code,
                       "who read standard output has gone (broken pipe)");
        mst_error_hint(err, "start the program that reads it again, or "
                            "remove the terminal sink");
        return MST_FATAL;
    }
    return mst_fail(err, MST_FATAL, "terminal", code,
                    "can not write to standard output: %s",
                    strerrordesc_np(code));
}

/* Waits until fd takes bytes; false: not now, or interrupted. */
static bool
terminal_wait(struct terminal *ctx, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = ctx->fd, .events = POLLOUT},
                            {.fd = ctx->wake_fd, .events = POLLIN}};
    int n = poll(fds, 2, timeout_ms);
    if (n > 0 && fds[1].revents != 0) {
        uint64_t ignored = 0;
        (void)!read(ctx->wake_fd, &ignored, sizeof(ignored));
        return false;
    }
    return n > 0;
}

static void
terminal_is_stuck(struct terminal *ctx)
{
    int64_t now = mst_clock_ms();
    if (ctx->stuck_ms == 0) {
        ctx->stuck_ms = now;
    }
    if (ctx->complained || now - ctx->stuck_ms < TERMINAL_COMPLAIN_MS
        || ctx->host == NULL) {
        return;
    }
    struct mst_error err;
    (void)mst_fail(&err, MST_RETRY, "terminal", 0,
                   "standard output takes nothing");
    mst_error_hint(&err, "press Ctrl-Q if the terminal is stopped, or look "
                         "at the program that reads the pipe");
    ctx->host->health(ctx->host, &err);
    ctx->complained = true;
}

static void
terminal_goes_on(struct terminal *ctx)
{
    ctx->stuck_ms = 0;
    if (ctx->complained) {
        ctx->complained = false;
        ctx->host->health(ctx->host, NULL);
    }
}

/* Writes what is in ctx->text. MST_AGAIN: some is left. */
static enum mst_status
terminal_flush(struct terminal *ctx, int timeout_ms, struct mst_error *err)
{
    int64_t until = mst_clock_ms() + timeout_ms;
    while (ctx->written < ctx->text.len) {
        size_t left = ctx->text.len - ctx->written;
        int64_t wait = until - mst_clock_ms();
        if (!terminal_wait(ctx, wait > 0 ? (int)wait : 0)) {
            terminal_is_stuck(ctx);
            return MST_AGAIN;
        }
        ssize_t n =
            write(ctx->fd, ctx->text.data + ctx->written,
                  left < TERMINAL_PIPE_SAFE ? left : TERMINAL_PIPE_SAFE);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return terminal_failed(errno, err);
        }
        if (n > 0) {
            ctx->written += (size_t)n;
            terminal_goes_on(ctx);
        }
    }
    mst_buf_reset(&ctx->text);
    ctx->written = 0;
    return MST_OK;
}

/* Finishes the line that an earlier write left in the middle. */
static enum mst_status
terminal_finish_partial(struct terminal *ctx, int timeout_ms,
                        struct mst_error *err)
{
    enum mst_status status = terminal_flush(ctx, timeout_ms, err);
    if (status == MST_OK && ctx->partial != NULL) {
        struct mst_delivery *delivery = ctx->partial;
        ctx->partial = NULL;
        mst_delivery_confirm(delivery, MST_OK, NULL);
    }
    return status;
}

static enum mst_status
terminal_line(const struct terminal *ctx, const struct mst_delivery *delivery,
              struct mst_buf *out)
{
    return ctx->pretty ? mst_terminal_pretty_line(delivery, ctx->color, out)
                       : mst_terminal_payload_line(delivery, out);
}

/* Makes the text of the first deliveries; ends[i] is where the line of the
 * i-th ends. Returns how many; 0 when there is no memory for one line. */
static size_t
terminal_fill(struct terminal *ctx, struct mst_delivery *const *deliveries,
              size_t n, size_t ends[TERMINAL_BURST])
{
    size_t made = 0;
    while (made < n && made < TERMINAL_BURST
           && ctx->text.len < TERMINAL_CHUNK) {
        size_t before = ctx->text.len;
        if (terminal_line(ctx, deliveries[made], &ctx->text) != MST_OK) {
            ctx->text.len = before;
            break;
        }
        ends[made++] = ctx->text.len;
    }
    return made;
}

/* Confirms the deliveries whose lines are out, keeps the one that is half
 * out, forgets the others. Returns how many are taken. */
static size_t
terminal_account(struct terminal *ctx, struct mst_delivery *const *deliveries,
                 size_t made, const size_t *ends, bool all)
{
    size_t taken = 0;
    size_t start = 0;
    while (taken < made && (all || ends[taken] <= ctx->written)) {
        start = ends[taken];
        mst_delivery_confirm(deliveries[taken++], MST_OK, NULL);
    }
    if (all) {
        return taken;
    }
    if (taken < made && ctx->written > start) {
        ctx->text.len = ends[taken];
        ctx->partial = deliveries[taken++];
    } else {
        mst_buf_reset(&ctx->text);
        ctx->written = 0;
    }
    return taken;
}

static enum mst_status
terminal_write(void *arg, struct mst_delivery *const *deliveries, size_t n,
               size_t *ret_taken, struct mst_error *err)
{
    struct terminal *ctx = arg;
    size_t ends[TERMINAL_BURST];
    *ret_taken = 0;
    enum mst_status status =
        terminal_finish_partial(ctx, TERMINAL_WAIT_MS, err);
    while (status == MST_OK && *ret_taken < n) {
        struct mst_delivery *const *rest = deliveries + *ret_taken;
        size_t made = terminal_fill(ctx, rest, n - *ret_taken, ends);
        if (made == 0) {
            return mst_fail_memory(err, "terminal");
        }
        status = terminal_flush(ctx, TERMINAL_WAIT_MS, err);
        *ret_taken += terminal_account(ctx, rest, made, ends, status == MST_OK);
    }
    return status;
}

static enum mst_status
terminal_drain(void *arg, int timeout_ms, struct mst_error *err)
{
    return terminal_finish_partial(arg, timeout_ms, err);
}

/* --- life ------------------------------------------------------------- */

static void
terminal_destroy(void *arg)
{
    struct terminal *ctx = arg;
    if (ctx == NULL) {
        return;
    }
    if (ctx->wake_fd >= 0) {
        (void)close(ctx->wake_fd); /* nothing is lost with it */
    }
    mst_buf_clear(&ctx->text);
    free(ctx);
}

static enum mst_status
terminal_create(void **ret_ctx, const struct mst_sink_args *args,
                struct mst_error *err)
{
    struct terminal *ctx = calloc(1, sizeof(*ctx));
    if (ctx == NULL) {
        return mst_fail_memory(err, "terminal");
    }
    ctx->options = args->options;
    ctx->host = args->host;
    ctx->fd = -1;
    ctx->pretty = ctx->options->layout == MST_TERMINAL_PRETTY;
    mst_buf_init(&ctx->text, TERMINAL_LINE_MAX);
    ctx->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ctx->wake_fd < 0) {
        int code = errno;
        terminal_destroy(ctx);
        return mst_fail(err, MST_FATAL, "terminal", code,
                        "can not make an event descriptor: %s",
                        strerrordesc_np(code));
    }
    *ret_ctx = ctx;
    return MST_OK;
}

/* A descriptor of our own that does not block, where that can be had without
 * changing the one that is shared with the shell: by opening it anew. */
static int
terminal_open_own(int fd)
{
    struct stat info;
    char path[32];
    if (fstat(fd, &info) != 0) {
        return -1;
    }
    if (isatty(fd) == 1 || S_ISFIFO(info.st_mode)) {
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (own >= 0) {
            return own;
        }
        if (errno == ENXIO) {
            errno = EPIPE; /* a pipe without a reader */
            return -1;
        }
    }
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static enum mst_status
terminal_open(void *arg, const struct mst_sink_start *start,
              struct mst_error *err)
{
    struct terminal *ctx = arg;
    const struct mst_terminal_options *options = ctx->options;
    int fd = options->fd > 0 ? options->fd : STDOUT_FILENO;
    (void)start;
    ctx->fd = terminal_open_own(fd);
    if (ctx->fd < 0) {
        return terminal_failed(errno, err);
    }
    bool tty = isatty(ctx->fd) == 1;
    const char *no_color = getenv("NO_COLOR");
    bool plain = no_color != NULL && no_color[0] != '\0';
    ctx->pretty = options->layout == MST_TERMINAL_PRETTY
                  || (options->layout == MST_TERMINAL_AUTO && tty);
    ctx->color =
        options->color == MST_TERMINAL_COLOR_ALWAYS
        || (options->color == MST_TERMINAL_COLOR_AUTO && tty && !plain);
    return MST_OK;
}

static void
terminal_interrupt(void *arg)
{
    struct terminal *ctx = arg;
    uint64_t one = 1;
    /* Can only fail when it is set already. */
    (void)!write(ctx->wake_fd, &one, sizeof(one));
}

static void
terminal_close(void *arg)
{
    struct terminal *ctx = arg;
    if (ctx->fd >= 0) {
        (void)close(ctx->fd); /* a terminal or pipe has nothing to report */
        ctx->fd = -1;
    }
    mst_buf_reset(&ctx->text);
    ctx->written = 0;
    ctx->stuck_ms = 0;
    if (ctx->partial != NULL) {
        struct mst_error err;
        struct mst_delivery *delivery = ctx->partial;
        ctx->partial = NULL;
        (void)mst_fail(&err, MST_DISCONNECTED, "terminal", 0,
                       "stopped in the middle of a line");
        mst_delivery_confirm(delivery, MST_DISCONNECTED, &err);
    }
}

static enum mst_status
terminal_preview(void *arg, const struct mst_delivery *delivery,
                 bool for_machines, struct mst_buf *out, struct mst_error *err)
{
    struct terminal *ctx = arg;
    enum mst_status status = for_machines
                                 ? mst_terminal_payload_line(delivery, out)
                                 : terminal_line(ctx, delivery, out);
    if (status != MST_OK) {
        return mst_fail_memory(err, "terminal");
    }
    out->len--; /* the caller ends the line */
    return MST_OK;
}

/* --- for people ------------------------------------------------------- */

static void
terminal_doctor(const void *args, int timeout_ms, struct mst_findings *findings)
{
    (void)args;
    (void)timeout_ms;
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
        findings->add(findings, MST_FINDING_FAIL, "terminal",
                      "standard output is closed",
                      "start the program with an open standard output");
        return;
    }
    findings->add(findings, MST_FINDING_OK, "terminal",
                  isatty(STDOUT_FILENO) == 1
                      ? "standard output is a terminal"
                      : "standard output is a file or pipe: bare payloads",
                  NULL);
}

static enum mst_status
terminal_explain(const void *args, struct mst_buf *out, struct mst_error *err)
{
    static const char *const layouts[] = {
        [MST_TERMINAL_AUTO] = "all on a terminal, else the bare payload",
        [MST_TERMINAL_PRETTY] = "time, operation, key, attributes and payload",
        [MST_TERMINAL_PAYLOAD] = "the bare payload"};
    const struct mst_sink_args *sink_args = args;
    const struct mst_terminal_options *options = sink_args->options;
    return mst_buf_printf(out, "one line per event on standard output: %s\n",
                          layouts[options->layout])
                   == MST_OK
               ? MST_OK
               : mst_fail_memory(err, "terminal");
}

/* --- type table ------------------------------------------------------- */

static const char *const terminal_layouts[] = {"auto", "pretty", "payload",
                                               NULL};
static const char *const terminal_colors[] = {"auto", "always", "never", NULL};

static const struct mst_option terminal_options[] = {
    {.name = "color",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mst_terminal_options, color),
     .def = "auto",
     .choices = terminal_colors,
     .help = "Colours; auto means on a terminal where NO_COLOR is not set."},
    {.name = "layout",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mst_terminal_options, layout),
     .def = "auto",
     .choices = terminal_layouts,
     .help = "What a line holds; auto means pretty on a terminal, else only "
             "the payload."},
};

static const struct mst_inspect terminal_inspect = {
    .doctor = terminal_doctor, .explain = terminal_explain};

const struct mst_sink_type mst_terminal_sink = {
    .name = "terminal",
    .help = "Shows one line per event on standard output.",
    .options = {terminal_options, MST_ARRAY_SIZE(terminal_options),
                sizeof(struct mst_terminal_options)},
    .resource_optional = true,
    .capabilities = MST_SINK_APPEND,
    .encodings = 1U << MST_ENCODING_JSON,
    .create = terminal_create,
    .open = terminal_open,
    .write = terminal_write,
    .drain = terminal_drain,
    .interrupt = terminal_interrupt,
    .close = terminal_close,
    .destroy = terminal_destroy,
    .preview = terminal_preview,
    .inspect = &terminal_inspect,
};
