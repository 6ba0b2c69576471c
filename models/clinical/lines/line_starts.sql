-- rule 5: from the first era on, each line is followed by the one that its succession names
with recursive line_eras as (
    select * from {{ ref('line_eras') }}
),

successions as (
    select * from {{ ref('line_successions') }}
),

first_lines as (
    select
        patient_id,
        min(started_on) as started_on
    from line_eras
    group by patient_id
),

line_starts as (
    select
        patient_id,
        1 as line_number,
        started_on
    from first_lines

    union all

    select
        line_starts.patient_id,
        line_starts.line_number + 1 as line_number,
        successions.next_line_start as started_on
    from line_starts
    inner join successions
        on line_starts.patient_id = successions.patient_id
        and line_starts.started_on = successions.line_start
)

select
    patient_id,
    line_number,
    started_on,
    lead(started_on) over (
        partition by patient_id
        order by line_number
    ) as next_started_on
from line_starts
