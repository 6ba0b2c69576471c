{%- set columns = ['assessment_id', 'patient_id', 'assessed_on', 'modality', 'response_text', 'impression_text'] -%}
{%- set checks = contract_checks(
    required=['assessment_id', 'patient_id', 'assessed_on', 'response_text'],
    dates=['assessed_on'],
) -%}
with versions as (
    {{ row_versions('assessments', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

responses as (
    select * from {{ ref('hospital_response_texts') }}
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.assessed_on', 'versions.date_order') }} as assessed_on_read,
        responses.response
    from versions
    left join patients
        on {{ blank_to_null('versions.patient_id') }} = patients.patient_id
    left join responses
        on versions.response_text = responses.response_text
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
    surviving_patient_id as patient_id,
    assessed_on_read as assessed_on,
    response,
    case when response is null then response_text end as unmapped_response
from judged
