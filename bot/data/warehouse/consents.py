"""Who agreed to e-mails, SMS or ads. An opt-out outweighs every consent."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from bot.core.audience_rule import AudiencePurpose
from bot.data.warehouse.warehouse import Warehouse

CONSENT_COLUMNS: Mapping[AudiencePurpose, tuple[str, ...]] = {
    "email": ("email",),
    "sms": ("sms",),
    "ads": ("ads_user_data", "ads_personalization"),  # Google requires both
}
CONSENT_FIELDS: Mapping[str, AudiencePurpose] = {f"{one}_consent": one for one in CONSENT_COLUMNS}


def select_consenting(warehouse: Warehouse, purpose: AudiencePurpose) -> ir.Table | None:
    """Return the customers with consent for the purpose and without an opt-out; None without
    consents."""
    consents = warehouse.table("consents")
    if consents is None:
        return None
    return consents.filter(has_agreed(consents, purpose)).select("customer").distinct()


def has_agreed(consents: ir.Table, purpose: AudiencePurpose) -> ir.BooleanValue:
    yes = [consents[name].fill_null(False) for name in CONSENT_COLUMNS[purpose]]
    return ibis.and_(*yes, ~consents.opted_out.fill_null(False))


def add_consents(warehouse: Warehouse, rows: ir.Table) -> ir.Table:
    """Return the rows with CONSENT_FIELDS: "yes" or "no", as a customer whom no file names did not
    agree; null where no customer is known. Without consents the rows lack them."""
    for name, purpose in CONSENT_FIELDS.items():
        if (agreed := select_consenting(warehouse, purpose)) is None:
            return rows
        agreed = agreed.select(agreeing="customer")
        rows = rows.left_join(agreed, rows.customer == agreed.agreeing)
        has = ibis.cases(
            (rows.customer.isnull(), ibis.null("string")),
            (rows.agreeing.notnull(), "yes"),
            else_="no",
        )
        rows = rows.mutate(**{name: has}).drop("agreeing")
    return rows
