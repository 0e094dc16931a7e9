"""The Dash application: its pages, one saliency service, no state outside them."""

from __future__ import annotations

import logging
from functools import partial

from dash import Dash

from dashboard.access import guard, signing_on
from dashboard.access.roles import owner
from dashboard.access.sign_in_page import STYLE
from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.cache.series_records import SeriesRecords
from dashboard.components import case_strip, ids, javascript_modules, navigation, network_choice
from dashboard.components.url_state import State
from dashboard.pages.cohort import callbacks as cohort_callbacks
from dashboard.pages.cohort import layout as cohort
from dashboard.pages.cohort import routes as cohort_routes
from dashboard.pages.cohort.cohort_jobs import CohortJobs
from dashboard.pages.compare import callbacks as compare_callbacks
from dashboard.pages.compare import layout as compare
from dashboard.pages.compare import routes as compare_routes
from dashboard.pages.explore import callbacks as explore_callbacks
from dashboard.pages.explore import layout as explore
from dashboard.pages.explore import routes, series_routes
from dashboard.pages.networks import callbacks as networks_callbacks
from dashboard.pages.networks import layout as networks
from dashboard.pages.networks import network_export
from dashboard.pages.networks import routes as network_routes
from dashboard.pages.regions import callbacks as regions_callbacks
from dashboard.pages.regions import layout as regions
from dashboard.pages.regions import routes as region_routes
from dashboard.pages.regions import slice_callbacks
from dashboard.pages.regions.region_jobs import RegionJobs
from dashboard.pages.verdict import callbacks as verdict_callbacks
from dashboard.pages.verdict import layout as verdict
from dashboard.pages.verdict import verdict_export, verdict_rows
from dashboard.pages.verdict.seen_parts import seen_parts
from dashboard.pages.verdict.state import Questions
from dashboard.pages.verdict.verdict_jobs import VerdictJobs
from dashboard.report import case_file_routes, export_menu, export_routes
from dashboard.report.case_file_jobs import CaseFileJobs
from dashboard.server import (
    body_limits,
    callback_bodies,
    channel,
    error_handler,
    metrics,
    plotly_script,
    readiness,
    request_outcomes,
    security,
)
from dashboard.service import health
from dashboard.service.saliency_service import SaliencyService
from dashboard.service.series_guidance import SeriesGuidance
from dashboard.service.slice_values import SliceValues
from dashboard.service.worker_runner import runner_of
from dashboard.settings import ASSETS, Settings
from dashboard.views import case_routes, drop_routes
from dashboard.views.opening import first_view
from fusion import InputError

