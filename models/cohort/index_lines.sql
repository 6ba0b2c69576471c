-- rule 8: the first line with immunotherapy or chemotherapy that starts soon enough after a resistance event
with lines as (
    select * from {{ ref('treatment_lines') }}
),

resistance_events as (
    select * from {{ ref('resistance_events') }}
),

resistant_lines as (
    select
        lines.patient_id,
        lines.line_number,
        -- the latest event on or before the line's start
        max(resistance_events.resistance_on) as resistance_date
    from lines
    inner join resistance_events
        on lines.patient_id = resistance_events.patient_id
        and resistance_events.resistance_on <= lines.started_on
    where lines.has_ici or lines.has_chemotherapy
    group by lines.patient_id, lines.line_number
),

ranked as (
    select
        lines.*,
        resistant_lines.resistance_date,
        row_number() over (
            partition by lines.patient_id
            order by lines.line_number
        ) as index_candidate
    from lines
    inner join resistant_lines
        on lines.patient_id = resistant_lines.patient_id
        and lines.line_number = resistant_lines.line_number
    where
        {{ parameter('resistance_to_index_days') }} is null
        or {{ days_between('lines.started_on', 'resistant_lines.resistance_date') }}
        <= {{ parameter('resistance_to_index_days') }}
)

select
    patient_id,
    line_number,
    started_on as index_date,
    next_started_on as next_line_on,
    resistance_date,
    -- rule 9: the arm looks at nothing after the index regimen
    case when has_ici then 'immunotherapy' else 'non_immunotherapy' end as arm,
    regimen,
    regimen_class,
    has_alk_tki as tki_continued
from ranked
where index_candidate = 1
