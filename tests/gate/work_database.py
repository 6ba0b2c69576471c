"""A made-up work database on which every check of the gate applies and passes.

Two arms of 24 patients with one course of treatment, shifted by weeks, and four endings: progression, death, the next line, and
no event. Beside them a patient without therapy after resistance, one without ALK, and one without lung cancer. The tables have
the columns of the models that checks read.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

# a name, a place and a number that no page of the gate may hold
CANARIES = ("张三丰", "canary-patient-7", "13912345678")

_COURSES = """
create schema raw; create schema staging; create schema clinical; create schema cohort; create schema published; create schema vocabulary;

create temp table courses as
select
    format('hospital-{:03d}', number) as patient_id,
    case when number < 24 then 'immunotherapy' else 'non_immunotherapy' end as arm,
    (['progression', 'death', 'next_line', 'last_assessment'])[number % 4 + 1] as ending,
    date '2020-01-06' + cast(7 * (number % 24) as integer) as index_date,
    case when number % 3 = 0 then 0.0 else 60.0 end as tps
from range(48) as numbers (number);

-- days from the index date: what happens to whom
create temp table orders as
with drugs as (
    select * from (values
        ('alectinib', 'alk_tki', 2, -380, -12, null, null),
        ('carboplatin', 'chemotherapy', null, 0, 84, null, null),
        ('pemetrexed', 'chemotherapy', null, 0, 84, null, null),
        ('pembrolizumab', 'ici', null, 0, 84, 'immunotherapy', null),
        ('docetaxel', 'chemotherapy', null, 160, 181, null, 'progression'),
        ('docetaxel', 'chemotherapy', null, 100, 121, null, 'next_line')
    ) as drugs (ingredient, drug_class, generation, first_day, last_day, arm, ending)
)
select
    courses.patient_id, drugs.ingredient, drugs.drug_class, drugs.generation,
    courses.index_date + cast(drugs.first_day as integer) as started_on,
    courses.index_date + cast(least(drugs.last_day, drugs.first_day + 42) as integer) as first_ended_on,
    courses.index_date + cast(drugs.last_day as integer) as ended_on
from courses
inner join drugs
    on (drugs.arm is null or drugs.arm = courses.arm) and (drugs.ending is null or drugs.ending = courses.ending)
union all select 'hospital-900', 'alectinib', 'alk_tki', 2, date '2019-03-04', date '2019-04-15', date '2020-03-02'
union all select 'hospital-901', 'pemetrexed', 'chemotherapy', null, date '2019-03-04', date '2019-03-25', date '2019-04-15'
union all select 'hospital-901', 'pemetrexed', 'chemotherapy', null, date '2019-09-02', date '2019-09-23', date '2019-10-14';

create temp table scans as
with days as (
    select * from (values
        (-200, 'SD', null), (-14, 'PD', null), (45, 'PR', null), (87, 'SD', null),
        (150, 'PD', 'progression'), (150, 'SD', 'death'), (150, 'SD', 'last_assessment')
    ) as days (day, response, ending)
)
select courses.patient_id, courses.index_date + cast(days.day as integer) as assessed_on, days.response
from courses
inner join days on days.ending is null or days.ending = courses.ending
union all select 'hospital-900', date '2019-06-12', 'PD'
union all select 'hospital-900', date '2019-07-22', 'SD';
"""

_STAGING = """
create table staging.conformed_patients as
select
    patient_id, case when row_number() over (order by patient_id) % 2 = 0 then 'female' else 'male' end as sex,
    date '1968-05-10' as birth_date, 'never' as smoking
from (select patient_id from courses union all select unnest(['hospital-900', 'hospital-901', 'hospital-902']));

create table staging.conformed_diagnoses as
select
    'diagnosis-' || patient_id as diagnosis_id, patient_id, index_date - 400 as diagnosed_on, 'C34.9' as icd10_code,
    false as is_small_cell, 'adenocarcinoma' as histology_class, 'IV' as stage_group
