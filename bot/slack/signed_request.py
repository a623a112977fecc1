"""A request for Bolt whose signature was verified, read from the very bytes that were signed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from slack_bolt.request.async_request import AsyncBoltRequest

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MOST_FIELDS = 200  # a command has some fifteen
HEADERS = ("content-type", "x-slack-request-timestamp", "x-slack-signature")
RETRY_HEADERS = ("x-slack-retry-num", "x-slack-retry-reason")


class SignedRequest(AsyncBoltRequest):
    """Only the web layer makes one, and only after the signature was verified. Bolt's error
    handler acts on nothing else that came over HTTP."""

    def __init__(self, body: bytes, content_type: str, headers: Mapping[str, str]) -> None:
        """Raises ValueError for a body that is neither a JSON object nor a form. Headers that Slack
        does not send are left out: they are not signed, and Bolt would act on some."""
        text = body.decode("utf-8")
        kept: dict[str, str | Sequence[str]] = {
            name: headers[name] for name in (*HEADERS, *RETRY_HEADERS) if name in headers
        }
        try:
            # As a dict, since Bolt itself loses the fields of a form whose text says "payload".
            super().__init__(body=_payload(text, content_type), headers=kept, mode="socket_mode")
        except ValueError:
            raise
        except Exception:  # noqa: BLE001  Bolt looks into fields without asking what they are
            raise ValueError("not as Slack sends it") from None
        self.raw_body, self.mode = text, "http"


def is_verified(request: AsyncBoltRequest) -> bool:
    """Whether Slack surely sent this: signed over HTTP, or over the socket that we opened."""
    return isinstance(request, SignedRequest) or request.mode == "socket_mode"


def _payload(text: str, content_type: str) -> dict[str, Any]:
    """The JSON object of a body, or the fields of a form, or the JSON object in its `payload`."""
    if content_type == JSON:
        return _object(text)
    if content_type != FORM:
        raise ValueError("neither JSON nor a form")
    fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    if not fields:
        raise ValueError("an empty form")
    return _object(fields["payload"]) if "payload" in fields else fields


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError("no JSON number")
