-- the lines of everybody who ever took an ALK-TKI, counted from the index date, else from the advanced date
with lines as (
    select * from {{ ref('treatment_lines') }}
),

patient_keys as (
    select * from {{ ref('patient_keys') }}
),

index_lines as (
    select * from {{ ref('index_lines') }}
),

advanced as (
    select * from {{ ref('advanced_disease') }}
),

days as (
    select
        patient_keys.patient_key,
        lines.*,
        coalesce(index_lines.index_date, advanced.advanced_on) as zero_date,
        case when index_lines.index_date is null then 'advanced' else 'index' end as day_zero,
        coalesce(lines.line_number = index_lines.line_number, false) as is_index_line
    from lines
    inner join patient_keys on lines.patient_id = patient_keys.patient_id
    inner join advanced on lines.patient_id = advanced.patient_id
    left join index_lines on lines.patient_id = index_lines.patient_id
)

select
    patient_key,
    cast(line_number as integer) as line_number,
    {{ days_between('started_on', 'zero_date') }} as start_day,
    {{ days_between('ended_on', 'zero_date') }} as end_day,
    day_zero,
    regimen,
    regimen_class,
    is_index_line
from days
