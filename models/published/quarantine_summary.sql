with quarantine as (
    select * from {{ ref('conformed_quarantine') }}
)

select
    table_name,
    rule,
    cast(count(*) as bigint) as rows
from quarantine
group by table_name, rule
