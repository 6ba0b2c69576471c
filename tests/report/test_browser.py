"""The page in headless Chromium: nothing asked of any network, no error, no overflow, every control by keyboard, axe without a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

from tests.report.browser import ARGUMENTS, NO_BROWSER, program
from tests.report.conftest import Made

PHONE, DESK, A4 = 360, 1280, 680  # pixels across; A4 within its margins
FOCUSABLE = "a[href], select, input, summary, [tabindex='0']"


@dataclass
class Opened:
    """An open page, with what its console said and what it asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser for all tests; without one no release is made either."""
    path = program()
    if path is None:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def opened(chromium: Any, release: Made, width: int = DESK, has_scripts: bool = True, print_: bool = False) -> Opened:
    """The report in a context of its own."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=has_scripts, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    found = Opened(context.new_page())
    found.page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
    found.page.on("pageerror", lambda error: found.said.append(str(error)))
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.on("requestfailed", lambda request: found.refused.update({request.url: request.failure}))
    if print_:
        found.page.emulate_media(media="print")
    found.page.goto(release.page.as_uri())
    return found


@pytest.fixture
def desk(chromium: Any, release: Made) -> Iterator[Opened]:
    """The page on a desk."""
    found = opened(chromium, release)
    yield found
    found.page.context.close()


def use_everything(page: Any) -> None:
    """Each kind of control once."""
    page.locator("#choose-stratum").select_option("")
    page.locator("#choose-endpoint").select_option("pfs")
    page.locator("#figure-pfs_overall input[type=range]").press("End")
    page.locator("#patient").select_option("3")
    page.locator("summary").first.press("Enter")


def test_no_error_and_no_request_beyond_the_file(desk: Opened, release: Made) -> None:
    use_everything(desk.page)
    assert desk.said == []
    assert desk.asked == [release.page.as_uri()]


def test_no_script_of_others_runs(desk: Opened) -> None:
    """The page's own policy: only the script that it was rendered with, and no address to ask."""
    desk.page.evaluate("const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)")
    with desk.page.expect_event("requestfailed"):
        desk.page.evaluate("const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i)")
    assert desk.page.evaluate("window.hacked") is None
    assert desk.refused == {"http://127.0.0.1:9/x.png": "csp"}


@pytest.mark.parametrize(("width", "print_"), [(PHONE, False), (DESK, False), (A4, True)])
def test_nothing_is_wider_than_the_page(chromium: Any, release: Made, width: int, print_: bool) -> None:
    found = opened(chromium, release, width, print_=print_)
    if not print_:
        use_everything(found.page)
    wider = """() => [...document.querySelectorAll('body *')]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, .lanes, .skip'))
        .map((one) => one.tagName + '#' + one.id + '.' + one.className)"""
    in_print = wider.replace(".scroll, .lanes, .skip", ".skip")
    assert found.page.evaluate(in_print if print_ else wider) == []
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width
    found.page.context.close()


