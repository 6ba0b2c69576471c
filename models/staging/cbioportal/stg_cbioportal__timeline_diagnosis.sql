{%- set columns = [
    'patient_id', 'start_date', 'stop_date', 'event_type', 'subtype', 'source', 'dx_description', 'ajcc', 'clinical_group',
    'path_group', 'summary', 'stage_cdm_derived'
] -%}
{%- set checks = study_checks(required=['patient_id', 'start_date', 'dx_description'], days=['start_date']) -%}
{#- HISTOLOGY | SITE (M8140/3 | C349): words, then the registry's morphology, behaviour and topography -#}
{%- set codes = '[(]M([0-9]{4})/([0-9]) *[|] *(C[0-9]{2,3})[)]$' -%}
with versions as (
    {{ study_rows('timeline_diagnosis', columns) }}
),

patients as (
    select * from {{ ref('stg_cbioportal__clinical_patient') }}
    where outcome = 'current'
),

typed as (
    select
        versions.*,
        patients.patient_id is not null as patient_known,
        {{ day_number('versions.start_date') }} as start_date_number,
        try_cast({{ regex_extract('upper(versions.dx_description)', codes, 1) }} as integer) as morphology,
        {{ regex_extract('upper(versions.dx_description)', codes, 2) }} as behaviour,
        {{ regex_extract('upper(versions.dx_description)', codes, 3) }} as topography,
        lower({{ stated('versions.stage_cdm_derived') }}) as stage
    from versions
    left join patients
        on versions.patient_id = patients.patient_id
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
    patient_id,
    {{ study_day('start_date_number') }} as diagnosed_on,
    {{ icd10_of_icdo('topography', 'morphology', 'behaviour') }} as icd10_code,
    morphology,
    -- ICD-O-3: 8041 to 8044 are small cell carcinomas, 8045 the combined one
    coalesce(morphology between 8041 and 8045, false) as is_small_cell,
    -- the study's own derived stage, the only one that all years and both groups share; Stage 1-3 spans too much to say
    case when stage = 'stage 4' then 'IV' end as stage_group,
    case when morphology is null then dx_description end as unmapped_description,
    case when stage not in ('stage 4', 'stage 1-3') then stage_cdm_derived end as unmapped_stage
from judged
