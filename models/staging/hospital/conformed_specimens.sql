with specimens as (
    select * from {{ ref('stg_hospital__specimens') }}
    where outcome = 'current'
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
)

select
    specimens.specimen_id,
    specimens.patient_id,
    specimens.collected_on,
    specimens.is_tissue
from specimens
cross join coverage
where specimens.collected_on <= coverage.data_cut_off
