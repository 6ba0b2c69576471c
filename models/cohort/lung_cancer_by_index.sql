-- who has lung cancer, and small cell: by the index date, or at any time where there is no index
with index_lines as (
    select * from {{ ref('index_lines') }}
),

diagnoses as (
    select * from {{ ref('lung_cancer_diagnoses') }}
),

dated as (
    select
        diagnoses.patient_id,
        diagnoses.is_small_cell,
        index_lines.index_date is null or diagnoses.diagnosed_on <= index_lines.index_date as is_known
    from diagnoses
    left join index_lines
        on diagnoses.patient_id = index_lines.patient_id
)

select
    patient_id,
    bool_or(is_known) as has_lung_cancer,
    bool_or(is_known and is_small_cell) as has_small_cell
from dated
group by patient_id
