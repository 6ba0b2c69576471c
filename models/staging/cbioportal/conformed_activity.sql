-- days on which something else shows the patient alive: a sequencing or collection, a biomarker report, a radiology report
with specimen_events as (
    select * from {{ ref('stg_cbioportal__timeline_specimen') }}
    where outcome = 'current'
),

biomarkers as (
    select * from {{ ref('conformed_biomarkers') }}
),

findings as (
    select * from {{ ref('stg_cbioportal__timeline_tumor_sites') }}
    where outcome = 'current'
)

select patient_id, happened_on as active_on from specimen_events
union
select patient_id, reported_on as active_on from biomarkers
union
select patient_id, seen_on as active_on from findings
