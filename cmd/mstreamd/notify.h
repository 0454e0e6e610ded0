/* SPDX-License-Identifier: MIT */
/* systemd's notification protocol: datagrams to $NOTIFY_SOCKET. */
#ifndef MST_MSTREAMD_NOTIFY_H
#define MST_MSTREAMD_NOTIFY_H

#include <stdint.h>

/* Sends one state, e.g. "READY=1"; does nothing without NOTIFY_SOCKET. A
 * supervisor that does not listen is no reason to fail. */
void mst_notify(const char *state);

/* How often to send "WATCHDOG=1", in ms: half of WATCHDOG_USEC; 0: never. */
int64_t mst_notify_watchdog_ms(void);

#endif
