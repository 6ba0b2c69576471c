with medications as (
    select * from {{ ref('stg_hospital__medications') }}
    where outcome = 'current'
),

coverage as (
    select * from {{ ref('conformed_coverage') }}
)

select
    medications.order_id,
    medications.patient_id,
    medications.drug_name,
    medications.drug_code,
    medications.started_on,
    -- what lies after the cut-off does not exist
    least(medications.ended_on, coverage.data_cut_off) as ended_on,
    medications.is_given
from medications
cross join coverage
where medications.started_on <= coverage.data_cut_off
