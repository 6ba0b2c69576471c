-- the pseudonym: the first 16 hex digits of SHA-256 of <salt>:<surviving patient_id>
with candidates as (
    select * from {{ ref('candidates') }}
    where is_in_eligibility
),

run_settings as (
    select * from {{ source('landing', 'run_settings') }}
)

select
    candidates.patient_id,
    substr({{ sha256_hex("run_settings.pseudonym_salt || ':' || candidates.patient_id") }}, 1, 16) as patient_key
from candidates
cross join run_settings
