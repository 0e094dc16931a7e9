"""Threads for an event loop's long work, which the program's end does not wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")
_Task = tuple["Future[Any]", Callable[[], Any]]


class DaemonThreads(Executor):
    """As `concurrent.futures.ThreadPoolExecutor`, whose threads the interpreter waits for however long they take.

    Examples
    --------
    >>> threads = DaemonThreads(2, "adding")
    >>> threads.submit(max, 3, 5).result()
    5
    >>> threads.shutdown()
    """

    def __init__(self, count: int, name: str) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"{name}-{k}", daemon=True) for k in range(count)]
        for each in self._threads:
            each.start()

    def submit(
        self, fn: Callable[_Given, _Answer], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> Future[_Answer]:
        """Have ``fn`` called by the next thread that is free."""
        future: Future[_Answer] = Future()
        self._tasks.put((future, partial(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End each thread once it is free; ``wait`` for them, or not."""
        del cancel_futures
        for _ in self._threads:
            self._tasks.put(None)
        for each in self._threads if wait else ():
            each.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, act = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(act())
            except BaseException as error:  # whoever asked is told
                future.set_exception(error)
