{%- set columns = ['retired_patient_id', 'surviving_patient_id', 'merged_at'] -%}
{%- set checks = contract_checks(
    required=['retired_patient_id', 'surviving_patient_id'],
    dates=['merged_at'],
    patient=none,
) -%}
with versions as (
    {{ row_versions('patient_merges', columns) }}
),

typed as (
    select
        versions.*,
        {{ blank_to_null('versions.surviving_patient_id') }} as survivor_key,
        {{ read_date('versions.merged_at', 'versions.date_order') }} as merged_at_read
    from versions
)

select
    typed.*,
    version_status = 'winner' and {{ first_failure(checks) }} is null as is_candidate
from typed
