"""Compute what a dashboard hands out, until somebody ends it."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from dashboard.jobs.redis_address import checked_address
from dashboard.settings import Settings, from_environment
from fusion.errors import InputError


def run(args: argparse.Namespace) -> None:
    """Take one job after the other until Ctrl-C or SIGTERM; what is begun then is left to others.

    Raises
    ------
    InputError
        A folder or the address cannot be used.
    """
    _work(worker_settings(args))


def worker_settings(args: argparse.Namespace) -> Settings:
    """The settings that flags and environment ask for; InputError where no job could come."""
    chosen = {"cache": args.cache, "checkpoints": args.checkpoints, "jobs": args.jobs}
    settings = replace(
        from_environment(os.environ),
        pairs=tuple(args.pairs or ()),
        same_space=args.same_space,
        cache_gigabytes=args.cache_size,
        log_level=args.log_level,
        log_json=args.log_json,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    if not settings.jobs:
        raise InputError("Say where jobs come from, as the dashboard was told: --jobs redis://127.0.0.1:6379/0.")
    checked_address(settings.jobs)
    return settings


def _work(settings: Settings) -> None:
    # Loading these takes seconds: a mistake in the arguments was told before.
    import torch
    from flask import Flask

    from dashboard.cache.cohort_figures import CohortFiguresCache
    from dashboard.cache.job_failures import JobFailures
    from dashboard.cache.sealed_words import SealedWords
    from dashboard.jobs.job_board import JobBoard
    from dashboard.jobs.job_line import LineWorker, is_ending
    from dashboard.server import log
    from dashboard.server.ending import end_threads
    from dashboard.server.memory import limit_arenas, trimmed
    from dashboard.service.saliency_service import SaliencyService
    from dashboard.service.slice_worker import SliceWorker

    limit_arenas()
    torch.set_num_threads(settings.torch_threads)
    log.configure(settings.log_level, settings.log_json)
    server, words = Flask("worker"), SealedWords(settings.cache)
    service = SaliencyService(settings, server)
    board = JobBoard(settings.jobs, words)
    failures, figures = JobFailures(server, settings.cache), CohortFiguresCache(server, settings.cache)
    worker = SliceWorker(service, board, words, failures, figures, is_ending)
    line = LineWorker(settings.jobs, board.line, worker.take)
    worker.live(line.renew)
    print("The worker takes jobs (Ctrl-C ends it).", flush=True)
    try:
        with trimmed():
            line.run()
    finally:
        worker.end()
        service.jobs.close()
    end_threads()
