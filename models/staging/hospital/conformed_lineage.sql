{{ config(materialized='view') }}
{%- set tables = [
    ('patients', 'patient_id'), ('patient_merges', 'cast(null as ' ~ dbt.type_string() ~ ')'), ('diagnoses', 'patient_id'),
    ('medications', 'patient_id'), ('specimens', 'patient_id'), ('biomarkers', 'patient_id'), ('assessments', 'patient_id'),
    ('performance_status', 'patient_id'), ('labs', 'patient_id'), ('follow_ups', 'patient_id')
] %}
-- where every delivered row stands, what became of it, and the surviving patient that it belongs to
{%- for table, patient in tables %}
select
    '{{ table }}' as table_name,
    row_key,
    _batch_id as batch_id,
    _file as file_name,
    _line as line_number,
    outcome,
    {{ patient }} as patient_id
from {{ ref('stg_hospital__' ~ table) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
