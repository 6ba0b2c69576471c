"""The calibrated patients' stories: each target row of calibrated_cohort.csv told in raw rows.

By the study protocol these rows give exactly the target again. What makes that a test of the pipeline are the traps: rows that
would change the result if a rule were missed, e.g. a retracted ICI order before the index, a cancelled infusion, a PD that is
corrected by a later export, a PD-L1 score of a sample that was taken too late. `TRAPS` tells them by name; each is laid for a
few of the patients whom it fits.
"""

from collections.abc import Callable
from dataclasses import dataclass

from synthetic.chart import FIRST_DELTA, FULL, SECOND_DELTA, Chart
from synthetic.cohort import CalibratedPatient, Treatment
from synthetic.days import EXPORT_DAYS, LAST_KNOWN_DAY, number
from synthetic.draws import Draws
from synthetic.drugs import CLASS_WORDS, SPEECHLESS_NAMES
from synthetic.frames import NOTHING, UNKNOWN
from synthetic.histories import CHECKPOINT_INHIBITORS, GENERATION, on_sale
from synthetic.spellings import (
    ADVANCED_STAGES,
    ALK_NEGATIVE,
    ALK_POINT_MUTATIONS,
    ALK_POSITIVE,
    BLOOD_PROCEDURES,
    DISTANT_CODES,
    DISTANT_TEXTS,
    EARLY_STAGES,
    HISTOLOGY,
    LUNG_CODES,
    LUNG_TEXTS,
    PD_L1_NO_RESULT,
    PD_L1_NO_SCORE,
    PD_L1_NUMBER,
    PD_L1_RANGE,
    PD_L1_TESTS,
    PD_L1_WORD,
    RESECTIONS,
    Report,
)

ICI = frozenset(name for name, _ in CHECKPOINT_INHIBITORS)
LONGEST_TO_CONFIRM = 56
FIRST_COUNTED_DAY = 14
TRAPPED = 5


@dataclass
class Member:
    """A calibrated patient with the chart and the days as numbers."""

    target: CalibratedPatient
    chart: Chart

    @property
    def draws(self) -> Draws:
        """The chart's stream of draws."""
        return self.chart.draws

    def day(self, from_index: int) -> int:
        """The number of a day from the index date."""
        return number(self.target.index_date) + from_index

    @property
    def index_ingredients(self) -> tuple[str, ...]:
        """The drugs begun on the index date: the regimen but for an ALK-TKI that is carried on."""
        return tuple(one for one in self.target.regimen if one not in GENERATION)

    @property
    def last_tki(self) -> Treatment:
        """The ALK-TKI that failed last before the index."""
        return [one for one in self.target.prior_treatment if one.ingredients[0] in GENERATION][-1]


def tell(member: Member, traps: tuple[str, ...]) -> None:
    """Notes everything about the patient, and the traps of these names."""
    target = member.target
    member.chart.last_day = member.day(target.os_days - (1 if target.death_precision == "month" else 0))
    archival = _tell_disease(member)
    _tell_earlier_treatment(member)
    _tell_pd_l1(member, archival, traps)
    _tell_index_treatment(member, traps)
    _tell_outcome(member, traps)
    _tell_later(member)
    _tell_end(member)
    for trap in traps:
        lay = TRAPS[trap].lay
        if lay is not None:
            lay(member)


def _tell_disease(member: Member) -> int:
    """Diagnoses, the archival specimen and the ALK report; gives the specimen's number."""
    target, chart, draws = member.target, member.chart, member.draws
    first, advanced = member.day(target.first_diagnosis_day), member.day(target.advanced_day)
    histology = HISTOLOGY.one(target.histology_class, draws)
    if first < advanced:
        chart.diagnosis(first, draws.pick(LUNG_CODES), draws.pick(LUNG_TEXTS), histology, draws.pick(EARLY_STAGES))
        chart.specimen(first + 12, draws.pick(RESECTIONS))
        chart.diagnosis(advanced, draws.pick(DISTANT_CODES), draws.pick(DISTANT_TEXTS))
    else:
        chart.diagnosis(advanced, draws.pick(LUNG_CODES), draws.pick(LUNG_TEXTS), histology, draws.pick(ADVANCED_STAGES))
        if draws.happens(350):
            chart.diagnosis(advanced + draws.one_below(90), draws.pick(DISTANT_CODES), draws.pick(DISTANT_TEXTS))
    if draws.happens(300):
        chart.diagnosis(member.day(-1), draws.pick(LUNG_CODES), draws.pick(LUNG_TEXTS))
    taken = advanced + draws.one_below(5)
    specimen = chart.specimen(taken)
    chart.report(taken + draws.one_between(2, 8), draws.pick(ALK_POSITIVE), specimen)
    chart.visit(taken)
    if draws.happens(250):
        blood = chart.specimen(member.day(-3), draws.pick(BLOOD_PROCEDURES))
        chart.report(member.day(2), draws.pick((*ALK_NEGATIVE, *ALK_POINT_MUTATIONS)), blood)
    return specimen


