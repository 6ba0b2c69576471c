"""The queries behind the facts of a trace, a kind each: what the models derived, with the keys of the rows."""

ALK_TESTS = """
select
    tests.test_id,
    tests.tested_on,
    case
        when tests.is_positive then 'positive'
        when biomarkers.result is null then 'not evaluable'
        else 'not positive'
    end as result,
    case when biomarkers.specimen_id is null then 'report' else 'specimen' end as dated_by
from clinical.alk_tests as tests
inner join staging.conformed_biomarkers as biomarkers
    on tests.test_id = biomarkers.test_id
    and biomarkers.marker = 'alk'
where tests.patient_id = $patient
order by tests.tested_on, tests.test_id
"""

PD_L1_TESTS = """
select
    biomarkers.test_id,
    coalesce(specimens.collected_on, biomarkers.reported_on) as tested_on,
    tests.status,
    tests.level,
    tests.score,
    case when specimens.specimen_id is null then 'report' else 'specimen' end as dated_by,
    coalesce(
        tests.tested_on = chosen.tested_on
        and tests.status = chosen.status
        and tests.level is not distinct from chosen.level
        and tests.score is not distinct from chosen.score
        and (re_biopsies.specimen_id is not null) = chosen.is_from_rebiopsy,
        false
    ) as is_at_index
from staging.conformed_biomarkers as biomarkers
left join staging.conformed_specimens as specimens
    on biomarkers.specimen_id = specimens.specimen_id
left join clinical.pd_l1_tests as tests
    on biomarkers.test_id = tests.test_id
left join cohort.pd_l1_at_index as chosen
    on biomarkers.patient_id = chosen.patient_id
left join cohort.re_biopsies as re_biopsies
    on biomarkers.specimen_id = re_biopsies.specimen_id
where biomarkers.patient_id = $patient and biomarkers.marker = 'pd_l1'
order by tested_on, biomarkers.test_id
"""

SPECIMENS = """
select
    specimens.specimen_id,
    specimens.collected_on,
    specimens.is_tissue,
    re_biopsies.specimen_id is not null as is_re_biopsy
from staging.conformed_specimens as specimens
left join cohort.re_biopsies as re_biopsies
    on specimens.specimen_id = re_biopsies.specimen_id
where specimens.patient_id = $patient
order by specimens.collected_on, specimens.specimen_id
"""

# the orders of an era start within it, and no two eras of a drug overlap
ERAS = """
select
    eras.ingredient,
    eras.drug_class,
    eras.started_on,
    eras.ended_on,
    eras.orders,
    list(exposures.order_id) as order_ids
from clinical.drug_eras as eras
inner join clinical.drug_exposures as exposures
    on eras.patient_id = exposures.patient_id
    and eras.ingredient = exposures.ingredient
    and exposures.started_on between eras.started_on and eras.ended_on
where eras.patient_id = $patient
group by all
order by eras.started_on, eras.ingredient
"""

ASSESSMENTS = """
select
    days.assessed_on,
    days.response,
    bool_or(coalesce(assessments.response = 'iUPD', false)) as has_iupd,
    bool_or(events.resistance_on is not null) as is_resistance,
    list(assessments.assessment_id) as assessment_ids
from clinical.assessment_days as days
inner join staging.conformed_assessments as assessments
    on days.patient_id = assessments.patient_id
    and days.assessed_on = assessments.assessed_on
left join clinical.resistance_events as events
    on days.patient_id = events.patient_id
    and days.assessed_on = events.resistance_on
where days.patient_id = $patient
group by days.assessed_on, days.response
order by days.assessed_on
"""

ECOG = """
select
    observations.observation_id,
    observations.observed_on,
    observations.ecog,
    coalesce(observations.observed_on = chosen.observed_on and observations.ecog = chosen.ecog, false) as is_at_index
from staging.conformed_performance_status as observations
left join cohort.ecog_at_index as chosen
    on observations.patient_id = chosen.patient_id
where observations.patient_id = $patient
order by observations.observed_on, observations.observation_id
"""

DEATHS = """
with notices as (
    select * from staging.conformed_follow_ups
    where patient_id = $patient
),

earliest as (
    select
        min(death_date) as death_date,
        min(death_month) as death_month
    from notices
),

sources as (
    select list(notices.contact_id) as contact_ids
    from notices
    cross join earliest
    where
        notices.death_date = earliest.death_date
        or (earliest.death_date is null and notices.death_month = earliest.death_month)
)

select
    deaths.died_on,
    deaths.precision,
    coalesce(deaths.died_on < index_lines.index_date, false) as is_before_index,
    sources.contact_ids
from clinical.deaths as deaths
cross join sources
left join cohort.index_lines as index_lines
    on deaths.patient_id = index_lines.patient_id
where deaths.patient_id = $patient
"""
