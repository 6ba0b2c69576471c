with members as (
    select * from {{ ref('cohort_members') }}
),

endpoint_times as (
    select * from {{ ref('endpoint_times') }}
)

select
    members.patient_key,
    endpoint_times.endpoint,
    cast(endpoint_times.days as integer) as days,
    {{ months('endpoint_times.days') }} as months,
    endpoint_times.is_event,
    endpoint_times.end_reason
from members
inner join endpoint_times
    on members.patient_id = endpoint_times.patient_id
