{%- set columns = ['test_id', 'patient_id', 'specimen_id', 'reported_on', 'test_name', 'method', 'result_text'] -%}
{%- set checks = contract_checks(
    required=['test_id', 'patient_id', 'reported_on', 'test_name', 'result_text'],
    dates=['reported_on'],
    extra=[['impossible_value', 'result_text', 'is_impossible']],
) -%}
with versions as (
    {{ row_versions('biomarkers', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

-- one row a marker of a test
impossible_results as (
    select
        test_name,
        method,
        result_text,
        bool_or(is_impossible) as is_impossible
    from {{ ref('hospital_biomarker_texts') }}
    group by test_name, method, result_text
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.reported_on', 'versions.date_order') }} as reported_on_read,
        coalesce(impossible_results.is_impossible, false) as is_impossible
    from versions
    left join patients
        on {{ blank_to_null('versions.patient_id') }} = patients.patient_id
    left join impossible_results
        on versions.test_name = impossible_results.test_name
        and versions.method = impossible_results.method
        and versions.result_text = impossible_results.result_text
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
    surviving_patient_id as patient_id,
    {{ blank_to_null('specimen_id') }} as specimen_id,
    reported_on_read as reported_on,
    test_name,
    method,
    result_text
from judged
