-- rule 5, for every day on which a line might start: the eras that it would hold or meet.
-- An era from before that day is carried on if it runs long enough after it; carried eras count from the start
with eras as (
    select * from {{ ref('line_eras') }}
),

possible_starts as (
    select distinct
        patient_id,
        started_on as line_start
    from eras
)

select
    possible_starts.patient_id,
    possible_starts.line_start,
    eras.ingredient,
    eras.drug_class,
    eras.exchange_group,
    eras.started_on as era_start,
    greatest(eras.started_on, possible_starts.line_start) as counts_from,
    eras.ended_on,
    -- carried drugs and those begun within the window are the regimen
    {{ days_between('eras.started_on', 'possible_starts.line_start') }}
    <= {{ parameter('regimen_window_days') }} as is_in_regimen
from possible_starts
inner join eras
    on possible_starts.patient_id = eras.patient_id
    and (
        eras.started_on >= possible_starts.line_start
        or eras.ended_on >= {{ add_days('possible_starts.line_start', parameter('carry_over_days')) }}
    )
