"""Readers go back to a release that is there and well, in one step, and the log says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import audit, release, rollback
from pipeline.audit.log import read
from pipeline.errors import PipelineError, UsageError, WarehouseError
from pipeline.lock import exclusive
from pipeline.paths import Warehouse
from pipeline.settings import Settings
from tests.audit.made_up import publish, settings_of
from tests.audit.test_damaged_release import AT_ONCE


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse with three releases."""
    settings = settings_of(tmp_path / "warehouse")
    for number in (1, 2, 3):
        publish(settings, number)
    return settings


def names(settings: Settings) -> list[str]:
    return [folder.name for folder in release.folders(Warehouse(settings.warehouse))]


def seen(settings: Settings) -> str:
    return Warehouse(settings.warehouse).current.resolve().name


def test_back_and_further_back(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = names(settings)
    rollback.run(settings, {})
    assert seen(settings) == second
    assert f"Readers see release {second} now" in capsys.readouterr().out
    rollback.run(settings, {})
    assert seen(settings) == first
    with pytest.raises(UsageError, match=f"no release before {first}"):
        rollback.run(settings, {})
    assert names(settings) == [first, second, third]
    assert list(Warehouse(settings.warehouse).root.glob(".*-*")) == []
    audit.run(settings, {})


def test_to_a_release_by_name_and_forward_again(settings: Settings) -> None:
    first, _, third = names(settings)
    rollback.run(settings, {"TO": first})
    assert seen(settings) == first
    rollback.run(settings, {"TO": third})
    assert seen(settings) == third
    events = [(entry["event"], entry["release"], entry["what"]) for entry in read(Warehouse(settings.warehouse)).entries[-2:]]
    assert events == [("rollback", first, f"from {third}"), ("rollback", third, f"from {first}")]
    audit.run(settings, {})


def test_back_goes_to_what_readers_saw_before_not_to_the_next_older_one(settings: Settings) -> None:
    first, _, _ = names(settings)
    rollback.run(settings, {"TO": first})
    publish(settings, 4)
    rollback.run(settings, {})
    assert seen(settings) == first


@pytest.mark.fault(
    area="releases", fault="rollback to a release that is unknown, the current one, or removed", behaviour="refused, `current` as it was"
)
@pytest.mark.parametrize("case", ["unknown", "a path", "current", "removed", "hidden"])
def test_a_rollback_that_leads_nowhere_is_refused(settings: Settings, case: str) -> None:
    first, second, _ = names(settings)
    if case == "removed":
        publish(settings, 4, kept=3)
    now = seen(settings)
    wanted = {"unknown": "20200101T000000Z-00000000", "a path": f"../releases/{first}", "current": now, "removed": first, "hidden": ".."}[
        case
    ]
    with pytest.raises(UsageError) as refused:
        rollback.run(settings, {"TO": wanted})
    assert seen(settings) == now
    assert "make rollback TO=" in refused.value.message
    assert second in refused.value.message


@pytest.mark.fault(area="releases", fault="rollback to a damaged release", behaviour="refused by every byte of it, `current` as it was")
@pytest.mark.parametrize("is_named", [True, False])
def test_a_damaged_release_gets_no_readers(settings: Settings, is_named: bool) -> None:
    first, second, third = names(settings)
    (Warehouse(settings.warehouse).releases / second / release.DATABASE).write_text("the cohort of day 9", encoding="utf-8")
    with pytest.raises(WarehouseError, match=f"(?s)release {second} is damaged.*cohort.duckdb was changed.*can go to {first}$"):
        rollback.run(settings, {"TO": second} if is_named else {})
    assert seen(settings) == third


@pytest.mark.fault(area="releases", fault="rollback from a damaged release", behaviour="readers see the one before it again")
@pytest.mark.parametrize("name", [name for name in AT_ONCE if "link" not in name or name == "link to nowhere"])
def test_back_from_a_damaged_release(settings: Settings, name: str) -> None:
    warehouse = Warehouse(settings.warehouse)
    before = names(settings)[1]
    damage, _ = AT_ONCE[name]
    if name == "release.json of another release":
        (warehouse.current / release.RELEASE).write_bytes((warehouse.releases / before / release.RELEASE).read_bytes())
    elif name == "link to nowhere":
        warehouse.current.resolve().rename(warehouse.root / "gone")
    else:
        damage(warehouse)
    rollback.run(settings, {})
    assert seen(settings) == before
    assert release.current(warehouse)


@pytest.mark.parametrize("name", ["link out of the releases", "link to itself", "link to the releases"])
def test_from_a_link_led_astray_only_by_name(settings: Settings, name: str) -> None:
    warehouse = Warehouse(settings.warehouse)
    last = names(settings)[-1]
    AT_ONCE[name][0](warehouse)
    with pytest.raises(WarehouseError, match=f"nothing says which release readers saw(?s:.*){last}"):
        rollback.run(settings, {})
    rollback.run(settings, {"TO": last})
    assert seen(settings) == last
    audit.run(settings, {})


def test_a_folder_in_the_links_place_is_left_alone(settings: Settings) -> None:
    warehouse = Warehouse(settings.warehouse)
    AT_ONCE["a folder for the link"][0](warehouse)
    with pytest.raises(WarehouseError, match="move it away"):
        rollback.run(settings, {"TO": names(settings)[0]})
    assert not warehouse.current.is_symlink()


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no release yet"):
        rollback.run(settings_of(tmp_path / "warehouse"), {})
    settings = settings_of(tmp_path / "other")
    publish(settings, 1)
    with pytest.raises(UsageError, match="there is no other release"):
        rollback.run(settings, {})


@pytest.mark.fault(area="releases", fault="rollback while a refresh runs", behaviour="refused, says who holds the lock")
def test_a_running_refresh_is_not_disturbed(settings: Settings) -> None:
    now = seen(settings)
    Warehouse(settings.warehouse).work.mkdir(exist_ok=True)
    with exclusive(Warehouse(settings.warehouse)), pytest.raises(PipelineError, match="another run holds this warehouse"):
        rollback.run(settings, {})
    assert seen(settings) == now


def test_a_link_moved_by_hand_is_recorded_before_anything_else(settings: Settings) -> None:
    first, second, _ = names(settings)
    warehouse = Warehouse(settings.warehouse)
    warehouse.current.unlink()
    warehouse.current.symlink_to(f"releases/{second}")
    rollback.run(settings, {"TO": first})
    found = read(warehouse).entries[-2]
    assert (found["event"], found["release"]) == ("rollback", second)
    assert "moved, and not by `make rollback`" in found["what"]
