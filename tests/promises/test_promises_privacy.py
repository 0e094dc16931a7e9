"""Promises 16 and 17: names seeded everywhere, and looked for in all that is written, sent and exported."""

import gzip
import io
import json
import logging
import zipfile
import zlib
from dataclasses import dataclass, field

import numpy as np
import pypdf
import pytest
from PIL import Image

from dashboard.access.audit_log import verify
from dashboard.access.roles import roles_of
from dashboard.option_values import FORMATS
from dashboard.report.provenance import NOTICE
from dashboard.server import log
from dashboard.settings import Settings
from fusion.method.own_network import own_network
from tests.support.dicom_files import series
from tests.support.dropped import picture
from tests.support.every_route import EXAMPLE
from tests.support.outgoing_slices import MORE_NAMES, NAMES, read
from tests.support.own_networks import written
from tests.support.signed_on import ORIGIN, PASSWORD, client_of, signed_on, users_of
from tests.support.waiting import until

TAGS = {name: value for name, value in {**NAMES, **MORE_NAMES}.items() if len(value) > 1}
"""What stands in the DICOM files of their patient, by tag."""
STUDY = TAGS["StudyInstanceUID"]
"""By which the hospital's archive finds the study: in files for that archive, and nowhere else."""
FOR_ARCHIVES = (".capture", ".map")
FRAME = "1.2.826.0.1.3680043.8.498.9999"
FILES = ("Zqroot", "Zqcollection", "Zqseries", "Zqpicture", "Zqdropped", "Zqmask", "Zqwrong", "Zqcode")
"""In the names of files and folders, and in what is asked for by mistake."""
PEOPLE = ("zq.anna", "Zqguessed")
"""A user, and a name under which somebody failed to sign in."""
NETWORK = "Zqnetwork"
OF_FILES = tuple(value for value in (*TAGS.values(), *FILES))
SIDE = (24, 26)


@dataclass
class Told:
    """Everything that came out of a dashboard."""

    text_log: io.StringIO = field(default_factory=io.StringIO)
    json_log: io.StringIO = field(default_factory=io.StringIO)
    answers: list[tuple[str, int, bytes]] = field(default_factory=list)
    exports: dict[str, bytes] = field(default_factory=dict)
    metrics: str = ""
    ready: str = ""


def write_pairs(root):
    """A series of MRI and one of PET, full of names, and a pair of pictures with names in their paths."""
    tags = {**TAGS, "FrameOfReferenceUID": FRAME, "SeriesDescription": "Zyxwvut^Qwertine"}
    for seed, modality in enumerate(("MR", "PT")):
        values = np.random.default_rng(seed).integers(0, 4096, (3, *SIDE)).astype(np.uint16)
        series(
            root / "Zqseries" / tags["PatientID"] / f"Zqseries-{seed}",
            values,
            modality,
            axes=np.eye(3)[[2, 1, 0]],
            **tags,
        )
    for seed, modality in enumerate(("mri", "pet")):
        file = root / modality / "Zqpicture.png"
        file.parent.mkdir(parents=True)
        file.write_bytes(picture(seed, SIDE))
    return root


