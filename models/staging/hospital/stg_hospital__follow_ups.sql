{%- set columns = ['contact_id', 'patient_id', 'contacted_on', 'vital_status', 'death_date'] -%}
{%- set checks = contract_checks(
    required=['contact_id', 'patient_id', 'contacted_on', 'vital_status'],
    dates=['contacted_on', 'death_date'],
    months=['death_date'],
    extra=[
        ['unreadable_value', 'vital_status', 'vital_status_read is null'],
        ['dead_without_date', 'death_date', "vital_status_read = 'dead' and " ~ blank_to_null('death_date') ~ ' is null'],
    ],
) -%}
with versions as (
    {{ row_versions('follow_ups', columns) }}
),

patients as (
    select * from {{ ref('hospital_known_patients') }}
),

vital_statuses as (
    select * from {{ ref('hospital_terms') }}
    where domain = 'vital_status'
),

typed as (
    select
        versions.*,
        patients.surviving_patient_id,
        {{ read_date('versions.contacted_on', 'versions.date_order') }} as contacted_on_read,
        {{ read_date('versions.death_date', 'versions.date_order') }} as death_date_read,
        {{ read_month('versions.death_date') }} as death_date_month,
        vital_statuses.meaning as vital_status_read
    from versions
    left join patients
        on {{ blank_to_null('versions.patient_id') }} = patients.patient_id
    left join vital_statuses
        on lower(versions.vital_status) = lower(vital_statuses.term)
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    row_key as contact_id,
    surviving_patient_id as patient_id,
    contacted_on_read as contacted_on,
    vital_status_read as vital_status,
    death_date_read as death_date,
    death_date_month as death_month
from judged
