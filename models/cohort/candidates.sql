-- the source population with the facts that the criteria of protocol.yml speak of
with patients as (
    select * from {{ ref('conformed_patients') }}
),

index_lines as (
    select * from {{ ref('index_lines') }}
),

-- where there is an index, only what is known on or before it counts
lung_cancers as (
    select
        diagnoses.patient_id,
        count(*) as diagnoses_at_any_time,
        bool_or(index_lines.index_date is null or diagnoses.diagnosed_on <= index_lines.index_date) as has_lung_cancer,
        bool_or(
            diagnoses.is_small_cell
            and (index_lines.index_date is null or diagnoses.diagnosed_on <= index_lines.index_date)
        ) as has_small_cell
    from {{ ref('lung_cancer_diagnoses') }} as diagnoses
    left join index_lines
        on diagnoses.patient_id = index_lines.patient_id
    group by diagnoses.patient_id
),

alk_results as (
    select
        tests.patient_id,
        bool_or(index_lines.index_date is null or tests.tested_on <= index_lines.index_date) as is_alk_positive
    from {{ ref('alk_tests') }} as tests
    left join index_lines
        on tests.patient_id = index_lines.patient_id
    where tests.is_positive
    group by tests.patient_id
),

advanced as (
    select * from {{ ref('advanced_disease') }}
),

alk_tki_eras as (
    select
        patient_id,
        count(*) as eras
    from {{ ref('drug_eras') }}
    where drug_class = 'alk_tki'
    group by patient_id
),

resistance as (
    select
        patient_id,
        count(*) as events
    from {{ ref('resistance_events') }}
    group by patient_id
),

prior_ici as (
    select
        index_lines.patient_id,
        count(*) as orders
    from index_lines
    inner join {{ ref('drug_exposures') }} as exposures
        on index_lines.patient_id = exposures.patient_id
        and exposures.started_on < index_lines.index_date
    where exposures.drug_class = 'ici'
    group by index_lines.patient_id
),

baselines as (
    select * from {{ ref('baselines') }}
),

follow_up as (
    select * from {{ ref('follow_up_after_index') }}
)

select
    patients.patient_id,
    index_lines.index_date,
    lung_cancers.diagnoses_at_any_time is not null or alk_tki_eras.eras is not null as is_in_eligibility,
    coalesce(lung_cancers.has_lung_cancer, false) as has_lung_cancer,
    coalesce(lung_cancers.has_small_cell, false) as has_small_cell,
    coalesce(alk_results.is_alk_positive, false) as is_alk_positive,
    advanced.advanced_on is not null
    and (index_lines.index_date is null or advanced.advanced_on <= index_lines.index_date) as is_advanced,
    coalesce(alk_tki_eras.eras, 0) as alk_tki_eras,
    coalesce(resistance.events, 0) as resistance_events,
    baselines.age_at_index,
    coalesce(prior_ici.orders, 0) as ici_orders_before_index,
    coalesce(follow_up.has_follow_up_after_index, false) as has_follow_up_after_index
from patients
left join index_lines on patients.patient_id = index_lines.patient_id
left join lung_cancers on patients.patient_id = lung_cancers.patient_id
left join alk_results on patients.patient_id = alk_results.patient_id
left join advanced on patients.patient_id = advanced.patient_id
left join alk_tki_eras on patients.patient_id = alk_tki_eras.patient_id
left join resistance on patients.patient_id = resistance.patient_id
left join prior_ici on patients.patient_id = prior_ici.patient_id
left join baselines on patients.patient_id = baselines.patient_id
left join follow_up on patients.patient_id = follow_up.patient_id