from courses
union all select 'diagnosis-900', 'hospital-900', date '2019-02-12', 'C34.1', false, 'adenocarcinoma', 'IV'
union all select 'diagnosis-901', 'hospital-901', date '2019-02-13', 'C34.1', false, 'large_cell', null;

-- an order a day of treatment would be too many: two that overlap make one era
create table staging.conformed_drug_orders as
select
    format('order-{:04d}', 2 * row_number() over (order by patient_id, started_on, ingredient)) as order_id, patient_id,
    ingredient as drug_name, cast(null as varchar) as drug_code, started_on, first_ended_on as ended_on, true as is_given
from orders
union all
select
    format('order-{:04d}', 2 * row_number() over (order by patient_id, started_on, ingredient) + 1), patient_id,
    ingredient, null, first_ended_on, ended_on, true
from orders
union all select 'order-cancelled', 'hospital-901', 'alectinib', null, date '2019-03-05', date '2019-03-05', false
union all select 'order-unknown', 'hospital-902', 'herbal tea', null, date '2019-03-05', date '2019-03-05', true
union all select 'order-class', 'hospital-902', 'pd-1 antibody', null, date '2019-03-05', date '2019-03-05', true;

create table staging.conformed_specimens as
select 'tumour-' || patient_id as specimen_id, patient_id, index_date - 395 as collected_on, true as is_tissue from courses
union all select 're-biopsy-' || patient_id, patient_id, index_date - 10, true from courses
union all select 'blood-' || patient_id, patient_id, index_date - 9, false from courses
union all select 'tumour-900', 'hospital-900', date '2019-02-14', true;

create table staging.conformed_biomarkers as
select
    'alk-' || patient_id as test_id, patient_id, 'alk' as marker, index_date - 390 as reported_on, 'tumour-' || patient_id as specimen_id,
    'positive' as result, cast(null as double) as score, cast(null as double) as score_low, false as score_low_open,
    cast(null as double) as score_high, false as score_high_open
from courses
union all
select
    'pd-l1-' || patient_id, patient_id, 'pd_l1', index_date - 5, 're-biopsy-' || patient_id, 'by_score', tps, tps, false, tps, false
from courses
union all select 'alk-900', 'hospital-900', 'alk', date '2019-02-20', 'tumour-900', 'positive', null, null, false, null, false;

create table staging.conformed_assessments as
select format('assessment-{:04d}', row_number() over (order by patient_id, assessed_on)) as assessment_id, * from scans;

create table staging.conformed_performance_status as
select 'ecog-' || patient_id as observation_id, patient_id, index_date - 7 as observed_on, 1 as ecog from courses
union all select 'ecog-later-' || patient_id, patient_id, index_date + 40, 3 from courses;

create table staging.conformed_follow_ups as
select
    'contact-' || patient_id as contact_id, patient_id, index_date + 300 as contacted_on, 'alive' as vital_status,
    cast(null as date) as death_date, cast(null as date) as death_month
from courses where ending <> 'death'
union all select 'contact-' || patient_id, patient_id, index_date + 205, 'dead', index_date + 200, null from courses where ending = 'death';

create table staging.conformed_activity as
select patient_id, reported_on as active_on from staging.conformed_biomarkers;

create table staging.conformed_capabilities as
select
    unnest(['calendar_dates', 'age', 'pd_l1_score', 're_biopsy_reason', 'pd_l1_status', 'follow_up_contacts']) as capability,
    true as is_available;

create table staging.conformed_coverage as select date '2021-04-30' as data_cut_off;

create table raw.batches as
select * from (values
    ('2021-03-31_full', '2021-03-31T02:00:00+08:00', timestamp '2021-03-30 18:00:00', date '2021-03-31', 'full', null, 'aa', 1),
    ('2021-04-30_delta', '2021-04-30T02:00:00+08:00', timestamp '2021-04-29 18:00:00', date '2021-04-30', 'delta', null, 'bb', 2)
) as batches (batch_id, exported_at, exported_instant, export_day, mode, date_order, checksum, batch_rank);

