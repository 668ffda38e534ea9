"""What is done to whatever comes from outside, one function a door, and what must hold of every input.

A target takes bytes and raises AssertionError where something does not hold; any exception but those that the door's
docstring promises is a finding too. The same targets are tried on the corpus (tests/test_fuzz.py), on what hypothesis
makes up, and, guided by coverage, by `make fuzz`.
"""

import contextlib
import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox

from kpigraph import codelists, config, iris, lexer, read, sources, tables
from kpigraph.cells import parse_cell
from kpigraph.model import Calendar, Conventions, Document, LayoutCard, Quantity, Row, SourceCard, ValueForm
from kpigraph.periods import parse_period, period_label
from kpigraph.problems import SourceError, SourceLocation
from kpigraph.quantities import parse_quantity
from kpigraph.read import archive, isolation
from kpigraph.read.rows import RawRow, build
from kpigraph.serve import addresses, coding, conform, forms, guard, negotiate
from kpigraph.serve.reconcile import asking
from kpigraph.serve.reconcile.properties import MATCHED
from kpigraph.text import compact, normalise

_FORMULA = re.compile("[=+\\-@＝＋－＠\t\r\n]")
_NUMBER = re.compile(r"[-+－＋]*|[-+－＋]?[0-9０-９.,]+[^()]*")  # or dashes: what no spreadsheet computes
_MONEY = ("$", "£", "€", "¥", "US$", "A$", "AU$", "NZ$", "CA$")
AT = SourceLocation(file="479993/x/kpi.txt", row=1, cell=1)
CONVENTIONS = (
    Conventions(),
    Conventions(era="令和", bare_year=Calendar.JFY, period_names={"基準年": "H26年度"}),
    Conventions(language="en", fiscal_year_begins=4, fiscal_year_named_by="start", japanese_fiscal_year=True),
    Conventions(language="en", fiscal_year_begins=10, fiscal_year_named_by="end", bare_year=Calendar.YEAR),
)
Work = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """A door: its name, what is tried, whether its work must grow no faster than its input, words for a dictionary."""

    name: str
    run: Work
    linear: Callable[[str], object] | None = None
    words: tuple[str, ...] = ()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


@cache
def _units() -> codelists.UnitCodelist:
    return codelists.load_units(config.resource_dir("data/codelists"))


# ---- the cell language


def periods(data: bytes) -> None:
    text = _text(data)
    for conventions in CONVENTIONS:
        try:
            stated = parse_period(text, AT, conventions=conventions)
        except SourceError as error:
            _told(error, "period.unreadable", text)
            continue
        assert parse_period(normalise(text), AT, conventions=conventions) == stated, "the normal form says the same"
        if (period := stated.period) is None:
            assert stated.aggregation is None
            continue
        assert period.first_day is None or period.last_day is not None
        assert period.first_day is None or period.last_day is None or period.first_day <= period.last_day
        name = iris.period_id(period)
        assert iris.DataIris("https://e.example/").thing("period", name).isascii()
        for lang in ("ja", "en"):
            assert period_label(period, lang)
        printed = period_label(period, "ja").split("（")[0]
        if conventions.language == "ja" and period.calendar in (Calendar.YEAR, Calendar.JFY):
            assert parse_period(printed, AT).period == period, f"printed as {printed}"


def quantities(data: bytes) -> None:
    text = _text(data)
    for conventions in (CONVENTIONS[0], CONVENTIONS[2]):
        try:
            quantity = parse_quantity(text, AT, conventions=conventions)
        except SourceError as error:
            _told(error, "quantity.unreadable", text)
            continue
        _whole(quantity)
        assert parse_quantity(normalise(text), AT, conventions=conventions) == quantity, "the normal form says the same"
        if quantity.form is ValueForm.ABSOLUTE:
            assert quantity.value is not None
            printed = f"{abs(quantity.value):,f}"
            sign = "-" if quantity.value < 0 else ""
            between = "" if conventions.language == "ja" else " "  # 5m could be five million
            number = sign + printed + between + quantity.unit
            if quantity.unit in _MONEY:  # which is written in front
                number = sign + quantity.unit + printed
            again = parse_quantity(number, AT, conventions=conventions)
            assert (again.value, again.unit) == (quantity.value, quantity.unit), "a printed number is read back"


