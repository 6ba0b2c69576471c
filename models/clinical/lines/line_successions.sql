-- rule 5: for every day on which a line might start, the day that would start the next one: the first era after the
-- regimen window whose drug is not in the regimen (nor exchangeable with one that is), or that comes after too long a gap
with line_eras as (
    select * from {{ ref('possible_line_eras') }}
),

regimen_groups as (
    select distinct
        patient_id,
        line_start,
        exchange_group
    from line_eras
    where is_in_regimen
),

era_days as (
    select
        patient_id,
        line_start,
        counts_from,
        max(ended_on) as latest_end
    from line_eras
    group by patient_id, line_start, counts_from
),

-- eras are taken a day at a time: the latest end so far is that of the days before
ends_so_far as (
    select
        *,
        max(latest_end) over (
            partition by patient_id, line_start
            order by counts_from
            rows between unbounded preceding and 1 preceding
        ) as latest_end_so_far
    from era_days
),

later_eras as (
    select
        line_eras.patient_id,
        line_eras.line_start,
        line_eras.era_start,
        regimen_groups.exchange_group is not null
        and {{ days_between('line_eras.era_start', 'ends_so_far.latest_end_so_far') }}
        <= {{ parameter('line_gap_days') }} as stays_in_line
    from line_eras
    inner join ends_so_far
        on line_eras.patient_id = ends_so_far.patient_id
        and line_eras.line_start = ends_so_far.line_start
        and line_eras.counts_from = ends_so_far.counts_from
    left join regimen_groups
        on line_eras.patient_id = regimen_groups.patient_id
        and line_eras.line_start = regimen_groups.line_start
        and line_eras.exchange_group = regimen_groups.exchange_group
    where not line_eras.is_in_regimen
)

select
    patient_id,
    line_start,
    min(era_start) as next_line_start
from later_eras
where not stays_in_line
group by patient_id, line_start