create table raw.run_settings as select 'hospital' as source, 'synthetic' as data_kind, 'salt' as pseudonym_salt;

create table staging.conformed_quarantine as
select
    '2021-04-30_delta' as batch_id, 'medications.csv' as file_name, cast(7 as bigint) as line_number, 'medications' as table_name,
    'order-9' as row_key, 'unreadable_date' as rule, 'started_on' as column_name, '{canary}' as raw_value;

create table staging.conformed_reconciliation as
select * from (values
    ('patients', '2021-03-31_full', 52, 51, 0, 0, 1, 0), ('patients', '2021-04-30_delta', 0, 0, 0, 0, 0, 0),
    ('medications', '2021-03-31_full', 340, 330, 8, 2, 0, 0), ('medications', '2021-04-30_delta', 10, 9, 0, 0, 0, 1)
) as accounts (table_name, batch_id, raw_rows, current_rows, superseded_rows, duplicate_rows, retracted_rows, quarantined_rows);

create table raw.batch_files as
select * from (values
    ('2021-03-31_full', 'patients', 'patients.csv', 52, 'cc'), ('2021-03-31_full', 'medications', 'medications.csv', 340, 'dd'),
    ('2021-04-30_delta', 'medications', 'medications.csv', 10, 'ee')
) as files (batch_id, table_name, file_name, rows, sha256);

create table staging.conformed_unmapped as
select 'patients' as table_name, 'smoking_status' as column_name, '{canary}' as raw_value, 1 as rows;
"""

_CLINICAL = """
create table vocabulary.ingredients as
select * from (values
    ('alectinib', 'alk_tki', null, '2', null, '2018'), ('carboplatin', 'chemotherapy', 'platinum', null, 'platinum', null),
    ('cisplatin', 'chemotherapy', 'platinum', null, 'platinum', null), ('pemetrexed', 'chemotherapy', 'antifolate', null, null, null),
    ('docetaxel', 'chemotherapy', 'taxane', null, null, null), ('pembrolizumab', 'ici', 'PD-1', null, null, '2018'),
    ('sintilimab', 'ici', 'PD-1', null, null, '2018'), ('bevacizumab', 'anti_angiogenic', null, null, null, '2010'),
    ('lorlatinib', 'alk_tki', null, '3', null, '2022'), ('osimertinib', 'other_tki', 'EGFR-3', null, null, '2017')
) as ingredients (ingredient, drug_class, subgroup, generation, exchange_group, china_approval_year);

create table clinical.drug_texts as select ingredient as drug_text, '' as drug_code, ingredient from vocabulary.ingredients;
create table clinical.drug_text_matches as
select ingredient as drug_text, ingredient as synonym, ingredient from vocabulary.ingredients
union all select 'pd-1 antibody', 'pd-1 antibody', null;
create table clinical.unmapped_drugs as select 'herbal tea' as drug_text, '' as drug_code, 1 as rows, cast(null as varchar) as nearest;

create table clinical.drug_exposures as
select
    given.order_id, ingredients.ingredient, given.patient_id, ingredients.drug_class,
    cast(ingredients.generation as integer) as generation, given.started_on, given.ended_on
from staging.conformed_drug_orders as given
inner join vocabulary.ingredients as ingredients on given.drug_name = ingredients.ingredient
where given.is_given;

create table clinical.drug_eras as
select patient_id, ingredient, started_on, ended_on, drug_class, cast(generation as integer) as generation, 2 as orders from orders;

create table clinical.alk_tki_patients as
select patient_id, min(started_on) as first_started_on from orders where drug_class = 'alk_tki' group by patient_id;

create table clinical.lung_cancer_diagnoses as
select diagnosis_id, patient_id, diagnosed_on, is_small_cell, histology_class from staging.conformed_diagnoses;

create table clinical.advanced_disease as
select patient_id, diagnosed_on as advanced_on from staging.conformed_diagnoses where stage_group = 'IV';

