"""`kpigraph keys`: make the key that releases are signed with, show its public half."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpigraph import manual
from kpigraph.problems import UsageError
from kpigraph.terminal import say

if TYPE_CHECKING:
    from kpigraph.signing import PublicKey

app = typer.Typer(no_args_is_help=True, help=say(*manual.of("keys")))

Key = Annotated[Path, typer.Argument(metavar="FILE", help=say("秘密鍵のファイル", "file of the secret key"))]


@app.command(help=say(*manual.KEYS["new"]))
def new(file: Key) -> None:
    from kpigraph.signing import SecretKey

    made = SecretKey.new()
    beside = file.with_name(f"{file.name}.pub")
    if beside.exists():
        raise UsageError(f"鍵は上書きしません: {beside}", f"a key is never overwritten: {beside}")
    made.write(file)
    beside.write_text(made.public.file, "utf-8")
    print(
        say(
            f"秘密鍵: {file}（だれにも渡さず、控えを安全な所に）",
            f"secret key: {file} (give it to nobody; keep a copy in a safe place)",
        )
    )
    print(say(f"公開鍵: {beside}", f"public key: {beside}"))
    print(made.public.text)


@app.command(help=say(*manual.KEYS["show"]))
def show(file: Key) -> None:
    from kpigraph.signing import secret_key

    print(secret_key(file).public.text)


def public(key: str) -> "PublicKey":
    """Return the public key that a word is, or that the file of that name holds.

    Raises:
        UsageError: if there is none.
    """
    from kpigraph.signing import public_key

    path = Path(key)
    try:
        return public_key(path.read_text("utf-8") if path.is_file() else key)
    except (OSError, ValueError):
        raise UsageError(
            f"公開鍵ではありません: {key}（RW で始まる一語か、minisign.pub のようなファイル）",
            f"not a public key: {key} (one word that begins with RW, or a file such as minisign.pub)",
        ) from None


def signed_with(beside: str, wanted: "PublicKey | None") -> tuple[str, str]:
    """Return what can be said of a release whose signature holds: by the key that was asked for, or by its own."""
    if wanted is not None:
        return f"署名: 指定の鍵 {wanted.text} のもの", f"signature: of the key given, {wanted.text}"
    return (
        f"署名: 版に添えられた鍵 {beside} のもの（公開者の鍵かどうかは --key で確かめます）",
        f"signature: of the key beside the release, {beside} (--key checks that it is the publisher's)",
    )
