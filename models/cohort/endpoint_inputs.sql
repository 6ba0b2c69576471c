-- the days that the endpoints of protocol.yml are made of, from the index date (day 0)
with index_lines as (
    select * from {{ ref('index_lines') }}
),

assessment_days as (
    select * from {{ ref('assessment_days') }}
    where response <> 'NE'
),

record_days as (
    select * from {{ ref('record_days') }}
),

follow_up as (
    select * from {{ ref('follow_up_after_index') }}
),

assessments as (
    select
        index_lines.patient_id,
        {{ days_between('assessment_days.assessed_on', 'index_lines.index_date') }} as day,
        {{ days_between('index_lines.next_line_on', 'index_lines.index_date') }} as next_line_day,
        assessment_days.response
    from index_lines
    inner join assessment_days
        on index_lines.patient_id = assessment_days.patient_id
        and assessment_days.assessed_on >= index_lines.index_date
),

assessment_summary as (
    select
        patient_id,
        -- an earlier PD belongs to the former line
        min(day) filter (where response = 'PD' and day >= {{ parameter('progression_blanking_days') }}) as progression_day,
        max(day) as last_assessment_day,
        max(day) filter (where day <= next_line_day) as last_assessment_day_by_next_line
    from assessments
    group by patient_id
),

records as (
    select
        index_lines.patient_id,
        {{ days_between('record_days.recorded_on', 'index_lines.index_date') }} as day,
        {{ days_between('index_lines.next_line_on', 'index_lines.index_date') }} as next_line_day
    from index_lines
    inner join record_days
        on index_lines.patient_id = record_days.patient_id
        and record_days.recorded_on >= index_lines.index_date
),

record_summary as (
    select
        patient_id,
        max(day) as last_record_day,
        max(day) filter (where day <= next_line_day) as last_record_day_by_next_line
    from records
    group by patient_id
)

select
    index_lines.patient_id,
    assessment_summary.progression_day,
    {{ days_between('follow_up.died_on', 'index_lines.index_date') }} as death_day,
    {{ days_between('index_lines.next_line_on', 'index_lines.index_date') }} as next_line_day,
    assessment_summary.last_assessment_day,
    assessment_summary.last_assessment_day_by_next_line,
    record_summary.last_record_day,
    record_summary.last_record_day_by_next_line
from index_lines
left join assessment_summary on index_lines.patient_id = assessment_summary.patient_id
left join record_summary on index_lines.patient_id = record_summary.patient_id
left join follow_up on index_lines.patient_id = follow_up.patient_id