CHOICES = (
    (ids.PAIR, ids.NETWORK),
    (compare.PREFIX + ids.PAIR, compare.NETWORKS),
    (verdict.PAIR, verdict.NETWORK),
    (regions.PAIR, regions.NETWORKS),
    (cohort.PAIR, cohort.NETWORKS),
    (networks.PAIR, networks.NETWORK),
)
"""Where each page's pair and its network or networks are chosen."""
WARM_UP = "fusevis-warm-up"
"""Under this name the Flask server's ``extensions`` hold what is worth doing before the first visitor comes."""
JOBS = "fusevis-jobs"
"""… the queue of what takes long, which whoever serves has to close …"""
DROPS = "fusevis-drops"
"""… and what was dropped on the pages, likewise."""
logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> Dash:
    """The dashboard for ``settings``, not yet serving.

    Raises
    ------
    InputError
        A folder of pairs cannot be used.
    """
    app = Dash(
        __name__,
        title="FuseVis",
        update_title="",
        assets_folder=str(ASSETS),
        assets_ignore=f"^{STYLE}$",
        assets_path_ignore=[f"^{javascript_modules.FOLDER}$", f"^{plotly_script.FOLDER}$"],
        serve_locally=True,
        compress=False,
        enable_mcp=False,
        requests_pathname_prefix=f"{settings.prefix}/",
        routes_pathname_prefix="/",
        add_log_handler=False,
    )
    request_outcomes.install(app.server, is_logged=settings.log_requests)
    service = SaliencyService(settings, app.server)
    error_handler.install(app.server)
    security.install(app.server, settings)
    signing_on.install(app.server, settings)
    body_limits.install(app.server)
    channel.register(app.server)
    plotly_script.register(app.server, ASSETS)
    health.install(app.server, service)
    metrics.install(app.server)
    readiness.install(app.server)
    routes.register(app.server, service)
    compare_routes.register(app.server, service)
    network_routes.register(app.server, service)
    runner = runner_of(service, app.server, settings)
    series = SeriesGuidance(service, SeriesRecords(app.server, settings.cache), runner, owner)
    series_routes.register(app.server, series, SliceValues(service))
    region_jobs = RegionJobs(service)
    region_routes.register(app.server, region_jobs)
    verdicts = VerdictJobs(service)
    figures = CohortFiguresCache(app.server, settings.cache)
    cohorts = CohortJobs(service, figures, runner_of(service, app.server, settings))
    default = first_view(service)
    insides = networks.default_state(service)
    compared = compare.default_state(service)
    areas = regions.default_state(region_jobs)
    asked = verdict.default_state(service)
    whole = cohort.default_state(cohorts)
    navigation.install(
        app,
        [
            navigation.Page(
                "Explore",
                partial(explore.layout, service, default),
                explore.later,
                menus=("report",),
                asked=partial(explore.layout, service, default),
            ),
            navigation.Page("Compare", partial(compare.layout, service, compared), menus=("report",)),
            navigation.Page("Verdict", partial(verdict.layout, service, asked), menus=("report",)),
            navigation.Page("Regions", partial(regions.layout, region_jobs, areas)),
            navigation.Page("Cohort", partial(cohort.layout, cohorts, whole)),
            navigation.Page("Networks", partial(networks.layout, service, insides), menus=("report",)),
        ],
        beside=[
            *([navigation.exposed_note()] if settings.is_exposed else []),
            case_strip.change_bar(),
            case_strip.origin_bar(),
            case_strip.strip(
                [pair for pair, _ in CHOICES], service.drops.limits if settings.takes_uploads else None
            ),
        ],
    )
    case_routes.register(app.server, service)
    if settings.takes_uploads:
        drop_routes.register(app.server, service.drops)
    case_strip.register(app, CHOICES, sent={ids.PAIR: ids.START})
    for pair, chosen in CHOICES[:-1]:  # the list of Networks is its page's own
        network_choice.register(app, service, pair, chosen, is_sent=pair == ids.PAIR)
    explore_callbacks.register(app, service)
    compare_callbacks.register(app, service, compared)
    verdict_callbacks.register(app, Questions(service), asked)
    verdict_rows.register(app, verdicts, region_jobs.region)
    verdict_export.register(app.server, verdicts, region_jobs.region)
    export_routes.register(app.server, service, partial(seen_parts, verdicts, region_jobs))
    case_file_routes.register(app.server, CaseFileJobs(service), region_jobs.area)
    network_export.register(app.server, service)
    regions_callbacks.register(app, region_jobs, areas)
    slice_callbacks.register(app, region_jobs)
    cohort_routes.register(app.server, cohorts)
    cohort_callbacks.register(app, cohorts, whole)
    networks_callbacks.register(app, service, insides)
    app.server.extensions[JOBS] = service.jobs
    app.server.extensions[DROPS] = service.drops
    app.server.extensions[WARM_UP] = partial(_warm_up, service, series, default)
    export_menu.register(app)
    callback_bodies.install(app)
    guard.install_callbacks(app)
    app.server.extensions[security.SCRIPTS] = tuple(dict.fromkeys(app.csp_hashes()))
    return app


def _warm_up(service: SaliencyService, series: SeriesGuidance, default: State) -> None:
    """Do once what the first visitor would wait for: find the network's reach, fuse, answer a pixel.

    Series that were open when the dashboard ended go on.
    """
    series.resume()
    try:
        fused_pair = service.open_pair(default.pair, default.network)
        service.answer(fused_pair, (fused_pair.pair.shape[0] // 2, fused_pair.pair.shape[1] // 2))
    except InputError as error:  # the page says so when it is opened
        logger.debug("The first view cannot be opened:", exc_info=error)
