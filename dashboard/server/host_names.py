"""Names of computers as addresses and ``Host`` headers have them."""

from __future__ import annotations

from urllib.parse import urlsplit

from dashboard.settings import LOOPBACK


def name_of(host: str) -> str:
    """The name in ``host`` in small letters, without its port; empty where there is none.

    Examples
    --------
    >>> name_of("Fusevis.example.org:8443"), name_of("[::1]:8050"), name_of("[::1")
    ('fusevis.example.org', '::1', '')
    """
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # half an IPv6 address
        return ""


def is_name(text: str) -> bool:
    """Whether it is a name alone, as it would stand in an address.

    Examples
    --------
    >>> is_name("fusevis.example.org"), is_name("fusevis.example.org:443"), is_name("https://x"), is_name("*")
    (True, False, False, False)
    """
    return name_of(f"[{text}]" if ":" in text else text) == text.lower() and all(
        each.isascii() and (each.isalnum() or each in "-._:") for each in text
    )


def is_safe(address: str) -> bool:
    """Whether what is sent to an address is read by nobody on the way: by TLS, or on this computer.

    Examples
    --------
    >>> is_safe("https://login.example.org/x"), is_safe("http://127.0.0.1:8080"), is_safe("http://login.example.org")
    (True, True, False)
    """
    try:
        parts = urlsplit(address)
        name = parts.hostname
    except ValueError:
        return False
    return bool(name) and (parts.scheme == "https" or (parts.scheme == "http" and name in LOOPBACK))
