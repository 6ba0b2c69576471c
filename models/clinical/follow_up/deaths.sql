-- Death: the earliest exact date; only where there is none, the earliest month
with notices as (
    select * from {{ ref('conformed_follow_ups') }}
),

record_days as (
    select * from {{ ref('record_days') }}
    where not speaks_of_death_only
),

earliest as (
    select
        patient_id,
        min(death_date) as death_date,
        min(death_month) as death_month
    from notices
    group by patient_id
),

month_deaths as (
    select
        earliest.patient_id,
        {{ add_days('earliest.death_month', 14) }} as fifteenth,
        {{ last_day_of_month('earliest.death_month') }} as last_day,
        min(notices.contacted_on) as first_named_on
    from earliest
    inner join notices
        on earliest.patient_id = notices.patient_id
        and earliest.death_month = notices.death_month
    where earliest.death_date is null
    group by earliest.patient_id, earliest.death_month
),

-- alive in the second half of the month: dead on the day after the last such record
last_signs as (
    select
        month_deaths.patient_id,
        max(record_days.recorded_on) as last_recorded_on
    from month_deaths
    inner join record_days
        on month_deaths.patient_id = record_days.patient_id
        and record_days.recorded_on between month_deaths.fifteenth and month_deaths.last_day
    group by month_deaths.patient_id
)

select
    patient_id,
    death_date as died_on,
    'day' as precision
from earliest
where death_date is not null

union all

select
    month_deaths.patient_id,
    least(
        coalesce({{ add_days('last_signs.last_recorded_on', 1) }}, month_deaths.fifteenth),
        month_deaths.last_day,
        month_deaths.first_named_on
    ) as died_on,
    'month' as precision
from month_deaths
left join last_signs
    on month_deaths.patient_id = last_signs.patient_id
