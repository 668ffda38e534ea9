"""What is asked of the whole publication, answered before anybody asks, where the release is large.

That is the questions of the query page, and the pages that are about all of it. Each question touches every indicator
there is: of a country that takes seconds, more than a query may. So they are asked once, one after the other in the
slow lane, where queries of others come first, and kept as any answer is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import cache

from kpigraph.problems import UsageError
from kpigraph.questions import Question, load_questions
from kpigraph.serve import answering, negotiate, sparql
from kpigraph.serve.answering import Story
from kpigraph.serve.housing import is_large
from kpigraph.serve.kept import Answer, Filed, Filing, Kept, key_of
from kpigraph.serve.served import Served
from kpigraph.serve.web import Server

_log = logging.getLogger("kpigraph.serve")
Visit = Callable[[str, str], Awaitable[object]]
PLACES = ("/", "/indicators", "/compare", "/catalog", "/validation", "/about", "/ns", "/code", "/shapes")
_LARGE = 128  # MiB of store; held in memory or not
_SECONDS = 600.0  # that a question may take


@cache
def every_question() -> tuple[Question, ...]:
    """Return the questions, those too that ask another endpoint."""
    return tuple(load_questions())


@cache
def questions() -> tuple[Question, ...]:
    """Return the questions that this endpoint can answer."""
    return tuple(q for q in every_question() if not q.elsewhere)


class Beforehand:
    """Answers the questions of one release at a time into `kept` and `files`."""

    def __init__(self, server: Server, kept: Kept[Answer], files: Kept[Filed]) -> None:
        self._server, self._kept, self._files = server, kept, files
        self.visit: Visit | None = None  # asks for a page, which is kept then
        self._version = ""
        self._task: asyncio.Task[None] | None = None

    def begin(self, served: Served) -> None:
        """Begin with `served`, unless that has been begun with, or its store is small: that one answers at once."""
        if served.version == self._version:
            return
        self._version = served.version
        if self._task is not None:
            self._task.cancel()
            self._task = None
        settings = self._server.settings
        if served.folder is None or not settings.answer_files or not settings.answer_cache:
            return
        if is_large(str(served.store), min(settings.in_memory, _LARGE)):
            self._task = asyncio.get_running_loop().create_task(self._answer(served))

    async def _answer(self, served: Served) -> None:
        for path in PLACES:
            for lang in negotiate.LANGUAGES:
                if self.visit is None:
                    continue
                try:
                    await self.visit(path, lang)
                except UsageError as error:  # whoever asks for it is told
                    _log.warning("%s is not made beforehand: %s", path, error)
        for question in questions():
            try:
                await self._one(served, question)
            except (*answering.POOL_ERRORS, OSError) as error:  # whoever asks it is told
                _log.warning("%s is not answered beforehand: %r", question.key, error)

    async def _one(self, served: Served, question: Question) -> None:
        call = sparql.Call(question.text, (), (), "json")
        query, form, _ = sparql.prepare(call, served, self._server.settings, None)
        key = key_of(served, query)
        if self._kept.get(key) is not None or self._files.get(key) is not None:
            return
        pool, store = self._server.pool, str(served.store)
        async with answering.answered(pool, store, query, None, Story(), _SECONDS) as found:
            if isinstance(found, bytes):
                self._kept.put(key, Answer(found, form.content_type, query.text, form.suffix))
                return
            filing = Filing(self._files.largest)
            async for part in found.parts():
                filing.write(part)
            filed = filing.filed(form.content_type, query.text, form.suffix) if found.whole else None
            if filed is not None:
                self._files.put(key, filed)

    async def done(self) -> None:
        """Wait until all that was begun is answered."""
        if self._task is not None:
            await self._task

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
