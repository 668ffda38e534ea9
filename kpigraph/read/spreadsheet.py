"""Spreadsheets: .xlsx, .xls and .ods by one way, told by what is in the file."""

from pathlib import Path

from kpigraph import formats
from kpigraph.read import ods, xls, xlsx
from kpigraph.read.archive import ReadingError
from kpigraph.read.rows import Read
from kpigraph.read.xlsx import Sheet

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")  # a stream of that name holds an encrypted workbook


def read(kind: str, path: Path) -> Read:
    """Yield the rows of every sheet, hidden ones marked; `kind` is xlsx, ods or xls.

    Raises:
        ReadingError: if the workbook is encrypted, damaged, of another format, or holds images and no text.
    """
    _check(kind, path)
    held = False
    for row in {"xlsx": xlsx.read, "ods": ods.read, "xls": xls.read}[kind](path):
        held = held or bool(row.texts)
        yield row
    if not held and kind != "xls" and {"xlsx": xlsx.has_images, "ods": ods.has_images}[kind](path):
        raise ReadingError("source.no-text", kind)


def sheets(kind: str, path: Path) -> list[Sheet]:
    """Return the sheets of a workbook in their order, see `read`."""
    _check(kind, path)
    return {"xlsx": xlsx.sheets, "ods": ods.sheets, "xls": xls.sheets}[kind](path)


def _check(kind: str, path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(8)
        is_ole = head == _OLE
        if is_ole and kind != "xls":
            encrypted = _ENCRYPTED_PACKAGE in file.read(64 << 20)
            raise ReadingError("source.encrypted" if encrypted else "source.format", formats.XLS, kind)
    other = (not is_ole and head[:2] != b"\x09\x08") if kind == "xls" else not head.startswith(b"PK")
    if other:  # such as a web page that calls itself .xls
        raise ReadingError("source.format", formats.media_type(path) or head.hex(" "), kind)