def test_every_control_is_reached_by_tab_and_worked_by_key(desk: Opened) -> None:
    page = desk.page
    page.locator("#choose-stratum").select_option("")
    page.locator("#patient").select_option("1")
    visible = f"""[...document.querySelectorAll("{FOCUSABLE}")].filter((one) => one.checkVisibility())"""
    page.evaluate(f"{visible}.forEach((one, at) => {{ one.dataset.stop = at }})")
    wanted = page.evaluate("document.querySelectorAll('[data-stop]').length")
    assert wanted > 60
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    reached, hidden = set(), []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        stop, outline = page.evaluate("[document.activeElement.dataset.stop ?? '', getComputedStyle(document.activeElement).outlineStyle]")
        reached.add(stop)
        if stop and outline == "none":
            hidden.append(stop)
    assert len(reached - {""}) == wanted
    assert hidden == []  # where the keyboard is can be seen

    page.locator("#choose-endpoint").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#choose-endpoint").input_value() == "pfs"
    page.locator("#patient").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#patient-said").inner_text().startswith("Patient 2,")
    slider = page.locator("#figure-pfs_overall input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext").startswith("Month ")
    page.locator("#figure-pfs_overall summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#figure-pfs_overall details table").is_visible()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_axe_finds_nothing(chromium: Any, release: Made, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = opened(chromium, release, width)
    use_everything(found.page)
    results = Axe().run(found.page)
    assert results.violations_count == 0, results.generate_report()
    assert {"color-contrast", "label", "svg-img-alt"} <= {rule["id"] for rule in results.response["passes"]}
    found.page.context.close()


def test_everything_is_there_without_scripts(chromium: Any, release: Made) -> None:
    found = opened(chromium, release, has_scripts=False)
    page = found.page
    figures = page.locator("main figure svg")
    assert figures.count() == len(list((release.folder / "figures").glob("*.svg")))
    assert all(figures.nth(place).is_visible() for place in range(figures.count()))
    for control in ("#choose-curves", "#choose-patient"):
        assert not page.locator(control).is_visible()
    assert page.get_by_text("Choosing a patient needs the page's script").is_visible()
    assert found.said == []
    page.context.close()


def step_at(release: Made, place: int) -> tuple[float, list[dict[str, Any]]]:
    """A step of the first curve of the page, and the rows of the results that hold it."""
    rows = [row for row in release.results["curves"]["pfs"] if row["stratum"] == "overall"]
    arm = next(iter(release.results["protocol"]["arms"]))
    mine = [row for row in rows if row["arm"] == arm]
    return mine[place]["months"], rows


def expected(rows: list[dict[str, Any]], label: str, arm: str, months: float) -> str:
    """What the read-out must say of an arm, from the results alone."""
    mine = [row for row in rows if row["arm"] == arm]
    if months > mine[-1]["months"]:
        return f"{label}: follow-up has ended"
    last = [row for row in mine if row["months"] <= months][-1]
    at_risk = next((row["at_risk"] for row in mine if row["months"] >= months), 0)
    interval = "interval not estimable"
    if last["ci_lower"] is not None:
        interval = f"{100 * last['ci_lower']:.1f} to {100 * last['ci_upper']:.1f}"
    now = f", {last['events']} event{'' if last['events'] == 1 else 's'} now" if last["months"] == months and last["events"] else ""
    return f"{label}: {100 * last['survival']:.1f} % ({interval}), {at_risk} at risk{now}"


@pytest.mark.parametrize("how", ["pointer", "touch", "slider"])
@pytest.mark.parametrize("place", [3, 12, -1])
def test_the_read_out_is_the_published_step(desk: Opened, release: Made, how: str, place: int) -> None:
    page = desk.page
    months, rows = step_at(release, place)
    figure = page.locator("#figure-pfs_overall")
    figure.scroll_into_view_if_needed()
    if how == "slider":
        times = sorted({row["months"] for row in rows})
        figure.locator("input").fill(str(times.index(months)))
    else:
        last = next(entry for entry in release.results["analyses"] if entry["id"] == "pfs_overall")["at_risk"]["months"][-1]
        plot = figure.locator("svg [id$='-plot']").bounding_box()
        x, y = plot["x"] + plot["width"] * months / last, plot["y"] + plot["height"] / 2
        if how == "pointer":
            page.mouse.move(x, y)
        else:
            figure.locator("svg").dispatch_event("pointerdown", {"pointerType": "touch", "clientX": x, "clientY": y})
    lines = figure.locator("output > *").all_inner_texts()
    assert lines[0] == f"Month {months:.2f}"
    arms = release.results["protocol"]["arms"]
    assert lines[1:] == [expected(rows, label, arm, months) for arm, label in arms.items()]
    assert figure.locator("output").get_attribute("aria-live") == ("polite" if how == "slider" else "off")


def test_curves_are_chosen_on_the_screen_and_printed_all_the_same(desk: Opened, release: Made) -> None:
    page, strata = desk.page, release.results["protocol"]["strata"]
    assert [block.is_visible() for block in page.locator("[data-stratum]").all()] == [place == 0 for place in range(len(strata))]
    page.locator("#choose-stratum").select_option(strata[1]["id"])
    page.locator("#choose-endpoint").select_option("os")
    shown = [figure.get_attribute("id") for figure in page.locator("figure.curve").all() if figure.is_visible()]
    assert shown == [f"figure-os_{strata[1]['id']}"]
    page.emulate_media(media="print")
    assert all(figure.is_visible() for figure in page.locator("figure.curve").all())


def test_a_link_into_a_hidden_group_shows_it(desk: Opened, release: Made) -> None:
    target = release.results["protocol"]["strata"][-1]["id"]
    desk.page.evaluate(f"location.hash = '#curves-{target}'")
    desk.page.wait_for_function(f"document.getElementById('choose-stratum').value === '{target}'")
    assert desk.page.locator(f"#curves-{target}").is_visible()


def test_a_patient_is_chosen_by_the_number_in_the_swimmer_plot(desk: Opened, release: Made) -> None:
    arms = list(release.results["protocol"]["arms"])
    with duckdb.connect(str(release.database), read_only=True) as connection:
        order = f"case arm when '{arms[0]}' then 0 else 1 end, pfs_days desc, os_days desc, patient_key"
        keys = [key for (key,) in connection.execute(f"select patient_key from published.cohort order by {order}").fetchall()]
        query = "select day, detail from published.timeline where patient_key = ? order by day"
        events = connection.execute(query, [keys[6]]).fetchall()
    page = desk.page
    assert page.locator("#patient option").count() == len(keys) + 1
    assert not page.locator("#patient-events").is_visible()
    page.locator("#patient").select_option("7")
    days = [int(text.replace("\u2212", "-")) for text in page.locator("#patient-events tr td:first-child").all_inner_texts()]
    assert days == [day for day, _ in events]
    assert len(days) > 3
    assert set(page.locator("#patient-events tr td:last-child").all_inner_texts()) == {"Stable disease"}
    page.locator("#patient").select_option("")
    assert not page.locator("#patient-events").is_visible()
