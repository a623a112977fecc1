"""The outputs of the channels that the rules write for, made from the table of channels."""

from typing import Any

from bot.rules.writers.offline import list_channels

OUTPUTS: dict[str, Any] = {channel.key: channel.output for channel in list_channels()}
Email, Sms, ProductPage = OUTPUTS["email"], OUTPUTS["sms"], OUTPUTS["product_page"]
