-- for the data engineer: every text that no vocabulary knows, the most frequent first when ordered by rows
with texts as (
    select * from {{ ref('conformed_unmapped') }}
),

drugs as (
    select * from {{ ref('unmapped_drugs') }}
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
        'drug_orders' as table_name,
        'drug_name' as column_name,
        drug_text || case when drug_code <> '' then ' [' || drug_code || ']' else '' end as raw_value,
        rows
    from drugs
)

select
    table_name,
    column_name,
    raw_value,
    cast(sum(rows) as bigint) as rows
from values_of_both
group by table_name, column_name, raw_value
