with members as (
    select * from {{ ref('cohort_members') }}
),

capabilities as (
    select
        coalesce(bool_or(capability = 'calendar_dates' and is_available), false) as has_calendar_dates,
        coalesce(bool_or(capability = 're_biopsy_reason' and is_available), false) as has_re_biopsies
    from {{ ref('conformed_capabilities') }}
)

select
    members.patient_key,
    members.arm,
    members.regimen_class,
    members.regimen,
    case when capabilities.has_calendar_dates then cast(year(members.index_date) as integer) end as index_year,
    cast(members.line_number as integer) as line_number,
    cast(
        case
            when members.age_at_index > {{ parameter('highest_published_age') }} then {{ parameter('highest_published_age') }}
            else members.age_at_index
        end as integer
    ) as age_at_index,
    members.sex,
    members.smoking,
    cast(members.ecog_at_index as integer) as ecog_at_index,
    members.histology_class,
    members.brain_metastasis,
    members.pd_l1_status,
    members.pd_l1_level,
    cast(members.pd_l1_tps as double) as pd_l1_tps,
    case when capabilities.has_re_biopsies then members.pd_l1_from_rebiopsy end as pd_l1_from_rebiopsy,
    case when capabilities.has_re_biopsies then members.rebiopsied end as rebiopsied,
    members.tki_continued,
    cast(members.prior_alk_tki_count as integer) as prior_alk_tki_count,
    cast(members.prior_alk_tki_generation as integer) as prior_alk_tki_generation,
    cast(members.prior_lines as integer) as prior_lines,
    {{ days_between('members.resistance_date', 'members.index_date') }} as resistance_day,
    {{ days_between('members.first_ici_on', 'members.index_date') }} as first_ici_day,
    cast(members.pfs_days as integer) as pfs_days,
    members.pfs_event,
    members.pfs_end_reason,
    {{ months('members.pfs_days') }} as pfs_months,
    cast(members.os_days as integer) as os_days,
    members.os_event,
    {{ months('members.os_days') }} as os_months,
    members.best_response
from members
cross join capabilities
