"""The sentences and headings that what was sold is told in."""

from bot.i18n.messages import Words

WHOLES = {
    "revenue": Words("You sold for {revenue} {when} ({orders})."),
    "orders": Words("There were {orders} {when}, for {revenue}."),
    "units": Words("{units} were sold {when}, for {revenue}."),
    "customers": Words("{customers} ordered {when}."),
    "new-customers": Words("{new_customers} ordered for the first time {when}, of {customers} who "
                           "ordered."),
    "average-order": Words("An order was {average_order} on average {when} ({orders})."),
    "units-per-order": Words("An order has {units_per_order} units on average {when} ({orders})."),
    "largest-order": Words("The largest order {when} came to {largest_order}, on {largest_day}."),
    "median-order": Words("The median order {when} is {median_order}: as many came to less as to "
                          "more ({orders}; {average_order} on average)."),
    "returned": Words("{returned} sold {when} came back: {return_rate} of what was sold."),
    "return-rate": Words("{return_rate} of what was sold {when} came back ({returned})."),
    "per-customer": Words("A customer who ordered spent {per_customer} on average {when} "
                          "({customers})."),
    "orders-per-customer": Words("A customer who ordered did so {orders_per_customer} times on "
                                 "average {when} ({customers})."),
    "delivery-days": Words("A parcel takes {delivery_days} on average to arrive "
                           "({delivered_parcels}, ordered {when})."),
}  # fmt: skip
OF_ONE = {
    "revenue": Words("{name}: {revenue} {when} ({orders}, {units})."),
    "orders": Words("{name}: {orders} {when}, for {revenue}."),
    "units": Words("{name}: {units} sold {when}, for {revenue}."),
    "customers": Words("{name}: {customers} ordered {when}."),
    "new-customers": Words("{name}: {new_customers} ordered for the first time {when}."),
    "average-order": Words("{name}: an order was {average_order} on average {when} ({orders})."),
    "units-per-order": Words(
        "{name}: an order has {units_per_order} units on average {when} ({orders})."
    ),
    "largest-order": Words(
        "{name}: the largest order {when} came to {largest_order}, on {largest_day}."
    ),
    "median-order": Words(
        "{name}: the median order {when} is {median_order} ({orders}; {average_order} on average)."
    ),
    "per-customer": Words(
        "{name}: a customer who ordered spent {per_customer} on average {when} ({customers})."
    ),
    "orders-per-customer": Words(
        "{name}: a customer who ordered did so {orders_per_customer} "
        "times on average {when} ({customers})."
    ),
    "returned": Words("{name}: {returned} sold {when} came back: {return_rate} of what was sold."),
    "return-rate": Words("{name}: {return_rate} of what was sold {when} came back ({returned})."),
}
NAMES = {
    "revenue": Words("Sales"),
    "orders": Words("Orders"),
    "units": Words("Units sold"),
    "customers": Words("Customers who ordered"),
    "new-customers": Words("Customers who ordered for the first time"),
    "average-order": Words("Average order"),
    "per-customer": Words("Sales a customer"),
    "orders-per-customer": Words("Orders a customer"),
    "units-per-order": Words("Units an order"),
    "returned": Words("Came back"),
    "return-rate": Words("Share that came back"),
    "per-day": Words("Sales a day"),
    "orders-per-day": Words("Orders a day"),
    "share": Words("Share of sales"),
    "orders-share": Words("Share of orders"),
    "customers-share": Words("Share of customers"),
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
    "code": Words("Code"),
    "week": Words("Week"),
    "day": Words("Day"),
    "weekend": Words("When"),
    "first": Words("Orders"),
    "reason": Words("Reason"),
    "variant": Words("Variant"),
}
SPAN = Words("{file} goes from {since} to {until}.")
VALUES = {
    "country": Words("Orders came from {n} {when}."),
    "region": Words("Orders came from {n} {when}."),
    "source": Words("Orders came from {n} {when}."),
    "category": Words("You sold in {n} {when}."),
    "product": Words("You sold {n} {when}."),
    "code": Words("Orders came with {n} {when}."),
}
TIMES = {
    "times-1": Words("{share} of all customers have ordered once ({customers})."),
    "times-2": Words("{share} of all customers have ordered twice ({customers})."),
    "times-3": Words("{share} of all customers have ordered three times or more ({customers})."),
}
