with reports as (
    select * from {{ ref('stg_cbioportal__timeline_progression') }}
    where outcome = 'current'
)

select
    assessment_id,
    patient_id,
    assessed_on,
    response
from reports
