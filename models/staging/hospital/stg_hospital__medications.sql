{%- set columns = [
    'order_id', 'patient_id', 'drug_name', 'drug_code', 'dose', 'dose_unit', 'route', 'started_on', 'ended_on', 'status'
] -%}
{%- set checks = contract_checks(
    required=['order_id', 'patient_id', 'drug_name', 'started_on'],
    dates=['started_on', 'ended_on'],
    interval=['started_on', 'ended_on'],
) -%}
with versions as (
    {{ row_versions('medications', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

order_statuses as (
    select * from {{ ref('hospital_terms') }}
    where domain = 'order_status'
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.started_on', 'versions.date_order') }} as started_on_read,
        {{ read_date('versions.ended_on', 'versions.date_order') }} as ended_on_read,
        {{ blank_to_null('versions.status') }} as status_text,
        order_statuses.meaning as status_meaning
    from versions
    left join patients
        on {{ blank_to_null('versions.patient_id') }} = patients.patient_id
    left join order_statuses
        on lower(versions.status) = lower(order_statuses.term)
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    row_key as order_id,
    surviving_patient_id as patient_id,
    lower(drug_name) as drug_name,
    upper({{ blank_to_null('drug_code') }}) as drug_code,
    started_on_read as started_on,
    coalesce(ended_on_read, started_on_read) as ended_on,
    -- a blank status counts as given, an unknown one doesn't
    status_text is null or coalesce(status_meaning = 'given', false) as is_given,
    case when status_meaning is null then status_text end as unmapped_status
from judged
