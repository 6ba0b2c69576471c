-- which criteria, strata and measures the source can say something of; the others exclude nobody
with assessability as (
    select * from {{ ref('protocol_assessability') }}
)

select
    kind,
    entry_id as id,
    requires,
    is_assessable
from assessability
