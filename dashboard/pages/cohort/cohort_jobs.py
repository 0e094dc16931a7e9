"""Cohorts as jobs of the queue: a collection's slices through networks, kept slice by slice on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from dashboard.access.roles import owner
from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.jobs.unfinished import Hold
from dashboard.pages.cohort.handed_out import handed_out_stream
from dashboard.pages.cohort.open_cohorts import OpenCohorts
from dashboard.pages.cohort.state import MOST, CohortChoice
from dashboard.service.cohort_network import cohort_network
from dashboard.service.job_runner import JobRunner
from dashboard.service.pair_catalogue import PairEntry
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from fusion.evaluation.method_table import evenly_spaced
from saliency.cohort.cohort_run import CohortProgress, CohortSlice, cohort_stream

COHORT = JobKind(
    "cohort",
    is_whole=True,  # its parts take seconds, and what comes in parts should not wait for them
    kept=4,
    progress=lambda found: (found.done, found.total),
    is_complete=lambda found: found.done == found.total,
)


@dataclass(frozen=True)
class CohortStanding:
    """How far a cohort is, and whether it is held."""

    state: JobState[CohortProgress]
    hold: Hold | None
    note: str = ""
    """What is to be said of who measures it; empty where all is well."""

    @property
    def progress(self) -> CohortProgress:
        """What is measured so far."""
        return self.state.value or CohortProgress(0, 0)


class CohortJobs:
    """The cohorts of a running dashboard. What is begun goes on without a page; what is measured is kept.

    Parameters
    ----------
    service : SaliencyService
    kept : CohortFiguresCache
    runner : JobRunner
        Who measures, but for networks that somebody brought: nobody knows all the code that these are.
    """

    def __init__(self, service: SaliencyService, kept: CohortFiguresCache, runner: JobRunner) -> None:
        self.service, self._kept, self._runner = service, kept, runner
        self._open = OpenCohorts(service.jobs, COHORT)

    def usable(self) -> tuple[str, ...]:
        """The networks that can be asked."""
        problems = self.service.network_pool.problems()
        return tuple(name for name in self.service.network_pool.names() if name not in problems)

    def entries(self, choice: CohortChoice) -> list[PairEntry]:
        """The slices that are measured: of each case of the collection so many, evenly spaced.

        Raises
        ------
        InputError
            The pair is unknown or was dropped, or the choice names no network or no number of slices.
        """
        one = self.service.catalogue.entry(choice["pair"])
        if one.drop:
            raise InputError(
                "Nothing of what was dropped is kept on the disk; start the dashboard with --pairs and its folder."
            )
        if not choice["networks"] or not 1 <= choice["slices"] <= MOST:
            raise InputError(f"Choose one network or more, and 1 to {MOST} slices of each case.")
        cases: dict[str, list[PairEntry]] = {}
        for each in self.service.catalogue.entries:
            if each.group == one.group:
                cases.setdefault(each.case, []).append(each)
        return [held[at] for held in cases.values() for at in evenly_spaced(len(held), choice["slices"])]

    def begin(self, choice: CohortChoice) -> None:
        """Measure it until it is over or cancelled, also while no page asks; one that is held goes on.

        InputError as `entries`.
        """
        key = self.key(choice)
        self.service.jobs.hold(COHORT, key, None)
        self._open.add(key, self._task(choice))

    def is_known(self, choice: CohortChoice) -> bool:
        """Whether who asks has begun it, and it goes on or has just ended. InputError as `entries`."""
        return self.key(choice) in self._open or self.look(choice).state.parts > 0

    def ask(self, page: str, choice: CohortChoice) -> CohortStanding:
        """How far it is, for a page that looks at it. InputError as `entries`."""
        key = self.key(choice)
        return self._told(self.service.jobs.ask(COHORT, page, {key: self._task(choice)})[key], key)

    def look(self, choice: CohortChoice) -> CohortStanding:
        """How far it is; starts nothing."""
        key = self.key(choice)
        return self._told(self.service.jobs.look(COHORT, key), key)

    def leave(self, page: str) -> None:
        """A page looks at no cohort any more."""
        self.service.jobs.leave(COHORT, page)

    def hold(self, choice: CohortChoice, how: Hold | None) -> None:
        """Pause or cancel it, or let it go on by None."""
        self.service.jobs.hold(COHORT, self.key(choice), how)

    def key(self, choice: CohortChoice) -> str:
        """Hash of what is chosen and of who chooses: nobody holds another's, and what is kept serves all."""
        ids = [each.id for each in self.entries(choice)]
        names = [self.service.network_pool.name_of(name) for name in choice["networks"]]
        return hashlib.sha256(json.dumps([ids, names, owner()]).encode()).hexdigest()

    def _task(self, choice: CohortChoice) -> Task[CohortProgress]:
        return Task(partial(self._stream, self.entries(choice), list(choice["networks"])))

    def _told(self, state: JobState[CohortProgress], key: str) -> CohortStanding:
        held = self.service.jobs.told(COHORT, key)[0]
        return CohortStanding(state, held, "" if state.is_over or held else self._runner.said)

    def _stream(self, entries: list[PairEntry], names: list[str]) -> Iterator[CohortProgress]:
        slices = [CohortSlice(each.group, each.case, each.title, each.read) for each in entries]
        networks = [cohort_network(self.service, entries[0].id, name) for name in dict.fromkeys(names)]
        if self._runner.hands_out and not any(each.name in self.service.network_pool.own for each in networks):
            named = [(entry.id, each) for entry, each in zip(entries, slices, strict=True)]
            yield from handed_out_stream(named, networks, self._kept, self._runner)
        else:
            yield from cohort_stream(slices, networks, self._kept)
