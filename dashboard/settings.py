"""Everything about a running dashboard that can be chosen, read in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.option_values import CACHE_GIGABYTES, IDLE_MINUTES
from fusion.data.picture import MAX_PIXELS
from fusion.method.own_network import OwnNetwork
from fusion.shipped import SHIPPED, shipped_folder

ASSETS = shipped_folder("assets", Path(__file__).resolve().parent)
"""The page's styles, scripts and pictures."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def default_cache() -> Path:
    """Where computed guidance is kept between runs: the user's own cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fusion-saliency"


def default_access() -> Path:
    """Where users and audit are kept: among the user's own data, which nobody clears as a cache."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "fusevis-access"


@dataclass(frozen=True)
class OidcSettings:
    """By which provider of OpenID Connect people sign on.

    Attributes
    ----------
    issuer, client, scope : str
        The provider's address, by which name it knows the dashboard, and what is asked for.
    secret, secret_text : Path or None, str
        The file of what the dashboard proves itself with to the provider; else that itself, from the environment.
    name, groups : str
        Claims that say what somebody is called and in which groups they are.
    roles : tuple of str
        ``GROUP=ROLE``; who is in none of the groups is not let in.
    """

    issuer: str = ""
    client: str = ""
    scope: str = "openid profile"
    secret: Path | None = None
    secret_text: str = field(default="", repr=False)
    name: str = "preferred_username"
    groups: str = "groups"
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """How the dashboard is run.

    Attributes
    ----------
    host, port
        Where it listens; a host other than loopback has to be asked for.
    is_intranet : bool
        Whether it is served on one port for a proxy before it, as `dashboard.server.asgi_server` does.
    prefix : str
        Below which path all addresses lie, such as ``/fusevis``; empty where they begin at the root.
    trusted_hosts : tuple of str
        Names under which the dashboard answers; none: those of this computer, or any where others reach it.
    trusted_hops : int
        Proxies whose word is taken for who asks and by which name.
    sign_on : str
        One of `dashboard.option_values.SIGN_ON`.
    access : Path
        Folder for users, the key of their sessions and the audit; readable by its owner only.
    idle_minutes : float
        Without a question, after which a session of ``local`` or ``oidc`` ends.
    proxy_header, proxy_secret, proxy_peers : str, Path or None, tuple of str
        For ``proxy``: in which header it names the user, the file of the secret by which it proves itself, and
        the addresses or networks from which it connects.
    oidc : OidcSettings
        For ``oidc``.
    pairs : tuple of Path
        Folders of a person's own pairs, shown beside the phantoms.
    same_space : bool
        Whether volumes there that are paired by their names lie in one space, where their files do not say so.
    checkpoints : Path
        Trained weights and model cards.
    networks : tuple of OwnNetwork
        Networks of one's own, beside the shipped ones; their files are run when they are first asked.
    cache : Path
        Folder for computed guidance; readable by its owner only.
    cache_gigabytes : float
        Disk that guidance there may take; what was not used for longest goes first.
    max_pixels : int
        Largest picture the page opens.
    uploads : bool or None
        Whether pictures may be dropped on the page; None: where only this computer can open it.
    phantoms, nightscenes : int
        How many example pairs of each kind are offered.
    threads : int
        Requests answered at a time, and as many questions of pointers beside them; more wait in line.
    connections : int
        Browsers' connections held open, up to six a page; further ones wait until one is closed.
    torch_threads : int
        Threads one computation may use; one, so that pointer, guidance and browser share two cores.
    jobs : str
        Address of a Redis server by which the guidance of series is handed out to workers; empty: this process
        computes it.
    log_level : str
        One of `dashboard.option_values.LOG_LEVELS`.
    log_json : bool
        Whether each line of the log is a JSON object.
    log_requests : bool
        Whether each request is a line of the log.
    monitor_secret : Path or None
        File of the secret by which a program that watches reads ``/ready`` and ``/metrics``.
    """

    host: str = "127.0.0.1"
    port: int = 8050
    is_intranet: bool = False
    prefix: str = ""
    trusted_hosts: tuple[str, ...] = ()
    trusted_hops: int = 0
    sign_on: str = "none"
    access: Path = field(default_factory=default_access)
    idle_minutes: float = IDLE_MINUTES
    proxy_header: str = ""
    proxy_secret: Path | None = None
    proxy_peers: tuple[str, ...] = ()
    oidc: OidcSettings = OidcSettings()
    pairs: tuple[Path, ...] = ()
    same_space: bool = False
    checkpoints: Path = SHIPPED
    networks: tuple[OwnNetwork, ...] = ()
    cache: Path = field(default_factory=default_cache)
    cache_gigabytes: float = CACHE_GIGABYTES
    max_pixels: int = MAX_PIXELS
    uploads: bool | None = None
    phantoms: int = 8
    nightscenes: int = 4
    threads: int = 16
    connections: int = 500
    torch_threads: int = 1
    jobs: str = ""
    log_level: str = "info"
    log_json: bool = False
    log_requests: bool = False
    monitor_secret: Path | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer can reach where the dashboard listens."""
        return self.host in LOOPBACK

    @property
    def is_for_others(self) -> bool:
        """Whether other computers can open the page: by the address, or by a name under which a proxy has it."""
        return not self.is_loopback or not set(self.trusted_hosts) <= set(LOOPBACK)

    @property
    def is_exposed(self) -> bool:
        """Whether other computers can open the page without signing on."""
        return self.is_for_others and self.sign_on == "none"

    @property
    def takes_uploads(self) -> bool:
        """Whether pictures may be dropped on the page."""
        return not self.is_for_others if self.uploads is None else self.uploads


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings from ``FUSEVIS_CACHE``, ``_CHECKPOINTS``, ``_ACCESS``, ``_JOBS`` and ``_OIDC_SECRET``.

    Defaults elsewhere. An address in the environment, unlike one on the command line, is seen by no other user.
    """
    chosen = {
        "access": environment.get("FUSEVIS_ACCESS"),
        "cache": environment.get("FUSEVIS_CACHE"),
        "checkpoints": environment.get("FUSEVIS_CHECKPOINTS"),
    }
    oidc = OidcSettings(secret_text=environment.get("FUSEVIS_OIDC_SECRET", ""))
    paths: dict[str, Any] = {name: Path(value) for name, value in chosen.items() if value}
    return Settings(oidc=oidc, jobs=environment.get("FUSEVIS_JOBS", ""), **paths)
