with performance_status as (
    select * from {{ ref('stg_hospital__performance_status') }}
    where outcome = 'current'
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
)

select
    performance_status.observation_id,
    performance_status.patient_id,
    performance_status.observed_on,
    performance_status.ecog
from performance_status
cross join coverage
where performance_status.observed_on <= coverage.data_cut_off
