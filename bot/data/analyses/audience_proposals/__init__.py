"""Whom to speak to: rules that fit what was asked, each counted and held against the past."""

from bot.data.analyses.audience_proposals.analysis import find

__all__ = ["find"]
