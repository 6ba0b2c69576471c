{%- set columns = [
    'diagnosis_id', 'patient_id', 'diagnosed_on', 'icd10_code', 'diagnosis_text', 'histology_text', 'stage_text'
] -%}
{%- set checks = contract_checks(
    required=['diagnosis_id', 'patient_id', 'diagnosed_on', 'icd10_code'],
    dates=['diagnosed_on'],
) -%}
with versions as (
    {{ row_versions('diagnoses', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

histologies as (
    select * from {{ ref('hospital_histology_texts') }}
),

stages as (
    select * from {{ ref('hospital_stage_texts') }}
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.diagnosed_on', 'versions.date_order') }} as diagnosed_on_read,
        histologies.is_small_cell,
        histologies.histology_class,
        stages.stage_group,
        case when not histologies.is_known then versions.histology_text end as unmapped_histology,
        case when not stages.is_known then versions.stage_text end as unmapped_stage
    from versions
    left join patients
        on {{ blank_to_null('versions.patient_id') }} = patients.patient_id
    left join histologies
        on versions.histology_text = histologies.histology_text
    left join stages
        on versions.stage_text = stages.stage_text
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    row_key as diagnosis_id,
    surviving_patient_id as patient_id,
    diagnosed_on_read as diagnosed_on,
    upper(icd10_code) as icd10_code,
    coalesce(is_small_cell, false) as is_small_cell,
    histology_class,
    stage_group,
    unmapped_histology,
    unmapped_stage
from judged
