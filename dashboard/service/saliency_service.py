"""What the page asks for by name, answered by the rooms below: pairs, networks, fused images, saliency."""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial

from flask import Flask

from dashboard.access.roles import owner
from dashboard.cache.disk import GuidanceStore, Images
from dashboard.cache.examination_cache import ExaminationCache
from dashboard.cache.key_locks import KeyLocks
from dashboard.cache.lru import LRUCache
from dashboard.cache.receptive_fields import ReceptiveFieldCache
from dashboard.cache.slopes_store import SlopesStore
from dashboard.cache.unfinished_guidance import UnfinishedGuidanceStore
from dashboard.jobs.background_cache import BackgroundCache, ComputationFailedError
from dashboard.jobs.guidance_queue import GuidanceQueue, Snapshot
from dashboard.jobs.previews import GuidancePreviews
from dashboard.jobs.queue import JobQueue
from dashboard.server.memory import trim
from dashboard.service.computed_answers import ComputedAnswers
from dashboard.service.cost import Cost, multiplications
from dashboard.service.drops import Drops
from dashboard.service.examination_service import Examinations
from dashboard.service.fused_pair import FusedPair, view_key
from dashboard.service.guidance_statistics import GuidanceStatistics
from dashboard.service.idle_timer import IdleTimer
from dashboard.service.inner_view_images import InnerViews, look_inside
from dashboard.service.kept_derivatives import KeptDerivatives
from dashboard.service.kept_image import KeptImage
from dashboard.service.long_answers import LongAnswers
from dashboard.service.memory_gate import MemoryGate
from dashboard.service.network_pool import LoadedNetwork, NetworkPool, StillMeasuringError
from dashboard.service.pair_catalogue import Catalogue, bytes_of
from dashboard.service.pair_changes import changes_of
from dashboard.service.pair_checks import PairChecks
from dashboard.service.pixel_answer import LongAnswer, PixelAnswer
from dashboard.settings import Settings
from fusion import ImagePair
from saliency import Guidance, Locality, fused_image, locality
from saliency.derivatives.estimated_guidance import estimated_guidance_stream
from saliency.derivatives.guidance import passes, takes_few_passes
from saliency.derivatives.guidance_order import Wanted, nowhere
from saliency.geometry.window import Window, check_pixel
from saliency.network.graph_memory import graph_bytes
from saliency.network.summary_slopes import Told, no_matter

SEEN_BYTES = 2**30
"""Pairs and fused images held in memory."""
ANSWER_BYTES = 32 * 2**20
"""Jacobians held in memory; of a network that is not local each is as large as the image."""
INNER_VIEWS = 4
"""Pairs through a network whose inner views are held in memory, up to a hundred megabytes each."""
COUNTED = 3
"""Jacobians computed to say how long one takes; the shortest time counts."""
INSIDE = 0.1
"""Memory of inner views, in Jacobians on the whole image: UAAFusion's take 0.3 GB at 256², its Jacobian 3.3."""


def _view(pair_id: str, pair: ImagePair, loaded: LoadedNetwork) -> Hashable:
    """Where a pair through a network is kept."""
    return pair_id, pair.content_hash, loaded.name, loaded.weights


