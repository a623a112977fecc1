"""Ids of rows that are made from what they stand for."""

import hashlib


def task_id(*told: str) -> str:
    """One id for one thing that Slack may tell us twice."""
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:16]
