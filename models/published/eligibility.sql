-- every source patient with a C34* diagnosis or an ALK-TKI exposure; its columns follow the criteria of protocol.yml
with criteria as (
    select * from {{ ref('criteria') }}
    where is_in_eligibility
),

patient_keys as (
    select * from {{ ref('patient_keys') }}
)

select
    patient_keys.patient_key,
    {%- for criterion in var('protocol')['criteria'] %}
    criteria.{{ criterion.id }},
    {%- endfor %}
    criteria.excluded_by
from criteria
inner join patient_keys
    on criteria.patient_id = patient_keys.patient_id
