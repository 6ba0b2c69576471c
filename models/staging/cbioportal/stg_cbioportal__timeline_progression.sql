{%- set columns = [
    'patient_id', 'start_date', 'stop_date', 'event_type', 'subtype', 'source', 'procedure_type', 'progression',
    'nlp_progression_probability'
] -%}
{%- set checks = study_checks(required=['patient_id', 'start_date', 'progression'], days=['start_date']) -%}
with versions as (
    {{ study_rows('timeline_progression', columns) }}
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
        -- one radiology report. N says that the report shows no progression: evaluable and, for want of a size, stable.
        -- Reports of one day that differ are left side by side; the day's worst counts (rule 6)
        case lower(versions.progression)
            when 'y' then 'PD'
            when 'n' then 'SD'
            when 'indeterminate' then 'NE'
        end as response
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
    row_key as assessment_id,
    patient_id,
    {{ study_day('start_date_number') }} as assessed_on,
    response,
    case when response is null then progression end as unmapped_progression
from judged
