"""Fixtures for tests that need a Slack."""

from tests.conftest import any_bench, bench, socket_bench

__all__ = ["any_bench", "bench", "socket_bench"]