def cells(data: bytes) -> None:
    text = _text(data)
    for conventions in (CONVENTIONS[0], CONVENTIONS[2]):
        try:
            cell = parse_cell(text, AT, _units(), conventions=conventions, footnotes={"1": "速報値", "*": "a note"})
        except SourceError as error:
            assert {p.code for p in error.problems} <= {"quantity.unreadable", "period.unreadable"}
            continue
        assert "".join(share.printed for share in cell.shares) == text, "a cell is shared out without a rest"
        starts = [share.start for share in cell.shares]
        assert starts == sorted(set(starts))
        assert cell.values
        for value in cell.values:
            _whole(value.quantity)


def normal_forms(data: bytes) -> None:
    text = _text(data)
    for form in (normalise, compact):
        once = form(text)
        assert form(once) == once
    assert compact(normalise(text)) == compact(text)


def _whole(quantity: Quantity) -> None:
    """Assert that a quantity has what its form needs, and nothing else."""
    numbers: dict[ValueForm, Iterable[Decimal | None]] = {
        ValueForm.ABSOLUTE: (quantity.value,),
        ValueForm.RANGE: (quantity.minimum, quantity.maximum),
        ValueForm.RATIO: (quantity.numerator, quantity.denominator),
    }
    for number in numbers.get(quantity.form, ()):
        assert number is not None
        assert number.is_finite()
    assert (quantity.value is not None) is (quantity.form is ValueForm.ABSOLUTE)
    assert quantity.decimals >= 0
    if quantity.form is ValueForm.RANGE:
        assert quantity.minimum is not None
        assert quantity.maximum is not None
        assert quantity.minimum <= quantity.maximum
    if quantity.form is ValueForm.RATIO:
        assert quantity.denominator
    if quantity.form is ValueForm.RELATIVE:
        assert quantity.relative_change is None or quantity.absolute_change is None


def _told(error: SourceError, code: str, found: str) -> None:
    """Assert that there is one problem, of this code, at the place, which quotes what was found."""
    (problem,) = error.problems
    assert (problem.code, problem.at, problem.found) == (code, AT, found)
    assert problem.sentence("ja") != problem.sentence("en")


# ---- files


def text_file(data: bytes) -> None:
    for encoding in ("utf-8", "cp932"):
        found = _rows_of(data, "text/plain", encoding)
        if found is not None and data.count(b"\t"):
            whole = io.TextIOWrapper(io.BytesIO(data), encoding).read().removeprefix("\ufeff")
            printed = "\n".join(row.printed for row in found)
            assert printed.replace("\f", "") == whole.removesuffix("\n").replace("\f", ""), "no character is lost"


def delimited_file(data: bytes) -> None:
    found = _rows_of(data, "text/csv", "utf-8")
    if found is None:
        return
    text = _lines(data.decode("utf-8").removeprefix("\ufeff"))
    for row in found:
        assert _lines(row.printed) in text, "a record is what stands in the file"
    if found and (delimiter := next((d for d in ",\t;|" if d in text), "")):
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=delimiter).writerows([cell.text for cell in row.cells] for row in found)
        again = _rows_of(written.getvalue().encode(), "text/csv", "utf-8", SourceCard(delimiter=delimiter))
        assert again is not None
        assert [[c.text for c in r.cells] for r in again] == [[c.text for c in r.cells] for r in found]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "")


def objects_file(data: bytes) -> None:
    _rows_of(data, "application/json", "utf-8")
    _rows_of(data, "application/json", "utf-8", SourceCard(arrays=("a", "b.c"), groups=("a",)))


def web_page(data: bytes) -> None:
    _read_apart("webpage", data, "utf-8")


def pdf_file(data: bytes) -> None:
    """The whole way through the process with limits: its libraries are others', so it is not looked into."""
    _rows_of(data, "application/pdf", "")


def workbook(data: bytes) -> None:
    """A sheet, texts and styles that are any XML, in an archive that is whole; parts are parted by NUL."""
    parts = [*data.split(b"\x00"), b"", b"", b"", b""]
    members = {
        "xl/workbook.xml": parts[3] or _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _RELATIONS,
        "xl/worksheets/sheet1.xml": parts[0],
        "xl/sharedStrings.xml": parts[1] or _TEXTS,
        "xl/styles.xml": parts[2] or _STYLES,
    }
    _read_apart("xlsx", _archive(members), "")


