"""`make rebuild`: a release made once more from what its release.json names, and compared view by view."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import audit, landing, lock, protocol, provenance, release
from pipeline.compute import compute, other_definitions
from pipeline.derive import Basis, derive
from pipeline.errors import UsageError, WarehouseError
from pipeline.landing import store
from pipeline.paths import Warehouse
from pipeline.progress import step
from pipeline.protocol import Protocol
from pipeline.settings import Settings
from pipeline.summary import terminal

WORK = ".rebuild-"


@dataclass(frozen=True)
class Recipe:
    """What release.json says of a release's making, and the SHA-256 of that file."""

    facts: Mapping[str, Any]
    protocol: Protocol
    checksum: str

    @property
    def id(self) -> str:
        """The release's id."""
        return self.facts["release_id"]


def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Rebuild the release that $RELEASE names, an id or the path of a release.json (default the current one); $OUT keeps it.

    Raises UsageError for a release that can't be rebuilt here and says why, WarehouseError where a view differs.
    """
    warehouse = Warehouse(settings.warehouse, settings.warehouse_key)
    recipe = read_recipe(_release_file(warehouse, environment.get("RELEASE", "").strip()))
    out = _out_folder(environment.get("OUT", "").strip())
    for note in _check(recipe):
        print(f"  {note}")
    warehouse.work.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.exclusive(warehouse), _work_area(warehouse) as area:
        batches = _batches(settings, recipe, area)
        database = rebuild(replace(settings, warehouse=area, source=recipe.facts["source"], full=True), recipe, batches)
        found = differences(recipe.facts, release.checksums_of_views(database, warehouse.key))
        if out:
            shutil.copytree(database.parent, out)
        outcome = "differs" if found else "identical"
        what = f"differs in {', '.join(found)}" if found else ""
        inputs = audit.of_batches(batches)
        sha256 = recipe.protocol.sha256
        audit.record(
            settings, "rebuild", outcome, what=what, release=recipe.id, inputs=inputs, checksum=recipe.checksum, protocol_sha256=sha256
        )
    if found:
        raise WarehouseError(
            f"release {recipe.id} can't be had again: these views differ: {', '.join(found)}",
            where=str(settings.warehouse),
            todo="compare the packages that release.json names with those here; OUT=dir keeps the rebuilt database to look into",
        )
    console = terminal()
    made_of = f"{len(batches):,} {'batch' if len(batches) == 1 else 'batches'}"
    console.print(f"Release {recipe.id} rebuilt from {made_of}: {len(recipe.facts['views'])} published views, all identical")
    if out:
        console.print(f"Cohort  {out / release.DATABASE}")


def read_recipe(path: Path) -> Recipe:
    """What a release.json says. Raises UsageError where it can't be read or says too little."""
    try:
        content = path.read_bytes()
        facts = json.loads(content)
        recipe = Recipe(facts, protocol.of_settings(facts["protocol"]), hashlib.sha256(content).hexdigest())
        lacking = [name for name in ("release_id", "source", "code", "batches", "views", "salt_check", "fingerprint") if name not in facts]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "release.json can't be read, or is of a version that didn't keep the protocol in it",
            where=str(path),
            todo="give RELEASE the id of another release, or the path of a release.json",
        ) from error
    if lacking:
        raise UsageError(f"release.json lacks {', '.join(lacking)}", where=str(path), todo="give RELEASE another release")
    if recipe.protocol.sha256 != facts["protocol_sha256"]:
        raise WarehouseError(
            "the protocol in release.json isn't the one of its checksum", where=str(path), todo="`make audit` says what was changed"
        )
    return recipe


def rebuild(settings: Settings, recipe: Recipe, batches: Sequence[landing.LandedBatch]) -> Path:
    """Derive and compute in a warehouse of its own, in which these batches have landed; gives the database."""
    import analysis

    warehouse = Warehouse(settings.warehouse, settings.warehouse_key)
    facts = recipe.facts
    landed = landing.Landed(landing.read_source(settings), tuple(batches))
    salt = hashlib.sha256(_salt(settings, recipe, batches).encode()).hexdigest()
    basis = Basis(facts["code"]["sha256"], recipe.protocol.sha256, facts["source"], salt)
    with step("Derive") as running:
        derived = derive(settings, recipe.protocol, warehouse, landed, basis, running)
        running.conclude(derived.conclusion)
    context = analysis.ReportContext(
        release_id=recipe.id,
        data_kind=facts["data"],
        source=facts["source"],
        data_checksum=provenance.data_checksum(batch.checksum for batch in batches),
        code_version=str(facts["code"]["commit"]),
        protocol_hash=recipe.protocol.sha256,
        package_versions=provenance.package_versions(),
        previous_release=facts.get("previous_release"),
        gate_counts=facts.get("gate") or {},
        created_at=f"rebuilt, first {facts.get('created_at')}",
    )
    folder = warehouse.root / "rebuilt"
    folder.mkdir()
    is_asked = "multiverse" in facts["views"]
    definitions = other_definitions(warehouse, recipe.protocol, facts["source"], settings.threads, is_asked=is_asked)
    with step("Compute results") as running:
        database = compute(warehouse, folder, derived.manifest, recipe.protocol, context, definitions)
        running.conclude("survival results and report")
    return database


