-- for the data engineer: every text that no vocabulary knows, under the source's own table and column
with texts as (
    select * from {{ ref('conformed_unmapped') }}
),

drugs as (
    select * from {{ ref('unmapped_drugs') }}
),

drug_column as (
    select * from {{ ref('conformed_drug_column') }}
),

values_of_both as (
    select
        table_name,
        column_name,
        raw_value,
        rows
    from texts

    union all

    select
        drug_column.table_name,
        drug_column.column_name,
        drugs.drug_text || case when drugs.drug_code <> '' then ' [' || drugs.drug_code || ']' else '' end as raw_value,
        drugs.rows
    from drugs
    cross join drug_column
)

select
    table_name,
    column_name,
    raw_value,
    cast(sum(rows) as bigint) as rows
from values_of_both
group by table_name, column_name, raw_value
