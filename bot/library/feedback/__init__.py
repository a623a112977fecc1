"""What customers say: themes by editable lists, mood, what changed, where, in whose words."""

from bot.library.feedback.found import find
from bot.library.feedback.product import praise_and_objection

__all__ = ["find", "praise_and_objection"]
