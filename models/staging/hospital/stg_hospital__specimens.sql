{%- set columns = ['specimen_id', 'patient_id', 'collected_on', 'procedure_text', 'site_text'] -%}
{%- set checks = contract_checks(
    required=['specimen_id', 'patient_id', 'collected_on'],
    dates=['collected_on'],
) -%}
with versions as (
    {{ row_versions('specimens', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

procedures as (
    select * from {{ ref('hospital_procedure_texts') }}
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.collected_on', 'versions.date_order') }} as collected_on_read,
        procedures.is_tissue,
        case when not procedures.is_known then versions.procedure_text end as unmapped_procedure
    from versions
    left join patients
        on {{ blank_to_null('versions.patient_id') }} = patients.patient_id
    left join procedures
        on versions.procedure_text = procedures.procedure_text
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    row_key as specimen_id,
    surviving_patient_id as patient_id,
    collected_on_read as collected_on,
    coalesce(is_tissue, false) as is_tissue,
    unmapped_procedure
from judged
