"""What was promised, and what of it cannot be held here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """One of the thirty.

    Attributes
    ----------
    fault, behaviour : str
        What may happen, and what the dashboard does then.
    left : str
        What of it is not held, or held elsewhere, and why; empty where nothing is.
    """

    fault: str
    behaviour: str
    left: str = ""


PROMISES = (
    Promise("Started without flags", "Listens on loopback only; no debugger"),
    Promise("Another address without sign-on", "Refuses to start; `--expose` warns in the log and on the page"),
    Promise("Nobody signed in asks for a route or callback", "401; only liveness and the sign-in page are public"),
    Promise("A callback's body lies about property or output", "400 before any callback runs"),
    Promise(
        "One user asks for another's picture, job or export",
        "404, in the audit",
        "Guidance of a pair of `--pairs` is computed once, for all who see it.",
    ),
    Promise("A page elsewhere posts", "Refused"),
    Promise("A path's prefix behind a proxy", "Kept by assets, cookies, redirects; forwarded headers of N hops"),
    Promise("HTML or `javascript:` in a file's name, a network's, a DICOM tag", "Inert in page, SVG and report"),
    Promise("A body that is too large", "413 before it is read; others go on hovering"),
    Promise(
        "A decompression bomb of any format",
        "Refused, with the reason, by a process under 1 GB",
        "The five seconds are measured, not asserted: no test here has a limit of wall time. A process may take "
        "900 MB for masks and volumes; for pictures of 4096² pixels 2.3 GB, which no bomb comes near.",
    ),
    Promise(
        "A file that is malformed, nested or cut short",
        "One typed sentence, no traceback",
        "No fuzzer that is led by coverage (atheris) runs each night; with `FUSEVIS_LONG=1` Hypothesis changes "
        "twenty times as many files.",
    ),
    Promise("A decoder crashes or hangs", "Its process dies; server and session live"),
    Promise("`../`, NUL or a device for a file's name", "Names are the server's own, and stay in its folder"),
    Promise("Pickle, TorchScript or `.pt2` is uploaded", "Never executed; refused"),
    Promise("A checkpoint that is damaged, cut short or holds NaN", "Refused: hash, shapes and finite values"),
    Promise(
        "A patient's name in logs, errors, addresses, cache, metrics",
        "Absent",
        "Behind the question mark an address holds the pair's id, which is made of names of folders and files; "
        "nothing of a DICOM header is in it, and the shipped site of nginx logs no such part.",
    ),
    Promise(
        "A figure made of DICOM files is exported",
        "No identifiers; a warning of what is drawn into the pixels; in the audit",
        "The page warns beside the button and asks for no confirmation; text that is drawn into a picture's "
        "pixels is not looked for.",
    ),
    Promise(
        "A wrong Jacobian", "Equal to central differences in float64, at corners too; the crop equals the whole"
    ),
    Promise(
        "Two answers to the same question",
        "The same bytes, whichever process; figures name what computed them",
        "Figures name the versions of the program and of torch, not the processor or its threads.",
    ),
    Promise("Two views under one key of the cache", "The key covers every byte that goes in"),
    Promise("An entry of the cache is flipped, planted or cut short", "Counted as a miss; never wrong, never run"),
    Promise(
        "The cache is deleted, read only or full", "Answered uncached; `/ready` says degraded; it mends itself"
    ),
    Promise("Many ask for the same at once", "One computation a key"),
    Promise("Cache and uploads grow", "Bounded in bytes and time, the longest unused first, what is in use stays"),
    Promise("A worker is killed in the middle of a job", "Told within 5 s, can be tried again"),
    Promise("Redis is down or slow", "Decided within 250 ms; hovering goes on; told on the page"),
    Promise(
        "Twenty hover at once",
        "The latest wins; no failure",
        "The 95th percentile is measured, not asserted; `benchmarks/results` has it beside jobs.",
    ),
    Promise("An answer for an old pixel comes late", "Dropped; label and picture are of one pixel"),
    Promise("Memory leaks", "Less than 1 MB for 1,000 requests after a warm-up"),
    Promise("Restart or upgrade", "Requests that have come are answered; sessions survive; new code, new keys"),
)
"""In the order of their numbers, from 1 on."""
