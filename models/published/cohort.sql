with members as (
    select * from {{ ref('cohort_members') }}
),

assessability as (
    select coalesce(bool_and(is_available), false) as has_calendar_dates
    from {{ ref('conformed_capabilities') }}
    where capability = 'calendar_dates'
)

select
    members.patient_key,
    members.arm,
    members.regimen_class,
    members.regimen,
    case when assessability.has_calendar_dates then cast(year(members.index_date) as integer) end as index_year,
    cast(members.line_number as integer) as line_number,
    cast(least(members.age_at_index, {{ parameter('highest_published_age') }}) as integer) as age_at_index,
    members.sex,
    members.smoking,
    cast(members.ecog_at_index as integer) as ecog_at_index,
    members.histology_class,
    members.pd_l1_status,
    members.pd_l1_level,
    cast(members.pd_l1_tps as double) as pd_l1_tps,
    members.pd_l1_from_rebiopsy,
    members.rebiopsied,
    members.tki_continued,
    cast(members.prior_alk_tki_count as integer) as prior_alk_tki_count,
    cast(members.prior_alk_tki_generation as integer) as prior_alk_tki_generation,
    cast(members.prior_lines as integer) as prior_lines,
    {{ days_between('members.resistance_date', 'members.index_date') }} as resistance_day,
    cast(members.pfs_days as integer) as pfs_days,
    members.pfs_event,
    members.pfs_end_reason,
    {{ months('members.pfs_days') }} as pfs_months,
    cast(members.os_days as integer) as os_days,
    members.os_event,
    {{ months('members.os_days') }} as os_months,
    members.best_response
from members
cross join assessability
