-- rule 6: what each assessment says once iUPD is settled: PD, but SD where an ICI was begun and the next assessed day
-- soon after shows CR, PR or SD
with assessments as (
    select * from {{ ref('conformed_assessments') }}
),

ici_starts as (
    select
        patient_id,
        min(started_on) as first_ici_on
    from {{ ref('drug_exposures') }}
    where drug_class = 'ici'
    group by patient_id
),

days as (
    select
        patient_id,
        assessed_on,
        -- an iUPD of the day is taken as PD
        bool_or(response in ('PD', 'iUPD')) as has_progression,
        bool_or(response in ('CR', 'PR', 'SD')) as has_control
    from assessments
    group by patient_id, assessed_on
),

next_days as (
    select
        patient_id,
        assessed_on,
        lead(assessed_on) over (partition by patient_id order by assessed_on) as next_assessed_on,
        lead(coalesce(has_control, false) and not coalesce(has_progression, false)) over (
            partition by patient_id
            order by assessed_on
        ) as next_shows_control
    from days
)

select
    assessments.assessment_id,
    assessments.patient_id,
    assessments.assessed_on,
    case
        when assessments.response is null then 'NE'
        when assessments.response <> 'iUPD' then assessments.response
        when
            ici_starts.first_ici_on <= assessments.assessed_on
            and {{ days_between('next_days.next_assessed_on', 'assessments.assessed_on') }}
            <= {{ parameter('iupd_confirmation_days') }}
            and next_days.next_shows_control
            then 'SD'
        else 'PD'
    end as response
from assessments
inner join next_days
    on assessments.patient_id = next_days.patient_id
    and assessments.assessed_on = next_days.assessed_on
left join ici_starts
    on assessments.patient_id = ici_starts.patient_id
