# SPDX-License-Identifier: MIT
"""Real MongoDB and Kafka servers for tests: fetched once, started on loopback."""
