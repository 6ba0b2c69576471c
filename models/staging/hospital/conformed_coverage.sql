-- the data cut-off: set in the protocol, else the export day of the last batch
with batches as (
    select * from {{ source('landing', 'batches') }}
),

last_batch as (
    select export_day
    from batches
    order by batch_rank desc nulls last
    limit 1
)

select coalesce({{ parameter('data_cut_off') }}, max(export_day)) as data_cut_off
from last_batch
