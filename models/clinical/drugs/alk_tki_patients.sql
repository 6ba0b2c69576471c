-- who ever took an ALK-TKI: nobody else can have a resistance event or an index line
with exposures as (
    select * from {{ ref('drug_exposures') }}
)

select
    patient_id,
    min(started_on) as first_started_on
from exposures
where drug_class = 'alk_tki'
group by patient_id
