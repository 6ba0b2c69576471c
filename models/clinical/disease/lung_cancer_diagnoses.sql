-- rule 2: diagnoses with ICD-10 C34*
with diagnoses as (
    select * from {{ ref('conformed_diagnoses') }}
)

select
    diagnosis_id,
    patient_id,
    diagnosed_on,
    is_small_cell,
    histology_class
from diagnoses
where icd10_code like 'C34%'
