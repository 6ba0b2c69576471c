with observations as (
    select * from {{ ref('stg_cbioportal__timeline_performance_status') }}
    where outcome = 'current'
)

select
    observation_id,
    patient_id,
    observed_on,
    ecog
from observations
