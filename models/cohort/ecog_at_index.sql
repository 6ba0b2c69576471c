-- rule 12: the highest ECOG grade of the latest day with one, on or before the index date
with index_lines as (
    select * from {{ ref('index_lines') }}
),

observations as (
    select * from {{ ref('conformed_performance_status') }}
),

ecog_days as (
    select
        index_lines.patient_id,
        observations.observed_on,
        max(observations.ecog) as ecog
    from index_lines
    inner join observations
        on index_lines.patient_id = observations.patient_id
        and observations.observed_on <= index_lines.index_date
    group by index_lines.patient_id, observations.observed_on
),

ranked as (
    select
        patient_id,
        observed_on,
        ecog,
        row_number() over (
            partition by patient_id
            order by observed_on desc nulls last
        ) as recency
    from ecog_days
)

select
    patient_id,
    observed_on,
    ecog
from ranked
where recency = 1
