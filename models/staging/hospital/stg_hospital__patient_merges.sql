{%- set columns = ['retired_patient_id', 'surviving_patient_id', 'merged_at'] -%}
{#- a merge into an unknown patient has no effect, from the end of a chain backwards -#}
{%- set checks = contract_checks(
    required=['retired_patient_id', 'surviving_patient_id'],
    dates=['merged_at'],
    patient=none,
    extra=[['unknown_patient', 'surviving_patient_id', 'not leads_to_known_patient']],
) -%}
with candidates as (
    select * from {{ ref('hospital_merge_candidates') }}
),

effective_merges as (
    select * from {{ ref('hospital_effective_merges') }}
),

typed as (
    select
        candidates.*,
        effective_merges.retired_patient_id is not null as leads_to_known_patient
    from candidates
    left join effective_merges
        on candidates.row_key = effective_merges.retired_patient_id
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    -- a merge is of two ids and counts for none of them
    cast(null as {{ dbt.type_string() }}) as patient_id
from judged
