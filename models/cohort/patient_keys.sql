-- the pseudonym: the first 16 hex digits of SHA-256 of <salt>:<surviving patient_id>
with patients as (
    select * from {{ ref('conformed_patients') }}
),

run_settings as (
    select * from {{ source('landing', 'run_settings') }}
)

select
    patients.patient_id,
    substr({{ sha256_hex("run_settings.pseudonym_salt || ':' || patients.patient_id") }}, 1, 16) as patient_key
from patients
cross join run_settings
