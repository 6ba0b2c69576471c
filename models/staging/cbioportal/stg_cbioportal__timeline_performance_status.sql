{%- set columns = ['patient_id', 'start_date', 'stop_date', 'event_type', 'subtype', 'source', 'ecog'] -%}
{%- set checks = study_checks(
    required=['patient_id', 'start_date', 'ecog'],
    days=['start_date'],
    extra=[
        ['unreadable_value', 'ecog', 'ecog_read is null'],
        ['impossible_value', 'ecog', 'not ecog_read between 0 and 5'],
    ],
) -%}
with versions as (
    {{ study_rows('timeline_performance_status', columns) }}
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
        {{ day_number('versions.ecog') }} as ecog_read
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
    row_key as observation_id,
    patient_id,
    {{ study_day('start_date_number') }} as observed_on,
    ecog_read as ecog
from judged
