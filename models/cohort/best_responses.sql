-- best response among the days' responses from the blanking day to the end of PFS; early stable disease is not evaluable
with index_lines as (
    select * from {{ ref('index_lines') }}
),

pfs as (
    select * from {{ ref('endpoint_times') }}
    where endpoint = 'pfs'
),

assessment_days as (
    select * from {{ ref('assessment_days') }}
),

responses as (
    select
        index_lines.patient_id,
        {{ days_between('assessment_days.assessed_on', 'index_lines.index_date') }} as day,
        assessment_days.response
    from index_lines
    inner join assessment_days
        on index_lines.patient_id = assessment_days.patient_id
)

select
    responses.patient_id,
    case
        when bool_or(responses.response = 'CR') then 'CR'
        when bool_or(responses.response = 'PR') then 'PR'
        when bool_or(responses.response = 'SD' and responses.day >= {{ parameter('stable_disease_from_day') }}) then 'SD'
        when bool_or(responses.response = 'PD') then 'PD'
        else 'NE'
    end as best_response
from responses
inner join pfs
    on responses.patient_id = pfs.patient_id
where responses.day between {{ parameter('best_response_from_day') }} and pfs.days
group by responses.patient_id
