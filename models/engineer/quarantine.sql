-- for the data engineer: what was set aside and where it stands in the hospital's files
select
    batch_id,
    file_name,
    line_number,
    table_name,
    row_key,
    rule,
    column_name,
    raw_value
from {{ ref('conformed_quarantine') }}
