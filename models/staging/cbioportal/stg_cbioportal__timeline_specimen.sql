{%- set columns = ['patient_id', 'start_date', 'stop_date', 'event_type', 'subtype', 'sample_id'] -%}
{%- set checks = study_checks(required=['patient_id', 'start_date', 'sample_id'], days=['start_date']) -%}
with versions as (
    {{ study_rows('timeline_specimen', columns) }}
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
        lower(versions.event_type) as event
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
    patient_id,
    sample_id,
    {{ study_day('start_date_number') }} as happened_on,
    event = 'sequencing' as is_sequencing,
    event in ('specimen', 'sample acquisition', 'biopsy') as is_collection,
    -- what is drawn from blood is no tissue
    not {{ matches("lower(event_type || ' ' || subtype)", 'blood|plasma|cfdna') }} as is_tissue,
    case
        when event not in ('sequencing', 'specimen', 'sample acquisition', 'biopsy') then event_type
    end as unmapped_event
from judged
