-- the source population: everybody in the patient file. An age the study gives (today's) belongs to no day of it
with patients as (
    select * from {{ ref('stg_cbioportal__clinical_patient') }}
    where outcome = 'current'
)

select
    patient_id,
    sex,
    cast(null as date) as birth_date,
    smoking
from patients
