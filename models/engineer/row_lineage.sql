{{ config(materialized='view') }}
-- for the data engineer: from every delivered row to its outcome and its surviving patient
select
    table_name,
    row_key,
    batch_id,
    file_name,
    line_number,
    outcome,
    patient_id
from {{ ref('conformed_lineage') }}
