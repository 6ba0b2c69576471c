-- one contact a patient, on the last day of overall survival: alive then, or dead on that very day
with patients as (
    select * from {{ ref('stg_cbioportal__clinical_patient') }}
    where outcome = 'current' and vital_status is not null and os_day is not null
)

select
    'clinical_patient:' || patient_id as contact_id,
    patient_id,
    {{ study_day('os_day') }} as contacted_on,
    vital_status,
    case when vital_status = 'dead' then {{ study_day('os_day') }} end as death_date,
    cast(null as date) as death_month
from patients
