with assessments as (
    select * from {{ ref('stg_hospital__assessments') }}
    where outcome = 'current'
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
)

select
    assessments.assessment_id,
    assessments.patient_id,
    assessments.assessed_on,
    assessments.response
from assessments
cross join coverage
where assessments.assessed_on <= coverage.data_cut_off
