"""What was said around a wish …"""

from bot.around import messages
from tests.slack.bench import MARIE, MARKETING, Bench  # noqa: F401

