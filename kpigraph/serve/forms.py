"""What requests carry: parameters and bodies within limits; what is wrong with one, as an answer."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(eq=False)
class Fault(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """A request that gets no result: the status, why (by language), and where in the query (line, column), from 1."""

    status: int
    reason: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    line: int = 0
    column: int = 0


async def body_of(request: Request, most: int) -> bytes:
    """Return the body of `request`, which has at most `most` bytes.

    Raises:
        Fault: if it is larger: 413.
    """
    too_large = Fault(
        413,
        {
            "ja": f"本文が大きすぎます（上限 {most:,} バイト）。",
            "en": f"The body is too large (at most {most:,} bytes).",
        },
        {"Connection": "close"},
    )
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > most:
        raise too_large
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise too_large
    return bytes(body)


def text_of(data: bytes) -> str:
    """Return `data` as text.

    Raises:
        Fault: if it is not UTF-8: 400.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault(400, {"ja": "問い合わせが UTF-8 ではありません。", "en": "The query is not UTF-8."}) from None


def pairs_of(data: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query string or of the body of a form, in order.

    Raises:
        Fault: if they cannot be read: 400.
    """
    try:
        return parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise Fault(
            400,
            {
                "ja": "パラメーターが読めません（UTF-8 を % で符号化してください）。",
                "en": "The parameters cannot be read (percent-encode UTF-8).",
            },
        ) from None
