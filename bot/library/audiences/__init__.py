"""Whom to speak to: rules that fit what was asked, each counted and held against the past."""

from bot.library.audiences.found import find

__all__ = ["find"]