def _tell_earlier_treatment(member: Member) -> None:
    """Earlier lines with their scans: the ALK-TKIs fail by progression, the last on the day of resistance."""
    target, chart, draws = member.target, member.chart, member.draws
    for treatment in target.prior_treatment:
        start, end = member.day(treatment.start), member.day(treatment.end)
        if treatment.ingredients[0] not in GENERATION:
            chart.cycles(treatment.ingredients, start, end)
            if treatment.start > target.advanced_day:
                chart.assess(end + 9, draws.pick(("SD", "PD")))
            continue
        is_last = treatment == member.last_tki
        until = member.day(target.tki_until) if is_last and target.tki_until is not None else end
        chart.dispense(treatment.ingredients[0], start, until)
        progression = member.day(target.resistance_day) if is_last else end
        for scan in range(start + 50, progression - 30, 78):
            chart.assess(scan, draws.pick(("PR", "PR", "SD", "SD", "NE")))
            chart.visit(scan)
        chart.assess(progression, "PD")
    if target.ecog_at_index is not None:
        if target.ecog_at_index > 0:
            chart.ecog(member.day(-40), target.ecog_at_index - 1)
        chart.ecog(member.day(-draws.one_below(5)), target.ecog_at_index)


def _pd_l1_text(target: CalibratedPatient, draws: Draws) -> str:
    """A result that reads as the target's status, level and number."""
    if target.pd_l1_tps is not None:
        return draws.pick(PD_L1_NUMBER).format(target.pd_l1_tps)
    if target.pd_l1_level is not None:
        return draws.pick(PD_L1_RANGE[target.pd_l1_level])
    return draws.pick(PD_L1_WORD[target.pd_l1_status])


def _pd_l1_report(text: str, draws: Draws) -> Report:
    name, method = draws.pick(PD_L1_TESTS)
    return name, method, text


def _tell_pd_l1(member: Member, archival: int, traps: tuple[str, ...]) -> None:
    """The deciding test on the re-biopsy where there is one, else on the archival tissue; others that decide nothing."""
    target, chart, draws = member.target, member.chart, member.draws
    early = member.day(target.advanced_day) + draws.one_between(5, 15)
    undecided = draws.pick((*PD_L1_NO_SCORE, *PD_L1_NO_RESULT))
    if target.rebiopsy_day is not None:
        taken = member.day(target.rebiopsy_day)
        specimen = chart.specimen(taken)
        text = undecided if target.pd_l1_status == "unknown" else _pd_l1_text(target, draws)
        chart.report(taken + draws.one_between(2, 6), _pd_l1_report(text, draws), specimen)
        if target.pd_l1_status != "unknown" and draws.happens(400):
            older = draws.pick((*PD_L1_RANGE["<1"], *PD_L1_RANGE["1-49"], *PD_L1_NO_SCORE))
            chart.report(early, _pd_l1_report(older, draws), archival)
        return
    if target.pd_l1_status == "unknown":
        if draws.happens(400):
            chart.report(early, _pd_l1_report(undecided, draws), archival)
        return
    if "specimen_unknown" in traps:
        archival = UNKNOWN
    elif "foreign_specimen" in traps:
        archival = _foreign_specimen(member)
    chart.report(early, _pd_l1_report(_pd_l1_text(target, draws), draws), archival)
    if draws.happens(200):
        chart.report(early + 40, _pd_l1_report(draws.pick(PD_L1_NO_RESULT), draws), archival)