def open_document(data: bytes) -> None:
    members = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": data}
    _read_apart("ods", _archive(members), "")


def any_archive(data: bytes) -> None:
    for kind in ("xlsx", "ods"):
        _read_apart(kind, data, "")


def _archive(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return packed.getvalue()


_MAIN = b' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_WORKBOOK = b'<workbook%s xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>' % _MAIN
_RELATIONS = b'<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
_TEXTS = "<sst><si><t>観光客数</t></si><si><t>1,234</t></si></sst>".encode()
_STYLES = b'<styleSheet><numFmts><numFmt numFmtId="170" formatCode="0.0%"/></numFmts><cellXfs><xf numFmtId="0"/>'
_STYLES += b'<xf numFmtId="170"/><xf numFmtId="14"/></cellXfs></styleSheet>'


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="kpigraph-fuzz-"))


def _rows_of(data: bytes, media_type: str, encoding: str, card: SourceCard | None = None) -> list[Row] | None:
    """Return the rows of a file by the way that a build takes, None where it is told to be unreadable."""
    file = _folder() / "kpi"
    file.write_bytes(data)
    layout = LayoutCard(kind="stacked", hierarchy=(), columns={}, roles={})
    document = Document(
        folder=file.parent, file=file, sha256="", media_type=media_type, encoding=encoding, municipality="479993",
        municipality_names={}, series="plan", series_labels={}, edition="1", title={}, description={}, layout=layout,
        source=card or SourceCard(),
    )  # fmt: skip
    try:
        data.decode(encoding or "latin-1")  # sources.load has made sure of that
    except UnicodeDecodeError:
        return None
    try:
        rows = list(read.read(document, [], isolation.Limits(seconds=20, memory=1024, cells=50_000)))
    except SourceError as error:
        for problem in error.problems:
            assert problem.code.startswith("source.")
            assert problem.sentence("ja") != problem.sentence("en")
        return None
    _placed(rows)
    return rows


def _read_apart(kind: str, data: bytes, encoding: str) -> None:
    """Read in this process what a build reads in one with limits, so that coverage guides what is tried."""
    file = _folder() / f"kpi.{kind}"
    file.write_bytes(data)
    raws = []
    with contextlib.suppress(archive.ReadingError):
        cells = 0
        for item in isolation.reader(kind)(file, encoding):
            if isinstance(item, RawRow):
                raws.append(item)
                cells += len(item.texts) + 1
            if cells > 50_000:  # `Limits.cells`
                break
    _placed(list(build("479993/x/kpi", raws)), apart=True)


def _placed(rows: list[Row], *, apart: bool = False) -> None:
    """Assert that places rise, every cell is where it says, and texts can be written."""
    last: dict[str, int] = {}
    for row in rows:
        assert row.at.row > last.get(row.at.key, 0)
        last[row.at.key] = row.at.row
        assert [cell.at.cell for cell in row.cells] == list(range(1, len(row.cells) + 1))
        for cell in row.cells:
            assert cell.at.row == row.at.row
            if not apart:
                cell.text.encode("utf-8")


# ---- what people keep beside a document


def card(data: bytes) -> None:
    folder = _folder() / "479993" / "x"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kpi.csv").write_text("a,b\n1,2\n")
    (folder / "card.toml").write_bytes(data)
    try:
        document = sources.load(folder, [])
    except SourceError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.sentence("ja") != problem.sentence("en")
        return
    assert document.file.parent == folder, "a name in a card is no path"
    joined = document.source.join
    assert joined is None or (folder / joined.file).parent == folder
    assert iris.DataIris("https://e.example/").strategy(document.municipality, document.series).isascii()


# ---- addresses, headers, bodies


def address(data: bytes) -> None:
    path = addresses.canonical(data)
    if path is None:
        return
    written = addresses.written(path).encode()
    assert addresses.canonical(written) == path
    assert path.startswith("/")
    assert not path.startswith("//")
    assert all(part not in ("", ".", "..") for part in path[1:].split("/")) or path == "/"


