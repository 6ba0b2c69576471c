{{ config(materialized='view') }}
-- where every delivered row stands, what became of it, and whose it is
{%- for table in study_tables() %}
select
    '{{ table }}' as table_name,
    row_key,
    _batch_id as batch_id,
    _file as file_name,
    _line as line_number,
    outcome,
    patient_id
from {{ ref('stg_cbioportal__' ~ table) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
