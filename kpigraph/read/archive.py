"""Files of a ZIP archive, such as a workbook, bounded by what they come to once inflated; and XML without entities."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

MAX_INFLATED = 2 << 30  # bytes of all members read; a sheet of a million rows and ten columns has about 600 MB
_CHUNK = 1 << 16


class ReadingError(Exception):
    """A file cannot be read: the code of a problem, what was found, what would be right, and the place if known."""

    def __init__(self, code: str, found: str = "", expected: str = "", part: str = "", row: int = 0) -> None:
        self.code, self.found, self.expected, self.part, self.row = code, found, expected, part, row
        super().__init__(code, found)


class Inflated:
    """An archive whose members are read in pieces; `left` is how many bytes may still come out of it."""

    def __init__(self, archive: zipfile.ZipFile, left: int) -> None:
        self.archive, self.left = archive, left
        self.names = set(archive.namelist())

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the member `name` in pieces.

        Raises:
            ReadingError: if it is not there, encrypted or damaged, or if more comes out than may.
        """
        try:
            with self.archive.open(name) as member:
                while piece := member.read(_CHUNK):
                    self.left -= len(piece)
                    if self.left < 0:
                        raise ReadingError("source.too-large", f"> {MAX_INFLATED >> 20} MiB", f"{name}")
                    yield piece
        except KeyError:
            raise ReadingError("source.damaged", f"{name} ?", name) from None
        except (zipfile.BadZipFile, EOFError, OSError, ValueError) as e:
            raise ReadingError("source.damaged", f"{name}: {e}") from None
        except NotImplementedError as e:  # a RuntimeError too: so zipfile says that it is packed in an unknown way
            raise ReadingError("source.damaged", f"{name}: {e}") from None
        except RuntimeError:  # so zipfile says that a password is needed
            raise ReadingError("source.encrypted", name) from None
        except Exception as e:
            if type(e).__module__ == "zlib":
                raise ReadingError("source.damaged", f"{name}: {e}") from None
            raise


@contextmanager
def opened(path: Path) -> Iterator[Inflated]:
    """Give the archive at `path`.

    Raises:
        ReadingError: if it is none, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield Inflated(archive, MAX_INFLATED)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as e:  # damaged, cut off, packed in an unknown way
        raise ReadingError("source.damaged", str(e)) from None


class Element(NamedTuple):
    """The start of an XML element, its name and attributes without namespaces."""

    name: str
    attributes: dict[str, str]


Start = Callable[[str, dict[str, str]], object]


def xml_parser(start: Start, end: Callable[[str], object], text: Callable[[str], object]) -> expat.XMLParserType:
    """Return a streaming XML parser that calls back with local names; a document type, so any entity, is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    names: dict[str, str] = {}

    def local(name: str) -> str:
        known = names.get(name)
        if known is None:
            known = names[name] = name.rpartition(":")[2]
        return known

    def started(name: str, attributes: dict[str, str]) -> None:
        start(local(name), attributes)

    def refuse(*_: object) -> None:
        raise ReadingError("source.entities", "<!DOCTYPE")

    parser.StartElementHandler = started
    parser.EndElementHandler = lambda name: end(local(name))
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    return parser


def parse(pieces: Iterator[bytes], parser: expat.XMLParserType, name: str) -> None:
    """Feed `pieces` to `parser`.

    Raises:
        ReadingError: if they are no XML.
    """
    for _ in feed(pieces, parser, name):
        pass


def feed(pieces: Iterator[bytes], parser: expat.XMLParserType, name: str) -> Iterator[None]:
    """Feed `pieces` to `parser` one by one; between them, what it has called back with can be taken away."""
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as e:
        raise ReadingError("source.damaged", f"{name}: {e}") from None
