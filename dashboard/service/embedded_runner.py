"""Guidance of slices as jobs of this process's own queue, behind all that pages look at."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.service.fused_pair import FusedPair, view_key
from dashboard.service.job_runner import SliceJob, SliceStanding
from dashboard.service.pair_checks import REFUTED
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from saliency import locality
from saliency.derivatives.guidance import takes_few_passes

LOOK = 1.0
"""Seconds between two looks whether the slice that is computed is still wanted."""
OTHERWISE = (
    "The worker has another picture, network or version under this name than the page; start both with the same "
    "--pairs and --checkpoints, of the same release."
)
ESTIMATED = (
    "{name} sees the whole image: its guidance is estimated for the slice that is looked at, and estimates are "
    "not kept; choose a network that sees a window."
)


class EmbeddedRunner:
    """A `JobRunner`. A page that comes to a slice takes it over: both ask for the same key.

    Parameters
    ----------
    service : SaliencyService
    """

    hands_out = False
    said = ""

    def __init__(self, service: SaliencyService) -> None:
        self._service = service
        self._opened: dict[SliceJob, FusedPair] = {}

    def at_once(self, network: str) -> int:  # noqa: ARG002  # the same for all
        """One: the queue computes one at a time."""
        return 1

    def ask(self, job: SliceJob) -> SliceStanding:
        """How far it is; see `JobRunner`."""
        fused_pair = self._opened.get(job) or self._open(job)
        if fused_pair is None:
            return SliceStanding(is_done=True, was_there=True)
        if not takes_few_passes(fused_pair.loaded.network, fused_pair.pair):  # as is perhaps found out on the way
            self.leave(job)
            raise InputError(ESTIMATED.format(name=fused_pair.loaded.name))
        snapshot = self._service.guidance(fused_pair, _watcher(job), in_background=True)
        if snapshot.failure or snapshot.images is not None or snapshot.hold is not None:
            self.leave(job)
        if snapshot.failure:
            raise InputError(snapshot.failure)
        if snapshot.images is None and snapshot.hold is not None:
            raise InputError(f"A reader has {snapshot.hold} the guidance of this slice on its page.")
        return SliceStanding(snapshot.images is not None, left=snapshot.left)

    def leave(self, job: SliceJob) -> None:
        """Nobody wants it any more."""
        self._opened.pop(job, None)
        self._service.guidance_queue.leave(_watcher(job))

    def rest(self, jobs: Sequence[SliceJob]) -> None:
        """Return when the first of them is over, at most after `LOOK`."""
        fused_pair = self._opened.get(jobs[0]) if jobs else None
        if fused_pair is not None:
            kind = self._service.guidance_queue.kind
            self._service.jobs.wait(kind, fused_pair.maps_key, LOOK, lambda _: False)

    def _open(self, job: SliceJob) -> FusedPair | None:
        """A slice through its network; None where its guidance is stored."""
        refuse_estimated(self._service, job.network)
        self._service.jobs.pointer.wait()
        pair = self._service.catalogue.read_aside(job.slice_id)
        if job.key and view_key(pair, self._service.network_pool.get(job.network)) != job.key:
            raise InputError(OTHERWISE)
        if self._service.has_stored_guidance(pair, job.network):
            return None
        self._service.jobs.pointer.wait()
        fused_pair = self._service.open_aside(job.slice_id, pair, job.network)
        if fused_pair.is_refuted:
            raise InputError(REFUTED)
        self._opened[job] = fused_pair
        return fused_pair


def refuse_estimated(service: SaliencyService, network: str) -> None:
    """Raise InputError where guidance of a network is estimated: that is not kept, and exact it takes days."""
    loaded = service.network_pool.get(network)
    found = locality(loaded.network)
    if not found.is_local and found.held is None:
        raise InputError(ESTIMATED.format(name=loaded.name))


def _watcher(job: SliceJob) -> str:
    return f"series {job.network} {job.slice_id}"
