-- the source population with the facts that the criteria of protocol.yml speak of; where there is an index, only what is
-- known on or before it counts
with patients as (
    select * from {{ ref('conformed_patients') }}
),

index_lines as (
    select * from {{ ref('index_lines') }}
),

lung_cancers as (
    select * from {{ ref('lung_cancer_by_index') }}
),

alk_positive as (
    select * from {{ ref('alk_positive_by_index') }}
),

advanced as (
    select * from {{ ref('advanced_disease') }}
),

alk_tki_eras as (
    select * from {{ ref('drug_eras') }}
    where drug_class = 'alk_tki'
),

resistance_events as (
    select * from {{ ref('resistance_events') }}
),

prior_ici as (
    select * from {{ ref('ici_before_index') }}
),

baselines as (
    select * from {{ ref('baselines') }}
),

follow_up as (
    select * from {{ ref('follow_up_after_index') }}
),

alk_tkis as (
    select
        patient_id,
        count(*) as eras
    from alk_tki_eras
    group by patient_id
),

resistance as (
    select
        patient_id,
        count(*) as events
    from resistance_events
    group by patient_id
)

select
    patients.patient_id,
    index_lines.index_date,
    lung_cancers.patient_id is not null or alk_tkis.patient_id is not null as is_in_eligibility,
    coalesce(lung_cancers.has_lung_cancer, false) as has_lung_cancer,
    coalesce(lung_cancers.has_small_cell, false) as has_small_cell,
    alk_positive.patient_id is not null as is_alk_positive,
    advanced.advanced_on is not null
    and (index_lines.index_date is null or advanced.advanced_on <= index_lines.index_date) as is_advanced,
    coalesce(alk_tkis.eras, 0) as alk_tki_eras,
    coalesce(resistance.events, 0) as resistance_events,
    baselines.age_at_index,
    coalesce(prior_ici.orders, 0) as ici_orders_before_index,
    coalesce(index_lines.tki_continued, false) as tki_continued,
    coalesce(follow_up.has_follow_up_after_index, false) as has_follow_up_after_index
from patients
left join index_lines on patients.patient_id = index_lines.patient_id
left join lung_cancers on patients.patient_id = lung_cancers.patient_id
left join alk_positive on patients.patient_id = alk_positive.patient_id
left join advanced on patients.patient_id = advanced.patient_id
left join alk_tkis on patients.patient_id = alk_tkis.patient_id
left join resistance on patients.patient_id = resistance.patient_id
left join prior_ici on patients.patient_id = prior_ici.patient_id
left join baselines on patients.patient_id = baselines.patient_id
left join follow_up on patients.patient_id = follow_up.patient_id