create table clinical.treatment_lines as
select
    patient_id, row_number() over (partition by patient_id order by started_on) as line_number, started_on, max(ended_on) as ended_on,
    lead(started_on) over (partition by patient_id order by started_on) as next_started_on,
    string_agg(ingredient, ' + ' order by ingredient) as regimen,
    case
        when bool_or(drug_class = 'ici') then 'ici_chemo' when bool_or(drug_class = 'chemotherapy') then 'chemo' else 'alk_tki'
    end as regimen_class,
    bool_or(drug_class = 'ici') as has_ici, bool_or(drug_class = 'chemotherapy') as has_chemotherapy,
    false as has_anti_angiogenic, bool_or(drug_class = 'alk_tki') as has_alk_tki
from orders where patient_id <> 'hospital-901' group by patient_id, started_on;

create table clinical.line_ingredients as
select orders.patient_id, lines.line_number, orders.ingredient, orders.drug_class
from orders inner join clinical.treatment_lines as lines on orders.patient_id = lines.patient_id and orders.started_on = lines.started_on;

create table clinical.assessment_days as select patient_id, assessed_on, response from scans;
create table clinical.resistance_events as
select patient_id, index_date - 14 as resistance_on, 1 as alk_tki_eras from courses
union all select 'hospital-900', date '2019-06-12', 1;

create table clinical.alk_tests as
select tests.test_id, tests.patient_id, specimens.collected_on as tested_on, tests.result = 'positive' as is_positive
from staging.conformed_biomarkers as tests inner join staging.conformed_specimens as specimens on tests.specimen_id = specimens.specimen_id
where tests.marker = 'alk';

create table clinical.pd_l1_tests as
select
    'pd-l1-' || patient_id as test_id, patient_id, index_date - 10 as tested_on, 're-biopsy-' || patient_id as specimen_id,
    case when tps >= 1 then 'positive' else 'negative' end as status, case when tps >= 50 then '>=50' else '<1' end as level, tps as score
from courses;

create table clinical.deaths as
select patient_id, death_date as died_on, 'day' as precision from staging.conformed_follow_ups where death_date is not null;

create table clinical.record_days as
select patient_id, assessed_on as recorded_on, false as speaks_of_death_only from scans
union all select patient_id, contacted_on, vital_status = 'dead' from staging.conformed_follow_ups;
"""

_COHORT = """
create table cohort.index_lines as
select
    courses.patient_id, lines.line_number, courses.index_date, lines.next_started_on as next_line_on,
    courses.index_date - 14 as resistance_date, courses.arm, lines.regimen, lines.regimen_class, lines.has_alk_tki as tki_continued
from courses inner join clinical.treatment_lines as lines
    on courses.patient_id = lines.patient_id and courses.index_date = lines.started_on;

create table cohort.pd_l1_at_index as
select patient_id, tested_on, status, level, score, true as is_from_rebiopsy from clinical.pd_l1_tests;

create table cohort.re_biopsies as
select 're-biopsy-' || patient_id as specimen_id, patient_id, index_date - 10 as collected_on from courses;

create table cohort.cohort_members as
select
    index_lines.patient_id, substr(sha256('salt:' || index_lines.patient_id), 1, 16) as patient_key, index_lines.index_date,
    index_lines.resistance_date, index_lines.arm, index_lines.regimen_class, index_lines.regimen, index_lines.line_number,
    index_lines.tki_continued, case when index_lines.arm = 'immunotherapy' then index_lines.index_date end as first_ici_on,
    case when index_lines.index_date < date '2020-05-10' then 51 else 52 end as age_at_index,
    patients.sex, 'never' as smoking, 1 as ecog_at_index, 'adenocarcinoma' as histology_class, false as brain_metastasis,
    1 as prior_alk_tki_count,
    2 as prior_alk_tki_generation, 1 as prior_lines, pd_l1.status as pd_l1_status, pd_l1.level as pd_l1_level, pd_l1.score as pd_l1_tps,
    true as pd_l1_from_rebiopsy, true as rebiopsied,
    case courses.ending when 'death' then 200 when 'next_line' then 87 else 150 end as pfs_days,
    courses.ending in ('progression', 'death') as pfs_event, courses.ending as pfs_end_reason,
    case courses.ending when 'death' then 200 else 300 end as os_days, courses.ending = 'death' as os_event, 'PR' as best_response
