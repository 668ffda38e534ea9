"""What the server counts of itself, for Prometheus: one registry an application, nothing global, nothing about persons.

`/metrics` gives `Metrics.text()`. Lanes are those of `workers.Pool`: fast and slow.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.6, 1.0, 2.5, 5.0, 10.0, 30.0)

Series = TypeVar("Series", Counter, Gauge, Histogram)


class Metrics:
    """The counters of one application. Give each event to the metric that its name says.

    Attributes:
        queries: ended queries by lane and outcome (ok, syntax, failed, time, gone, cut).
        query_seconds: wall-clock time of queries by lane, waiting left out.
        kills: workers ended on purpose or by their query, by lane and reason (time, gone, crash, memory, age).
        sheds: queries turned away before they began, by lane and reason (queue, waited).
        moved: queries that began in the fast lane and went on in the slow one.
        cache: look-ups in the answer cache by result (hit, miss).
        requests: answered requests by route and status class (2xx …).
        request_seconds: wall-clock time of requests by route, up to the end of the answer.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._series: dict[tuple[object, tuple[str, ...]], Counter | Gauge | Histogram] = {}
        lane, to = ["lane"], self.registry
        self.queries = Counter("kpigraph_queries", "Ended queries.", ["lane", "outcome"], registry=to)
        self.query_seconds = Histogram(
            "kpigraph_query_seconds",
            "Wall-clock time of queries, waiting left out.",
            lane,
            buckets=_SECONDS,
            registry=to,
        )
        self.waiting_seconds = Histogram(
            "kpigraph_query_waiting_seconds",
            "Time that queries waited for a worker.",
            lane,
            buckets=_SECONDS,
            registry=to,
        )
        self.kills = Counter(
            "kpigraph_worker_kills", "Query workers ended, by reason.", ["lane", "reason"], registry=to
        )
        self.sheds = Counter("kpigraph_queries_shed", "Queries turned away.", ["lane", "reason"], registry=to)
        self.moved = Counter("kpigraph_queries_moved", "Queries that went from the fast to the slow lane.", registry=to)
        self.cache = Counter("kpigraph_answer_cache", "Look-ups in the answer cache.", ["result"], registry=to)
        self.waiting = Gauge("kpigraph_queries_waiting", "Queries that wait for a worker.", lane, registry=to)
        self.busy = Gauge("kpigraph_workers_busy", "Query workers at work.", lane, registry=to)
        self.requests = Counter("kpigraph_requests", "Answered requests.", ["route", "status"], registry=to)
        self.request_seconds = Histogram(
            "kpigraph_request_seconds", "Wall-clock time of requests.", ["route"], buckets=_SECONDS, registry=to
        )
        for name in ("fast", "slow"):  # there from the beginning, so that a rate can be taken of the first event
            for series in (self.query_seconds, self.waiting_seconds, self.waiting, self.busy):
                series.labels(name)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count an answered request; `route` is a pattern or family such as /doc, never an address with names in it."""
        self.series(self.requests, route, f"{status // 100}xx").inc()
        self.series(self.request_seconds, route).observe(seconds)

    def series(self, metric: Series, *labels: str) -> Series:
        """Return `metric` with `labels`, which must be few: those asked for are kept, as finding them takes long."""
        if (found := self._series.get((metric, labels))) is None:
            found = self._series[metric, labels] = metric.labels(*labels)
        return cast("Series", found)

    def watch(self, name: str, says: str, label: str, values: Callable[[], dict[str, float]]) -> None:
        """Add a gauge whose `values`, by `label`, are asked for each time the metrics are."""
        self.registry.register(_Watched(name, says, label, values))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format, whose media type is `CONTENT_TYPE`."""
        return generate_latest(self.registry)


class _Watched(Collector):
    def __init__(self, name: str, says: str, label: str, values: Callable[[], dict[str, float]]) -> None:
        self._describe = (name, says, label)
        self._values = values

    def collect(self) -> Iterator[GaugeMetricFamily]:
        name, says, label = self._describe
        family = GaugeMetricFamily(name, says, labels=[label])
        for value, number in self._values().items():
            family.add_metric([value], number)
        yield family
