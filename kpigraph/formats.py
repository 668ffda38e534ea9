"""What a file is, by what is in it: its media type and its character encoding. A name can be wrong, the content not."""

import codecs
import csv
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import charset_normalizer

TEXT, TSV, CSV = "text/plain", "text/tab-separated-values", "text/csv"
HTML, JSON, PDF = "text/html", "application/json", "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
XLS = "application/vnd.ms-excel"
BINARY = frozenset({XLSX, ODS, XLS, PDF})  # which have no character encoding
READABLE = ("xlsx", "xls", "ods", "csv", "html", "pdf", "json", "txt")  # what readers are for, by their usual names
ENCODINGS = ("utf_8", "cp932", "euc_jp", "iso2022_jp", "utf_16", "utf_16_le", "utf_16_be")

_SAMPLE = 1 << 18  # bytes to tell an encoding from
_CHUNK = 1 << 20
_TAIL = 2000  # characters of a line that may be named
_CUT_OFF = ("unexpected end of data", "incomplete multibyte sequence", "truncated data")  # within a character
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")  # which every other encoding leaves alone
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)|<\?xml[^>]*encoding=["']([^"']+)""", re.I
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = 64 << 20  # bytes in which the names of an OLE file's streams are looked for
_OLE_STREAMS = {
    "WordDocument": "Word 97-2003 (.doc)",
    "PowerPoint Document": "PowerPoint 97-2003 (.ppt)",
    "DocumentText": "一太郎 (.jtd)",
    "__substg1.0_": "Outlook (.msg)",
}
_IMAGES = {
    rb"\x89PNG\r\n\x1a\n": "PNG",
    rb"\xff\xd8\xff": "JPEG",
    rb"GIF8[79]a": "GIF",
    rb"II\*\x00|MM\x00\*": "TIFF",
    rb"BM.{4}\x00\x00\x00\x00": "BMP",
    rb"RIFF.{4}WEBP": "WebP",
    rb".{4}ftyp(?:heic|heix|mif1|avif)": "HEIF",
}
_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip (.7z)",
    b"Rar!\x1a\x07": "RAR (.rar)",
    b"\x1f\x8b": "gzip (.gz)",
    b"{\\rtf": "RTF (.rtf)",
    b"%!PS": "PostScript (.ps)",
}
_OPEN_DOCUMENTS = {
    "application/vnd.oasis.opendocument.text": "OpenDocument Text (.odt)",
    "application/vnd.oasis.opendocument.presentation": "OpenDocument Presentation (.odp)",
    "application/epub+zip": "EPUB (.epub)",
}
_PARTS = {
    "xl/workbook.bin": "Excel (.xlsb)",
    "xl/": "",
    "word/": "Word (.docx)",
    "ppt/": "PowerPoint (.pptx)",
}  # of an Office file, by what its members begin with
# Kana, Chinese characters, full-width and circled letters, punctuation, arrows: no half-width kana.
_IN_USE = re.compile(
    "[\u2010-\u206f\u2190-\u21ff\u2460-\u24ff\u25a0-\u27bf\u3000-\u30ff\u3200-\u33ff\u4e00-\u9fff\uff01-\uff5e]"
)
_THOUSANDS = re.compile(r"(?<=[0-9０-９]),(?=[0-9０-９]{3}(?![0-9０-９]))")
_QUOTED = re.compile(r'(?:^|\t)"[^"\t]*"(?=\t|$)', re.MULTILINE)  # a cell as programs write one with a mark in it
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_TAGS = re.compile(r"<(!doctype\s+html|html|head|body|table|meta|div|p|h[1-6]|ul)\b", re.I)
# What the web calls Shift_JIS is the code page of Windows, with its circled numbers (WHATWG Encoding Standard, 4.2).
_AS_USED = {"shift_jis": "cp932", "sjis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932"}


