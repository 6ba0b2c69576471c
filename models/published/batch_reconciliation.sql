-- every raw row in exactly one place, table by table and batch by batch; a table that a batch lacks has a row of zeros
with accounts as (
    select * from {{ ref('conformed_reconciliation') }}
)

select
    batch_id,
    table_name,
    cast(raw_rows as bigint) as raw_rows,
    cast(current_rows as bigint) as current_rows,
    cast(superseded_rows as bigint) as superseded_rows,
    cast(duplicate_rows as bigint) as duplicate_rows,
    cast(retracted_rows as bigint) as retracted_rows,
    cast(quarantined_rows as bigint) as quarantined_rows
from accounts
