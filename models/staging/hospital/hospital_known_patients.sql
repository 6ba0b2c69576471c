-- every id that leads to a known patient; it is the survivor's own row that counts
with patients as (
    select patient_id
    from {{ ref('stg_hospital__patients') }}
    where outcome = 'current'
),

merges as (
    select * from {{ ref('hospital_effective_merges') }}
)

select
    patients.patient_id,
    patients.patient_id as surviving_patient_id
from patients
left join merges
    on patients.patient_id = merges.retired_patient_id
where merges.retired_patient_id is null

union all

select
    retired_patient_id as patient_id,
    surviving_patient_id
from merges
