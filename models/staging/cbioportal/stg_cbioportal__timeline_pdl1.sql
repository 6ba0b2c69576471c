{%- set columns = ['patient_id', 'start_date', 'stop_date', 'event_type', 'subtype', 'source', 'pdl1_positive'] -%}
{%- set checks = study_checks(required=['patient_id', 'start_date', 'pdl1_positive'], days=['start_date']) -%}
with versions as (
    {{ study_rows('timeline_pdl1', columns) }}
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
        -- a word without a number: which score it was, and where it was cut, the study doesn't say
        case lower(versions.pdl1_positive) when 'yes' then 'positive' when 'no' then 'negative' end as result
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
    row_key as test_id,
    patient_id,
    {{ study_day('start_date_number') }} as reported_on,
    result,
    case when result is null then pdl1_positive end as unmapped_result
from judged
