"""Where somebody signs in, and what says why somebody may not: pages without script, all of them our own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Flask, Response, make_response, request, send_file
from markupsafe import Markup, escape

from dashboard.access.roles import Identity, Role
from dashboard.settings import ASSETS

STYLE = "sign_in.css"
"""In the folder of the pages' styles; served to everybody at ``/sign-in.css``, loaded by no other page."""
_PAGE = Markup(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>{title} · FuseVis</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}/sign-in.css">
</head>
<body>
<main>
<h1>FuseVis</h1>
{content}
</main>
<footer>Research use only. Not for diagnosis.</footer>
</body>
</html>
"""
)
_FORM = Markup(
    """<p>{intent}</p>
{problem}<form method="post" action="{root}/sign-in">
<input type="hidden" name="next" value="{next}">
{fields}<button type="submit">Sign in</button>
</form>
"""
)
_REFUSED = Markup(
    """<p>Signed in as {name}.</p>
<p class="problem" role="alert">{sentence}</p>
{audit}{out}"""
)
_PROBLEM = Markup('<p class="problem" role="alert">{}</p>\n')
_AUDIT = Markup('<p><a href="{}/audit">Read the audit</a></p>\n')
_OUT = Markup('<form method="post" action="{}/sign-out"><button type="submit">Sign out</button></form>\n')


@dataclass(frozen=True)
class Form:
    """What somebody fills in to sign in.

    Attributes
    ----------
    fields : Markup
    intent : str
        What stands above.
    """

    fields: Markup
    intent: str


PASSWORD_FORM = Form(
    Markup(
        """<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64"
required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1000" required>
"""
    ),
    "Sign in to see the pages.",
)
"""For users of the dashboard's own."""


def register_style(server: Flask) -> None:
    """Add ``/sign-in.css``."""
    server.add_url_rule("/sign-in.css", "sign-in-style", partial(send_file, ASSETS / "styles" / STYLE))


def sign_in_page(form: Form, problem: str = "", status: int = 401, following: str | None = None) -> Response:
    """The form, which leads back to the address that was asked for; that stands in the page, in no address."""
    back = here() if following is None else following
    told = _PROBLEM.format(problem) if problem else ""
    words = {"intent": form.intent, "fields": form.fields, "problem": told}
    return _page("Sign in", _FORM.format(root=request.script_root, next=back, **words), status)


def refusal_page(identity: Identity, sentence: str, *, can_sign_out: bool) -> Response:
    """Why somebody who has signed in may not, and what they can do."""
    root = request.script_root
    content = _REFUSED.format(
        name=identity.name or "nobody",
        sentence=sentence,
        audit=_AUDIT.format(root) if identity.may(Role.AUDITOR) else "",
        out=_OUT.format(root) if can_sign_out else "",
    )
    return _page("Not for you", content, 403)


def here() -> str:
    """The address that is asked for, with its words."""
    query = request.query_string.decode("utf-8", "replace")
    return request.script_root + request.path + f"?{query}" * bool(query)


def way_back(told: str, root: str) -> str:
    r"""Where to go after signing in: the address that was asked for, if it is one of the dashboard's own.

    Examples
    --------
    >>> way_back("/fusevis/compare?row=3", "/fusevis"), way_back("https://evil.example/", "/fusevis")
    ('/fusevis/compare?row=3', '/fusevis/')
    >>> way_back("//evil.example/", ""), way_back("/\\evil.example", ""), way_back("/sign-in", "")
    ('/', '/', '/')
    """
    is_plain = all(" " < each != "\\" and each != "\x7f" for each in told)
    is_own = told.startswith(f"{root}/") and not told.startswith("//")
    is_page = not told.removeprefix(root).startswith(("/sign-in", "/sign-out"))
    return told if is_plain and is_own and is_page else f"{root}/"


def _page(title: str, content: Markup, status: int) -> Response:
    response = make_response(_PAGE.format(title=escape(title), root=request.script_root, content=content), status)
    response.headers["Cache-Control"] = "no-store"
    # A form says whose page it is of (Origin) only where the policy lets addresses be told to oneself.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