def accept(data: bytes) -> None:
    header = data.decode("latin-1")  # as HTTP gives it
    for name, weight in negotiate.ranges(header):
        assert 0 <= weight <= 1
        assert "/" in name
    for offered in (negotiate.THING_FORMS, negotiate.RESULT_FORMS, negotiate.GRAPH_FORMS):
        chosen = negotiate.choose(header, offered)
        assert chosen is None or chosen in offered
        if chosen is not None:
            assert negotiate.choose(chosen.media_type, offered) is chosen
            assert negotiate.choose(f"{header}, {chosen.media_type};q=1", offered) in offered
    assert negotiate.language(None, None, header) in negotiate.LANGUAGES
    assert coding.choose(header) in ("", "br", "gzip")


def iri(data: bytes) -> None:
    text = _text(data)
    parts = text.split("/")
    assert "/" not in iris.local_name(text)
    assert "#" not in iris.local_name(text)
    iris.code_value(text)
    place = iris.row_place(text)
    ours = iris.DataIris("https://e.example/")
    if place:
        again = ours.edition("012068", "plan", "2016").row(place)
        assert iris.row_place(again) == place
    try:
        made = ours.thing(*parts)
    except ValueError:
        return
    assert made.isascii()
    assert made.removeprefix(ours.base + "id/").split("/") == parts
    path = made.removeprefix("https://e.example")
    assert addresses.canonical(path.encode()) == path, "a name of ours is its own address"


def form_body(data: bytes) -> None:
    try:
        pairs = forms.pairs_of(data)
    except forms.Fault as fault:
        _answered(fault)
        return
    assert forms.pairs_of(urlencode(pairs).encode()) == pairs


def reconcile_body(data: bytes) -> None:
    text = _text(data)
    try:
        found = asking.queries(text)
    except forms.Fault as fault:
        _answered(fault)
    else:
        assert len(found) <= asking.BATCH
        for query in found.values():
            assert 1 <= query.limit <= asking.MOST
            assert len(query.text) <= asking.TEXT
            assert query.text.strip() or query.wanted
            for name, values in query.wanted:
                assert name in MATCHED
                assert all(0 < len(value) <= asking.TEXT for value in values)
    try:
        extension = asking.extension(text, MATCHED)
    except forms.Fault as fault:
        _answered(fault)
    else:
        assert len(extension.ids) <= asking.IDS
        assert all(asked.id in MATCHED and asked.limit >= 0 for asked in extension.properties)


def _answered(fault: forms.Fault) -> None:
    assert 400 <= fault.status < 500
    for lang in ("ja", "en"):
        fault.reason[lang].encode("utf-8")
        assert len(fault.reason[lang]) < 2_000


# ---- queries


def query(data: bytes) -> None:
    """What the guard lets pass reaches no other server and changes nothing; what is asked in its place is a query."""
    text = _text(data)
    end = 0
    for token in lexer.tokens(text):
        assert token.start >= end
        end = token.start + len(token.text)
        assert text[token.start : end] == token.text
    try:
        reading = guard.check(text, replace(guard.DEFAULT, depth=30, chain=60))
    except guard.Refusal as refusal:
        assert refusal.status in (400, 413)
        if refusal.start >= 0:
            assert refusal.place(text)
        return
    assert not reading.federated
    _harmless(text, reading)


def _harmless(text: str, reading: guard.Reading) -> None:
    try:
        put = conform.rewritten(text, lambda _: True)
    except Exception as error:  # the text must be a query
        put, failed = text, error
    else:
        failed = None
    store = _store()
    for one in dict.fromkeys((text, put)):
        try:
            result = store.query(one, base_iri="http://e/", use_default_graph_as_union=True)
            if not isinstance(result, ox.QueryBoolean):
                for _, _ in zip(result, range(50), strict=False):
                    pass
        except (SyntaxError, ValueError) as error:
            assert one is text, f"asked otherwise, it is no query: {one!r}: {error}"
            return  # the engine has not taken it
        except RuntimeError:
            pass
    assert failed is None, failed
    assert reading.form is not None, "the guard knows what every query is that the engine takes"
    assert len(store) == 3


@cache
def _store() -> ox.Store:
    """Return data on which a query has something to find; SERVICE calls port 1, which the engine refuses: OSError."""
    store = ox.Store()
    store.load(b"<http://e/a> <http://e/p> <http://e/b> . <http://e/b> <http://e/p> 1, '2'@en .", ox.RdfFormat.TURTLE)
    return store


