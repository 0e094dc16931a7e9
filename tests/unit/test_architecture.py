"""Three rooms: what loading them loads, and how their files are named and sized.

What may import what is held by the contracts of import-linter in pyproject.toml.
"""

import ast
import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("fusion", "saliency", "dashboard")
BROWSER = ("dash", "plotly", "flask", "dash_mantine_components", "dash_ag_grid", "waitress", "uvicorn", "a2wsgi")
REPEATED = {"layout", "callbacks", "routes", "state", "__init__", "__main__"}
"""Words that may name several files: those of a page, and Python's own."""
LONGEST = 350
"""Lines of a file of code at most."""
LONGEST_CALLBACK = 15
"""Lines of a callback's body at most, its docstring left out."""
CODE = (".py", ".pyi", ".js", ".mjs", ".css")
FOLDERS = (*ROOMS, "assets", "benchmarks", "tests", "support")


def code_files():
    for folder in FOLDERS:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in CODE)


def loaded_by(code):
    """Which of the libraries that the lower rooms must not load, or take long, has ``code`` loaded?"""
    check = f"import sys; {code}; print([m for m in sys.modules if m in sys.argv[1:]])"
    names = [*BROWSER, "dashboard", "matplotlib.pyplot", "scipy.stats"]
    done = subprocess.run(
        [sys.executable, "-c", check, *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def imported(path):
    """Top-level names of everything a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module.split(".")[0]


APART = {"benchmarks": {"tests"}, "tests": {"benchmarks"}, "support": {"tests", "benchmarks"}}
"""What they share lies in ``support``; the tests of the benchmarks themselves are an exception."""


def test_tests_and_benchmarks_stand_on_their_own():
    files = [(path, APART[folder]) for folder in APART for path in (ROOT / folder).rglob("*.py")]
    found = [path for path, others in files if others & set(imported(path))]
    assert [path.name for path in found if not path.name.startswith("test_benchmarks_")] == []


def test_the_lower_rooms_load_no_browser_library_and_no_plotting_state():
    every_name = (
        "import fusion, saliency; [getattr(room, name) for room in (fusion, saliency) for name in dir(room)]"
    )
    assert loaded_by(every_name) == "[]"


def required(*files):
    """Names of packages that requirement files ask for."""
    lines = [line for file in files for line in (ROOT / file).read_text("utf-8").splitlines()]
    return {re.split("[=<>!]", line)[0].strip().lower().replace("_", "-") for line in lines if line[:1].isalpha()}


REQUIREMENTS = (
    "requirements.txt",
    *(f"requirements-{extra}.txt" for extra in ("oidc", "onnx", "jobs", "parquet")),
)


def test_what_the_rooms_import_is_installed_with_them():
    known, homes = required(*REQUIREMENTS), packages_distributions()
    names = {name for room in ROOMS for path in (ROOT / room).rglob("*.py") for name in imported(path)}
    others = (
        names - set(ROOMS) - set(sys.stdlib_module_names) - {"_typeshed", "werkzeug", "markupsafe", "itsdangerous"}
    )  # of mypy, of Flask
    assert {"torch", "pydicom", "highdicom"} <= others
    missing = {
        name for name in others if not {home.lower().replace("_", "-") for home in homes.get(name, ())} & known
    }
    assert missing == set()


def test_a_file_name_stands_in_one_place():
    stems = Counter(path.stem for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    assert {stem for stem, count in stems.items() if count > 1} <= REPEATED


def test_no_file_of_code_is_long():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in code_files()}
    assert len(lengths) > 300
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def callbacks(path):
    """The functions that a file gives to Dash: ``app.callback(…)(function)`` or ``…(partial(function, …))``."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    for node in nodes:
        is_wired = isinstance(node, ast.Call) and isinstance(node.func, ast.Call)
        if is_wired and ast.unparse(node.func.func) == "app.callback":
            (given,) = node.args
            yield functions[(given.args[0] if isinstance(given, ast.Call) else given).id]


def test_a_callback_is_short():
    found = [each for path in (ROOT / "dashboard").rglob("*.py") for each in callbacks(path)]
    assert len(found) > 15
    starts = [each.body[ast.get_docstring(each) is not None].lineno for each in found]
    lengths = [(each.name, each.end_lineno - start + 1) for each, start in zip(found, starts, strict=True)]
    assert [each for each in lengths if each[1] > LONGEST_CALLBACK] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_few_files_at_its_top(room):
    assert 2 <= len(list((ROOT / room).glob("*.py"))) <= 8


SCRIPTS = ROOT / "assets" / "js"
SCRIPT_FOLDERS = ("pages", "report", "cases", "viewer", "components", "imaging", "data")
"""Folders of JavaScript: each may import from those after it, and from itself."""


def imports_of_scripts():
    for path in sorted(SCRIPTS.rglob("*.js")):
        found = re.findall(r'^(?:import|export)\b[^;"]*\bfrom "([^"]+)";', path.read_text("utf-8"), re.MULTILINE)
        yield path, [(path.parent / each).resolve() for each in found]


def test_scripts_import_what_is_there_and_only_downwards():
    def rank(path):
        return SCRIPT_FOLDERS.index(path.relative_to(SCRIPTS).parts[0])

    pairs = [(path, other) for path, others in imports_of_scripts() for other in others]
    assert len(pairs) > 80
    assert [(path.name, other.name) for path, other in pairs if not other.is_file()] == []
    upwards = [(path.name, other.name) for path, other in pairs if rank(path) > rank(other)]
    assert upwards == []
    pages = [(path.name, other.name) for path, other in pairs if rank(other) == 0 and path.parent != other.parent]
    assert pages == [], "a page imports from another one"


def test_scripts_do_not_import_in_a_circle():
    left = {path: set(others) for path, others in imports_of_scripts()}
    while leaves := [path for path, others in left.items() if not others & set(left)]:
        for path in leaves:
            del left[path]
    assert sorted(path.name for path in left) == []


def test_scripts_leave_nothing_in_the_global_scope():
    found = {
        path.name: re.findall(r"(?:window|globalThis)\.(\w+) \??\??= ", path.read_text("utf-8"))
        for path in (ROOT / "assets").rglob("*.js")
        if path.parent.name != "vendor"
    }
    # Dash offers no other place where an answer that never comes can be noticed.
    known = {
        "clientside.js": ["dashMantineFunctions", "dash_clientside"],
        "lost_opening.js": ["fetch"],
        "casefile.js": ["dash_clientside"],  # where no Dash is: the viewer tells its fields by it
    }
    assert {name: sorted(each) for name, each in found.items() if each} == known
