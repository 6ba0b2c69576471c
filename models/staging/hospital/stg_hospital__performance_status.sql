{%- set columns = ['observation_id', 'patient_id', 'observed_on', 'ecog_text'] -%}
{%- set checks = contract_checks(
    required=['observation_id', 'patient_id', 'observed_on', 'ecog_text'],
    dates=['observed_on'],
    extra=[
        ['unreadable_value', 'ecog_text', 'ecog_read is null'],
        ['impossible_value', 'ecog_text', 'not ecog_read between 0 and 5'],
    ],
) -%}
with versions as (
    {{ row_versions('performance_status', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.observed_on', 'versions.date_order') }} as observed_on_read,
        {{ read_ecog('versions.ecog_text') }} as ecog_read
    from versions
    left join patients
        on {{ blank_to_null('versions.patient_id') }} = patients.patient_id
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
    surviving_patient_id as patient_id,
    observed_on_read as observed_on,
    ecog_read as ecog
from judged