from cohort.index_lines as index_lines
inner join courses on index_lines.patient_id = courses.patient_id
inner join staging.conformed_patients as patients on index_lines.patient_id = patients.patient_id
inner join cohort.pd_l1_at_index as pd_l1 on index_lines.patient_id = pd_l1.patient_id;

create table cohort.criteria as
select
    patient_id, patient_id <> 'hospital-902' as is_in_eligibility,
    patient_id <> 'hospital-902' as nsclc,
    patient_id not in ('hospital-901', 'hospital-902') as alk_positive,
    patient_id not in ('hospital-901', 'hospital-902') as advanced,
    patient_id not in ('hospital-901', 'hospital-902') as alk_tki_treated,
    patient_id not in ('hospital-901', 'hospital-902') as alk_tki_resistant,
    patient_id < 'hospital-900' as post_resistance_therapy,
    case when patient_id < 'hospital-900' then true end as index_in_window,
    case when patient_id < 'hospital-900' then true end as adult,
    case when patient_id < 'hospital-900' then true end as no_prior_ici,
    case when patient_id < 'hospital-900' then true end as evaluable,
    case patient_id
        when 'hospital-900' then 'post_resistance_therapy' when 'hospital-901' then 'alk_positive' when 'hospital-902' then 'nsclc'
    end as excluded_by
from staging.conformed_patients;

create table cohort.patient_keys as
select patient_id, substr(sha256('salt:' || patient_id), 1, 16) as patient_key from cohort.criteria where is_in_eligibility;

create table cohort.endpoint_times as
select patient_id, 'pfs' as endpoint, pfs_days as days, pfs_event as is_event, pfs_end_reason as end_reason from cohort.cohort_members
union all
select patient_id, 'os', os_days, os_event, case when os_event then 'death' else 'last_record' end from cohort.cohort_members;
"""

_PUBLISHED = """
create table published.cohort as
select
    patient_key, arm, regimen_class, regimen, cast(year(index_date) as integer) as index_year, cast(line_number as integer) as line_number,
    cast(age_at_index as integer) as age_at_index, sex, smoking, ecog_at_index, histology_class, brain_metastasis, pd_l1_status,
    pd_l1_level,
    cast(pd_l1_tps as double) as pd_l1_tps, pd_l1_from_rebiopsy, rebiopsied, tki_continued, prior_alk_tki_count, prior_alk_tki_generation,
    prior_lines, -14 as resistance_day, first_ici_on - index_date as first_ici_day, pfs_days, pfs_event, pfs_end_reason,
    cast(pfs_days as double) / 30.4375 as pfs_months,
    os_days, os_event, cast(os_days as double) / 30.4375 as os_months, best_response
from cohort.cohort_members;

create table published.eligibility as
select
    keys.patient_key, criteria.nsclc, criteria.alk_positive, criteria.advanced, criteria.alk_tki_treated, criteria.alk_tki_resistant,
    criteria.post_resistance_therapy, criteria.index_in_window, criteria.adult, criteria.no_prior_ici, criteria.evaluable,
    criteria.excluded_by
from cohort.criteria as criteria inner join cohort.patient_keys as keys on criteria.patient_id = keys.patient_id;

create table published.endpoints as
select members.patient_key, times.endpoint, times.days, cast(times.days as double) / 30.4375 as months, times.is_event, times.end_reason
from cohort.cohort_members as members inner join cohort.endpoint_times as times on members.patient_id = times.patient_id;

create table published.lines_of_therapy as
select
    keys.patient_key, cast(lines.line_number as integer) as line_number,
    cast(lines.started_on - coalesce(index_lines.index_date, advanced.advanced_on) as integer) as start_day,
    cast(lines.ended_on - coalesce(index_lines.index_date, advanced.advanced_on) as integer) as end_day,
    case when index_lines.index_date is null then 'advanced' else 'index' end as day_zero, lines.regimen, lines.regimen_class,
    coalesce(lines.line_number = index_lines.line_number, false) as is_index_line
