"""The settings: environment variables, read once into one frozen model.

No other module reads os.environ."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo

from bot.errors import CannotDo
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


# A mistake in a file or variable that the operator wrote: the file, the line, and what is wrong.

TYPE_SENTENCES = {
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
BOUND_SENTENCES = {
    "greater_than_equal": ("must be at least {}", "ge"),
    "less_than_equal": ("must be at most {}", "le"),
    "greater_than": ("must be more than {}", "gt"),
    "less_than": ("must be less than {}", "lt"),
    "string_too_short": ("must have at least {} character", "min_length"),
    "string_too_long": ("must have at most {} characters", "max_length"),
}


class SettingsError(CannotDo):
    """A mistake in a setting: `policy.toml, line 7: "needed" must be at least 1 (it is 0)`.

    At start it ends the process. While the intern runs, its message is shown to the person whose
    request needed the setting.
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


def describe_error(error: "ErrorDetails", *, secret: bool = False) -> str:
    """Return a pydantic error as the end of a sentence that starts with the setting's name."""
    kind, about = error["type"], error.get("ctx", {})
    if kind in BOUND_SENTENCES:
        sentence, limit = BOUND_SENTENCES[kind]
        return sentence.format(about[limit]) + _describe_value(error["input"], secret)
    if kind == "literal_error":
        return f"must be {about['expected']}" + _describe_value(error["input"], secret)
    if kind == "value_error":
        return str(about["error"])
    wanted = TYPE_SENTENCES.get(kind.split("_")[0], error["msg"])
    return wanted + _describe_value(error["input"], secret)


def _describe_value(value: Any, secret: bool) -> str:
    """Return the present value, shortened, for a message; empty for a secret or a collection."""
    if secret or isinstance(value, dict | list | tuple):
        return ""
    if isinstance(value, bool):
        return f" (it is {str(value).lower()})"
    if isinstance(value, str):
        return f' (it is "{value[:40]}")' if value else " (it is empty)"
    return f" (it is {value})"


SLACK_API_URL = "https://slack.com/api/"
VARIABLE_PREFIX = "SUPER_INTERN_"
POSTGRES_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
SQLITE_SCHEMES = ("sqlite", "sqlite+pysqlite")


