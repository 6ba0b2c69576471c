-- rule 6: the day's response is the worst: PD, SD, PR, CR; not evaluable only if there is no other.
-- A response that no vocabulary knows says nothing and stands as not evaluable
with responses as (
    select * from {{ ref('assessment_responses') }}
)

select
    patient_id,
    assessed_on,
    case
        when bool_or(response = 'PD') then 'PD'
        when bool_or(response = 'SD') then 'SD'
        when bool_or(response = 'PR') then 'PR'
        when bool_or(response = 'CR') then 'CR'
        else 'NE'
    end as response
from responses
group by patient_id, assessed_on
