-- day 0 is the index date: death and the days on which follow-up is seen
with index_lines as (
    select * from {{ ref('index_lines') }}
),

deaths as (
    select * from {{ ref('deaths') }}
),

assessments as (
    select * from {{ ref('conformed_assessments') }}
),

contacts as (
    select * from {{ ref('conformed_follow_ups') }}
    where vital_status <> 'lost'
),

-- a death before the index date is a contradiction: it is not used, and the gate reports it
later_deaths as (
    select
        index_lines.patient_id,
        deaths.died_on
    from index_lines
    inner join deaths
        on index_lines.patient_id = deaths.patient_id
        and deaths.died_on >= index_lines.index_date
),

last_assessments as (
    select
        index_lines.patient_id,
        max(assessments.assessed_on) as last_assessed_on
    from index_lines
    inner join assessments
        on index_lines.patient_id = assessments.patient_id
    group by index_lines.patient_id
),

last_contacts as (
    select
        index_lines.patient_id,
        max(contacts.contacted_on) as last_contacted_on
    from index_lines
    inner join contacts
        on index_lines.patient_id = contacts.patient_id
    group by index_lines.patient_id
)

select
    index_lines.patient_id,
    later_deaths.died_on,
    coalesce(last_assessments.last_assessed_on > index_lines.index_date, false)
    or coalesce(last_contacts.last_contacted_on > index_lines.index_date, false)
    or coalesce(later_deaths.died_on > index_lines.index_date, false) as has_follow_up_after_index
from index_lines
left join later_deaths
    on index_lines.patient_id = later_deaths.patient_id
left join last_assessments
    on index_lines.patient_id = last_assessments.patient_id
left join last_contacts
    on index_lines.patient_id = last_contacts.patient_id
