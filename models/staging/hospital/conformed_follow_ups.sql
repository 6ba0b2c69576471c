with follow_ups as (
    select * from {{ ref('stg_hospital__follow_ups') }}
    where outcome = 'current'
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
)

select
    follow_ups.contact_id,
    follow_ups.patient_id,
    follow_ups.contacted_on,
    follow_ups.vital_status,
    case when follow_ups.death_date <= coverage.data_cut_off then follow_ups.death_date end as death_date,
    case when follow_ups.death_month <= coverage.data_cut_off then follow_ups.death_month end as death_month
from follow_ups
cross join coverage
where follow_ups.contacted_on <= coverage.data_cut_off
