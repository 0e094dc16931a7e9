"""JavaScript as modules: what a page names in its head, how it is served, and what Dash calls of it."""

import re

import pytest

from dashboard.components.javascript_modules import needed
from dashboard.components.navigation import PATHS
from dashboard.settings import ASSETS

JS = ASSETS / "js"
LINK = re.compile(r'<link rel="modulepreload" href="/assets/js/([^"]+)" fetchpriority="low">')


def preloaded(client, path):
    return LINK.findall(client.get(path).get_data(as_text=True))


def exported(module):
    """Names that a module of callbacks exports."""
    text = module.read_text("utf-8")
    lists = re.findall(r"^export \{ ([^}]+) \}", text, re.MULTILINE)
    listed = {each.split(" as ")[-1].strip() for names in lists for each in names.split(",")}
    return listed | set(re.findall(r"^export (?:async )?(?:function|const) (\w+)", text, re.MULTILINE))


def test_what_is_needed_is_the_module_and_all_that_it_imports(tmp_path):
    (tmp_path / "deep").mkdir()
    files = {
        "entry.js": 'import * as one from "./one.js";\nexport { two } from "./deep/two.js";\n',
        "one.js": 'import { two } from "./deep/two.js";\nconst text = "./absent.js";\n',
        "deep/two.js": 'import {\n  three,\n} from "../three.js";\n',
        "three.js": "export const three = 3;\n",
        "other.js": "export const other = 4;\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = [path.relative_to(tmp_path.resolve()).as_posix() for path in needed([tmp_path / "entry.js"])]
    assert found == ["entry.js", "one.js", "deep/two.js", "three.js"]


@pytest.mark.parametrize(("title", "path"), PATHS.items())
def test_a_page_names_its_own_modules_and_no_other_pages(client, title, path):
    found = preloaded(client, path)
    assert len(found) == len(set(found))
    assert f"pages/{title.lower()}/callbacks.js" in found
    assert {each.split("/")[1] for each in found if each.startswith("pages/")} == {title.lower()}


def test_an_unknown_address_names_what_the_first_page_needs(client):
    assert preloaded(client, "/nowhere") == preloaded(client, "/")


def test_dash_itself_loads_one_script_of_the_assets(client):
    scripts = re.findall(r'<script src="/assets/([^"?]+)', client.get("/").get_data(as_text=True))
    assert scripts == ["clientside.js"]


@pytest.mark.parametrize("name", ["clientside.js", "js/data/wire.js", "styles/site.css"])
def test_a_browser_asks_whether_a_file_has_changed_before_it_uses_an_old_one(client, name):
    """Modules import each other by plain paths: an upgrade must not leave old ones beside new ones."""
    response = client.get(f"/assets/{name}")
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.mimetype in ("text/javascript", "text/css")
    known = {"If-None-Match": response.headers["ETag"]}
    assert client.get(f"/assets/{name}", headers=known).status_code == 304


def test_everything_that_dash_calls_is_forwarded_to_a_module_that_has_it(client):
    script = (ASSETS / "clientside.js").read_text("utf-8")
    called = {
        namespace: (place, set(re.findall(r'"(\w+)"', names)))
        for namespace, place, names in re.findall(r'^    (\w+): \["([\w/]+)"([^\]]*)\]', script, re.MULTILINE)
    }
    for namespace, name in re.findall(r"dash\.(\w+)\.(\w+) = ", script):
        called[namespace][1].add(name)
    declared = [each["clientside_function"] for each in client.get("/_dash-dependencies").json]
    asked = {(each["namespace"], each["function_name"]) for each in declared if each}
    assert asked == {(namespace, name) for namespace, (_, names) in called.items() for name in names}
    for place, names in called.values():
        assert names == exported(JS / place / "callbacks.js")
