"""Every setting is read from the environment, documented with its default, and refused with a clear line."""

import re
from dataclasses import fields

import pytest
from conftest import REPO

from kpigraph.config import Settings
from kpigraph.problems import UsageError

ROWS = dict(re.findall(r"^\| `(KPIGRAPH_\w+)` \| (\S*) ?\|", (REPO / "docs" / "endpoint.md").read_text("utf-8"), re.M))


def test_what_the_documentation_calls_a_default_is_one() -> None:
    assert len(ROWS) >= 19
    assert Settings.from_environment({k: v for k, v in ROWS.items() if v}) == Settings()


def test_every_setting_is_documented() -> None:
    source = (REPO / "kpigraph" / "config.py").read_text("utf-8")
    named = set(re.findall(r'"(KPIGRAPH_[A-Z_]+)"', source))
    read = (REPO / "README.md").read_text("utf-8")
    assert len(named) >= len(fields(Settings))
    assert not [n for n in named if n not in ROWS and n not in read and n.rsplit("_", 1)[0] not in read]


def test_a_setting_changes_what_it_says() -> None:
    found = Settings.from_environment(
        {
            "KPIGRAPH_RESULT_MIB": "0",
            "KPIGRAPH_FAST_SECONDS": "0.1",
            "KPIGRAPH_SERVICES": "https://a.example/sparql http://b.example:8890/x?y=1",
            "KPIGRAPH_ACCESS_LOG": "off",
            "KPIGRAPH_SERVER_URL": "https://kpi.example.jp/",
        }
    )
    assert found.server_url == "https://kpi.example.jp"
    assert (found.result_size, found.fast_seconds, found.access_log) == (0, 0.1, False)
    assert found.services == ("https://a.example/sparql", "http://b.example:8890/x?y=1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KPIGRAPH_WORKERS", "0"),
        ("KPIGRAPH_WORKERS", "many"),
        ("KPIGRAPH_QUERY_SECONDS", "-1"),
        ("KPIGRAPH_SERVICES", "https://a.example/ <b>"),
        ("KPIGRAPH_ACCESS_LOG", "yes"),
        ("KPIGRAPH_SERVER_URL", "kpi.example.jp"),
    ],
)
def test_a_setting_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        Settings.from_environment({name: value})
