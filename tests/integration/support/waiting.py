# SPDX-License-Identifier: MIT
"""Wait for a condition, never for a time."""

import time


def wait_until(predicate, deadline=30, interval=0.02, what=None):
    """Return the first true value of `predicate()`.

    Fails after `deadline` seconds and says what was waited for and what the
    predicate gave last. Exceptions of the predicate are not caught.
    """
    end = time.monotonic() + deadline
    while True:
        last = predicate()
        if last:
            return last
        if time.monotonic() > end:
            name = what or getattr(predicate, "__name__", "condition")
            raise AssertionError(
                f"waited {deadline} s for {name}; last value: {last!r}"
            )
        time.sleep(interval)
