"""Answers that are kept: long ones in files, those to the questions of a large release before anybody asks."""

import errno
import os
from pathlib import Path
from urllib.parse import urlencode

import pytest
from serving import Client

from kpigraph.config import Settings
from kpigraph.serve.beforehand import questions
from kpigraph.serve.kept import Filing
from kpigraph.serve.rendered import Cache
from kpigraph.serve.snapshot import Snapshot

LONG = "SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 6000"  # more than is waited for to be sent whole
JSON = "application/sparql-results+json"


def ask(query: str) -> str:
    return "/sparql?" + urlencode({"query": query})


def hits(client: Client) -> float:
    text = client.get("/metrics").text
    return sum(
        float(line.split()[-1])
        for line in text.splitlines()
        if "cache" in line and "_created" not in line and '"hit"' in line
    )


def test_a_long_answer_is_evaluated_once_and_sent_from_a_file_then(client: Client) -> None:
    first = client.get(ask(LONG), JSON)
    before = hits(client)
    again = client.get(ask(LONG), JSON)
    assert len(first.content) > 256 << 10
    assert again.content == first.content
    assert hits(client) == before + 1
    tag = again.headers["etag"]
    assert client.get(ask(LONG), headers={"Accept": JSON, "If-None-Match": tag}).status_code == 304
    assert client.request("HEAD", ask(LONG), headers={"Accept": JSON}).content == b""
    assert client.get(ask(LONG), "text/csv").content != first.content  # another form is another answer


def test_without_room_for_a_file_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(prefix: str) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.mkstemp", full)
    filing = Filing(10)
    filing.write(b"12345")
    assert filing.filed(JSON, "", "json") is None


def test_a_file_has_a_limit_and_no_name() -> None:
    filing = Filing(10)
    filing.write(b"12345")
    filing.write(b"678901")
    assert filing.filed(JSON, "", "json") is None
    whole = Filing(10)
    whole.write(b"12345")
    filed = whole.filed(JSON, "", "json")
    assert filed is not None
    assert (filed.size, os.pread(filed.file.number, 10, 0)) == (5, b"12345")
    assert os.fstat(filed.file.number).st_nlink == 0


def test_questions_of_a_large_release_are_answered_before_anybody_asks(public: Path) -> None:
    source = Snapshot(public)
    client = Client(source, Settings(workers=1, in_memory=0))  # as if no store were small
    try:
        client.get(ask("ASK {}"), JSON)  # what is served is seen
        client.run(client.app.state.beforehand.done())
        before = hits(client)
        assert [q.key for q in questions() if client.get(ask(q.text), JSON).status_code != 200] == []
        assert hits(client) == before + len(questions())
        kept = source.served().cache
        assert all(kept.get(("page", "/", lang)) == client.get("/?lang=" + lang).content for lang in ("ja", "en"))
    finally:
        client.close()


def test_rendered_pages_are_kept_packed_and_given_back_as_they_were() -> None:
    cache = Cache(100_000)
    pages = [f"<p>{n}</p>".encode() * 20_000 for n in range(20)]  # 2 MB and more in all
    for n, page in enumerate(pages):
        cache.put((str(n),), page)
    assert [cache.get((str(n),)) for n in range(20)] == pages
    cache.put(("short",), b"x")
    cache.put(("random",), os.urandom(200_000))  # cannot be packed, and is too large as it is
    assert (cache.get(("short",)), cache.get(("random",))) == (b"x", None)
    for n in range(20, 2_000):
        cache.put((str(n),), os.urandom(1_000))
    assert cache.get(("0",)) is None
