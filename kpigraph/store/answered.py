"""What another server answers: its body to the very end, and what can be wrong with it."""

from collections.abc import Callable
from http.client import HTTPException, HTTPResponse

_ROW_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 16


class UnavailableError(Exception):
    """The server cannot be reached, refuses the query, or does not keep to the protocol."""


class TooLateError(UnavailableError):
    """The server gave up because the time for the query was over."""


class UnreachableError(UnavailableError):
    """Nobody is there, or the server went away before it answered."""


class CutError(UnavailableError):
    """The server gives only the first rows of the result: `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it gives no more than {most} rows; narrow the query down, or give it a LIMIT")
        self.most = most


class Body:
    """The body of an answer to its very end. `mended`: what makes of whole lines of it what is meant.

    Reading raises UnavailableError where the connection ends before the body does, or a row is too long.
    """

    def __init__(self, response: HTTPResponse, mended: Callable[[bytes], bytes] | None = None) -> None:
        self._response = response
        self._mended = mended
        self._held = b""

    @property
    def open_ended(self) -> bool:
        """Whether the end of the connection is the only sign of the end."""
        return self._response.length is None and not self._response.chunked

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 16), b""))
        if not self._held:
            self._held = self._more(size)
        given, self._held = self._held[:size], self._held[size:]
        return given

    def _more(self, size: int) -> bytes:
        try:
            if self._mended is None:
                data = self._response.read(size)
            else:
                data = self._response.read1(_BLOCK_BYTES)
                if data[-1:] not in (b"", b"\n"):
                    rest = self._response.readline(_ROW_BYTES)
                    if len(rest) >= _ROW_BYTES:
                        raise UnavailableError(f"a row of its answer is longer than {_ROW_BYTES >> 20} MiB")
                    data += rest
                data = self._mended(data)
        except (OSError, HTTPException) as error:
            raise UnavailableError(f"it broke off in the middle of its answer: {error}") from None
        if not data and self._response.length:
            raise UnavailableError("it broke off in the middle of its answer")
        return data


def first_line(said: str) -> str:
    """Return what an engine says of an error, without the query that it repeats after it."""
    lines = [" ".join(line.split()) for line in said.split("\n") if line.strip()]
    return (lines[0] if lines else "")[:300]