@pytest.fixture(scope="module")
def told(settings, tmp_path_factory):
    """What came out while everything was asked for, rightly and wrongly."""
    folder = tmp_path_factory.mktemp("Zqroot")
    root = write_pairs(folder / "Zqcollection")
    own = own_network(f"{written(folder / 'Zqcode', name='Zqcode')}:Blend={NETWORK}")
    handlers = list(logging.root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *log.OURS)}
    found = Told()
    log.configure("info", as_json=True, stream=found.json_log)
    plain = logging.StreamHandler(found.text_log)
    plain.setFormatter(log._TextFormatter())
    logging.root.addHandler(plain)
    more = {"pairs": (root,), "same_space": True, "networks": (own,), "uploads": True, "log_requests": True}
    try:
        with signed_on(Settings(**{**vars(settings), "phantoms": 1}), folder, **more) as app:
            ask_everything(app, folder, found)
            yield found, folder
    finally:
        for each in [each for each in logging.root.handlers if each not in handlers]:
            logging.root.removeHandler(each)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def ask_everything(app, folder, found):
    users = users_of(folder)
    users.add(PEOPLE[0], PASSWORD, roles_of(["viewer", "analyst", "model-admin", "auditor", "monitor"]))
    client = client_of(app, users, PEOPLE[0])

    def got(path, method="GET", **more):
        answer = client.open(path, method=method, headers=ORIGIN, **more)
        found.answers.append(
            (f"{method} {path} {more.get('query_string', '')}", answer.status_code, answer.get_data())
        )
        return answer

    for network in (NETWORK, "DeepFuse"):
        until(
            lambda network=network: client.get("/networks/ready", query_string={"network": network}).json["ready"]
        )
    got("/_dash-layout")
    pairs = {each["id"] for each in flat(got("/cases").json) if "Zq" in each["id"] or "Patient" in each["id"]}
    volumes = sorted(each for each in pairs if "axial" in each)
    assert volumes, pairs
    pictures = sorted(each for each in pairs if "Zqpicture" in each)
    assert pictures
    for pair in (volumes[1], pictures[0], "Zqwrong/Zqwrong"):
        for network in ("DeepFuse", NETWORK, "Zqwrong"):
            every_route(app, got, {"pair": pair, "network": network, "networks": network})
    words = {"pair": volumes[1], "network": "DeepFuse", "networks": "DeepFuse", "row": 5, "col": 6}
    export(got, found, words)
    drop(got)
    for data in (picture(3, SIDE), b"no picture"):
        got("/regions/mask", "POST", query_string={"pair": pictures[0], "name": "Zqmask.png"}, data=data)
    got("/_dash-update-component", "POST", json={"output": "Zqwrong.children", "inputs": ["Zqwrong"]})
    form = {"name": PEOPLE[1], "password": "Zqwrong password", "next": "/?pair=Zqwrong"}
    app.server.test_client().post("/sign-in", data=form, headers=ORIGIN)
    found.metrics, found.ready = got("/metrics").get_data(as_text=True), got("/ready").get_data(as_text=True)
    got("/sign-out", "POST")


def flat(listed):
    """Every entry with an id, however deep it lies."""
    if isinstance(listed, dict):
        if "id" in listed:
            yield listed
        listed = list(listed.values())
    for each in listed if isinstance(listed, list) else ():
        yield from flat(each)


def every_route(app, got, words):
    """Ask each route that reads, and look away again."""
    more = {
        "row": 5,
        "col": 6,
        "side": 9,
        "window": 11,
        "have": 0,
        "region": "rect:2,2,9,9",
        "what": "all",
        "panel": "a",
    }
    for rule in app.server.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in ("static", "sign-in", "sign-in-style"):
            continue
        with app.server.test_request_context():
            path = app.server.url_map.bind("localhost").build(
                rule.endpoint, {each: EXAMPLE[each] for each in rule.arguments}
            )
        got(path, query_string={**more, **words})
    got("/explore/leave", "POST", query_string={**more, **words})


def export(got, found, words):
    """Everything in every form, once it is computed."""
    for what, kinds in FORMATS.items():
        for kind in kinds:
            path = f"/export/{what}.{kind}"

            def answered(path=path):
                answer = got(path, query_string={**words, "panel": "c", "dpi": "72"})
                return answer if answer.status_code != 202 else None

            answer = until(answered)
            if answer.status_code == 200:
                disposition = answer.headers["Content-Disposition"].encode()
                found.exports[f"{words['pair']} {what}.{kind}"] = disposition + b"\n" + answer.get_data()


def drop(got):
    """Drop a pair with names, and something that is none."""
    for content in (picture(5, SIDE), b"no picture"):
        files = [{"path": f"Zqdropped/{name}_Zqdropped.png", "size": len(content)} for name in ("mri", "pet")]
        secret = got("/drops", "POST", json={"number": 1, "files": files}).json["drop"]
        got("/drops/piece", "POST", query_string={"drop": secret, "at": 0}, data=2 * content)
        got("/drops/pairs", "POST", query_string={"drop": secret})
        got("/explore/images", query_string={"pair": f"drop-{secret}/1", "network": "DeepFuse"})
        got("/drops/remove", "POST", query_string={"drop": secret})


