{%- set columns = [
    'patient_id', 'start_date', 'stop_date', 'event_type', 'subtype', 'source', 'source_specific', 'tumor_site'
] -%}
{%- set checks = study_checks(required=['patient_id', 'start_date', 'tumor_site'], days=['start_date']) -%}
with versions as (
    {{ study_rows('timeline_tumor_sites', columns) }}
),

patients as (
    select * from {{ ref('stg_cbioportal__clinical_patient') }}
    where outcome = 'current'
),

sites as (
    select * from {{ ref('cbioportal_tumor_sites') }}
),

typed as (
    select
        versions.*,
        patients.patient_id is not null as patient_known,
        {{ day_number('versions.start_date') }} as start_date_number,
        sites.icd10_code,
        case when sites.tumor_site is null then versions.tumor_site end as unmapped_site
    from versions
    left join patients
        on versions.patient_id = patients.patient_id
    left join sites
        on lower(versions.tumor_site) = sites.tumor_site
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    row_key as finding_id,
    patient_id,
    {{ study_day('start_date_number') }} as seen_on,
    icd10_code,
    unmapped_site
from judged
