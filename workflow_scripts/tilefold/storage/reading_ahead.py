"""Reading of what comes next while the present is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Place = TypeVar("Place")
Read = TypeVar("Read")


def read_ahead(
    read: Callable[[Place], Read], places: Iterable[Place], workers: int = 1
) -> Generator[Read, None, None]:
    """Read places in order, by threads that are as many places ahead; without threads one after the other.

    What the threads read from must stay open until the generator is at its end or closed.
    """
    if workers == 0:
        yield from map(read, places)
        return
    with ThreadPoolExecutor(max_workers=workers) as executor:
        waiting: deque[Future[Read]] = deque()
        for place in places:
            waiting.append(executor.submit(read, place))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
