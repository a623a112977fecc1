"""Connections to PostgreSQL."""

import math
import time
from typing import Any

from psycopg import Cursor
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

MAX_IDLE_SECONDS = 1.0  # after which a connection is tried out before it is used


class PlainCursor(Cursor[Any]):
    """A cursor that describes a result by plain tuples. SQLAlchemy reads the description of each
    result, and the driver makes an object of each column for it, which costs as much as a fifth of
    a statement."""

    @property
    def description(self) -> Any:
        result = self.pgresult
        if result is None or not result.nfields:
            return super().description
        return [
            ((result.fname(i) or b"").decode(), result.ftype(i), None, None, None, None, None)
            for i in range(result.nfields)
        ]


def create_postgres_engine(url: str) -> Engine:
    """Return an engine that tries out a connection which was idle for some time, before its use.
    It uses as few connections as it can, since each has statements of its own prepared."""
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=10,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"cursor_factory": PlainCursor},
    )

    @event.listens_for(engine, "checkin")
    def _checked_in(_: Any, record: Any) -> None:
        record.info["idle since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checked_out(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info.get("idle since", math.inf) > MAX_IDLE_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error  # all connections are opened anew

    return engine
