"""The error of a query that can't be answered. Loads nothing else."""


class QueryError(Exception):
    """A query that can't be answered as it was asked. The reason is for the model that asks, who
    can ask otherwise: `QueryError("There is no {field} called {value}.", field=…, value=…)`."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason.format(**values))
