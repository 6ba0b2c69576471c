-- raw = current + superseded + duplicate + quarantined, file by file; a study folder retracts nothing
with delivered as (
    {%- for table in study_tables() %}
    select
        '{{ table }}' as table_name,
        _batch_id as batch_id,
        count(*) as raw_rows
    from {{ source('cbioportal', table) }}
    group by _batch_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

outcomes as (
    {%- for table in study_tables() %}
    select
        '{{ table }}' as table_name,
        _batch_id as batch_id,
        count(*) filter (where outcome = 'current') as current_rows,
        count(*) filter (where outcome = 'superseded') as superseded_rows,
        count(*) filter (where outcome = 'duplicate') as duplicate_rows,
        count(*) filter (where outcome = 'quarantined') as quarantined_rows
    from {{ ref('stg_cbioportal__' ~ table) }}
    group by _batch_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

table_batches as (
    {%- for table in study_tables() %}
    select
        '{{ table }}' as table_name,
        batch_id
    from {{ source('landing', 'batches') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    table_batches.table_name,
    table_batches.batch_id,
    coalesce(delivered.raw_rows, 0) as raw_rows,
    coalesce(outcomes.current_rows, 0) as current_rows,
    coalesce(outcomes.superseded_rows, 0) as superseded_rows,
    coalesce(outcomes.duplicate_rows, 0) as duplicate_rows,
    0 as retracted_rows,
    coalesce(outcomes.quarantined_rows, 0) as quarantined_rows
from table_batches
left join delivered
    on table_batches.table_name = delivered.table_name and table_batches.batch_id = delivered.batch_id
left join outcomes
    on table_batches.table_name = outcomes.table_name and table_batches.batch_id = outcomes.batch_id
