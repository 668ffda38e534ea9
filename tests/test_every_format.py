"""A random strategy, rendered in every layout, written in every format with random scars, reads back as the same."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import plans
import pytest
from conftest import CARD
from country.files import FORMATS, NOT_RENDERED, Format
from country.render import LAYOUTS
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kpigraph import editions, proposal, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.problems import Problem, Severity, SourceLocation
from kpigraph.read import isolation
from kpigraph.read.rows import Read

FULL_WIDTH = str.maketrans("0123456789%H", "０１２３４５６７８９％Ｈ")
EXAMPLES = int(os.environ.get("KPIGRAPH_EXAMPLES", "4"))  # a combination


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read without a process of its own for each file, whose start would be most of the time; others test that."""

    def read(kind: str, path: Path, encoding: str, at: SourceLocation, limits: isolation.Limits) -> Read:
        items: Iterator[object] = isolation.reader(kind)(path, encoding)
        return items  # type: ignore[return-value]

    monkeypatch.setattr(isolation, "read", read)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.name.replace(" ", "-"))
def test_a_random_strategy_is_read_back(
    form: Format, layout: str, tmp_path_factory: pytest.TempPathFactory, units: UnitCodelist
) -> None:
    if (form.name, layout) in NOT_RENDERED:
        pytest.skip("no such document")
    folder = tmp_path_factory.mktemp("plan") / "479993" / "kpi-1"
    folder.mkdir(parents=True)
    file = folder / "kpi"
    rendered = LAYOUTS[layout]

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], derandomize=True, database=None)
    @given(st.data())
    def reads_back(data: st.DataObject) -> None:
        plan = data.draw(plans.plans())
        chance = plans.Drawn(data.draw)
        pages = rendered.render(plan, chance, form.scars)
        if data.draw(st.booleans()):
            for page in pages:
                page.rows = [[text.translate(FULL_WIDTH) for text in row] for row in page.rows]
        form.write(file, pages, chance)
        fields = {"file": "kpi", "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "edition": "1"}
        head = CARD.split("[layout]")[0].replace("text/plain", form.media_type)
        described = head.format(**fields, code="479993", encoding="") + rendered.card(layout, 1)
        (folder / "card.toml").write_text(described, "utf-8")
        problems: list[Problem] = []
        reading, _ = editions.read_cells(sources.load(folder, problems), units, problems)
        assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
        assert not reading.unread
        assert plans.said(reading) == plans.meant(plan, rendered.years)

    reads_back()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_new_writes_the_card_of_a_random_strategy(
    layout: str, tmp_path_factory: pytest.TempPathFactory, units: UnitCodelist
) -> None:
    """With no card and no edit, the strategy reads as the same."""
    rendered = LAYOUTS[layout]

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], derandomize=True, database=None)
    @given(st.data())
    def proposed(data: st.DataObject) -> None:
        plan = data.draw(plans.plans())
        form = data.draw(st.sampled_from([f for f in FORMATS if f.name in ("tabs", "csv cp932", "xlsx", "html")]))
        folder = tmp_path_factory.mktemp("new")
        chance = plans.Drawn(data.draw)
        form.write(folder / "kpi", rendered.render(plan, chance, form.scars), chance)
        made = proposal.propose("479993", folder / "kpi", folder / "data", units)
        problems: list[Problem] = []
        reading, _ = editions.read_cells(sources.load(made.folder, problems), units, problems)
        assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
        assert plans.said(reading) == plans.meant(plan, rendered.years)

    proposed()