def media_type(path: Path) -> str:
    """Return the media type of a file by its first bytes, "" if it is none that has a reader.

    A ZIP archive is told by its members; an OLE file is taken for a workbook, encrypted or of Excel 97.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if head.lstrip()[:5] == b"%PDF-" or b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith(b"PK"):
        return _of_archive(path)
    if head.startswith(_OLE):
        return XLSX if "EncryptedPackage".encode("utf-16-le") in path.read_bytes() else XLS
    if head.startswith((b"\x09\x08", b"\x09\x04", b"\x09\x02")):
        return XLS
    encoding = detected(head)
    if not encoding:
        return ""
    return _of_text(head.decode(encoding, "ignore"))


def foreign(path: Path) -> tuple[str, str] | None:
    """Return the code of a problem and the name of the format where `path` is a file that no reader is for, else None.

    It is told by the first bytes of the file, of an archive by its members, of an OLE file by its streams.
    """
    with path.open("rb") as file:
        head = file.read(64)
        if head.startswith(_OLE):
            streams = head + file.read(_STREAMS)
            if any(name.encode("utf-16-le") in streams for name in ("Workbook", "Book", "EncryptedPackage")):
                return None
            named = (shown for name, shown in _OLE_STREAMS.items() if name.encode("utf-16-le") in streams)
            return next((("source.unsupported", shown) for shown in named), None)
    image = next((name for magic, name in _IMAGES.items() if re.match(magic, head, re.DOTALL)), "")
    if image:
        return "source.image", image
    other = next((name for magic, name in _OTHERS.items() if head.startswith(magic)), "")
    if not other and head.startswith(b"PK"):
        other = _foreign_archive(path)
    return ("source.unsupported", other) if other else None


def _listed(path: Path) -> tuple[list[str], str | None] | None:
    """Return the names in a ZIP archive and the kind that its member mimetype states, None if it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            names, kind = archive.namelist(), None
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").decode("ascii", "ignore").strip()
            return names, kind
    except (zipfile.BadZipFile, OSError):
        return None
    except RuntimeError:  # so zipfile says that it is encrypted, or (NotImplementedError) packed in an unknown way
        return None


def _foreign_archive(path: Path) -> str:
    """Return what a ZIP archive is that is no workbook, "" if it is one or cannot be opened."""
    if (listed := _listed(path)) is None:
        return ""
    names, kind = listed
    if kind is not None:
        return "" if kind.startswith(ODS) else _OPEN_DOCUMENTS.get(kind, kind)
    for member, name in _PARTS.items():
        if any(n.startswith(member) for n in names):
            return name
    return "ZIP (.zip): " + ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _of_archive(path: Path) -> str:
    if (listed := _listed(path)) is None:
        return XLSX  # damaged; its reader says how
    names, kind = listed
    if kind is not None:
        return ODS if kind.startswith(ODS) else ""
    return XLSX if "[Content_Types].xml" in names and any(n.startswith("xl/") for n in names) else ""


def _of_text(text: str) -> str:
    if _CONTROLS.search(text):
        return ""
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        try:
            json.JSONDecoder().raw_decode(start)
            return JSON
        except RecursionError:
            return JSON
        except ValueError as e:
            if getattr(e, "pos", 0) > len(start) - 200 or re.match(r'[\[{]\s*["\[{]', start):
                return JSON  # the sample ends within it
    if start.startswith("<") and _TAGS.search(start[:4096]):
        return HTML
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    if not lines:
        return TEXT
    if sum("\t" in line for line in lines) > len(lines) / 2:
        return TSV if _QUOTED.search(text) else TEXT
    for delimiter in ",;":
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count)
        between = sum(delimiter in _THOUSANDS.sub("", line) for line in lines)  # and not only within numbers
        if usual > 1 and widths.count(usual) >= 0.6 * len(widths) and 2 * between > len(lines):
            return CSV
        if set(widths) == {1} and any(line.startswith('"') and line.rstrip().endswith('"') for line in lines):
            return CSV
    return TEXT


def encoding(path: Path, declared: str = "", kind: str = "") -> str:
    """Return the encoding to read a text file with, "" if it cannot be told; whether it fits, `misfit` tells.

    It is the declared one, else what a web page says of itself, else the one detected. The file is read in pieces.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    name = declared or (_of_page(head) if kind == HTML else "") or detected(head)
    if declared or name != "utf-8" or (fault := misfit(path, name)) is None or fault.cut:
        return name
    with path.open("rb") as file:  # the sample was plain ASCII, as the head of a web page may be
        file.seek(fault.position)
        other = _guessed(file.read(_SAMPLE))
    return other if other not in ("", "utf_8") and misfit(path, other) is None else name


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where a file is not in an encoding: at which byte and on which line, what stands before it on that line, and
    whether the file only ends within a character.
    """

    reason: str
    position: int = 0
    line: int = 0
    before: str = ""
    cut: bool = False


