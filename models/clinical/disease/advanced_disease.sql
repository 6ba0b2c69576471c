-- rule 3: the first C34* diagnosis in stage IIIB, IIIC or IV, or the first code of a distant metastasis (not the nodes, C77*)
with diagnoses as (
    select * from {{ ref('conformed_diagnoses') }}
)

select
    patient_id,
    min(diagnosed_on) as advanced_on
from diagnoses
where
    (icd10_code like 'C34%' and stage_group in ('IIIB', 'IIIC', 'IV'))
    or icd10_code like 'C78%'
    or icd10_code like 'C79%'
group by patient_id