from clinical.treatment_lines as lines
inner join cohort.patient_keys as keys on lines.patient_id = keys.patient_id
inner join clinical.advanced_disease as advanced on lines.patient_id = advanced.patient_id
left join cohort.index_lines as index_lines on lines.patient_id = index_lines.patient_id;

create table published.timeline as
select members.patient_key, cast(events.happened_on - members.index_date as integer) as day, events.event_type, events.detail
from cohort.cohort_members as members inner join (
    select patient_id, started_on as happened_on, 'line_start' as event_type, regimen as detail from clinical.treatment_lines
    union all select patient_id, started_on, 'drug_start', ingredient from clinical.drug_eras
    union all select patient_id, assessed_on, 'assessment', response from clinical.assessment_days
    union all select patient_id, resistance_on, 'resistance', null from clinical.resistance_events
    union all select patient_id, observed_on, 'ecog', cast(ecog as varchar) from staging.conformed_performance_status
) as events on members.patient_id = events.patient_id;

create table published.attrition as
with criteria as (
    select * from (values
        (0, 'source_population', 0), (1, 'nsclc', 1), (2, 'alk_positive', 1), (3, 'advanced', 0), (4, 'alk_tki_treated', 0),
        (5, 'alk_tki_resistant', 0), (6, 'post_resistance_therapy', 1), (7, 'index_in_window', 0), (8, 'adult', 0), (9, 'no_prior_ici', 0),
        (10, 'evaluable', 0)
    ) as criteria (step, criterion, patients_excluded)
)
select
    step, criterion, criterion as label, cast(51 - sum(patients_excluded) over (order by step) as bigint) as patients_left,
    cast(patients_excluded as bigint) as patients_excluded
from criteria;

create table published.assessability as
select * from (values
    ('criterion', 'nsclc', null, true), ('criterion', 'alk_positive', null, true), ('criterion', 'advanced', null, true),
    ('criterion', 'alk_tki_treated', null, true), ('criterion', 'alk_tki_resistant', null, true),
    ('criterion', 'post_resistance_therapy', null, true), ('criterion', 'index_in_window', 'calendar_dates', true),
    ('criterion', 'adult', 'age', true), ('criterion', 'no_prior_ici', null, true), ('criterion', 'evaluable', null, true),
    ('stratum', 'pd_l1_positive', 'pd_l1_status', true)
) as entries (kind, id, requires, is_assessable);

create table published.reconciliation as
select
    table_name, cast(sum(raw_rows) as bigint) as raw_rows, cast(sum(current_rows) as bigint) as current_rows,
    cast(sum(superseded_rows) as bigint) as superseded_rows, cast(sum(duplicate_rows) as bigint) as duplicate_rows,
    cast(sum(retracted_rows) as bigint) as retracted_rows, cast(sum(quarantined_rows) as bigint) as quarantined_rows
from staging.conformed_reconciliation group by table_name;

create table published.batch_reconciliation as
select
    batch_id, table_name, cast(raw_rows as bigint) as raw_rows, cast(current_rows as bigint) as current_rows,
    cast(superseded_rows as bigint) as superseded_rows, cast(duplicate_rows as bigint) as duplicate_rows,
    cast(retracted_rows as bigint) as retracted_rows, cast(quarantined_rows as bigint) as quarantined_rows
from staging.conformed_reconciliation;

create table published.quarantine_summary as
select table_name, rule, cast(count(*) as bigint) as rows from staging.conformed_quarantine group by table_name, rule;
"""


def build(path: Path) -> Path:
    """Write the database to ``path``, which must not be there yet. Small blocks keep its copies small."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as work (block_size 16384); use work")
        for script in (_COURSES, _STAGING, _CLINICAL, _COHORT, _PUBLISHED):
            connection.execute(script.replace("{canary}", " ".join(CANARIES)))
    return path
