"""A process that shares a cache with others: it opens pairs and has their guidance computed, from several threads.

It is told CACHE CHECKPOINTS PAIRS BEGUN NETWORK PAIR THREADS [GATE].

A line goes into the file BEGUN for each computation of guidance that is begun in any of them, for each measurement
of a receptive field, and for each thread that is told that another process computes. Where a GATE is named, passes
after the first wait until that file is there. At the end a hash of what each thread was given is printed.
"""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from flask import Flask

from dashboard.service import network_pool, pair_checks
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings


def noted(path, word):
    """Add a line, whoever else does."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{word} {os.getpid()}\n".encode())
    os.close(file)


def shared(words):
    """Be that process."""
    cache, checkpoints, pairs, begun, network, pair, threads, *gate = words
    torch.set_num_threads(1)
    stream, measure = pair_checks.guidance_stream, network_pool.locality

    def counted(*words, **named):
        noted(begun, "guidance")
        for found in stream(*words, **named):
            yield found
            while gate and not Path(gate[0]).exists():
                time.sleep(0.01)

    def measured(module):
        noted(begun, "field")
        return measure(module)

    pair_checks.guidance_stream, network_pool.locality = counted, measured
    where = {"cache": Path(cache), "checkpoints": Path(checkpoints), "pairs": (Path(pairs),)}
    settings = Settings(**where, phantoms=0, nightscenes=0)
    service = SaliencyService(settings, Flask("sharing"))

    def asked(number):
        fused_pair, is_told = service.open_pair(pair, network), False
        while (told := service.guidance(fused_pair, f"page {number}")).images is None:
            assert not told.failure, told.failure
            if told.is_elsewhere and not is_told:
                is_told = True
                noted(begun, "elsewhere")
            time.sleep(0.1)
        return hashlib.sha256(b"".join(image.tobytes() for image in told.images)).hexdigest()

    with ThreadPoolExecutor(int(threads)) as pool:
        print(*pool.map(asked, range(int(threads))), flush=True)
    service.jobs.close()
