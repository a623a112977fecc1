"""The datasets by name."""

from collections.abc import Mapping

from bot.core.metric_query import DatasetName
from bot.data.metrics.query import campaigns, feedback, orders, traffic, visits
from bot.data.metrics.query.dataset import MetricDataset

DATASETS: Mapping[DatasetName, MetricDataset] = {
    "orders": orders.DATASET,
    "visits": visits.DATASET,
    "campaigns": campaigns.DATASET,
    "feedback": feedback.DATASET,
    "traffic": traffic.DATASET,
}
