-- orders as they stand, overlapping ones too; classified by ingredient behind the seam
with treatments as (
    select * from {{ ref('stg_cbioportal__timeline_treatment') }}
    where outcome = 'current'
)

select
    row_key as order_id,
    patient_id,
    drug_name,
    cast(null as {{ dbt.type_string() }}) as drug_code,
    started_on,
    ended_on,
    true as is_given
from treatments
