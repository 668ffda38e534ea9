"""What is served from RDF files as they are."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import RdfFormat
from pyoxigraph import Store as Engine

from kpigraph import harmful
from kpigraph.problems import UsageError
from kpigraph.serve.scratch import Scratch
from kpigraph.serve.served import Served

_FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}


class DataFiles:
    """RDF files as they are: triples in the default graph, the graphs of TriG, N-Quads and JSON-LD under their names.

    Kept in `folder` and reopened from there as long as the same files are asked for; without `folder`, gone at the end.
    """

    def __init__(self, files: Sequence[Path], folder: Path | None = None) -> None:
        self._scratch: Scratch | None = None
        try:
            if folder is None:
                self._scratch = Scratch()
                folder = self._scratch.path
            self._folder = folder
            self._served = self._load([f.resolve() for f in files])
        except OSError as error:
            self.close()
            raise _not_kept(folder, error) from error
        except BaseException:
            self.close()
            raise

    def served(self) -> Served:
        return self._served

    def _load(self, files: Sequence[Path]) -> Served:
        note, store = self._folder / "loaded.json", self._folder / "store"
        if not files:
            try:
                version = json.loads(note.read_text("utf-8"))["version"]
            except (OSError, ValueError, KeyError, TypeError):
                raise UsageError(
                    f"開けるデータがありません: {self._folder}", f"there is no data to open: {self._folder}"
                ) from None
            return Served(version, store)
        for file in files:
            if file.suffix not in _FORMATS:
                expected = " ".join(_FORMATS)
                raise UsageError(
                    f"RDF の形式が分かりません: {file}（使える拡張子: {expected}）",
                    f"the RDF format cannot be told: {file} (known suffixes: {expected})",
                )
        version = _digest(files)
        if note.is_file() and note.read_text("utf-8") == _note(version, files) and store.is_dir():
            return Served(version, store)
        if not note.is_file() and self._folder.is_dir() and any(self._folder.iterdir()):
            raise UsageError(
                f"ほかのものがあるフォルダーには保存しません: {self._folder}",
                f"this folder holds something else, so nothing is kept there: {self._folder}",
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        note.write_text("{}\n", "utf-8")  # the folder is ours, what is in it not yet whole
        shutil.rmtree(store, ignore_errors=True)
        engine = Engine(str(store))
        for file in files:
            try:
                harmful.refuse_harm(file)
                engine.bulk_load(path=str(file), format=_FORMATS[file.suffix], base_iri=file.as_uri())
            except RuntimeError as error:  # so the engine says that it cannot write
                raise _not_kept(self._folder, error) from error
            except (SyntaxError, ValueError, OSError) as error:
                raise UsageError(
                    f"RDF として読めません: {file}: {error}", f"not readable as RDF: {file}: {error}"
                ) from None
        try:
            engine.flush()
        except (OSError, RuntimeError) as error:
            raise _not_kept(self._folder, error) from error
        del engine  # the folder is locked as long as it is open for writing
        note.write_text(_note(version, files), "utf-8")
        return Served(version, store)

    def suspect(self) -> None:
        pass

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.close()


def _not_kept(folder: Path | None, error: Exception) -> UsageError:
    reason = " ".join(str(error).split())
    return UsageError(
        f"データを保存できません: {folder or ''}（{reason}）", f"the data cannot be kept: {folder or ''} ({reason})"
    )


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        try:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError:
            raise UsageError(f"ファイルを読めません: {file}", f"the file cannot be read: {file}") from None
    return digest.hexdigest()[:16]


def _note(version: str, files: Sequence[Path]) -> str:
    return json.dumps({"version": version, "files": [str(f) for f in files]}, indent=2) + "\n"
