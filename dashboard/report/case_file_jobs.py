"""Case files as jobs of the queue: one is made while a page waits for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from dashboard.access.roles import owner
from dashboard.jobs.job import JobKind, Task
from dashboard.jobs.spans import spelled
from dashboard.report.case_file import case_file
from dashboard.report.case_windows import (
    CaseNetwork,
    about_part,
    case_windows,
    part_bytes,
    reach_of,
    refuse_large,
)
from dashboard.report.collect import Sharpening
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from fusion.data.outgoing.unnamed import unnamed
from saliency.geometry.window import Window

REMEDY = (
    "choose a region of at most about {side} × {side} pixels on the page Verdict and save from there, choose "
    "fewer networks, or use the command fusevis casefile"
)
"""What helps where a file would become too large."""


@dataclass(frozen=True, eq=False)
class CaseFileProgress:
    """How far a case file is: pixels asked in all networks; its ``content`` once it is finished."""

    done: int
    total: int
    content: bytes = b""


CASE_FILE = JobKind(
    "case file",
    kept=1,  # for who looks at it; see `CaseFileJobs.file`
    progress=lambda found: (found.done, found.total),
    is_complete=lambda found: bool(found.content),
)


class MakingCaseFile(Sharpening):
    """A case file is still being made; says how far it is."""

    def __init__(self, found: CaseFileProgress | None, left: float | None) -> None:
        if found is None:
            sentence = "The case file waits for what is computed before it, such as guidance."
        else:
            sentence = f"The case file is being made: {100 * found.done // found.total} % are done."
        Exception.__init__(self, sentence + (f" It takes {spelled(left)} more." if left else ""))
        self.done, self.total = 0, 0


class CaseFileJobs:
    """The case files that pages wait for."""

    def __init__(self, service: SaliencyService) -> None:
        self.service = service
        service.resting.append(partial(service.jobs.let_go, CASE_FILE))

    def file(self, pair_id: str, names: Sequence[str], area: Window) -> tuple[bytes, ImagePair]:
        """A finished case file and the pair that it shows; asking keeps it going.

        Parameters
        ----------
        pair_id : str
        names : sequence of str
            The networks.
        area : Window
            The fused pixels whose Jacobians it holds.

        Raises
        ------
        InputError
            A network or the pair cannot be used, the file would become too large, or making it failed.
        MakingCaseFile
            It is not finished.
        """
        through = [self.service.open_pair(pair_id, name) for name in names]
        pair, jobs = through[0].pair, self.service.jobs
        refuse_large([_reach(each) for each in through], area, REMEDY)
        day = date.today()
        key = _key(through, area, day)
        task = Task(partial(self._stream, through, area, day), through[0].loaded.name)
        state = jobs.ask(CASE_FILE, key, {key: task})[key]
        if state.failure:
            jobs.retry(CASE_FILE, key)  # whoever asks once more is not told of this failure again
            raise InputError(state.failure)
        if state.value is None or not state.value.content:
            raise MakingCaseFile(state.value, jobs.told(CASE_FILE, key)[1])
        jobs.let_go(CASE_FILE)  # it can be fetched again for as long as its page counts as waiting
        return state.value.content, unnamed(pair)

    def _stream(self, through: Sequence[FusedPair], area: Window, day: date) -> Iterator[CaseFileProgress]:
        pixels, pair = area.shape[0] * area.shape[1], through[0].pair
        total, networks, parts = pixels * len(through), [], []
        for number, each in enumerate(through):
            asked = self._case_network(each)
            for found in case_windows(asked, pair, area):
                yield CaseFileProgress(number * pixels + found.done, total)
            networks.append(asked)
            parts.append(part_bytes(asked, found, about_part(asked, found, pair)))
        yield CaseFileProgress(total, total, case_file(unnamed(pair), area, networks, parts, day))

    def _case_network(self, fused_pair: FusedPair) -> CaseNetwork:
        held = self.service.held_to_whole(fused_pair)
        return CaseNetwork(held.loaded.name, held.loaded.weights, held.loaded.network, held.fused, _reach(held))


def _reach(fused_pair: FusedPair) -> int:
    """How far its windows reach."""
    name = fused_pair.loaded.name
    if fused_pair.is_whole:
        raise InputError(
            f"{name} sees the whole image here, which takes a pass for each pixel: leave it out, or use the "
            "command fusevis casefile with --reach."
        )
    return reach_of(name, fused_pair.loaded.network, fused_pair.pair, None)


def _key(through: Sequence[FusedPair], area: Window, day: date) -> str:
    """Hash of all that decides a file, and of who asks: nobody waits for another's."""
    words = [[each.key for each in through], list(area), day.isoformat(), owner()]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
