"""The products of a workspace's catalogue as database rows."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.db.session import Row


class ProductRow(Row):
    """One product. `body` is the Product as JSON."""

    __tablename__ = "products"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime]

    @staticmethod
    def put(
        session: Session,
        workspace: str,
        products: Sequence[tuple[str, str, str]],
        *,
        file: str,
        now: datetime,
    ) -> tuple[int, int]:
        """Store (handle, title, body) rows. Products with the same handle are replaced, all others
        stay. Return the numbers of new and of replaced products."""
        handles = [handle for handle, _, _ in products]
        known: set[str] = set()
        for start in range(0, len(handles), 500):
            some = handles[start : start + 500]
            same = (ProductRow.workspace == workspace) & ProductRow.handle.in_(some)
            known |= set(session.scalars(select(ProductRow.handle).where(same)))
            session.execute(delete(ProductRow).where(same))
        session.add_all(
            ProductRow(workspace=workspace, handle=handle, title=title, body=body, imported_at=now)
            for handle, title, body in products
        )
        session.flush()
        journal.record_event(
            session,
            workspace=workspace,
            event="catalogue imported",
            subject=file,
            now=now,
            products=len(products),
        )
        return len(products) - len(known), len(known)

    @staticmethod
    def load(session: Session, workspace: str, handles: Sequence[str]) -> "list[ProductRow]":
        """Return the products with these handles."""
        return [
            row
            for start in range(0, len(handles), 500)
            for row in session.scalars(
                select(ProductRow).where(
                    ProductRow.workspace == workspace,
                    ProductRow.handle.in_(handles[start : start + 500]),
                )
            )
        ]

    @staticmethod
    def any_since(session: Session, workspace: str, moment: datetime) -> bool:
        """Return whether products were stored after this moment."""
        later = (ProductRow.workspace == workspace) & (ProductRow.imported_at > moment)
        return session.scalar(select(ProductRow.handle).where(later).limit(1)) is not None

    @staticmethod
    def adopt(session: Session, from_: str, to: str) -> None:
        """Give the products that were imported before the workspace was known to the workspace,
        unless it has products of its own."""
        if from_ != to and not ProductRow.version(session, to)[0]:
            moved = update(ProductRow).where(ProductRow.workspace == from_).values(workspace=to)
            session.execute(moved.execution_options(synchronize_session=False))

    @staticmethod
    def version(session: Session, workspace: str) -> tuple[int, str]:
        """Return the number of products and the time of the last import. It changes whenever the
        catalogue does."""
        query = select(func.count(), func.max(ProductRow.imported_at)).where(
            ProductRow.workspace == workspace
        )
        count, last = session.execute(query).one()
        return count, str(last)

    @staticmethod
    def categories(session: Session, workspace: str) -> list[str]:
        """Return the categories of the products, the most common first."""
        values = [json.loads(body).get("type") for body in ProductRow.bodies(session, workspace)]
        return [name for name, _ in Counter(filter(None, values)).most_common()]

    @staticmethod
    def brands(session: Session, workspace: str) -> list[str]:
        """Return the brands of the products, the most common first. Empty when all have the same
        one."""
        values = [json.loads(body).get("vendor") for body in ProductRow.bodies(session, workspace)]
        named = Counter(filter(None, values)).most_common()
        return [name for name, _ in named] if len(named) > 1 else []

    @staticmethod
    def bodies(session: Session, workspace: str) -> list[str]:
        rows = select(ProductRow.body).where(ProductRow.workspace == workspace)
        return list(session.scalars(rows.order_by(ProductRow.handle)))