class SaliencyService:
    """Everything a running dashboard holds; one per application, bounded in memory."""

    def __init__(self, settings: Settings, server: Flask) -> None:
        self.drops = Drops(max_pixels=settings.max_pixels, forgotten=self._forget, asker=owner)
        self.catalogue = Catalogue(
            settings.phantoms,
            settings.pairs,
            settings.max_pixels,
            settings.nightscenes,
            same_space=settings.same_space,
            unlisted=self.drops.entry,
            dropped_with=lambda secret: self.drops.entries([secret]),
        )
        self.jobs, locks = JobQueue(), KeyLocks(settings.cache)
        self.network_pool = NetworkPool(
            settings.checkpoints, self.jobs, ReceptiveFieldCache(server, settings.cache), settings.networks, locks
        )
        self.examinations = Examinations(self.network_pool, ExaminationCache(server, settings.cache))
        self._kept_guidance = GuidanceStore(server, settings.cache, int(settings.cache_gigabytes * 2**30))
        unfinished = UnfinishedGuidanceStore(server, settings.cache)
        self.guidance_queue = GuidanceQueue(self._kept_guidance, unfinished, self.jobs, locks)
        self.previews = GuidancePreviews()
        self._fused_pairs: LRUCache[FusedPair] = LRUCache(
            32, lambda fused_pair: bytes_of(fused_pair.pair) + fused_pair.fused.nbytes, SEEN_BYTES
        )
        self._answers: LRUCache[PixelAnswer] = LRUCache(
            256, lambda answer: 2 * answer.jacobian.first.nbytes, ANSWER_BYTES
        )
        self.statistics = GuidanceStatistics(self.jobs)
        self._inner_views: BackgroundCache[InnerViews] = BackgroundCache(
            self.jobs, "inner views", INNER_VIEWS, is_interruptible=True
        )
        self._derivatives = KeptDerivatives(self.jobs)
        self._costs: BackgroundCache[Cost] = BackgroundCache(self.jobs, "cost", size=32)
        self._checks = PairChecks()
        self._kept_image = KeptImage(SlopesStore(server, settings.cache))
        self.long_answers = LongAnswers(self.jobs, self._kept_image.is_kept)
        self.gate = MemoryGate(release=self._let_go)
        self._computed = ComputedAnswers(
            self.gate, self._kept_image, self._derivatives, self.long_answers, self._refuted
        )
        self._idle = IdleTimer(self.rest)
        self.resting: list[Callable[[], None]] = []  # what else is let go of then

    def _let_go(self) -> None:
        """Give back what is kept for later only."""
        self._kept_image.let_go()
        self._derivatives.let_go()

    def rest(self) -> None:
        """Nobody has asked for a view for a while: hold no more than the next question needs to be answered."""
        self._let_go()
        self._inner_views.let_go()
        self._answers.clear()
        self._fused_pairs.clear()
        for let_go in (self.catalogue.let_go, *self.resting):
            let_go()
        gc.collect()  # an idle interpreter would not look for what holds itself, such as a traceback's graph
        trim()

    def _forget(self, beginning: str) -> None:
        """Hold no pair in memory whose id begins so, nor what was fused of it."""
        self.catalogue.forget(beginning)
        self._fused_pairs.discard_where(lambda view: isinstance(view, tuple) and view[0].startswith(beginning))

    def open_pair(self, pair_id: str, network: str) -> FusedPair:
        """The pair ``pair_id`` through ``network``; InputError where either cannot be used."""
        self._idle.restart()
        pair, loaded = self.catalogue.pair(pair_id), self.network_pool.get(network)
        key, is_dropped = _view(pair_id, pair, loaded), self._is_dropped(pair_id)
        found = self._fused_pairs.get(
            key, lambda: FusedPair(pair, loaded, fused_image(loaded.network, pair), is_dropped=is_dropped)
        )
        return self.checked(found)

    def open_measured(self, pair_id: str, network: str) -> FusedPair:
        """As `open_pair`, for a request: none waits a minute until it is measured how far a network sees.

        `StillMeasuringError`, an InputError, where that goes on.
        """
        self.network_pool.refuse_unmeasured(network)
        return self.open_pair(pair_id, network)

    def is_open(self, pair_id: str, network: str) -> bool:
        """Whether `open_pair` finds the fused image; InputError as that."""
        return _view(pair_id, self.catalogue.pair(pair_id), self.network_pool.get(network)) in self._fused_pairs

    def look_at(self, pair_id: str, fused_pair: FusedPair) -> None:
        """A page opens a view: find in the background what makes its pixels' Jacobians quick."""
        if changes_of(pair_id)[1].move is None:  # an input that is moved goes through many places
            self._derivatives.look_at(fused_pair, self.gate)

    def checked(self, fused_pair: FusedPair) -> FusedPair:
        """The same as far as is known now: computed whole where its crops were found to be wrong meanwhile."""
        whole = self._checks.refuted(fused_pair.key)
        return fused_pair if whole is None else fused_pair.computed_whole(whole)

    def held_to_whole(self, fused_pair: FusedPair) -> FusedPair:
        """The same once its crops were compared with the whole image, which takes seconds the first time."""
        whole = fused_pair.is_whole or self._checks.crops_agree(fused_pair)
        return fused_pair if whole else self._refuted(fused_pair)

    def _refuted(self, fused_pair: FusedPair) -> FusedPair:
        """The same, its crops found to be wrong: guidance kept of them goes, or the next start would show it."""
        whole = self._checks.refute(fused_pair.key, fused_pair.loaded.network)
        self._kept_guidance.discard(fused_pair.key)
        return fused_pair.computed_whole(whole)

    def answer(self, fused_pair: FusedPair, pixel: tuple[int, int], told: Told = no_matter) -> PixelAnswer:
        """The Jacobian of one fused pixel; waits for a free core.

        The latest are kept: a pixel that is pointed at is asked for again when the pointer comes to rest. ``told``
        hears of the steps to what all pixels of the pair share, where that is not there.
        """
        self.jobs.hovering()
        return self._answers.get(fused_pair.place(pixel), lambda: self._computed.of(fused_pair, [pixel], told)[0])

    def answer_for(self, fused_pair: FusedPair, pixel: tuple[int, int], watcher: str) -> PixelAnswer | LongAnswer:
        """The same for an open page, named by ``watcher``: where it takes long it is computed meanwhile.

        What the page waited for before is given up.
        """
        if kept := self._answers.peek(fused_pair.place(pixel)):
            return kept
        if not self.long_answers.is_long(fused_pair):
            return self.answer(fused_pair, pixel)
        check_pixel(pixel, fused_pair.pair.shape)
        return self.long_answers.ask(fused_pair, pixel, watcher, partial(self.answer, fused_pair, pixel))

    def answers_at_hand(
        self, fused_pair: FusedPair, pixels: Sequence[tuple[int, int]]
    ) -> Sequence[PixelAnswer | LongAnswer]:
        """`answers`, but of what takes long only those that are there."""
        if not self.long_answers.is_long(fused_pair):
            return self.answers(fused_pair, pixels)
        for pixel in pixels:
            check_pixel(pixel, fused_pair.pair.shape)
        kept = ((pixel, self._answers.peek(fused_pair.place(pixel))) for pixel in pixels)
        return [answer or self.long_answers.expected(fused_pair, pixel) for pixel, answer in kept]

    def leave(self, watcher: str) -> None:
        """An open page, or a column of it, looks at nothing any more."""
        self.jobs.leave_all(watcher)

    def answers(self, fused_pair: FusedPair, pixels: Sequence[tuple[int, int]]) -> list[PixelAnswer]:
        """The Jacobians of several fused pixels, those not kept computed together."""
        if len(pixels) == 1:
            return [self.answer(fused_pair, pixels[0])]
        self.jobs.hovering()
        missing = [pixel for pixel in dict.fromkeys(pixels) if fused_pair.place(pixel) not in self._answers]
        computed = dict(zip(missing, self._computed.of(fused_pair, missing), strict=True))

        def made(pixel: tuple[int, int]) -> PixelAnswer:  # one kept a moment ago may have been dropped since
            return computed.get(pixel) or self._computed.of(fused_pair, [pixel])[0]

        return [self._answers.get(fused_pair.place(pixel), partial(made, pixel)) for pixel in pixels]

    def open_aside(self, pair_id: str, pair: ImagePair, network: str) -> FusedPair:
        """``pair``, which no page looks at, through ``network``: it pushes out none that is looked at."""
        loaded, is_dropped = self.network_pool.get(network), self._is_dropped(pair_id)
        return self.checked(FusedPair(pair, loaded, fused_image(loaded.network, pair), is_dropped=is_dropped))

    def _is_dropped(self, pair_id: str) -> bool:
        """Whether nothing of a pair may be written to the disk."""
        return bool(self.catalogue.entry(pair_id).drop)

    def has_stored_guidance(self, pair: ImagePair, network: str) -> bool:
        """Whether finished guidance of a pair is on the disk; it need not be fused for that."""
        return self.is_stored(view_key(pair, self.network_pool.get(network)))

    def is_stored(self, key: str) -> bool:
        """Whether finished guidance is on the disk under a key, and can be read."""
        return self._kept_guidance.has(key) and self._kept_guidance.get(key) is not None

    def guidance(
        self,
        fused_pair: FusedPair,
        watcher: str = "",
        within: float = 0.0,
        wanted: Window | None = None,
        *,
        in_background: bool = False,
    ) -> Snapshot:
        """Both guidance images as far as they are computed; asking keeps the computation going.

        Of a network that sees the whole image they are estimated, where an error ``within`` a part of their
        largest value is allowed and exact ones are not there. What is ``wanted`` is computed first. What no page
        waits for is computed ``in_background``, after everything else.
        """
        key = self.guidance_key(fused_pair, within)

        image = partial(self._kept_image.shared, fused_pair)
        is_wanted = partial(self.jobs.is_wanted, self.guidance_queue.kind, key)

        def begin(so_far: Guidance | None, looked_at: Wanted) -> Iterator[Guidance]:
            if key == fused_pair.maps_key:
                exact = partial(self._checks.guidance_stream, fused_pair, image, so_far, looked_at)
                return self._derivatives.stream(exact, fused_pair, self.gate)
            network, pair = fused_pair.loaded.network, fused_pair.pair
            return estimated_guidance_stream(network, pair, within, so_far=so_far, wanted=looked_at, image=image)

        def goes_on(so_far: Guidance | None, looked_at: Wanted) -> Iterator[Guidance]:
            return self.gate.stream(lambda: begin(so_far, looked_at), fused_pair, is_wanted)()

        snapshot = self.guidance_queue.ask(
            key,
            partial(goes_on, None, nowhere),
            watcher,
            fused_pair.loaded.name,
            goes_on,
            wanted,
            in_background=in_background,
            is_kept=key == fused_pair.maps_key and not fused_pair.is_dropped,
        )
        if not in_background:
            self._derivatives.look_on(fused_pair, self.gate, has_guidance=snapshot.images is not None)
        return snapshot

    def guidance_key(self, fused_pair: FusedPair, within: float = 0.0) -> str:
        """Under which key that is computed; what is estimated has its own, so that it never passes for exact."""
        is_exact = not within or takes_few_passes(fused_pair.loaded.network, fused_pair.pair)
        if is_exact or self.finished_guidance(fused_pair):
            return fused_pair.maps_key
        return f"{fused_pair.maps_key}~{within:g}"

    def finished_guidance(self, fused_pair: FusedPair) -> Images | None:
        """Both guidance images where they are complete; starts nothing."""
        return self.guidance_queue.look(fused_pair.maps_key).images

    def inner_views(self, pair_id: str, network: str) -> InnerViews | None:
        """What ``network`` shows of itself for a pair; None while it is still to be computed."""
        self._idle.restart()
        pair, (module, weights) = self.catalogue.pair(pair_id), self.network_pool.unmeasured(network)
        name = self.network_pool.name_of(network)

        def look() -> InnerViews:
            needed = int(INSIDE * graph_bytes(module, pair.shape))
            with self.gate.set_aside(needed, name, note=" for its inner views"):
                return look_inside(module, pair)

        try:
            return self._inner_views.get((pair.content_hash, name, weights), look, name)
        except ComputationFailedError as error:
            return InnerViews(failure=str(error))

    def reach(self, network: str, patience: float = 0.0) -> Locality | None:
        """How far a network sees; None while that is measured.

        InputError where it is not installed, ComputationFailedError where measuring failed.
        """
        try:
            self.network_pool.refuse_unmeasured(network, patience)
        except StillMeasuringError:
            return None
        return locality(self.network_pool.get(network).network)

    def passes(self, pair_id: str, network: str) -> int:
        """How many passes guidance of a pair takes; at once where `cost` is known."""
        return passes(self.network_pool.get(network).network, self.catalogue.pair(pair_id).shape)

    def cost(self, pair_id: str, network: str) -> Cost | None:
        """What asking a measured network costs; None while it is still to be found out.

        ComputationFailedError where that failed.
        """
        loaded = self.network_pool.get(network)

        def find_out() -> Cost:
            work = multiplications(loaded.network)
            self.passes(pair_id, network)  # known from now on without a wait
            if not locality(loaded.network).is_local:
                return Cost(work, None)
            fused_pair = self.open_pair(pair_id, network)
            middle = fused_pair.pair.shape[0] // 2, fused_pair.pair.shape[1] // 2
            return Cost(work, min(self._computed.of(fused_pair, [middle])[0].milliseconds for _ in range(COUNTED)))

        return self._costs.get((loaded.name, loaded.weights), find_out, loaded.name)
