"""What is served from another SPARQL endpoint."""

import threading
import time

from kpigraph.problems import UsageError
from kpigraph.serve.served import Served
from kpigraph.store.endpoint import checked
from kpigraph.store.remote import RemoteStore

_LOOKED_AFTER = 60.0  # seconds
_RELEASE_LOOKED_AFTER = 5.0
_KEPT_FOR = 600.0
_PATIENCE = 3.0


class Remote:
    """Another SPARQL endpoint: the release in use there (`kpigraph load`), or whatever it holds.

    It is asked every few seconds, beside the answers under way, which release is in use; those end on the one they
    began with. An endpoint without releases does not say when its data change: so the sizes of its graphs are looked at
    once a minute; when they change, and after ten minutes in any case, what was read from it is forgotten.
    """

    def __init__(self, address: str, base: str = "") -> None:
        self._address = checked(address)
        self._base = base
        self._sizes: dict[str, int] = {}
        self._looking = threading.Lock()
        self._served: Served | None = None
        self._fault: UsageError | None = None
        self._looked = -_LOOKED_AFTER
        self._began = 0.0

    def served(self) -> Served:
        waits = _RELEASE_LOOKED_AFTER if self._served is None or "#" in str(self._served.store) else _LOOKED_AFTER
        if time.monotonic() - self._looked > waits and self._looking.acquire(blocking=False):
            if self._served is None and self._fault is None:
                self._look()
            else:
                threading.Thread(target=self._look, daemon=True).start()
        if self._served is None:
            raise self._fault or UsageError(f"{self._address} に問い合わせています", f"{self._address} is being asked")
        return self._served

    def _look(self) -> None:
        try:
            store = RemoteStore(self._address)
            if version := store.current_release(_PATIENCE):
                self._serve_release(store, version)
            else:
                self._serve_graphs(store)
            self._fault = None
        except UsageError as fault:
            self._fault = fault  # what was read from it before is still served
        finally:
            self._looked = time.monotonic()
            self._looking.release()

    def _serve_release(self, store: RemoteStore, version: str) -> None:
        if self._served is not None and self._served.version == version:
            return
        if self._base and (base := store.base_of(version)) != self._base:
            raise UsageError(
                f"{self._address} の版の基底 IRI は {base} です（KPIGRAPH_BASE_IRI: {self._base}）",
                f"the base IRI of the release at {self._address} is {base} (KPIGRAPH_BASE_IRI: {self._base})",
            )
        self._served = Served(version, f"{self._address}#{version}", base=self._base)

    def _serve_graphs(self, store: RemoteStore) -> None:
        known = self._served is not None and "#" not in str(self._served.store)
        sizes = store.engine.sizes() if known else self._sizes  # the first time anything is new
        changed, self._sizes = sizes != self._sizes, sizes
        if not known or changed or time.monotonic() - self._began > _KEPT_FOR:
            self._began = time.monotonic()
            self._served = Served(f"remote-{self._began:.0f}", self._address, base=self._base)

    def suspect(self) -> None:
        pass

    def close(self) -> None:
        pass
