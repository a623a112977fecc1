"""The environment, read once into one frozen Settings. Nothing else reads os.environ."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo

from bot.config.errors import SettingsMistake, in_words

SLACK = "https://slack.com/api/"
OURS = "SUPER_INTERN_"
POSTGRES = ("postgres", "postgresql", "postgresql+psycopg")
SQLITE = ("sqlite", "sqlite+pysqlite")


class Settings(BaseModel):
    """One field a variable: its alias is the variable's name, its description the docs' words."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    slack_bot_token: SecretStr | None = Field(
        default=None,
        alias="SLACK_BOT_TOKEN",
        description="The bot token of the Slack app (`xoxb-…`). Needed by `serve` and `work`.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        alias="SLACK_SIGNING_SECRET",
        description="Proves that an HTTP request is Slack's. Needed by `serve`, except in "
        "Socket Mode.",
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        alias="SLACK_APP_TOKEN",
        description="The app-level token (`xapp-…`). When set, Socket Mode: no public address "
        "is needed.",
    )
    slack_api_url: str = Field(
        default=SLACK,
        alias="SLACK_API_URL",
        description="Where Slack's Web API answers. Only a local Slack needs another one.",
    )
    host: str = Field(
        default="127.0.0.1",
        alias="HOST",
        description="The address that `serve` listens on: this machine alone, for a reverse proxy "
        "or tunnel beside it. `0.0.0.0` for every address, as a container or a platform needs it.",
    )
    port: int = Field(
        default=3000,
        alias="PORT",
        ge=1,
        le=65535,
        description="The port that `serve` listens on.",
    )
    anthropic_api_key: SecretStr | None = Field(
        default=None,
        alias="ANTHROPIC_API_KEY",
        description="The key for Claude. Without it and without ANTHROPIC_BASE_URL, texts are "
        "written by rules.",
    )
    anthropic_base_url: str | None = Field(
        default=None,
        alias="ANTHROPIC_BASE_URL",
        description="Another address that answers like Anthropic's (no `/v1`): a gateway, or an "
        "AI in the house.",
    )
    model: str = Field(
        default="claude-sonnet-5-5",
        alias="SUPER_INTERN_MODEL",
        description="Which AI writes.",
    )
    fallback_model: str | None = Field(
        default=None,
        alias="SUPER_INTERN_FALLBACK_MODEL",
        description="Which AI writes when the first one is overloaded or declines.",
    )
    database: SecretStr | None = Field(
        default=None,
        alias="DATABASE_URL",
        description="Where the rows are: `postgresql://user:password@host/name`, or "
        "`sqlite:///file`. Without it, `super-intern.db` under SUPER_INTERN_HOME. Many "
        "processes need PostgreSQL.",
    )
    home: Path = Field(
        default=Path("var"),
        alias="SUPER_INTERN_HOME",
        validate_default=True,
        description="The folder for everything kept: the team's data, files, `brand.toml`, "
        "`policy.toml`.",
    )
    key: SecretStr | None = Field(
        default=None,
        alias="SUPER_INTERN_KEY",
        min_length=32,
        description="The secret that customers' names and addresses are replaced and sealed with, "
        "at least 32 signs. Without it, one is made on first use: `super-intern.key` under "
        "SUPER_INTERN_HOME, to be kept as carefully as the data. The same for all processes.",
    )
    warehouse: SecretStr | None = Field(
        default=None,
        alias="WAREHOUSE_URL",
        description="The team's own warehouse, read in place of imported files: "
        "`postgresql://user:password@host/name`, `bigquery://project/dataset`, whatever ibis "
        "connects to. See [live.md](live.md).",
    )
    concurrency: int = Field(
        default=10,
        alias="SUPER_INTERN_CONCURRENCY",
        ge=1,
        le=1000,
        description="How many drafts one process works on at once.",
    )
    concurrency_per_workspace: int = Field(
        default=3,
        alias="SUPER_INTERN_CONCURRENCY_PER_WORKSPACE",
        ge=1,
        le=1000,
        description="How many of those may be for the same Slack workspace.",
    )
    poll_seconds: float = Field(
        default=0.1,
        alias="SUPER_INTERN_POLL_SECONDS",
        ge=0.01,
        le=60,
        allow_inf_nan=False,
        description="How often, in seconds, a worker looks for new tasks.",
    )
    log: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        alias="SUPER_INTERN_LOG",
        description="How much is logged: DEBUG, INFO, WARNING or ERROR.",
    )

    seconds_ahead: int = Field(
        default=0,
        alias="SUPER_INTERN_SECONDS_AHEAD",
        ge=0,
        le=400_000_000,
        description="Only beside a local Slack on this machine: by how many seconds the "
        "intern's clock runs ahead. The playground's page sets it.",
    )

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """The settings in force. Raises SettingsMistake, which names every bad value at once.

        A variable that is set to nothing counts as not set.
        """
        given = os.environ if environ is None else environ
        known = set(variables())
        values = {n: v.strip() for n, v in given.items() if n in known and v.strip()}
        wrong = [_misspelt(n, known) for n in given if n.startswith(OURS) and n not in known]
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            wrong = [*(_said(e) for e in error.errors()), *wrong]
        if any(wrong):
            raise SettingsMistake("environment", None, "; ".join(filter(None, wrong)))
        return settings

    @property
    def database_url(self) -> str:
        """For SQLAlchemy. It may hold a password: not for logs."""
        if self.database is None:
            return f"sqlite:///{self.home / 'super-intern.db'}"
        return self.database.get_secret_value()

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_file(self) -> Path | None:
        """The database's file; None on PostgreSQL."""
        if not self.sqlite:
            return None
        return Path(self.database_url.removeprefix("sqlite:///").partition("?")[0]).absolute()

    @property
    def socket_mode(self) -> bool:
        return self.slack_app_token is not None

    @property
    def writer(self) -> Literal["claude", "offline"]:
        """Claude with a key or an address of its own; else the writer by rules."""
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
        """The client adds /v1 itself."""
        return value.rstrip("/").removesuffix("/v1") if value else value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        """So that it stays the same place should the process move to another folder."""
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
        if sign and scheme in POSTGRES:
            return SecretStr(f"postgresql+psycopg://{rest}")
        if sign and scheme in SQLITE:
            if not rest.strip("/") or ":memory:" in rest:
                raise ValueError("must name a file: what is only in memory is lost")
            return SecretStr(f"sqlite://{rest}")
        raise ValueError("must start with postgresql:// or sqlite:///")


def variables() -> dict[str, FieldInfo]:
    """Each variable's field, in the order of the docs."""
    return {str(field.alias): field for field in Settings.model_fields.values()}


def table() -> str:
    """All settings as the Markdown table of docs/settings.md."""
    lines = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in variables().items():
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def _said(error: Any) -> str:
    name = str(error["loc"][0])
    field = variables().get(name)
    secret = field is not None and "SecretStr" in str(field.annotation)
    return f"{name} {in_words(error, secret=secret)}"


def _misspelt(name: str, known: set[str]) -> str:
    """A word about a variable of ours that is almost one we know."""
    ours = [n.removeprefix(OURS) for n in known if n.startswith(OURS)]
    near = get_close_matches(name.removeprefix(OURS), ours, n=1, cutoff=0.8)
    return f"{name} is unknown; did you mean {OURS}{near[0]}?" if near else ""


def few_threads() -> None:
    """One thread for the linear algebra under numpy, before that is loaded: the threads of OpenBLAS
    wait for each other by spinning, and the sums here are far too small to gain from them."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
