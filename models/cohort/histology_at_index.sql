-- rule 12: the histology of the latest lung cancer diagnosis on or before the index date that names one
with index_lines as (
    select * from {{ ref('index_lines') }}
),

diagnoses as (
    select * from {{ ref('lung_cancer_diagnoses') }}
    where histology_class is not null
),

ranked as (
    select
        index_lines.patient_id,
        diagnoses.diagnosed_on,
        diagnoses.histology_class,
        row_number() over (
            partition by index_lines.patient_id
            order by diagnoses.diagnosed_on desc nulls last, diagnoses.diagnosis_id desc nulls last
        ) as recency
    from index_lines
    inner join diagnoses
        on index_lines.patient_id = diagnoses.patient_id
        and diagnoses.diagnosed_on <= index_lines.index_date
)

select
    patient_id,
    diagnosed_on,
    histology_class
from ranked
where recency = 1
