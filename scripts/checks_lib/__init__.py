# SPDX-License-Identifier: MIT
"""What the checks share: files, C text without its comments, compile commands."""
