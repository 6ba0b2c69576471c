{%- set columns = ['lab_id', 'patient_id', 'collected_on', 'analyte', 'value_text', 'unit'] -%}
{%- set checks = contract_checks(
    required=['lab_id', 'patient_id', 'collected_on', 'analyte', 'value_text'],
    dates=['collected_on'],
) -%}
with versions as (
    {{ row_versions('labs', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.collected_on', 'versions.date_order') }} as collected_on_read
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
    row_key as lab_id,
    surviving_patient_id as patient_id,
    collected_on_read as collected_on
from judged
