"""The outputs of some channels, made from the table of channels."""

from typing import Any

from bot.core.channels import load_channels

OUTPUTS: dict[str, Any] = {key: channel.output for key, channel in load_channels().items()}
Email, Sms, ProductPage = OUTPUTS["email"], OUTPUTS["sms"], OUTPUTS["product_page"]
