"""The sentences and headings that what was sold is told in."""

from bot.words import Words

WHOLES = {
    "revenue": Words("You sold for {revenue} {when} ({orders})."),
    "orders": Words("There were {orders} {when}, for {revenue}."),
    "units": Words("{units} were sold {when}, for {revenue}."),
    "customers": Words("{customers} ordered {when}."),
    "new-customers": Words("{new_customers} ordered for the first time {when}, of {customers} who "
                           "ordered."),
    "average-order": Words("An order was {average_order} on average {when} ({orders})."),
    "delivery-days": Words("A parcel takes {delivery_days} on average to arrive "
                           "({delivered_parcels}, ordered {when})."),
}  # fmt: skip
OF_ONE = {
    "revenue": Words("{name}: {revenue} {when} ({orders}, {units})."),
    "share": Words("{name}: {revenue} {when} ({orders}, {units}), {share} of all sales."),
    "orders": Words("{name}: {orders} {when}, for {revenue}."),
    "units": Words("{name}: {units} sold {when}, for {revenue}."),
    "customers": Words("{name}: {customers} ordered {when}."),
    "new-customers": Words("{name}: {new_customers} ordered for the first time {when}."),
    "average-order": Words("{name}: an order was {average_order} on average {when} ({orders})."),
}
NAMES = {
    "revenue": Words("Sales"),
    "orders": Words("Orders"),
    "units": Words("Units sold"),
    "customers": Words("Customers who ordered"),
    "new-customers": Words("Customers who ordered for the first time"),
    "average-order": Words("Average order"),
    "per-day": Words("Sales a day"),
    "revenue-before": Words("Before"),
    "orders-before": Words("Before"),
    "units-before": Words("Before"),
    "customers-before": Words("Before"),
    "new-customers-before": Words("Before"),
    "average-order-before": Words("Before"),
}
CUTS = {
    "month": Words("Month"),
    "weekday": Words("Day of the week"),
    "hour": Words("Hour"),
    "country": Words("Country"),
    "region": Words("Region"),
    "device": Words("Device"),
    "source": Words("Source"),
    "category": Words("Category"),
    "product": Words("Product"),
}
TIMES = {
    "times-1": Words("{share} of all customers have ordered once ({customers})."),
    "times-2": Words("{share} of all customers have ordered twice ({customers})."),
    "times-3": Words("{share} of all customers have ordered three times or more ({customers})."),
}
