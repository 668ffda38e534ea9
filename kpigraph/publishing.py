"""`kpigraph load`, `verify`, `releases`, `rollback`, `prune`: releases in a folder, or on another engine."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpigraph import keys
from kpigraph.problems import UsageError
from kpigraph.terminal import LANG, note, print_problems, progress, say

if TYPE_CHECKING:
    from kpigraph.engine.writing import Engine

DATA_FAULT = 1

Folder = Annotated[Path, typer.Option("--store", help=say("公開物のフォルダー", "folder of the publication"))]
Keep = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        help=say(
            "新しい版を N 個残し、古い版を消す（0 はすべて残す。使用中の版は消さない）",
            "keep the N newest releases and remove older ones (0: keep all); never one in use",
        ),
    ),
]
Place = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="DIR_OR_URL",
        help=say(
            "公開物のフォルダー、または kpigraph load したエンジンの URL",
            "folder of the publication, or URL of an engine that kpigraph load has loaded",
        ),
    ),
]
Address = Annotated[
    str, typer.Option(metavar="URL", help=say("エンジンの SPARQL エンドポイント", "the engine's SPARQL endpoint"))
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help=say("エラーだけを表示", "print errors only"))]


def load(
    engine: Address,
    store: Folder = Path("public"),
    release: Annotated[
        str,
        typer.Option(metavar="VERSION", help=say("版（省略時は現在の版）", "a release; the current one if left out")),
    ] = "",
    bulk: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help=say(
                "同じ機械の Virtuoso に、このフォルダー（DirsAllowed にあるもの）のファイルから読み込ませる",
                "let a Virtuoso on this machine load files from this folder, which its DirsAllowed names",
            ),
        ),
    ] = None,
    isql: Annotated[
        int,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65535,
            help=say("--bulk のときの Virtuoso の SQL のポート", "Virtuoso's SQL port, with --bulk"),
        ),
    ] = 1111,
    quiet: Quiet = False,
) -> None:
    """Publish a release to another engine."""
    from kpigraph import releases as on_disk
    from kpigraph.engine import loading
    from kpigraph.engine.bulk import Loader
    from kpigraph.engine.writing import Access

    current = on_disk.current_release(store)
    if current is None or (release and release not in on_disk.versions(store)):
        raise _no_release(store, release, on_disk.versions(store))
    chosen = on_disk.load(store / "releases" / release) if release else current
    loader = Loader(bulk, isql, Access.from_environment(os.environ)) if bulk else None
    with progress(quiet=quiet) as show, _opened(engine) as opened:
        loaded = loading.load(chosen, opened, show, loader)
    if not quiet:
        state = say("公開", "published") if loaded.new else say("変更なし", "unchanged")
        print(f"{state}: {loaded.version}")
        print(
            say(
                f"送ったグラフ {loaded.graphs:,}、トリプル {loaded.triples:,}、エンジンにあったグラフ {loaded.kept:,}",
                f"{loaded.graphs:,} graphs sent, {loaded.triples:,} triples; {loaded.kept:,} graphs were there",
            )
        )


def verify(
    version: Annotated[
        str,
        typer.Argument(metavar="VERSION", help=say("版（省略時は現在の版）", "a release; the current one if left out")),
    ] = "",
    key: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            help=say(
                "公開者の公開鍵（RW で始まる一語か minisign.pub のファイル）。この鍵の署名でなければ終了コード1",
                "the publisher's public key, as a word (RW…) or a file (minisign.pub); status 1 unless it signed",
            ),
        ),
    ] = "",
    store: Place = "public",
) -> None:
    """Check a release."""
    if "://" in store:
        if key:
            raise UsageError(
                "署名は公開物のファイルにあります。--key はフォルダーに使ってください",
                "what is signed is the files of a publication: use --key with a folder",
            )
        from kpigraph.engine import checking

        with progress() as show, _opened(store) as engine:
            show("確かめています", "checking")
            version = version or engine.current()
            if (held := engine.held(version)) is None:
                raise _no_release(store, version, [h.version for h in engine.releases()])
            problems = checking.verify(engine, held)
        signature = None
    else:
        from kpigraph import canonical, signing
        from kpigraph import releases as on_disk

        public = keys.public(key) if key else None
        current = on_disk.current_release(Path(store))
        known = on_disk.versions(Path(store))
        if current is None or (version and version not in known):
            raise _no_release(store, version, known)
        version = version or current.version
        folder = Path(store) / "releases" / version
        with progress() as show:
            show("確かめています", "checking")
            problems = [*on_disk.verify(folder), *signing.verify(folder, public)]
            if not problems:
                problems = canonical.verify(folder)
        signature = keys.signed_with(signing.key_of(folder), public) if signing.is_signed(folder) else None
    print_problems(problems)
    if problems:
        raise typer.Exit(DATA_FAULT)
    print(
        say(
            f"{version}: すべて一致",
            f"{version}: all as published" if "://" in store else f"{version}: all files as published",
        )
    )
    if signature:
        print(say(*signature))


def releases(store: Place = "public", keep: Keep = 0) -> None:
    """List the releases; of those in a folder keep only the newest, if asked."""
    if "://" in store:
        with _opened(store) as engine:
            current, found = engine.current(), [(h.version, h.loaded) for h in engine.releases()]
    else:
        from kpigraph import releases as on_disk

        if keep and on_disk.versions(Path(store)):
            keep_newest(Path(store), keep, quiet=False)
        current, found = on_disk.in_use(Path(store)), []
        for version in on_disk.versions(Path(store)):
            try:
                release = on_disk.load(Path(store) / "releases" / version)
                found.append((version, str(release.manifest["built_at"])))
            except UsageError as e:
                note(e.messages[LANG])
        if not on_disk.versions(Path(store)):
            raise _no_release(store)
    if not found and "://" in store:
        raise _no_release(store)
    for version, when in found:
        print("*" if version == current else " ", version, when)


def keep_newest(out: Path, keep: int, *, quiet: bool) -> None:
    """Remove all but the newest releases and say which."""
    from kpigraph import retention

    removed, held = retention.prune(out, keep)
    if removed and not quiet:
        note(say(f"古い版を消しました: {'、'.join(removed)}", f"older releases removed: {', '.join(removed)}"))
    if held:
        note(say(f"読まれているので残した版: {'、'.join(held)}", f"kept, since they are being read: {', '.join(held)}"))


def rollback(
    version: Annotated[str, typer.Argument(metavar="VERSION", help=say("戻す先の版", "release to switch to"))] = "",
    store: Place = "public",
) -> None:
    """Switch back to a former release."""
    if "://" in store:
        from kpigraph.engine import switching

        with _opened(store) as engine:
            print(switching.switch(engine, version).version)
        return
    from kpigraph import releases as on_disk

    if not version:
        current, known = on_disk.in_use(Path(store)), on_disk.versions(Path(store))
        if not current:
            raise _no_release(store)
        before = known[: known.index(current)] if current in known else []
        if not before:
            raise UsageError("戻せる前の版がありません", "there is no release before this one")
        version = before[-1]
    print(on_disk.switch(Path(store), version).version)


def prune(
    store: Address,
    keep: Annotated[int, typer.Option(min=2, help=say("残す版の数", "releases to keep"))] = 3,
) -> None:
    """Remove old releases from an engine."""
    from kpigraph.engine import switching

    with _opened(store) as engine:
        for version in switching.prune(engine, keep):
            print(version)


def _opened(address: str) -> "Engine":
    from kpigraph.engine.writing import Access, Engine

    return Engine(address, Access.from_environment(os.environ))


def _no_release(store: str | Path, version: str = "", known: list[str] | None = None) -> UsageError:
    if not known:
        return UsageError(f"{store} に公開物がありません", f"there is no publication in {store}")
    there = ", ".join(known)
    return UsageError(
        f"{store} にその版はありません: {version}（あるもの: {there}）",
        f"no such release in {store}: {version} (there are: {there})",
    )
