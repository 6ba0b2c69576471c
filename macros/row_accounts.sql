{#- Where a source's delivered rows ended, over all its tables: each has a model stg_<source>__<table>, and its raw rows in
    the source's landed table. -#}

{#- One row a table and batch: raw = current + superseded + duplicate + retracted + quarantined. -#}
{%- macro rows_reconciled(source_name, tables) -%}
with delivered as (
    {%- for table in tables %}
    select
        '{{ table }}' as table_name,
        _batch_id as batch_id,
        count(*) as raw_rows
    from {{ source(source_name, table) }}
    group by _batch_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

outcomes as (
    {%- for table in tables %}
    select
        '{{ table }}' as table_name,
        _batch_id as batch_id,
        count(*) filter (where outcome = 'current') as current_rows,
        count(*) filter (where outcome = 'superseded') as superseded_rows,
        count(*) filter (where outcome = 'duplicate') as duplicate_rows,
        count(*) filter (where outcome = 'retracted') as retracted_rows,
        count(*) filter (where outcome = 'quarantined') as quarantined_rows
    from {{ ref('stg_' ~ source_name ~ '__' ~ table) }}
    group by _batch_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

batches as (
    select * from {{ source('landing', 'batches') }}
),

-- a table that a batch lacks has no rows, but is accounted for
table_batches as (
    select
        tables.table_name,
        batches.batch_id
    from (
        values
        {%- for table in tables %}
        ('{{ table }}'){% if not loop.last %},{% endif %}
        {%- endfor %}
    ) as tables (table_name)
    cross join batches
)

select
    table_batches.table_name,
    table_batches.batch_id,
    coalesce(delivered.raw_rows, 0) as raw_rows,
    coalesce(outcomes.current_rows, 0) as current_rows,
    coalesce(outcomes.superseded_rows, 0) as superseded_rows,
    coalesce(outcomes.duplicate_rows, 0) as duplicate_rows,
    coalesce(outcomes.retracted_rows, 0) as retracted_rows,
    coalesce(outcomes.quarantined_rows, 0) as quarantined_rows
from table_batches
left join delivered
    on table_batches.table_name = delivered.table_name and table_batches.batch_id = delivered.batch_id
left join outcomes
    on table_batches.table_name = outcomes.table_name and table_batches.batch_id = outcomes.batch_id
{%- endmacro -%}

{#- One row a record that was set aside, with its place in the files and the offending text. -#}
{%- macro rows_quarantined(source_name, tables) -%}
{%- for table in tables %}
select
    _batch_id as batch_id,
    _file as file_name,
    _line as line_number,
    '{{ table }}' as table_name,
    row_key,
    failed_rule as rule,
    failed_column as column_name,
    failed_value as raw_value
from {{ ref('stg_' ~ source_name ~ '__' ~ table) }}
where outcome = 'quarantined'
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro -%}

{#- One row a delivered record, what became of it and whose it is. -#}
{%- macro rows_traced(source_name, tables) -%}
{%- for table in tables %}
select
    '{{ table }}' as table_name,
    row_key,
    _batch_id as batch_id,
    _file as file_name,
    _line as line_number,
    outcome,
    patient_id
from {{ ref('stg_' ~ source_name ~ '__' ~ table) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro -%}
