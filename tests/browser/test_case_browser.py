"""The strip of cases at the left of every page: searched, marked, stepped through by key, wheel and button."""

import numpy as np
import pytest

import fusion
from dashboard.app import JOBS, create_app
from dashboard.imaging.encoding import to_bytes
from dashboard.server.messages import packed
from dashboard.settings import Settings
from tests.support.case_folders import NETWORKS, SERIES, SIDE, write_checkpoints, write_collections
from tests.support.case_strip import Strip
from tests.support.waiting import PATIENCE, until

WIDE = 1680, 1000
PAIRS = {"/": "pair", "/compare": "compare-pair", "/verdict": "ask-pair", "/regions": "regions-pair"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return write_collections(tmp_path_factory.mktemp("collections"))


@pytest.fixture(scope="module")
def cases_address(serve, tmp_path_factory, folders):
    checkpoints = write_checkpoints(tmp_path_factory.mktemp("weights"))
    cache = tmp_path_factory.mktemp("cache")
    app = create_app(Settings(pairs=folders, checkpoints=checkpoints, cache=cache, phantoms=2, nightscenes=1))
    client = app.server.test_client()
    for name in NETWORKS:

        def is_ready(name=name):
            return client.get("/networks/ready", query_string={"network": name}).json["ready"]

        until(is_ready)
    with serve(app) as address:
        yield address
        app.server.extensions[JOBS].close()  # what Compare has begun: the interpreter must not end meanwhile


@pytest.fixture(scope="module")
def opened_strip(chromium, cases_address):
    page = Strip(chromium, cases_address, WIDE)
    page.open(pair="mri_pet/21001", network=NETWORKS[0])
    page.page.locator(".strip [data-place]").first.wait_for()
    yield page
    page.close()


@pytest.fixture
def strip(opened_strip):
    """The shared page at the first slice of case 21, nothing searched."""
    opened_strip.page.locator(".strip [type=search]").fill("")
    opened_strip.page.locator('.strip [data-path="mri_pet / 21 / 001"]').click()
    opened_strip.is_at("mri_pet / 21 / 001")
    opened_strip.page.evaluate("document.activeElement.blur()")
    yield opened_strip
    assert opened_strip.console == []


def test_what_is_shown_says_collection_case_and_slice(strip):
    assert strip.page.locator("#pair-note").inner_text().startswith("mri_pet / 21 / 001 · ")
    paths = strip.search("20")
    assert [path for path in paths if path.startswith(("mri_pet / 20", "ir_vis / 20"))] == [
        *(f"mri_pet / 20 / 00{number}" for number in (1, 2, 3)),
        "ir_vis / 20",
    ]
    heads = strip.page.locator(".strip h3:visible").all_inner_texts()
    assert heads[:3] == ["mri_pet", "ir_vis", "series"]


def test_the_page_keys_step_through_the_slices_and_stop_at_the_last(strip, folders):
    for number in (2, 3, 4):
        strip.press("PageDown")
        strip.is_at(f"mri_pet / 21 / 00{number}")
    pair = fusion.read_pair(folders[0] / "mri" / "21004.png", folders[0] / "pet" / "21004.png")
    beside = [(row, col) for row in (2, 7, 20) for col in (3, 9, 22)]  # the cross-hair and the box lie elsewhere
    found = strip.at_pixels("first", beside)
    assert np.array_equal(found[:, 0], [to_bytes(pair.first)[pixel] for pixel in beside])
    strip.press("PageDown")
    assert strip.note() == "This is the last slice of its case; N goes to the next case."
    assert strip.where == "mri_pet / 21 / 004"
    strip.press("PageUp")
    strip.is_at("mri_pet / 21 / 003")
    until(lambda: strip.words()["pair"] == "mri_pet/21003", pause=lambda: strip.page.wait_for_timeout(20))


def test_home_and_end_are_a_cases_first_and_last_slice(strip):
    strip.press("End")
    strip.is_at("mri_pet / 21 / 004")
    strip.press("Home")
    strip.is_at("mri_pet / 21 / 001")


def test_n_and_p_go_from_case_to_case_and_over_collections(strip):
    strip.press("p")
    strip.is_at("mri_pet / 20 / 001")
    strip.press("n")
    strip.is_at("mri_pet / 21 / 001")
    strip.press("N")
    strip.is_at("ir_vis / 7")
    strip.press("PageDown")  # a scene is one picture: the next one is another scene
    strip.is_at("ir_vis / 20")


@pytest.mark.parametrize("place", [".panel[data-image=first][data-zoom='0'] .plot", ".strip-list"])
def test_the_wheel_with_alt_steps_over_picture_and_strip(strip, place):
    strip.wheel(place, 100)
    strip.is_at("mri_pet / 21 / 002")
    strip.wheel(place, -100)
    strip.is_at("mri_pet / 21 / 001")
    strip.wheel(place, 100, alt=False)
    strip.press("PageDown")  # had the wheel stepped, this would be the third
    strip.is_at("mri_pet / 21 / 002")


def test_buttons_step_and_a_click_on_a_thumbnail_opens(strip):
    strip.page.get_by_role("button", name="Next slice (PageDown)").click()
    strip.is_at("mri_pet / 21 / 002")
    strip.page.get_by_role("button", name="Previous slice (PageUp)").click()
    strip.is_at("mri_pet / 21 / 001")
    strip.page.locator(".strip [data-path='ir_vis / 20']").click()
    strip.is_at("ir_vis / 20")


def test_a_move_goes_along_to_the_next_slice_and_stays_with_its_case(strip):
    def is_addressed(pair):
        strip.settle_on("(pair) => new URLSearchParams(location.search).get('pair') === pair", pair)

    strip.page.evaluate('dash_clientside.set_props("pair", { value: "mri_pet/21001~move=1,0,0" })')
    is_addressed("mri_pet/21001~move=1,0,0")
    strip.page.get_by_text("Changed pair: PET moved by 1 px right").wait_for()
    strip.press("PageDown")
    is_addressed("mri_pet/21002~move=1,0,0")
    assert strip.where == "mri_pet / 21 / 002"
    strip.press("p")
    is_addressed("mri_pet/20001")


def test_a_search_goes_over_the_whole_path_and_typing_replaces_the_one_before(strip):
    assert strip.search("mri_pet/21") == [f"mri_pet / 21 / 00{number}" for number in (1, 2, 3, 4)]
    assert strip.note() == "4 found"
    assert strip.search("IR_VIS") == ["ir_vis / 7", "ir_vis / 20"]
    assert strip.search("nowhere") == []
    assert strip.note() == "Nothing found for “nowhere”"
    assert strip.search("phantom 2") == ["Phantom 2"]
    strip.page.keyboard.press("Enter")
    strip.is_at("Phantom 2")
    strip.page.keyboard.press("Escape")
    assert strip.page.locator(".strip [data-place]:not([hidden])").count() > 500


def test_letters_are_letters_where_somebody_types(strip):
    strip.search("n")
    strip.page.keyboard.press("Home")
    assert strip.where == "mri_pet / 21 / 001"


def test_arrow_keys_in_the_list_move_the_focus_and_no_pixel(strip):
    pixel = strip.pixel
    strip.search("mri_pet/21")
    for _ in range(3):
        strip.page.keyboard.press("ArrowDown")
    assert strip.page.evaluate("document.activeElement.dataset.path") == "mri_pet / 21 / 003"
    strip.page.keyboard.press("Enter")
    strip.is_at("mri_pet / 21 / 003")
    assert strip.state["asked"] == {"row": pixel[0], "col": pixel[1]}


def test_slice_123_of_500_is_found_and_stepped_through_by_key(strip):
    asked = {url for url in strip.requests if "/cases/thumbnail" in url}
    assert 0 < len(asked) < SERIES, "thumbnails are fetched as they come near sight"
    assert strip.search("0123") == ["series / 0 / 123"]
    strip.page.keyboard.press("Enter")
    strip.is_at("series / 0 / 123")
    for key, slice_ in (("PageDown", "124"), ("PageDown", "125"), ("PageUp", "124")):
        strip.page.keyboard.press(key)  # where the search has left the focus
        strip.is_at(f"series / 0 / {slice_}")
    seen = strip.page.locator(".strip [data-place]:not([hidden])")
    assert seen.count() > SERIES, "who goes on from what was found sees its neighbours again"
    assert strip.page.locator(".strip [type=search]").input_value() == ""


def test_the_next_slices_are_opened_ahead(strip):
    strip.press("PageDown")
    strip.is_at("mri_pet / 21 / 002")
    wanted = [f"/cases/ahead?pair=mri_pet%2F2100{number}&networks={NETWORKS[0]}" for number in (3, 1)]
    until(
        lambda: all(any(url.endswith(each) for url in strip.requests) for each in wanted),
        pause=lambda: strip.page.wait_for_timeout(20),
    )


def test_a_slice_is_asked_for_once_and_before_the_list_of_pairs_has_it(strip):
    asked = []
    strip.page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    strip.press("PageDown")
    strip.is_at("mri_pet / 21 / 002")
    until(lambda: any("mri_pet/21002" in each for each in asked), pause=lambda: strip.page.wait_for_timeout(20))
    view = [at for at, each in enumerate(asked) if "/explore/view?pair=mri_pet%2F21002&" in each]
    listed = [at for at, each in enumerate(asked) if "/_dash-update-component" in each and "mri_pet/21002" in each]
    assert len(view) == 1
    assert view[0] < listed[0]


def test_a_choice_from_the_list_right_after_a_key_stands(strip):
    """The list is given a slice some time after the key: what is chosen there meanwhile came later."""
    strip.page.evaluate(
        """(pair) => {
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "PageDown", bubbles: true }));
          dash_clientside.set_props("pair", { value: pair });
        }""",
        "mri_pet/21003",
    )
    strip.is_at("mri_pet / 21 / 003")
    # Longer than the list waits for the pictures: timers of a page fire in order.
    strip.page.evaluate("new Promise((done) => { setTimeout(() => setTimeout(done, 300), 300); })")
    strip.is_at("mri_pet / 21 / 003")
    strip.page.wait_for_function("document.querySelector('input#pair').value === 'mri_pet / 21 / 003'")


def test_a_slice_that_cannot_be_opened_leaves_the_one_that_is_shown(strip):
    refused = {"pair": "mri_pet/21002", "network": NETWORKS[0], "refused": "It is cut short."}
    answers = []

    def refuse(route):
        answers.append(route.request.url)
        route.fulfill(body=packed({"view": refused}, {}))

    strip.page.route("**/explore/view?pair=mri_pet%2F21002*", refuse)
    strip.press("PageDown")
    until(lambda: len(answers) == 2, pause=lambda: strip.page.wait_for_timeout(20))  # early, and from the list
    strip.page.locator("#view-problem").get_by_text("It is cut short.").wait_for()
    strip.is_at("mri_pet / 21 / 001")
    strip.page.wait_for_function("document.querySelector('input#pair').value === 'mri_pet / 21 / 001'")
    strip.page.unroute("**/explore/view?pair=mri_pet%2F21002*")


def test_marks_say_what_the_network_in_view_has_learned_from(strip):
    def marks(path):
        found = strip.page.locator(f".strip [data-path='{path}']")
        return found.get_attribute("data-mark"), found.locator("i").text_content()

    strip.page.locator(".strip [data-path='mri_pet / 20 / 001'][data-mark=learned]").wait_for()
    assert marks("mri_pet / 21 / 001") == ("unseen", "○")
    assert marks("ir_vis / 20") == ("unseen", "○"), "a network that knows brains alone has seen no street"
    assert marks("series / 0 / 123") == ("", ""), "the card names no such collection: nothing is known"
    assert marks("Phantom 1") == ("unseen", "○◇")
    label = strip.page.locator(".strip [data-path='mri_pet / 20 / 001']").get_attribute("aria-label")
    assert label == "mri_pet / 20 / 001, learned from by a network in view"


def test_beside_a_network_stands_what_it_was_made_for_and_whether_it_knows_the_case(strip):
    def standing():
        return strip.page.locator(".strip-standing").inner_text()

    def told(words):
        until(lambda: words in standing(), pause=lambda: strip.page.wait_for_timeout(20))

    told("MaskNet made for MRI–PET · this case unseen")
    strip.press("p")
    strip.is_at("mri_pet / 20 / 001")
    told("MaskNet made for MRI–PET · learned from this case")
    assert "learned from this case" in strip.page.locator("#pair-note.warns").inner_text()
    strip.page.locator(".strip [data-path='ir_vis / 7']").click()
    strip.is_at("ir_vis / 7")
    told("not made for Visible–Infrared")
    strip.page.locator("input#network").click()
    option = strip.page.get_by_role("option", name="FunFuseAn")
    text = "FunFuseAn\nnot made for Visible–Infrared · this case unseen"
    until(lambda: option.inner_text() == text, pause=lambda: strip.page.wait_for_timeout(20))  # lists follow later
    strip.page.keyboard.press("Escape")


def test_the_pair_shown_first_is_none_that_the_first_network_learned_from(chromium, cases_address):
    page = Strip(chromium, cases_address)
    page.open()
    page.is_at("mri_pet / 21 / 001")
    page.close()


def test_where_one_was_and_a_folded_strip_are_remembered(chromium, cases_address):
    page = Strip(chromium, cases_address, WIDE)
    page.open(pair="mri_pet/20002", network=NETWORKS[0])
    page.is_at("mri_pet / 20 / 002")
    wide = page.page.locator("#page").bounding_box()["x"]
    page.page.get_by_role("button", name="Fold or unfold the list of cases").click()
    page.page.locator(".strip-list").wait_for(state="hidden")
    assert page.page.locator("#page").bounding_box()["x"] < wide / 4
    page.press("PageDown")
    page.is_at("mri_pet / 20 / 003")
    page.open()
    page.is_at("mri_pet / 20 / 003")
    assert page.page.locator(".strip-list").is_hidden()
    page.page.goto(f"{cases_address}/?pair=ir_vis%2F7")
    page.page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
    page.is_at("ir_vis / 7")
    assert page.console == []
    page.close()


@pytest.mark.parametrize("path", [*list(PAIRS)[1:], "/networks"])
def test_every_page_is_stepped_through(chromium, cases_address, path):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(f"{cases_address}{path}?pair=mri_pet%2F21001&network={NETWORKS[0]}&networks={','.join(NETWORKS)}")
    page.wait_for_function("document.querySelector('.strip-where')?.textContent === 'mri_pet / 21 / 001'")
    page.keyboard.press("PageDown")
    page.wait_for_function(
        """(id) => document.querySelector('.strip-where').textContent === 'mri_pet / 21 / 002'
          && document.querySelector(`input#${id}`).value === 'mri_pet / 21 / 002'
          && new URLSearchParams(location.search).get("pair") === 'mri_pet/21002'""",
        arg=PAIRS.get(path, "net-pair"),
    )
    context.close()


def test_a_choice_of_pairs_is_searched_by_collection_and_replaced_by_typing(strip):
    strip.page.locator("input#pair").click()
    strip.page.keyboard.type("ir_vis/20")
    assert strip.page.locator("input#pair").input_value() == "ir_vis/20"
    strip.page.get_by_role("option", name="ir_vis / 20").click()
    strip.is_at("ir_vis / 20")
    strip.page.locator("input#pair").click()
    strip.page.keyboard.type("pet/21003")  # as its file is called
    strip.page.get_by_role("option", name="mri_pet / 21 / 003").click()
    strip.is_at("mri_pet / 21 / 003")


def test_a_closed_choice_of_pairs_holds_no_options_and_an_open_one_all(strip):
    options = strip.page.locator("[role=option]", has_text=" / 20")
    strip.press("PageDown")
    strip.is_at("mri_pet / 21 / 002")
    assert options.count() == 0  # hundreds would be made anew for each slice
    strip.page.locator("input#pair").click()
    strip.page.get_by_role("option", name="mri_pet / 21 / 003").wait_for()
    assert options.count() >= 2
    strip.page.keyboard.press("Escape")


def test_a_thumbnail_is_small_and_shows_both_inputs(strip, folders):
    size = strip.page.evaluate(
        """() => { const found = document.querySelector("[data-path='mri_pet / 21 / 001'] img");
          return [found.naturalWidth, found.naturalHeight, found.getBoundingClientRect().width]; }"""
    )
    assert size == [SIDE, SIDE, 48]