def _foreign_specimen(member: Member) -> int:
    """A specimen of somebody else: the contract reads it as blank, and the report's own date counts."""
    rows = member.chart.records.rows["specimens"]
    return next((row["_row"] for row in rows if row["_patient"] != member.chart.person.number), UNKNOWN)


def _tell_index_treatment(member: Member, traps: tuple[str, ...]) -> None:
    delayed = tuple(one for one in member.index_ingredients if one in ICI) if "delayed_ici" in traps else ()
    member.chart.cycles(member.index_ingredients, member.day(0), member.day(member.target.index_end), delayed)


def _tell_outcome(member: Member, traps: tuple[str, ...]) -> None:
    """The scans of the target; some of them in words that the protocol has to settle first."""
    target, chart, draws = member.target, member.chart, member.draws
    unconfirmed = _unconfirmed_scan(target) if "unconfirmed_progression" in traps else None
    for day, response in target.scans:
        told = response
        if day == unconfirmed or (response == "PD" and "progression_as_iupd" in traps):
            told = "iUPD"
        if response == "PD" and "late_scan" in traps:
            chart.assess(member.day(day), told, _batch=SECOND_DELTA)
        elif response == "PD" and "corrected_scan" in traps:
            row, values = chart.assess(member.day(day), told, _batch=FIRST_DELTA)
            wrong = {**values, "_patient": chart.person.number, "response_text": "SD", "_batch": FULL}
            chart.records.add("assessments", wrong, version_of=row)
        else:
            chart.assess(member.day(day), told)
        chart.visit(member.day(day))
        if draws.happens(300):
            chart.ecog(member.day(day), draws.pick((0, 1, 1, 2)))


def _unconfirmed_scan(target: CalibratedPatient) -> int | None:
    """The first stable scan that the next one, soon after, confirms: said as iUPD it still counts as stable."""
    for (day, response), (following, confirmed) in zip(target.scans, target.scans[1:], strict=False):
        if response == "SD" and confirmed in {"SD", "PR"} and following - day <= LONGEST_TO_CONFIRM:
            return day
    return None


def _tell_later(member: Member) -> None:
    """The next line and the scans after PFS."""
    target, chart, draws = member.target, member.chart, member.draws
    after = target.pfs_days
    if target.next_line is not None:
        line = target.next_line
        after = max(after, line.start)
        if line.ingredients[0] in GENERATION:
            chart.dispense(line.ingredients[0], member.day(line.start), member.day(line.end))
        else:
            chart.cycles(line.ingredients, member.day(line.start), member.day(line.end))
    if target.pfs_end_reason in {"progression", "next_line"}:
        failed = target.next_line is None
        for scan in range(after + 45, min(target.os_days - 10, after + 700), 62):
            response = "PD" if failed else draws.pick(("PR", "SD", "SD", "PD", "NE"))
            failed = failed or response == "PD"
            chart.assess(member.day(scan), response)
            chart.visit(member.day(scan))
    elif target.pfs_end_reason == "last_assessment" and target.os_days > target.pfs_days + 8:
        chart.assess(member.day(target.pfs_days + 5), "NE")


def _tell_end(member: Member) -> None:
    """Follow-up contacts, and the last record or the death on exactly the target's day."""
    target, chart, draws = member.target, member.chart, member.draws
    end = member.day(target.os_days)
    for day in range(member.day(95), end - 20, 110):
        chart.contact(day, "alive")
    if not target.os_event:
        chart.contact(end, "alive")
        if end + 30 < LAST_KNOWN_DAY and draws.happens(500):
            chart.contact(draws.one_between(end + 20, LAST_KNOWN_DAY), "lost")
        return
    told = min(end + draws.one_between(3, 50), LAST_KNOWN_DAY)
    by_month = target.death_precision == "month"
    chart.contact(told, "dead", died=end, by_month=by_month)
    if by_month:
        # The day that the protocol finds: the one after the last record of that month.
        chart.visit(end - 1)
    elif draws.happens(200):
        chart.contact(told, "dead", died=end, by_month=True)


# --- traps ---------------------------------------------------------------------------------------------------------------------


def _retracted_ici(member: Member) -> None:
    """An immune checkpoint inhibitor long before the index, which a later export takes back."""
    day = member.day(min(-150, member.last_tki.start + 40))
    row, values = member.chart.order(day, "sintilimab", _batch=FULL)
    member.chart.retract("medications", row, values)