def misfit(path: Path, name: str) -> Misfit | None:
    """Return why a file is not in the encoding `name`, None if it is."""
    read = breaks = 0
    tail = ""
    try:
        for text, done in decoded(path, name):
            read = done
            breaks += text.count("\n")
            tail = (tail + text)[-_TAIL:]
    except UnicodeDecodeError as e:
        start = read + e.start  # of the piece, with up to three bytes kept from the one before
        cut = e.reason in _CUT_OFF and start + (e.end - e.start) + 4 > path.stat().st_size and e.end == len(e.object)
        head = e.object[: e.start].decode(name, "replace")
        before = re.split(r"[\t\r\n]", tail + head)[-1]
        return Misfit(str(e), max(start - 3, 0), breaks + head.count("\n") + 1, before, cut)
    except (ValueError, LookupError) as e:  # a name that is none
        return Misfit(str(e))
    return None


def decoded(path: Path, name: str) -> Iterator[tuple[str, int]]:
    """Yield the text of a file in pieces, each with how many bytes have been read by then.

    Raises:
        ValueError: if it is not in the encoding `name`.
        LookupError: if there is no such encoding.
    """
    " ".encode(name)  # refuses codecs such as rot13, which are no encodings
    decoder = codecs.getincrementaldecoder(name)()
    read = 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            text = decoder.decode(piece)
            read += len(piece)
            yield text, read
    yield decoder.decode(b"", final=True), read


def detected(sample: bytes) -> str:
    """Return the encoding that the beginning of a file seems to be in, "" if that cannot be told."""
    for bom, name in _BOMS.items():
        if sample.startswith(bom):
            return name
    if _ISO_2022_JP.search(sample):
        return "iso2022_jp"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # the sample may end within a character
    except UnicodeDecodeError:
        return _guessed(sample)
    return "utf-8" if b"\x00" not in sample else _guessed(sample)


def _guessed(sample: bytes) -> str:
    if sample[:2].count(0) == 1 or sample[:200].count(0) > 40:  # half of the bytes of Latin letters in UTF-16 are zero
        for name in ("utf_16_le", "utf_16_be"):
            try:
                text = codecs.getincrementaldecoder(name)().decode(sample)
            except UnicodeDecodeError:
                continue
            if "\x00" not in text and sum(c.isascii() or "\u3000" <= c <= "\u9fff" for c in text) > 0.8 * len(text):
                return name
    best = charset_normalizer.from_bytes(sample, cp_isolation=list(ENCODINGS)).best()
    return best.encoding if best else _japanese(sample)


def _japanese(sample: bytes) -> str:
    """Return which of the two Japanese encodings of eight bits a sample is in that statistics say nothing of, else "".

    Each line of a table may be like the one before, so letters are not as frequent as in prose.
    Read in the wrong one of the two, Japanese becomes half-width kana and characters that are not in use.
    """
    plausible = {}
    for name in ("cp932", "euc_jp"):
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        letters = [c for c in text if not c.isascii()]
        plausible[name] = sum(bool(_IN_USE.match(c)) for c in letters) / len(letters) if letters else 0.0
    best = max(plausible, key=lambda name: plausible[name], default="")
    return best if plausible.get(best, 0.0) > 0.9 else ""


def _of_page(head: bytes) -> str:
    """Return the encoding that a web page says it is in, "" if it says none or one that there is not."""
    if any(head.startswith(bom) for bom in _BOMS):
        return ""
    m = _CHARSET.search(head[:4096])
    said = (m[1] or m[2]).decode("ascii", "ignore").lower() if m else ""
    try:
        codecs.lookup(_AS_USED.get(said, said) or "-")
    except LookupError:
        return ""
    return _AS_USED.get(said, said)
