"""A mistake in what the operator wrote: in which file, on which line, and what it is."""

from typing import TYPE_CHECKING, Any

from bot.errors import CannotDo
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

KINDS = {
    "int": "must be a whole number",
    "float": "must be a number",
    "decimal": "must be a number",
    "finite": "must be a number",
    "bool": "must be true or false",
    "string": "must be text in quotes",
    "tuple": 'must be a list, like ["one", "two"]',
    "list": 'must be a list, like ["one", "two"]',
    "model": "must be a table of settings",
    "dict": "must be a table of settings",
}
LIMITS = {
    "greater_than_equal": ("must be at least {}", "ge"),
    "less_than_equal": ("must be at most {}", "le"),
    "greater_than": ("must be more than {}", "gt"),
    "less_than": ("must be less than {}", "lt"),
    "string_too_short": ("must have at least {} character", "min_length"),
    "string_too_long": ("must have at most {} characters", "max_length"),
}


class SettingsMistake(CannotDo):
    """`policy.toml, line 7: "needed" must be at least 1 (it is 0)`. It stops the start.

    Made while the intern runs, it is also what the person who asked for something reads.
    """

    def __init__(self, file: str, line: int | None, what: str):
        if line is None:
            words = Words("{file}: {what}", file=file, what=what)
        else:
            words = Words("{file}, line {line}: {what}", file=file, line=str(line), what=what)
        super().__init__(words)
        self.file, self.line, self.what = file, line, what

    def __str__(self) -> str:
        return self.words.to("en")


def in_words(error: "ErrorDetails", *, secret: bool = False) -> str:
    """What pydantic found, as the end of a sentence whose subject is the setting's name."""
    kind, about = error["type"], error.get("ctx", {})
    if kind in LIMITS:
        sentence, limit = LIMITS[kind]
        return sentence.format(about[limit]) + _found(error["input"], secret)
    if kind == "literal_error":
        return f"must be {about['expected']}" + _found(error["input"], secret)
    if kind == "value_error":
        return str(about["error"])
    wanted = KINDS.get(kind.split("_")[0], error["msg"])
    return wanted + _found(error["input"], secret)


def _found(value: Any, secret: bool) -> str:
    """What is there instead, short, and never a secret."""
    if secret or isinstance(value, dict | list | tuple):
        return ""
    if isinstance(value, bool):
        return f" (it is {str(value).lower()})"
    if isinstance(value, str):
        return f' (it is "{value[:40]}")' if value else " (it is empty)"
    return f" (it is {value})"
