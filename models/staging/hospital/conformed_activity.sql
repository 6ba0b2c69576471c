-- days on which something else shows the patient alive: a lab value, a biomarker report
with labs as (
    select
        patient_id,
        collected_on as active_on
    from {{ ref('stg_hospital__labs') }}
    where outcome = 'current'
),

biomarker_reports as (
    select
        patient_id,
        reported_on as active_on
    from {{ ref('stg_hospital__biomarkers') }}
    where outcome = 'current'
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
),

activity as (
    select * from labs
    union
    select * from biomarker_reports
)

select
    activity.patient_id,
    activity.active_on
from activity
cross join coverage
where activity.active_on <= coverage.data_cut_off
