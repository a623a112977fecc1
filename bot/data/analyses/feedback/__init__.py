"""What customers say: themes by editable lists, mood, what changed, where, in whose words."""

from bot.data.analyses.feedback.analysis import find
from bot.data.analyses.feedback.objections import praise_and_objection

__all__ = ["find", "praise_and_objection"]
