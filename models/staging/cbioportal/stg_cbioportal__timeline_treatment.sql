{%- set columns = [
    'patient_id', 'start_date', 'stop_date', 'event_type', 'subtype', 'agent', 'rx_investigative', 'flag_orotopical'
] -%}
{%- set checks = study_checks(
    required=['patient_id', 'start_date', 'agent'],
    days=['start_date', 'stop_date'],
    interval=['start_date', 'stop_date'],
) -%}
with versions as (
    {{ study_rows('timeline_treatment', columns) }}
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
        {{ day_number('versions.stop_date') }} as stop_date_number
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

-- SUBTYPE, the file's own drug class, is left behind: topical and intra-ocular chemotherapy, radionuclides and
-- investigational agents stand in it beside systemic chemotherapy
select
    {{ settled(checks) }},
    patient_id,
    lower(agent) as drug_name,
    {{ study_day('start_date_number') }} as started_on,
    -- a missing end is the start day
    {{ study_day('coalesce(stop_date_number, start_date_number)') }} as ended_on
from judged