def table_cell(data: bytes) -> None:
    text = _text(data)
    safe = tables.safe(text)
    assert safe in (text, "'" + text)
    assert not _FORMULA.match(safe) or _NUMBER.fullmatch(safe), "no spreadsheet takes it for a formula"
    marked = safe.startswith("'") and _FORMULA.match(safe.lstrip("'"))
    assert (safe[1:] if marked else safe) == text, "it can be undone, as the docstring of tables says"


def _read_cell(text: str) -> None:
    with contextlib.suppress(SourceError):
        parse_cell(text[:400], AT, _units())


def _checked(text: str) -> None:
    with contextlib.suppress(guard.Refusal):
        guard.check(text)


def _pairs(text: str) -> None:
    with contextlib.suppress(forms.Fault):
        forms.pairs_of(text.encode())


def _queries(text: str) -> None:
    with contextlib.suppress(forms.Fault):
        asking.queries(text)


def _negotiated(text: str) -> None:
    negotiate.choose(text, negotiate.THING_FORMS)
    negotiate.language(None, None, text)
    coding.choose(text)


_JA = ("年度", "平成", "令和", "H", "R", "〜", "末", "累計", "平均", "以上", "未満", "万", "億", "％", "人", "△", "約", "増", "対", "比",
       "→", "（", "）", "※", "、", "維持", "基準値", "ポイント", "前年度", "から", "まで", "月", "日", "各年", "後半", "元")  # fmt: skip
_SPARQL = ("SELECT", "ASK", "CONSTRUCT", "WHERE", "SERVICE", "SILENT", "OPTIONAL", "UNION", "MINUS", "FILTER", "BIND",
           "VALUES", "GRAPH", "FROM", "NAMED", "PREFIX", "BASE", "EXISTS", "NOT", "GROUP BY", "LIMIT", "?x", "<http://e/a>",
           "'''", '\\"\\"\\"', "e:p", "*", "|", "^^", "{", "}")  # fmt: skip
_XML = ("<row", "<c", ' r=\\"A1\\"', ' t=\\"s\\"', ' s=\\"1\\"', "<v>", "</v>", "<mergeCell ref=", "<!DOCTYPE", "<!ENTITY",
        "&#", "hidden=", "table:table-cell", "table:number-columns-repeated=", "<td", "rowspan=", "colspan=")  # fmt: skip

TARGETS = {
    target.name: target
    for target in (
        Target("periods", periods, None, _JA),
        Target("quantities", quantities, None, _JA),
        Target("cells", cells, _read_cell, _JA),
        Target("normal-forms", normal_forms, normalise),
        Target("text-file", text_file),
        Target("delimited-file", delimited_file, None, ('\\"', ",", ";", "|")),
        Target("objects-file", objects_file, None, ("{", "}", "[", "]", ":", '\\"a\\"', '\\"b\\"', '\\"c\\"')),
        Target("web-page", web_page, None, _XML),
        Target("workbook", workbook, None, _XML),
        Target("open-document", open_document, None, _XML),
        Target("any-archive", any_archive),
        Target("pdf-file", pdf_file),
        Target("card", card, None, ("[document]", "[layout]", "[publisher]", "[source]", "file", "= ", "[", "]", "{", "}")),
        Target("address", address, None, ("%2f", "%2e", "..", "//", "%00", "id/", "%E3%80%82")),
        Target("accept", accept, _negotiated, ("text/html", "*/*", ";q=", "0.5", '\\"', "ja", "en-US")),
        Target("iri", iri, None, ("row-", "kpi-", "id/lg/", "--", "#")),
        Target("form-body", form_body, _pairs, ("query=", "&", "%", "+")),
        Target("reconcile-body", reconcile_body, _queries, ('\\"query\\"', '\\"limit\\"', '\\"properties\\"', '\\"pid\\"', '\\"ids\\"')),
        Target("query", query, _checked, _SPARQL),
        Target("table-cell", table_cell, tables.safe),
    )
}  # fmt: skip


def corpus(name: str) -> list[bytes]:
    """Return what is tried of a target every time: seeds, and what was once found."""
    file = Path(__file__).parent / "corpus" / f"{name}.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [json.loads(line).encode("utf-8", "surrogateescape") for line in lines]
