with diagnoses as (
    select * from {{ ref('stg_hospital__diagnoses') }}
    where outcome = 'current'
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
)

select
    diagnoses.diagnosis_id,
    diagnoses.patient_id,
    diagnoses.diagnosed_on,
    diagnoses.icd10_code,
    diagnoses.is_small_cell,
    diagnoses.histology_class,
    diagnoses.stage_group
from diagnoses
cross join coverage
where diagnoses.diagnosed_on <= coverage.data_cut_off
