"""Bodies of Dash's callbacks: what no page of ours sends is refused before a callback runs.

Dash looks up the callback by the name in the body and hands it whatever values stand there. Here every body is
compared with the callback that is registered: its outputs, its inputs and states in their order, and their values
with the annotations of the callback's parameters, strictly (no text for a number). What a value means is the
callback's own to check.
"""

from __future__ import annotations

import inspect
import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, get_type_hints

from dash import Dash
from flask import request
from pydantic import TypeAdapter, ValidationError

from dashboard.server import body_limits
from dashboard.server.error_handler import refuse

ROUTE = "/_dash-update-component"
LARGEST = 2**20
"""Bytes of a body; our pages send some thousand."""
DEEPEST = 24
"""Lists and objects inside one another; our pages send ten."""
LARGEST_WHOLE = 2**53
"""Whole numbers up to which a browser counts one by one."""
LONGEST_ID = 200
"""Characters of a part's name in an id that stands for many."""
SENTENCE = "This is no question of the dashboard's own page; reload the page."
"""Whatever is wrong: a page of ours sends none such, and nobody else is helped."""

logger = logging.getLogger(__name__)

Dependency = Mapping[str, str]
"""An input or state as it is registered: ``id`` (JSON where it stands for many) and ``property``."""


class _OtherBodyError(ValueError):
    """The body is not one that a page of ours sends."""


@dataclass(frozen=True, eq=False)
class _Question:
    """What a registered callback takes.

    Attributes
    ----------
    outputs : dict, list of dict or None
        What stands under ``outputs``: an id and its property each.
    inputs, states : list of Dependency
    indices : int, or lists and dicts of int
        Where a parameter's values stand among those of inputs and states, as Dash has it.
    parameters : tuple of TypeAdapter
        A parameter's type each, in their order.
    """

    outputs: Any
    inputs: Sequence[Dependency]
    states: Sequence[Dependency]
    indices: Any
    parameters: tuple[TypeAdapter[Any], ...]


def install(app: Dash) -> None:
    """Check every callback's body; to be called once all callbacks are registered."""
    questions = {name: _question(name, entry) for name, entry in app.callback_map.items() if "callback" in entry}
    body_limits.allow(app.server, ROUTE, LARGEST)
    app.server.before_request(partial(_check, questions))


def _question(name: str, entry: Mapping[str, Any]) -> _Question:
    outputs = None if entry["no_output"] else _outputs(name)
    return _Question(
        outputs, entry["inputs"], entry["state"], entry["inputs_state_indices"], parameter_types(entry["callback"])
    )


def parameter_types(callback: Callable[..., Any]) -> tuple[TypeAdapter[Any], ...]:
    """The types of what the browser sends for a callback: parameters that `functools.partial` left open."""
    plain = inspect.unwrap(callback)
    function = plain.func if isinstance(plain, partial) else plain
    hints = get_type_hints(function)
    return tuple(TypeAdapter(hints[name]) for name in inspect.signature(plain).parameters)


def _outputs(name: str) -> Any:
    """A callback's outputs as bodies have them."""
    if name.startswith(".."):
        return [_outputs(each) for each in name[2:-2].split("...")]
    id_, _, property_ = name.rpartition(".")
    return {"id": id_, "property": property_}


def _check(questions: Mapping[str, _Question]) -> None:
    if request.path != ROUTE or request.method != "POST":
        return
    try:
        content = request.get_json(silent=True)  # which Dash reads as well: it is parsed once
        _check_plain(content)
        _check_body(questions, content)
    except (_OtherBodyError, RecursionError):
        refuse(400, SENTENCE)


