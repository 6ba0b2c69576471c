-- rule 12: what is known of a patient at the index date
with index_lines as (
    select * from {{ ref('index_lines') }}
),

patients as (
    select * from {{ ref('conformed_patients') }}
),

ecog_days as (
    select
        index_lines.patient_id,
        observations.observed_on,
        -- the highest of the day
        max(observations.ecog) as ecog
    from index_lines
    inner join {{ ref('conformed_performance_status') }} as observations
        on index_lines.patient_id = observations.patient_id
        and observations.observed_on <= index_lines.index_date
    group by index_lines.patient_id, observations.observed_on
),

latest_ecog as (
    select
        patient_id,
        ecog,
        row_number() over (partition by patient_id order by observed_on desc) as recency
    from ecog_days
),

prior_alk_tkis as (
    select
        index_lines.patient_id,
        count(distinct eras.ingredient) as alk_tkis,
        max(eras.generation) as highest_generation
    from index_lines
    inner join {{ ref('drug_eras') }} as eras
        on index_lines.patient_id = eras.patient_id
        and eras.started_on < index_lines.index_date
    where eras.drug_class = 'alk_tki'
    group by index_lines.patient_id
),

histologies as (
    select
        index_lines.patient_id,
        diagnoses.histology_class,
        row_number() over (
            partition by index_lines.patient_id
            order by diagnoses.diagnosed_on desc, diagnoses.diagnosis_id desc
        ) as recency
    from index_lines
    inner join {{ ref('lung_cancer_diagnoses') }} as diagnoses
        on index_lines.patient_id = diagnoses.patient_id
        and diagnoses.diagnosed_on <= index_lines.index_date
    where diagnoses.histology_class is not null
)

select
    index_lines.patient_id,
    patients.sex,
    patients.smoking,
    {{ completed_years('patients.birth_date', 'index_lines.index_date') }} as age_at_index,
    latest_ecog.ecog as ecog_at_index,
    -- the latest diagnosis on or before the index that names a histology
    coalesce(histologies.histology_class, 'unknown') as histology_class,
    coalesce(prior_alk_tkis.alk_tkis, 0) as prior_alk_tki_count,
    prior_alk_tkis.highest_generation as prior_alk_tki_generation,
    index_lines.line_number - 1 as prior_lines
from index_lines
inner join patients
    on index_lines.patient_id = patients.patient_id
left join latest_ecog
    on index_lines.patient_id = latest_ecog.patient_id and latest_ecog.recency = 1
left join prior_alk_tkis
    on index_lines.patient_id = prior_alk_tkis.patient_id
left join histologies
    on index_lines.patient_id = histologies.patient_id and histologies.recency = 1
