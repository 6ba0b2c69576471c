-- every raw row in exactly one place, table by table
with batches as (
    select * from {{ ref('conformed_reconciliation') }}
)

select
    table_name,
    cast(sum(raw_rows) as bigint) as raw_rows,
    cast(sum(current_rows) as bigint) as current_rows,
    cast(sum(superseded_rows) as bigint) as superseded_rows,
    cast(sum(duplicate_rows) as bigint) as duplicate_rows,
    cast(sum(retracted_rows) as bigint) as retracted_rows,
    cast(sum(quarantined_rows) as bigint) as quarantined_rows
from batches
group by table_name
