# SPDX-License-Identifier: MIT
"""The one exception that the scripts show to a person instead of a traceback."""


class ServersError(Exception):
    """What went wrong and, where one is known, what to do about it."""

    def __init__(self, message, hint=None):
        super().__init__(message)
        self.hint = hint