def _cancelled_infusion(member: Member) -> None:
    """An infusion between resistance and index that was never given."""
    member.chart.order(member.day(member.target.resistance_day + 2), "pemetrexed", status="not_given")
    member.chart.order(member.day(member.target.resistance_day + 2), "carboplatin", status="unknown")


def _early_progression(member: Member) -> None:
    """A PD soon after the index, which belongs to the line before."""
    member.chart.assess(member.day(member.draws.one_between(3, FIRST_COUNTED_DAY - 1)), "PD")


def _same_day(member: Member) -> None:
    """A second assessment on the day of progression that sees it otherwise."""
    member.chart.assess(member.day(member.target.pfs_days), "SD", modality="MRI")


def _retracted_progression(member: Member) -> None:
    """A PD before the true one, of another patient, taken back later."""
    row, values = member.chart.assess(member.day(member.draws.one_between(20, 30)), "PD", _batch=FULL)
    member.chart.retract("assessments", row, values)


def _retracted_death(member: Member) -> None:
    """A death that was noted in the wrong chart."""
    day = member.day(15)
    values = {"contacted_on": day, "vital_status": "dead", "death_date": day, "_batch": FULL}
    row = member.chart.note("follow_ups", day, values)
    member.chart.retract("follow_ups", row, values)


def _late_sample(member: Member) -> None:
    """A PD-L1 score of a sample taken too long after the index; it says the opposite."""
    text = "TPS 80%" if member.target.pd_l1_status == "negative" else "TPS<1%"
    taken = member.day(15)
    specimen = member.chart.specimen(taken)
    member.chart.report(min(taken + 4, member.chart.last_day), _pd_l1_report(text, member.draws), specimen)


def _composite_score(member: Member) -> None:
    """A combined score on the eve of the index, which is no tumour-cell score."""
    member.chart.report(member.day(-1), _pd_l1_report(member.draws.pick(PD_L1_NO_SCORE), member.draws))


def _second_stain(member: Member) -> None:
    """A second, negative stain of the deciding sample: positive goes before negative."""
    specimen = NOTHING
    day = number(member.target.on(member.target.rebiopsy_day or 0))
    for row in member.chart.records.rows["specimens"]:
        if row["_patient"] == member.chart.person.number and row["collected_on"] == day:
            specimen = row["_row"]
    member.chart.report(day + 1, _pd_l1_report("TPS<1%", member.draws), specimen)


def _two_ecogs(member: Member) -> None:
    """A better performance status on the same day: the worse one counts."""
    target = member.target
    assert target.ecog_at_index is not None
    observed = [
        row["observed_on"]
        for row in member.chart.records.rows["performance_status"]
        if row["_patient"] == member.chart.person.number and row["observed_on"] <= member.day(0)
    ]
    member.chart.ecog(max(observed), target.ecog_at_index - 1)


def _transformation(member: Member) -> None:
    """A small-cell transformation after progression: after the index it excludes nobody."""
    day = member.day(member.target.pfs_days + 6)
    member.chart.diagnosis(day, "C34.9", "肺癌，再活检", HISTOLOGY.one("small_cell", member.draws), "IV")


def _speechless_name(member: Member) -> None:
    """Tablets under a name that says nothing; the code of the drug does."""
    tki = member.last_tki.ingredients[0]
    code = {"crizotinib": "L01ED01", "ceritinib": "1535457", "alectinib": "L01ED03"}.get(tki)
    if code is not None:
        start = member.day(member.last_tki.start)
        member.chart.order(start + 5, tki, end=start + 30, name=member.draws.pick(SPEECHLESS_NAMES), drug_code=code)


def _class_word(member: Member) -> None:
    """An order that names a class and no drug, before the index."""
    member.chart.order(member.day(-50), "unknown", name=member.draws.pick(CLASS_WORDS))


def _reversed_order(member: Member) -> None:
    """An immune checkpoint inhibitor before the index whose order ends before it starts: quarantined."""
    day = member.day(-90)
    member.chart.order(day, "camrelizumab", end=day - 9)


