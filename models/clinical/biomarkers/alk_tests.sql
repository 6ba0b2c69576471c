-- rule 1: a result's date is its specimen's collection date, else its report date
with biomarkers as (
    select * from {{ ref('conformed_biomarkers') }}
    where marker = 'alk'
),

specimens as (
    select * from {{ ref('conformed_specimens') }}
)

select
    biomarkers.test_id,
    biomarkers.patient_id,
    coalesce(specimens.collected_on, biomarkers.reported_on) as tested_on,
    coalesce(biomarkers.result = 'positive', false) as is_positive
from biomarkers
left join specimens
    on biomarkers.specimen_id = specimens.specimen_id