def differences(facts: Mapping[str, Any], views: Mapping[str, str]) -> list[str]:
    """The published views that aren't bit for bit those of the release."""
    told: Mapping[str, str] = facts["views"]
    found = sorted(name for name in told.keys() | views.keys() if told.get(name) != views.get(name))
    return found or ([] if release.combined(views) == facts["views_sha256"] else ["views_sha256"])


def _release_file(warehouse: Warehouse, wanted: str) -> Path:
    if not wanted:
        current = release.current_folder(warehouse)
        if current is None:
            raise UsageError("there is no release yet", where=str(warehouse.root), todo="run `make` or `make refresh EXPORTS=dir` first")
        return current / release.RELEASE
    kept = warehouse.releases / wanted / release.RELEASE
    path = kept if kept.is_file() else Path(wanted).expanduser()
    path = path / release.RELEASE if path.is_dir() else path
    if not path.is_file():
        known = ", ".join(folder.name for folder in release.folders(warehouse)) or "none"
        raise UsageError(
            f"RELEASE names no release: {wanted}",
            where=str(warehouse.releases),
            todo=f"give the id of one that is kept ({known}), or the path of its release.json",
        )
    return path


def _out_folder(wanted: str) -> Path | None:
    if not wanted:
        return None
    folder = Path(wanted).expanduser().resolve()
    if folder.exists():
        raise UsageError("OUT is there already", where=str(folder), todo="give a folder that isn't there yet")
    return folder


def _check(recipe: Recipe) -> list[str]:
    """Notes on what differs and may not matter. Raises UsageError for other code, with which nothing can be said."""
    made, here = recipe.facts["code"], provenance.code_version()
    if made["sha256"] != here.sha256:
        changed = "; it was made from a tree that had been changed since" if made["dirty"] else ""
        raise UsageError(
            f"release {recipe.id} was made with other code (commit {made['commit']}{changed})",
            where=f"the code here is commit {here}",
            todo=f"git worktree add ../rebuild {made['commit']}, and run `make rebuild` there with this WAREHOUSE",
        )
    packages: Mapping[str, str] = recipe.facts.get("packages", {})
    return [
        f"{name} is {now} here, the release was made with {packages.get(name)}"
        for name, now in provenance.package_versions().items()
        if packages.get(name) != now
    ]


@contextmanager
def _work_area(warehouse: Warehouse) -> Generator[Path]:
    """A warehouse for the rebuild alone, inside the work area, for it holds what only its owner may read."""
    for left_over in warehouse.work.glob(f"{WORK}*"):
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(prefix=WORK, dir=warehouse.work) as folder:
        (Path(folder) / "work" / "raw").mkdir(parents=True, mode=0o700)
        yield Path(folder)


def _batches(settings: Settings, recipe: Recipe, area: Path) -> tuple[landing.LandedBatch, ...]:
    """Exactly the release's batches, by checksum, made to be landed in the rebuild's own warehouse; from EXPORTS what isn't kept.

    Raises UsageError that names those that are neither here nor there.
    """
    own = replace(settings, warehouse=area, source=recipe.facts["source"])
    wanted = {batch["checksum"]: batch for batch in recipe.facts["batches"]}
    kept = {batch.checksum: settings.raw / batch.folder_name for batch in store.read_batches(replace(settings, source=own.source))}
    missing = [batch["batch_id"] for checksum, batch in wanted.items() if checksum not in kept]
    if missing and settings.exports:
        fresh = replace(own, warehouse=area / "delivered")
        kept |= {batch.checksum: fresh.raw / batch.folder_name for batch in landing.land(fresh).batches if batch.checksum not in kept}
        missing = [batch["batch_id"] for checksum, batch in wanted.items() if checksum not in kept]
    if missing:
        raise UsageError(
            f"release {recipe.id} was made from batches that the warehouse doesn't hold any more: {', '.join(missing)}",
            where=str(settings.raw),
            todo="set EXPORTS to a folder that holds them as they were delivered",
        )
    for checksum in wanted:
        (own.raw / kept[checksum].name).symlink_to(kept[checksum].resolve(), target_is_directory=True)
    batches = store.read_batches(own)
    _refuse_differing(recipe, batches, wanted)
    return batches


def _refuse_differing(recipe: Recipe, batches: Sequence[landing.LandedBatch], wanted: Mapping[str, Any]) -> None:
    differing = [
        batch.batch_id
        for batch in batches
        if {(file.file_name, file.sha256, file.rows) for file in batch.files}
        != {(file["file"], file["sha256"], file["rows"]) for file in wanted[batch.checksum]["files"]}
    ]
    if differing:
        raise WarehouseError(
            f"landed batches aren't those that release {recipe.id} names: {', '.join(differing)}",
            todo="remove their folders below work/raw, and rebuild with EXPORTS set to a folder that holds them as delivered",
        )


def _salt(settings: Settings, recipe: Recipe, batches: Sequence[landing.LandedBatch]) -> str:
    salt = landing.salt_for(settings, batches)
    if provenance.salt_check(salt, recipe.facts["fingerprint"]) != recipe.facts["salt_check"]:
        raise UsageError(
            f"release {recipe.id} was made with another PSEUDONYM_SALT", todo="set the one of that time: patients' keys depend on it"
        )
    return salt
