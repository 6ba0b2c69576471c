-- a retired id moves to the furthest id on its way that has a current row of its own
with paths as (
    select * from {{ ref('hospital_merge_paths') }}
),

known as (
    select patient_id
    from {{ ref('stg_hospital__patients') }}
    where outcome = 'current'
),

steps_to_the_end as (
    select
        retired_patient_id as patient_id,
        count(*) as steps
    from paths
    group by retired_patient_id
),

known_steps as (
    select
        paths.retired_patient_id,
        paths.later_patient_id,
        row_number() over (
            partition by paths.retired_patient_id
            order by coalesce(steps_to_the_end.steps, 0), paths.later_patient_id
        ) as nearest_to_the_end
    from paths
    inner join known
        on paths.later_patient_id = known.patient_id
    left join steps_to_the_end
        on paths.later_patient_id = steps_to_the_end.patient_id
)

select
    retired_patient_id,
    later_patient_id as surviving_patient_id
from known_steps
where nearest_to_the_end = 1
