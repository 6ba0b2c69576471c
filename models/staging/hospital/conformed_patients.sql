-- the source population: ids with a current row that no merge retires
with patients as (
    select * from {{ ref('stg_hospital__patients') }}
    where outcome = 'current'
),

merges as (
    select * from {{ ref('hospital_effective_merges') }}
)

select
    patients.patient_id,
    patients.sex,
    patients.birth_date,
    patients.smoking
from patients
left join merges
    on patients.patient_id = merges.retired_patient_id
where merges.retired_patient_id is null
