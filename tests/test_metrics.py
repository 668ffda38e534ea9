"""What Prometheus reads is what happened."""

from prometheus_client.parser import text_string_to_metric_families

from kpigraph.serve.metrics import Metrics


def test_what_is_counted_can_be_read_back() -> None:
    metrics, other = Metrics(), Metrics()
    metrics.request("/doc", 304, 0.02)
    metrics.queries.labels("fast", "ok").inc()
    memory = {"1": 5.0}
    metrics.watch("kpigraph_worker_memory_bytes", "Resident memory.", "worker", lambda: memory)
    memory["2"] = 7.0
    said = {
        (s.name, *s.labels.values()): s.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for s in family.samples
    }
    assert said["kpigraph_requests_total", "/doc", "3xx"] == 1
    assert said["kpigraph_request_seconds_count", "/doc"] == 1
    assert said["kpigraph_queries_total", "fast", "ok"] == 1
    assert said["kpigraph_worker_memory_bytes", "2"] == 7
    assert said["kpigraph_queries_waiting", "slow"] == 0
    assert b"/doc" not in other.text()