def _check_plain(content: Any) -> None:
    """Refuse what JSON cannot say though Python reads it, and what lies too deep inside one another."""
    layer = [content]
    for _ in range(DEEPEST):
        if not layer:
            return
        if not all(_is_plain(each) for each in layer):
            raise _OtherBodyError
        mappings = [each for each in layer if isinstance(each, dict)]
        inside = [each for each in layer if isinstance(each, list)] + [each.values() for each in mappings]
        layer = list(chain.from_iterable((*inside, *mappings)))  # what stands in them, and keys
    raise _OtherBodyError


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) <= LARGEST_WHOLE
    return not isinstance(value, str) or _is_text(value)


def _is_text(value: str) -> bool:
    """Whether it is what UTF-8 can write: half a surrogate pair ends in an error wherever it is written."""
    return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)


def _check_body(questions: Mapping[str, _Question], content: Any) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("output"), str):
        raise _OtherBodyError
    question = questions.get(content["output"])
    if question is None or content.get("outputs") != question.outputs:
        raise _OtherBodyError
    sent = [
        *_matched(question.inputs, content.get("inputs")),
        *_matched(question.states, content.get("state", [])),
    ]
    _check_changed(content.get("changedPropIds", []), sent[: len(question.inputs)])
    values = [[e.get("value") for e in each] if isinstance(each, list) else each.get("value") for each in sent]
    arguments = _grouped(question.indices, values)
    arguments = arguments if isinstance(question.indices, list | tuple) else [arguments]
    for kind, value in zip(question.parameters, arguments, strict=True):
        try:
            kind.validate_python(value, strict=True)
        except ValidationError as error:
            found = [(each["type"], each["loc"]) for each in error.errors(include_url=False, include_input=False)]
            logger.debug("A value sent for %s is another: %s", content["output"], found)
            raise _OtherBodyError from None


def _matched(declared: Sequence[Dependency], sent: Any) -> list[Any]:
    """What was ``sent`` for what is ``declared``, in the same order, nothing more and nothing less."""
    if not isinstance(sent, list) or len(sent) != len(declared):
        raise _OtherBodyError
    for dependency, each in zip(declared, sent, strict=True):
        id_ = _id(dependency["id"])
        is_many = isinstance(id_, dict)
        if is_many != isinstance(each, list):
            raise _OtherBodyError
        if not all(_is_sent_for(id_, dependency["property"], one) for one in (each if is_many else [each])):
            raise _OtherBodyError
    return sent


def _is_sent_for(id_: Any, property_: str, sent: Any) -> bool:
    if not isinstance(sent, dict) or sent.get("property") != property_:
        return False
    if not isinstance(id_, dict):
        return bool(sent.get("id") == id_)
    found = sent.get("id")
    if not isinstance(found, dict) or found.keys() != id_.keys():
        return False
    return all(_fits(declared, found[part]) for part, declared in id_.items())


def _fits(declared: Any, found: Any) -> bool:
    """Whether a part of an id is the one that is declared, or any text where any is."""
    if isinstance(declared, list):  # how Dash writes a wildcard
        return isinstance(found, str) and len(found) <= LONGEST_ID
    return bool(found == declared)


def _id(text: Any) -> Any:
    return json.loads(text) if text.startswith("{") else text


def _check_changed(changed: Any, inputs: Sequence[Any]) -> None:
    """What is said to have changed is among the inputs that were sent."""
    flat = list(chain.from_iterable(each if isinstance(each, list) else [each] for each in inputs))
    if not isinstance(changed, list) or not all(isinstance(name, str) for name in changed):
        raise _OtherBodyError
    for name in changed:
        id_, _, property_ = name.rpartition(".")
        try:
            found = _id(id_)
        except ValueError:
            raise _OtherBodyError from None
        if not any(each["id"] == found and each["property"] == property_ for each in flat):
            raise _OtherBodyError


def _grouped(indices: Any, values: Sequence[Any]) -> Any:
    """Values in the arrangement in which the callback takes them."""
    if isinstance(indices, dict):
        return {name: _grouped(each, values) for name, each in indices.items()}
    if isinstance(indices, list | tuple):
        return [_grouped(each, values) for each in indices]
    return values[indices]
