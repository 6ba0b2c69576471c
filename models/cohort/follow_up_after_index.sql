-- day 0 is the index date: death and the days on which follow-up is seen
with index_lines as (
    select * from {{ ref('index_lines') }}
),

-- a death before the index date is a contradiction: it is not used, and the gate reports it
deaths as (
    select
        index_lines.patient_id,
        deaths.died_on
    from index_lines
    inner join {{ ref('deaths') }} as deaths
        on index_lines.patient_id = deaths.patient_id
        and deaths.died_on >= index_lines.index_date
),

assessments as (
    select
        index_lines.patient_id,
        max(assessments.assessed_on) as last_assessed_on
    from index_lines
    inner join {{ ref('conformed_assessments') }} as assessments
        on index_lines.patient_id = assessments.patient_id
    group by index_lines.patient_id
),

contacts as (
    select
        index_lines.patient_id,
        max(contacts.contacted_on) as last_contacted_on
    from index_lines
    inner join {{ ref('conformed_follow_ups') }} as contacts
        on index_lines.patient_id = contacts.patient_id
    where contacts.vital_status <> 'lost'
    group by index_lines.patient_id
)

select
    index_lines.patient_id,
    deaths.died_on,
    coalesce(assessments.last_assessed_on > index_lines.index_date, false)
    or coalesce(contacts.last_contacted_on > index_lines.index_date, false)
    or coalesce(deaths.died_on > index_lines.index_date, false) as has_follow_up_after_index
from index_lines
left join deaths
    on index_lines.patient_id = deaths.patient_id
left join assessments
    on index_lines.patient_id = assessments.patient_id
left join contacts
    on index_lines.patient_id = contacts.patient_id
