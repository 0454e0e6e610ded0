# SPDX-License-Identifier: MIT
"""C source as text: without comments, without strings, lines kept."""

import re

_TOKENS = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def _blank(text):
    """Spaces instead of characters; newlines stay, so that lines do."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    def keep_strings(match):
        token = match.group(0)
        return _blank(token) if token.startswith("/") else token

    return _TOKENS.sub(keep_strings, text)


def code_only(text):
    """Neither comments nor the insides of strings and character constants."""

    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return _blank(token)
        return token[0] + _blank(token[1:-1]) + token[-1]

    return _TOKENS.sub(blank, text)


def comments(text):
    """Yield (line, comment) of every comment."""
    for match in _TOKENS.finditer(text):
        if match.group(0).startswith("/"):
            yield line_of(text, match.start()), match.group(0)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(text):
    """Yield (line, quote, path) of every include that is not commented out."""
    for match in INCLUDE.finditer(without_comments(text)):
        yield line_of(text, match.start(1)), match.group(1), match.group(2)


def code_lines(text):
    """Return how many lines hold something other than comment and space."""
    return sum(1 for line in without_comments(text).split("\n") if line.strip())