class Settings(BaseModel, frozen=True, extra="forbid", populate_by_name=True):
    """Each field is one environment variable: its alias is the variable's name. docs/settings.md
    describes them, in this order."""

    slack_bot_token: SecretStr | None = Field(default=None, alias="SLACK_BOT_TOKEN")
    slack_signing_secret: SecretStr | None = Field(default=None, alias="SLACK_SIGNING_SECRET")
    slack_app_token: SecretStr | None = Field(default=None, alias="SLACK_APP_TOKEN")
    slack_api_url: str = Field(default=SLACK_API_URL, alias="SLACK_API_URL")
    host: str = Field(default="127.0.0.1", alias="HOST")
    port: int = Field(default=3000, alias="PORT", ge=1, le=65535)
    anthropic_api_key: SecretStr | None = Field(default=None, alias="ANTHROPIC_API_KEY")
    anthropic_base_url: str | None = Field(default=None, alias="ANTHROPIC_BASE_URL")
    model: str = Field(default="claude-sonnet-5-5", alias="SUPER_INTERN_MODEL")
    fallback_model: str | None = Field(default=None, alias="SUPER_INTERN_FALLBACK_MODEL")
    small_model: str | None = Field(default=None, alias="SUPER_INTERN_SMALL_MODEL")
    call_seconds: float = Field(
        default=120, alias="SUPER_INTERN_AI_SECONDS", ge=1, le=86_400, allow_inf_nan=False
    )
    task_seconds: float = Field(
        default=180, alias="SUPER_INTERN_AI_TASK_SECONDS", ge=1, le=86_400, allow_inf_nan=False
    )
    database: SecretStr | None = Field(default=None, alias="DATABASE_URL")
    home: Path = Field(default=Path("var"), alias="SUPER_INTERN_HOME", validate_default=True)
    key: SecretStr | None = Field(default=None, alias="SUPER_INTERN_KEY", min_length=32)
    warehouse: SecretStr | None = Field(default=None, alias="WAREHOUSE_URL")
    concurrency: int = Field(default=10, alias="SUPER_INTERN_CONCURRENCY", ge=1, le=1000)
    concurrency_per_workspace: int = Field(
        default=3, alias="SUPER_INTERN_CONCURRENCY_PER_WORKSPACE", ge=1, le=1000
    )
    poll_seconds: float = Field(
        default=0.2, alias="SUPER_INTERN_POLL_SECONDS", ge=0.01, le=60, allow_inf_nan=False
    )
    log: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", alias="SUPER_INTERN_LOG"
    )

    seconds_ahead: int = Field(default=0, alias="SUPER_INTERN_SECONDS_AHEAD", ge=0, le=400_000_000)

    examples: bool = Field(default=False, alias="SUPER_INTERN_EXAMPLES")

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from the environment. Raises SettingsError with all mistakes at once.

        A variable that is set to an empty value counts as not set.
        """
        given = os.environ if environ is None else environ
        known = set(list_variables())
        values = {n: v.strip() for n, v in given.items() if n in known and v.strip()}
        wrong = [
            _suggest_variable(n, known)
            for n in given
            if n.startswith(VARIABLE_PREFIX) and n not in known
        ]
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            wrong = [*(_describe_mistake(e) for e in error.errors()), *wrong]
        if any(wrong):
            raise SettingsError("environment", None, "; ".join(filter(None, wrong)))
        return settings

    @property
    def database_url(self) -> str:
        """The URL for SQLAlchemy. It may contain a password: don't log it."""
        if self.database is None:
            return f"sqlite:///{self.home / 'super-intern.db'}"
        return self.database.get_secret_value()

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_file(self) -> Path | None:
        """The path of the SQLite file; None on PostgreSQL."""
        if not self.sqlite:
            return None
        return Path(self.database_url.removeprefix("sqlite:///").partition("?")[0]).absolute()

    @property
    def socket_mode(self) -> bool:
        return self.slack_app_token is not None

    @property
    def writer(self) -> Literal["claude", "offline"]:
        """Claude with an API key or a base URL; otherwise the writer without an AI."""
        return "claude" if self.anthropic_api_key or self.anthropic_base_url else "offline"

    @field_validator("slack_api_url", "anthropic_base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("http://", "https://")) or not value.split("://", 1)[1].strip("/"):
            raise ValueError("must be an address that starts with https:// or http://")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        return value.rstrip("/") + "/"

    @field_validator("anthropic_base_url")
    @classmethod
    def _without_version(cls, value: str | None) -> str | None:
        """Remove `/v1`, which the client adds itself."""
        return value.rstrip("/").removesuffix("/v1") if value else value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        """Make the path absolute, so that it stays valid when the working directory changes."""
        return value.expanduser().absolute()

    @field_validator("log", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("database")
    @classmethod
    def _for_sqlalchemy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        scheme, sign, rest = value.get_secret_value().partition("://")
        if sign and scheme in POSTGRES_SCHEMES:
            return SecretStr(f"postgresql+psycopg://{rest}")
        if sign and scheme in SQLITE_SCHEMES:
            if not rest.strip("/") or ":memory:" in rest:
                raise ValueError("must name a file: what is only in memory is lost")
            return SecretStr(f"sqlite://{rest}")
        raise ValueError("must start with postgresql:// or sqlite:///")


def list_variables() -> dict[str, FieldInfo]:
    """Return each variable's field by the variable's name, in the order of the docs."""
    return {str(field.alias): field for field in Settings.model_fields.values()}


def _describe_mistake(error: Any) -> str:
    name = str(error["loc"][0])
    field = list_variables().get(name)
    secret = field is not None and "SecretStr" in str(field.annotation)
    return f"{name} {describe_error(error, secret=secret)}"


def _suggest_variable(name: str, known: set[str]) -> str:
    """Return a hint about an unknown SUPER_INTERN_ variable whose name is close to a known one."""
    ours = [n.removeprefix(VARIABLE_PREFIX) for n in known if n.startswith(VARIABLE_PREFIX)]
    near = get_close_matches(name.removeprefix(VARIABLE_PREFIX), ours, n=1, cutoff=0.8)
    return f"{name} is unknown; did you mean {VARIABLE_PREFIX}{near[0]}?" if near else ""


def limit_math_threads() -> None:
    """Limit OpenBLAS to one thread; call it before numpy is imported. Its threads wait for each
    other by spinning, and our matrices are far too small to profit from several threads."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


# Missing or confused settings of the commands that connect to Slack.

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
MISPLACED_TOKENS = {"xapp-": "an app-level token (xapp-…)", "xoxp-": "a user token (xoxp-…)"}

SlackCommand = Literal["serve", "work"]  # the commands that connect to Slack


def find_setting_problems(settings: Settings, command: SlackCommand) -> list[str]:
    """Return every missing or misplaced setting for this command, each as a sentence."""
    found = []
    if not settings.slack_bot_token:
        found.append("SLACK_BOT_TOKEN is missing: it is on the app's page, OAuth")
    if command == "serve" and not (settings.slack_signing_secret or settings.slack_app_token):
        found.append(
            "SLACK_SIGNING_SECRET is missing: it is on the app's page, Basic Information"
            " (or set SLACK_APP_TOKEN for Socket Mode)"
        )
    if command == "work" and settings.sqlite:
        found.append("DATABASE_URL is missing: many processes need a PostgreSQL database")
    if settings.seconds_ahead and not _is_local_slack(settings):
        found.append("SUPER_INTERN_SECONDS_AHEAD is only for a local Slack on this machine")
    return [*found, *_find_misplaced_tokens(settings)]


def describe_listener(settings: Settings) -> str:
    """Return where `serve` listens and how Slack's requests reach it."""
    where = f"{settings.host}:{settings.port}"
    if settings.socket_mode:
        return f"Slack is reached by Socket Mode; /health answers on {where}"
    if settings.host in LOOPBACK_HOSTS:
        return (
            f"Listens on {where}, this machine alone: Slack gets there through a reverse proxy or "
            "tunnel here, by Socket Mode (SLACK_APP_TOKEN), or with HOST=0.0.0.0"
        )
    return f"Listens on {where}: it must be reachable from Slack as https, /slack/events"


def _is_local_slack(settings: Settings) -> bool:
    """Whether Slack's API is on this machine, so that no real Slack meets a shifted clock."""
    return urlsplit(settings.slack_api_url).hostname in LOOPBACK_HOSTS


def _find_misplaced_tokens(settings: Settings) -> list[str]:
    """Return a sentence for each token that was pasted into another token's variable."""
    found = []
    bot = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    app = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    if bot[:5] in MISPLACED_TOKENS:
        found.append(f"SLACK_BOT_TOKEN holds {MISPLACED_TOKENS[bot[:5]]}; it wants xoxb-…")
    if app[:5] in ("xoxb-", "xoxp-"):
        found.append("SLACK_APP_TOKEN holds another kind of token; it wants xapp-…")
    return found
