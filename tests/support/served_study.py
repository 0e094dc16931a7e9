"""A dashboard over one patient's MRI and PET, volumes on two grids that are declared to lie in one space."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.app import JOBS, create_app
from dashboard.settings import Settings
from fusion.data.volumes.volume import Volume
from tests.support.serving import Servers
from tests.support.volumes import write_nifti
from tests.support.waiting import until


@contextmanager
def served_study(
    serve: Servers, folder: Path, volumes: tuple[Volume, Volume], checkpoints: Path, network: str
) -> Iterator[str]:
    """Where it is served, once ``network`` is measured; pairs are called ``study/P7 · axial/1`` and so on."""
    for kind, each in zip(("mri", "pet"), volumes, strict=True):
        write_nifti(each, folder / "study" / kind / "P7.nii.gz")
    app = create_app(
        Settings(
            pairs=(folder / "study",),
            same_space=True,
            checkpoints=checkpoints,
            cache=folder / "cache",
            phantoms=1,
            nightscenes=0,
        )
    )
    client = app.server.test_client()
    until(lambda: client.get("/networks/ready", query_string={"network": network}).json["ready"])
    with serve(app) as address:
        yield address
        app.server.extensions[JOBS].close()