def _late_alk_report(member: Member) -> None:
    """The ALK reports, without which nobody belongs here, come with the last export only."""
    for row in member.chart.records.rows["biomarkers"]:
        if row["_patient"] == member.chart.person.number and "ALK" in f"{row['test_name']}{row['result_text']}":
            row["_batch"] = SECOND_DELTA


def _switched_platinum(member: Member) -> None:
    """A platinum for another one in the second cycle: exchangeable, the same line."""
    member.chart.order(member.day(42), "nedaplatin")


@dataclass(frozen=True)
class Trap:
    """What is laid (None: the story itself tells it), and for whom it fits."""

    lay: Callable[[Member], None] | None
    fits: Callable[[CalibratedPatient], bool]


def _progressed_after(days: int) -> Callable[[CalibratedPatient], bool]:
    return lambda target: target.pfs_end_reason == "progression" and target.pfs_days > days


def _known_before_full(target: CalibratedPatient, day: int) -> bool:
    """Whether a day from the index lies well before the first export."""
    return number(target.on(day)) < int(EXPORT_DAYS[0]) - 40


def _has_ici(target: CalibratedPatient) -> bool:
    return target.arm == "immunotherapy"


TRAPS: dict[str, Trap] = {
    "retracted_ici": Trap(_retracted_ici, lambda target: on_sale(["sintilimab"], target.on(-500))),
    "cancelled_infusion": Trap(_cancelled_infusion, lambda target: target.resistance_day < -8),
    "early_progression": Trap(_early_progression, _progressed_after(30)),
    "same_day": Trap(_same_day, _progressed_after(30)),
    "retracted_progression": Trap(_retracted_progression, lambda target: target.pfs_days > 35 and _known_before_full(target, 35)),
    "retracted_death": Trap(_retracted_death, lambda target: target.os_days > 60 and _known_before_full(target, 20)),
    "late_sample": Trap(_late_sample, lambda target: target.os_days > 40 and _known_before_full(target, 30)),
    "composite_score": Trap(_composite_score, lambda target: target.resistance_day < -3),
    "second_stain": Trap(_second_stain, lambda target: target.pd_l1_from_rebiopsy and target.pd_l1_status == "positive"),
    "two_ecogs": Trap(_two_ecogs, lambda target: (target.ecog_at_index or 0) > 0),
    "transformation": Trap(_transformation, lambda target: _progressed_after(30)(target) and target.os_days > target.pfs_days + 30),
    "speechless_name": Trap(_speechless_name, lambda target: target.prior_alk_tki_generation < 3),
    "class_word": Trap(_class_word, lambda target: True),
    "reversed_order": Trap(_reversed_order, lambda target: not _has_ici(target)),
    "late_alk_report": Trap(_late_alk_report, lambda target: True),
    "switched_platinum": Trap(
        _switched_platinum, lambda target: bool({"carboplatin", "cisplatin"}.intersection(target.regimen)) and target.index_end > 42
    ),
    "specimen_unknown": Trap(None, lambda target: not target.rebiopsied and target.pd_l1_status != "unknown"),
    "foreign_specimen": Trap(None, lambda target: not target.rebiopsied and target.pd_l1_status != "unknown"),
    "delayed_ici": Trap(None, lambda target: _has_ici(target) and target.regimen_class != "ici_mono" and target.index_end > 22),
    "unconfirmed_progression": Trap(None, lambda target: _has_ici(target) and _unconfirmed_scan(target) is not None),
    "progression_as_iupd": Trap(None, lambda target: not _has_ici(target) and target.pfs_end_reason == "progression"),
    "late_scan": Trap(None, _progressed_after(30)),
    "corrected_scan": Trap(None, lambda target: _progressed_after(30)(target) and _known_before_full(target, target.pfs_days)),
}


def assign_traps(targets: tuple[CalibratedPatient, ...], draws: Draws) -> list[tuple[str, ...]]:
    """The traps of each patient: every kind for a few patients, and at most two for one."""
    assigned: list[list[str]] = [[] for _ in targets]
    for name, trap in TRAPS.items():
        fitting = [place for place, target in enumerate(targets) if trap.fits(target) and len(assigned[place]) < 2]
        for place in draws.shuffled(fitting)[:TRAPPED]:
            assigned[place].append(name)
    return [tuple(names) for names in assigned]
