"""Facts of products that people added: what is true and the catalogue does not say."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Date, Numeric, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.core.facts import Fact, FactId, Source
from bot.db.session import Row, insert_once
from bot.i18n.messages import Words

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
            _record(session, "product fact added", workspace, id, by, now)

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
            _record(session, "product fact revoked", self.workspace, self.id, by, now)

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
    """Return the facts that people added for a product."""
    rows = ProductFact.list_valid(session, workspace, product, market, today)
    return tuple(row.as_fact() for row in rows)


def _record(session: Session, event: str, workspace: str, id: str, by: str, now: datetime) -> None:
    journal.record_event(session, workspace=workspace, event=event, subject=id, by=by, now=now)
