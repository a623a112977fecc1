"""Database rows: the products of a workspace's catalogue, and what people added to them because it
is true and the catalogue does not say it."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Date, Numeric, Text, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.core.facts import Fact, FactId, Source
from bot.db.base import Row
from bot.db.session import insert_once
from bot.i18n.messages import Words


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
            session, workspace, "catalogue imported", file, now, products=len(products)
        )
        return len(products) - len(known), len(known)

    @staticmethod
    def load(session: Session, workspace: str, handles: Sequence[str]) -> "list[ProductRow]":
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
        count, last = session.execute(SELECT_VERSION, {"workspace": workspace}).one()
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


# Facts of products that people added.

# Built once, since it runs for every look-up.
SELECT_VERSION = select(func.count(), func.max(ProductRow.imported_at)).where(
    ProductRow.workspace == bindparam("workspace")
)
VALIDITY = timedelta(days=365)
PROMOTION = timedelta(days=30)  # how long a lowest price holds where the offer names no end
LABEL = Words("confirmed by the team")
LOWEST_LABEL = "lowest price 30 days"  # as the catalogue calls it


class ProductFact(Row):
    """A claim that a person confirmed for a product, in one market or in all, until a day. It is a
    source until then, or until somebody revokes it. With an `amount` it is the lowest price of the
    30 days before a promotion, which the data don't have."""

    __tablename__ = "product_facts"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    product: Mapped[str] = mapped_column(index=True)  # its handle
    market: Mapped[str | None]
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str]
    draft: Mapped[str]  # the draft in which it was claimed
    at: Mapped[datetime]
    expires: Mapped[date] = mapped_column(Date)
    revoked_by: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    currency: Mapped[str | None]

    @staticmethod
    def add(
        session: Session,
        *,
        workspace: str,
        product: str,
        market: str | None,
        text: str,
        by: str,
        draft: str,
        now: datetime,
        expires: date | None = None,
        amount: Decimal | None = None,
        currency: str | None = None,
    ) -> None:
        """Add a fact. The same claim of the same draft is added once."""
        id = f"{draft}:{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        inserted = insert_once(
            session,
            ProductFact,
            id=id,
            workspace=workspace,
            product=product,
            market=market,
            text=text,
            by=by,
            draft=draft,
            at=now,
            expires=expires or now.date() + VALIDITY,
            revoked_by=None,
            revoked_at=None,
            amount=amount,
            currency=currency,
        )
        if inserted:
            journal.record_event(session, workspace, "product fact added", id, now, by=by)

    @staticmethod
    def add_lowest_price(
        session: Session,
        *,
        workspace: str,
        product: str,
        market: str | None,
        price: Decimal,
        currency: str,
        until: date | None,
        by: str,
        draft: str,
        now: datetime,
    ) -> None:
        """Add the lowest price of the 30 days before a promotion, which ends on `until`. It takes
        the place of one that was entered before."""
        today = now.date()
        for known in ProductFact.list_valid(session, workspace, product, market, today):
            if known.amount is not None and known.market == market:
                known.revoke(session, by=by, now=now)
        ProductFact.add(
            session,
            workspace=workspace,
            product=product,
            market=market,
            text=f"{LOWEST_LABEL}: {price} {currency} ({now.isoformat()})",
            by=by,
            draft=draft,
            now=now,
            expires=until if until and until >= today else today + PROMOTION,
            amount=price,
            currency=currency,
        )

    def revoke(self, session: Session, *, by: str, now: datetime) -> None:
        """Make it a source no longer. Drafts that stand on it keep it in their evidence."""
        if self.revoked_at is None:
            self.revoked_by, self.revoked_at = by, now
            journal.record_event(
                session, self.workspace, "product fact revoked", self.id, now, by=by
            )

    @staticmethod
    def list_valid(
        session: Session, workspace: str, product: str | None, market: str | None, today: date
    ) -> Sequence["ProductFact"]:
        """Return what is valid today for the product in the market, the oldest first."""
        if product is None:
            return ()
        rows = select(ProductFact).where(
            ProductFact.workspace == workspace,
            ProductFact.product == product,
            ProductFact.revoked_at.is_(None),
            ProductFact.expires >= today,
        )
        found = session.scalars(rows.order_by(ProductFact.at, ProductFact.id))
        return [row for row in found if row.market in (None, market)]

    def as_fact(self) -> Fact:
        tail = f"added-{self.id.rpartition(':')[2]}"
        return Fact(
            id=str(FactId("product", self.product, tail)),
            label=LABEL.text if self.amount is None else LOWEST_LABEL,
            value=self.text if self.amount is None else self.amount,
            unit=self.currency,
            source=Source("the team"),
            as_of=self.at.date(),
        )


def list_product_facts(
    session: Session, workspace: str, product: str | None, market: str | None, today: date
) -> tuple[Fact, ...]:
    rows = ProductFact.list_valid(session, workspace, product, market, today)
    return tuple(row.as_fact() for row in rows)