def unpacked(content):
    """A file's bytes, and what is packed inside them, as text that can be looked through."""
    parts = [content]
    body = content.partition(b"\n")[2] if content.startswith(b"attachment") else content
    if body.startswith(b"PK"):
        parts += [
            value for each in [zipfile.ZipFile(io.BytesIO(body))] for value in map(each.read, each.namelist())
        ]
    elif body.startswith(b"\x1f\x8b"):
        parts.append(gzip.decompress(body))
    elif body.startswith(b"%PDF"):
        document = pypdf.PdfReader(io.BytesIO(body))
        parts += [str(document.metadata).encode(), *(page.extract_text().encode() for page in document.pages)]
    elif body.startswith(b"\x89PNG"):
        parts.append(str(Image.open(io.BytesIO(body)).info).encode())
    elif body[128:132] == b"DICM":
        parts.append(str(read(body)).encode())
    return b"\n".join(parts)


def seen(content, seeds):
    """Which seeds stand in it, as UTF-8 or UTF-16, also with JSON's escapes."""
    text = content if isinstance(content, bytes) else content.encode()
    return {each for each in seeds if each.encode() in text or each.encode("utf-16-le") in text}


@pytest.mark.slow
def test_promise_16_no_name_stands_in_logs_cache_metrics_audit_or_errors(told, measured):
    found, folder = told
    logs = found.text_log.getvalue(), found.json_log.getvalue()
    assert all("Request GET /explore/images refused" in each for each in logs)
    assert any(json.loads(line).get("outcome") == "finished" for line in logs[1].splitlines())
    for each in logs:
        assert seen(each, (*OF_FILES, *PEOPLE, PASSWORD, str(folder), "drop-")) == set()
    assert seen(found.metrics + found.ready, (*OF_FILES, *PEOPLE, NETWORK, str(folder))) == set()
    files = [each for each in (folder / "cache").rglob("*") if each.is_file()]
    assert len(files) > 3
    for each in files:
        assert seen(str(each.relative_to(folder)), (*OF_FILES, *PEOPLE, NETWORK)) == set()
        assert seen(each.read_bytes(), (*OF_FILES, *PEOPLE, NETWORK)) == set(), each
        assert seen(packed_inside(each.read_bytes()), OF_FILES) == set(), each
    audit = folder / "access" / "audit.jsonl"
    assert verify(audit).count > 10
    assert seen(audit.read_bytes(), (*OF_FILES, PEOPLE[1], NETWORK)) == set()
    assert seen(audit.read_bytes(), PEOPLE) == {PEOPLE[0]}  # who did it is what it is for
    refused = [each for each in found.answers if each[1] >= 400]
    assert len(refused) > 30
    for asked, _, content in found.answers:
        mayhap = {STUDY} if any(f"{each} " in asked for each in FOR_ARCHIVES) else set()
        assert seen(content, (*TAGS.values(), str(folder), PASSWORD)) <= mayhap, asked
    for _, status, content in refused:
        assert b"Traceback" not in content
        assert status != 500
    measured(
        f"{len(OF_FILES) + len(PEOPLE)} names, {len(found.answers)} answers ({len(refused)} refusals), "
        f"{sum(each.count(chr(10)) for each in logs)} lines of two logs, {len(files)} files of the cache, "
        "metrics and audit: none"
    )


def packed_inside(content):
    """What is packed behind the first line of a cache's entry."""
    try:
        return zlib.decompress(content[32:].partition(b"\n")[2])
    except zlib.error:
        return b""


@pytest.mark.slow
def test_promise_17_no_export_names_the_patient_and_each_is_in_the_audit(told, measured):
    found, folder = told
    volumes = {name: content for name, content in found.exports.items() if "axial" in name}
    assert len(volumes) > 20
    for name, content in volumes.items():
        text = unpacked(content)
        assert seen(text, TAGS.values()) == ({STUDY} if name.endswith(FOR_ARCHIVES) else set()), name
        if name.endswith((".capture", ".map", ".nifti")):
            assert seen(text, (*FILES, *PEOPLE)) == set(), name
    dicom = [content for name, content in volumes.items() if name.endswith((".capture", ".map"))]
    assert all(NOTICE.encode() in unpacked(each) for each in dicom)
    lines = [json.loads(line) for line in (folder / "access" / "audit.jsonl").read_text().splitlines()]
    exported = [line for line in lines if line["action"] == "export" and line["outcome"] == "done"]
    assert len(exported) >= len(found.exports)
    assert all(len(line["content"]) == 64 for line in exported)
    measured(
        f"{len(volumes)} files of a DICOM series, {len(TAGS)} tags looked for: none; "
        f"{len(exported)} lines of the audit"
    )
