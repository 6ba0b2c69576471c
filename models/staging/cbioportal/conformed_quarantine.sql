-- every row that was set aside, with where it stands in the study's files
{%- for table in study_tables() %}
select
    _batch_id as batch_id,
    _file as file_name,
    _line as line_number,
    '{{ table }}' as table_name,
    row_key,
    failed_rule as rule,
    failed_column as column_name,
    failed_value as raw_value
from {{ ref('stg_cbioportal__' ~ table) }}
where outcome = 'quarantined'
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
