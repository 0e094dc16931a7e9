"""Bodies of callbacks: as a page sends them, and nearly so, by Hypothesis, for whatever is registered."""

import inspect
import types
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from typing_extensions import is_typeddict

WORDS = (
    *("cases/square", "cases/wide", "phantom-1", "DeepFuse", "FunFuseAn", "Weighted Averaging", "CAMF", ""),
    *("rect:1,1,5,5", "disk:9,9,3", "label:none", "mask:0", "first", "second", "magnitude", "viridis", "31"),
    *(
        "a",
        "k",
        "guidance",
        "sums",
        "report",
        "pdf",
        "panel-a",
        "capture",
        "?pair=cases/wide&window=x",
        "/compare",
    ),
)
"""What leads further into the callbacks than any text does."""
texts = st.sampled_from(WORDS) | st.text(max_size=12)
wholes = st.integers(-3, 70) | st.integers(-(2**53), 2**53)
numbers = wholes | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | wholes | numbers | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=8,
)
"""Whatever JSON can say."""


def callbacks(app) -> Mapping[str, Mapping[str, Any]]:
    """What is registered to run on the server, by its name in a body."""
    return {name: entry for name, entry in app.callback_map.items() if "callback" in entry}


def values_of(kind) -> st.SearchStrategy:
    """Values that fit a type which a callback is annotated with."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Annotated, NotRequired):
        return values_of(inside[0]) if kind.__class__ is not None and not _lengths(kind) else _of_two(inside[0])
    if origin in (Union, types.UnionType):
        return st.one_of([values_of(each) for each in inside])
    if origin is list:
        return st.lists(values_of(inside[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(texts, values_of(inside[1]), max_size=3)
    if is_typeddict(kind):
        hints = get_type_hints(kind, include_extras=True)
        fields = {name: values_of(each) for name, each in hints.items()}
        return st.fixed_dictionaries(
            {name: each for name, each in fields.items() if name in kind.__required_keys__},
            optional={name: each for name, each in fields.items() if name in kind.__optional_keys__},
        )
    plain = {str: texts, int: wholes, float: numbers, bool: st.booleans(), type(None): st.none(), Any: anything}
    return plain[kind]


def _lengths(kind):
    return get_origin(kind) is Annotated


def _of_two(kind):
    return st.lists(values_of(get_args(kind)[0]), min_size=2, max_size=2)


def fitting_bodies(name, entry) -> st.SearchStrategy:
    """Bodies that a page of ours could send to a callback, though their values may mean nothing."""
    plain = inspect.unwrap(entry["callback"])
    hints = get_type_hints(plain.func if isinstance(plain, partial) else plain, include_extras=True)
    kinds = [hints[each] for each in inspect.signature(plain).parameters]
    return st.tuples(*map(values_of, kinds), texts).map(lambda drawn: body(name, entry, drawn[:-1], drawn[-1]))


def body(name, entry, arguments, part="network") -> dict:
    """A question with these ``arguments``; ``part`` is what differs between ids that stand for many."""
    indices = entry["inputs_state_indices"]
    flat = dict(_flat(indices, arguments if isinstance(indices, list | tuple) else arguments[0]))
    dependencies = [*entry["inputs"], *entry["state"]]
    sent = [_sent(each, flat[at], part) for at, each in enumerate(dependencies)]
    count = len(entry["inputs"])
    found = {"output": name, "inputs": sent[:count], "state": sent[count:], "changedPropIds": _changed(sent[0])}
    return found if entry["no_output"] else {**found, "outputs": _outputs(name)}


def _flat(indices, arguments):
    if isinstance(indices, int):
        yield indices, arguments
    elif isinstance(indices, dict):
        for word, each in indices.items():
            yield from _flat(each, arguments[word])
    else:
        for each, argument in zip(indices, arguments, strict=True):
            yield from _flat(each, argument)


def _sent(dependency, value, part):
    import json

    id_, property_ = dependency["id"], dependency["property"]
    if not id_.startswith("{"):
        return {"id": id_, "property": property_, "value": value}
    parts = {key: part if isinstance(each, list) else each for key, each in json.loads(id_).items()}
    return [{"id": parts, "property": property_, "value": each} for each in value]


def _changed(sent):
    import json

    if isinstance(sent, dict):
        return [f"{sent['id']}.{sent['property']}"]
    return [f"{json.dumps(each['id'], separators=(',', ':'))}.{each['property']}" for each in sent[:1]]


def _outputs(name):
    if name.startswith(".."):
        return [_outputs(each) for each in name[2:-2].split("...")]
    id_, _, property_ = name.rpartition(".")
    return {"id": id_, "property": property_}
